from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

import pyarrow as pa
import pyarrow.csv as pacsv
import pyarrow.parquet as pq
import pytest
from deltalake import DeltaTable, write_deltalake

from tests.lake.texts import spelt
from tests.profile.rows import lake_rows, spec_of, table
from tocsin.base.errors import BadInput
from tocsin.lake.delta import Lake, folder_name
from tocsin.lake.listing import ROWS_A_PORTION, Listing, listing, parquet_listing

TABLE = pa.table({"a": range(1000), "b": [f"t{k % 7}" for k in range(1000)]})


def rows(found: Listing, columns: Sequence[str]) -> pa.Table:
    """Return all rows that a listing leads to, in order of the first column, texts spelt out."""
    tables = [spelt(t.select(columns)) for p in found.portions for t in p.read(set(columns))]
    return pa.concat_tables(tables).sort_by(columns[0]).combine_chunks()


def test_a_file_is_cut_by_row_groups_put_together(tmp_path: Path) -> None:
    many = pa.table({"a": range(2 * ROWS_A_PORTION + 5)})
    pq.write_table(many, tmp_path / "x.parquet", row_group_size=ROWS_A_PORTION // 4)
    found = listing(tmp_path / "x.parquet")
    assert [portion.rows for portion in found.portions] == [ROWS_A_PORTION, ROWS_A_PORTION, 5]
    assert found.rows == many.num_rows
    assert rows(found, ["a"]).equals(many)


def test_a_file_without_rows_has_no_portions(tmp_path: Path) -> None:
    pq.write_table(TABLE.slice(0, 0), tmp_path / "x.parquet")
    found = listing(tmp_path / "x.parquet")
    assert (found.columns, found.portions) == (("a", "b"), ())


def test_a_csv_file_is_one_portion(tmp_path: Path) -> None:
    pacsv.write_csv(TABLE, tmp_path / "x.csv")
    found = listing(tmp_path / "x.csv")
    assert (found.columns, len(found.portions)) == (("a", "b"), 1)


def test_a_folder_is_its_parquet_files_however_deep(tmp_path: Path) -> None:
    (tmp_path / "deep").mkdir()
    (tmp_path / "_temporary").mkdir()
    pq.write_table(TABLE.slice(0, 400), tmp_path / "one.parquet")
    pq.write_table(TABLE.slice(400), tmp_path / "deep" / "two.parquet")
    pq.write_table(TABLE, tmp_path / "_temporary" / "half.parquet")
    (tmp_path / "_SUCCESS").touch()
    (tmp_path / ".two.parquet.crc").touch()
    assert rows(listing(tmp_path), ["a", "b"]).equals(TABLE)


def test_named_folders_are_columns(tmp_path: Path) -> None:
    for part in (
        "region=north%20east/day=1",
        "region=south/day=2",
        "day=__HIVE_DEFAULT_PARTITION__",
    ):
        (tmp_path / part).mkdir(parents=True)
        pq.write_table(TABLE.slice(0, 2), tmp_path / part / "x.parquet")
    found = rows(listing(tmp_path), ["region", "day", "a"]).to_pylist()
    assert {(row["region"], row["day"]) for row in found if row["region"]} == {
        ("north east", 1),
        ("south", 2),
    }
    assert {row["day"] for row in found if not row["region"]} == {None}


def test_a_named_folder_that_is_no_number_makes_its_column_text(tmp_path: Path) -> None:
    for part in ("day=1", "day=monday"):
        (tmp_path / part).mkdir()
        pq.write_table(TABLE.slice(0, 1), tmp_path / part / "x.parquet")
    assert rows(listing(tmp_path), ["day"])["day"].to_pylist() == ["1", "monday"]


def test_a_file_older_than_a_column_holds_null_there(tmp_path: Path) -> None:
    pq.write_table(TABLE.select(["a"]).slice(0, 400), tmp_path / "old.parquet")
    pq.write_table(TABLE.slice(400), tmp_path / "new.parquet")
    found = rows(listing(tmp_path), ["a", "b"])
    assert found["b"].to_pylist() == [None] * 400 + TABLE["b"].to_pylist()[400:]


def test_a_delta_table_is_its_live_files(tmp_path: Path) -> None:
    path = str(tmp_path)
    write_deltalake(path, TABLE.slice(0, 400))
    write_deltalake(path, TABLE.slice(400), mode="append")
    write_deltalake(path, TABLE.slice(0, 3), mode="overwrite")
    write_deltalake(path, TABLE.slice(3), mode="append")
    DeltaTable(path).optimize.compact()
    assert rows(listing(tmp_path), ["a", "b"]).equals(TABLE)


def test_a_delta_tables_partitions_and_added_columns_are_columns(tmp_path: Path) -> None:
    path = str(tmp_path)
    write_deltalake(path, TABLE.slice(0, 400), partition_by=["b"])
    more = [float(k) for k in range(600)]
    later = TABLE.slice(400).append_column("c", pa.array(more, pa.float64()))
    write_deltalake(path, later, mode="append", schema_mode="merge")
    found = rows(listing(tmp_path), ["a", "b", "c"])
    assert found.select(["a", "b"]).equals(TABLE)
    assert found["c"].to_pylist() == [None] * 400 + more


def test_the_lakes_own_tables_are_delta_tables(tmp_path: Path) -> None:
    raw = table(50, 3)
    spec = spec_of(raw)
    stored = lake_rows(raw, spec).drop_columns(["label"])
    lake = Lake(str(tmp_path))
    lake.append("lending", "predictions", stored.slice(0, 20).drop_columns(["f_income"]))
    lake.append("lending", "predictions", stored.slice(20))
    found = listing(tmp_path / folder_name("lending") / "predictions")
    assert set(found.columns) == set(stored.column_names)
    read = rows(found, ["id", "f_income"])
    assert read["f_income"].null_count == 20


def test_a_feature_that_changed_its_kind_comes_in_the_type_asked_for(tmp_path: Path) -> None:
    raw = table(50, 3)
    spec = spec_of(raw)
    stored = lake_rows(raw, spec).drop_columns(["label"])
    place = stored.column_names.index("f_income")
    texts = pa.array([str(k) for k in range(20)])
    lake = Lake(str(tmp_path))
    lake.append("lending", "predictions", stored.slice(20))
    lake.append("lending", "predictions", stored.slice(0, 20).set_column(place, "f_income", texts))
    like = spec.schema.predictions()
    expected = pa.concat_tables(lake.added("lending", "predictions", -1, 5, like))
    found = lake.added_listing("lending", "predictions", -1, 5, like)
    read = rows(found, like.names)
    # as texts, in which NaN equals NaN
    assert str(read.to_pydict()) == str(expected.sort_by("id").to_pydict())
    assert read.schema.field("f_income").type == pa.float64()


def test_what_is_new_in_the_lake_is_listed_and_nothing_else(tmp_path: Path) -> None:
    raw = table(50, 3)
    spec = spec_of(raw)
    stored = lake_rows(raw, spec).drop_columns(["label"])
    lake = Lake(str(tmp_path))
    first = lake.append("lending", "predictions", stored.slice(0, 20))
    last = lake.append("lending", "predictions", stored.slice(20))
    like = spec.schema.predictions()
    assert lake.added_listing("lending", "predictions", first, last, like).rows == 30
    assert lake.added_listing("lending", "predictions", last, last, like).rows == 0


def test_a_delta_feature_that_hides_rows_is_refused(tmp_path: Path) -> None:
    write_deltalake(str(tmp_path), TABLE, configuration={"delta.enableDeletionVectors": "true"})
    with pytest.raises(BadInput, match=r"deletionVectors.* not read here"):
        listing(tmp_path)


def test_what_is_no_table_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="no such file"):
        listing(tmp_path / "nowhere")
    with pytest.raises(BadInput, match="no Parquet file in this folder"):
        listing(tmp_path)
    (tmp_path / "empty.parquet").touch()
    with pytest.raises(BadInput, match="the file is empty"):
        listing(tmp_path / "empty.parquet")
    (tmp_path / "x.txt").write_text("a,b\n1,2\n")
    with pytest.raises(BadInput, match="ending is not known"):
        listing(tmp_path / "x.txt")
    (tmp_path / "_delta_log").mkdir()
    with pytest.raises(BadInput, match="no readable Delta table"):
        listing(tmp_path)


def test_chosen_files_are_one_listing(tmp_path: Path) -> None:
    for k in range(3):
        pq.write_table(TABLE.slice(k * 300, 300), tmp_path / f"{k}.parquet")
    found = parquet_listing("lake", [str(tmp_path / f"{k}.parquet") for k in (2, 0)])
    assert found.rows == 600
    assert rows(found, ["a"])["a"].to_pylist() == [*range(300), *range(600, 900)]


def test_times_survive_as_they_are(tmp_path: Path) -> None:
    at = pa.array([datetime(2026, 11, 1, tzinfo=UTC)], pa.timestamp("ns", tz="UTC"))
    pq.write_table(pa.table({"at": at}), tmp_path / "x.parquet")
    assert rows(listing(tmp_path / "x.parquet"), ["at"]).schema.field("at").type == at.type
