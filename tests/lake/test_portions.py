from datetime import date
from pathlib import Path

import pyarrow as pa
import pyarrow.csv as pacsv
import pyarrow.parquet as pq
import pytest

from tests.lake.texts import spelt
from tocsin.base.errors import BadInput
from tocsin.ingest.tabular import TEXT_CELLS
from tocsin.lake.portions import ROWS_AT_ONCE, Constant, Portion

TABLE = pa.table({"a": range(1000), "b": [f"t{k % 7}" for k in range(1000)]})


def written(folder: Path, table: pa.Table = TABLE, *, a_group: int = 300) -> str:
    path = folder / "x.parquet"
    pq.write_table(table, path, row_group_size=a_group)
    return str(path)


def test_row_groups_are_read_apart_and_together_they_are_the_file(tmp_path: Path) -> None:
    path = written(tmp_path)
    parts = [Portion(path, 300, (0, 2)), Portion(path, 300, (1,)), Portion(path, 100, (3,))]
    tables = [spelt(table) for part in parts for table in part.read({"a", "b"})]
    assert pa.concat_tables(tables).sort_by("a").equals(TABLE)


def test_only_wanted_columns_are_read_and_absent_ones_left_out(tmp_path: Path) -> None:
    (table,) = Portion(written(tmp_path), 300, (0,)).read({"b", "nowhere"})
    assert table.column_names == ["b"]


def test_a_large_row_group_comes_in_handy_tables(tmp_path: Path) -> None:
    large = pa.table({"a": range(3 * ROWS_AT_ONCE + 1)})
    path = written(tmp_path, large, a_group=10 * ROWS_AT_ONCE)
    sizes = [table.num_rows for table in Portion(path, large.num_rows, (0,)).read({"a"})]
    assert sum(sizes) == large.num_rows
    assert max(sizes) <= ROWS_AT_ONCE


def test_constants_fill_what_the_file_lacks(tmp_path: Path) -> None:
    day = Constant("day", date(2026, 11, 1).isoformat(), pa.string())
    late = Constant("late", None, pa.float64())
    (table,) = Portion(written(tmp_path), 300, (0,), (day, late)).read({"a", "day", "late"})
    assert table.schema.field("late").type == pa.float64()
    assert set(table["day"].to_pylist()) == {"2026-11-01"}
    assert table["late"].null_count == table.num_rows == 300
    (bare,) = Portion(written(tmp_path), 300, (0,), (day, late)).read({"a"})
    assert bare.column_names == ["a"]


def test_a_csv_file_is_one_portion_whose_cells_were_text(tmp_path: Path) -> None:
    pacsv.write_csv(TABLE, tmp_path / "x.csv")
    (table,) = Portion(str(tmp_path / "x.csv"), 0).read({"a"})
    assert table.column_names == ["a"]
    assert TEXT_CELLS in table.schema.metadata


def test_a_file_that_is_gone_or_damaged_is_named(tmp_path: Path) -> None:
    path = tmp_path / "x.parquet"
    with pytest.raises(BadInput, match=r"x\.parquet: no such file"):
        list(Portion(str(path), 1, (0,)).read({"a"}))
    path.write_bytes(b"PAR1 nothing here PAR1")
    with pytest.raises(BadInput, match=r"x\.parquet: cannot be read"):
        list(Portion(str(path), 1, (0,)).read({"a"}))


def test_a_column_that_stands_twice_is_refused(tmp_path: Path) -> None:
    twice = pa.Table.from_arrays([TABLE["a"], TABLE["b"]], names=["a", "a"])
    with pytest.raises(BadInput, match="stands twice"):
        list(Portion(written(tmp_path, twice), 300, (0,)).read({"a"}))
