import errno
import os
import tempfile
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path
from typing import Any, cast

import pyarrow as pa
import pyarrow.compute as pc
import pytest
from deltalake import DeltaTable
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.lake.rows import START, outcomes, predictions
from tocsin.base.errors import BadInput, Unavailable
from tocsin.base.slices import Slice
from tocsin.base.spans import Span
from tocsin.lake.delta import Lake, folder_name


@pytest.fixture
def lake(tmp_path: Path) -> Lake:
    return Lake(str(tmp_path))


def ids_of(tables: Sequence[pa.Table]) -> list[Any]:
    return [name for table in tables for name in table["id"].to_pylist()]


def log_of(tmp_path: Path) -> Path:
    return tmp_path / folder_name("s") / "predictions" / "_delta_log"


def test_what_was_never_written_is_empty(lake: Lake) -> None:
    assert lake.version("s", "predictions") == -1
    assert lake.scan("s", "predictions", columns=["id", "f_income"]).num_rows == 0
    assert lake.recent_ids("s", "predictions", 10) == []
    assert list(lake.added("s", "predictions", -1, -1)) == []


def test_rows_come_back_as_they_went_in(lake: Lake) -> None:
    rows = predictions(["b", "a", "c"])
    lake.append("s", "predictions", rows)
    assert lake.scan("s", "predictions").cast(rows.schema).equals(rows)
    lake.append("s", "outcomes", outcomes(["a"]))
    assert lake.scan("s", "outcomes")["label"].to_pylist() == ["true"]


def test_systems_do_not_mix(lake: Lake) -> None:
    lake.append("a/../b", "predictions", predictions(["1"]))
    lake.append("a/../B", "predictions", predictions(["2"]))
    assert lake.scan("a/../b", "predictions")["id"].to_pylist() == ["1"]


@given(st.text())
def test_a_folder_name_is_plain_whatever_the_system_is_called(name: str) -> None:
    folder = folder_name(name)
    assert set(folder) <= set("abcdefghijklmnopqrstuvwxyz0123456789-")
    assert len(folder) <= 50


def test_a_scan_takes_a_span_half_open_to_the_microsecond(lake: Lake) -> None:
    first = predictions(["a", "b"])
    later = predictions(["c", "d"], START + timedelta(days=1, microseconds=1))
    for rows in (later, first):
        lake.append("s", "predictions", rows)
    end = START + timedelta(days=1, microseconds=1)
    assert sorted(ids_of([lake.scan("s", "predictions", span=Span(START, end))])) == ["a", "b"]
    after = Span(end, end + timedelta(microseconds=1))
    assert ids_of([lake.scan("s", "predictions", span=after)]) == ["c"]


def test_a_scan_takes_ids_slices_and_columns(lake: Lake) -> None:
    rows = predictions(["a", "b", "c", "d"], regions=("north", "south", None))
    lake.append("s", "predictions", rows)
    scan = lake.scan("s", "predictions", ids=["d", "a", "x"], columns=["id", "f_none"])
    assert scan.to_pydict() == {"id": ["a", "d"], "f_none": [None, None]}
    south = Slice.of({"region": "south"})
    assert ids_of([lake.scan("s", "predictions", slice=south)]) == ["b"]
    nowhere = Slice.of({"planet": "mars"})
    assert lake.scan("s", "predictions", slice=nowhere).num_rows == 0
    assert lake.scan("s", "predictions", ids=[]).num_rows == 0


@settings(max_examples=20, deadline=None)
@given(st.lists(st.integers(1, 4), min_size=1, max_size=6), st.data())
def test_every_row_is_new_in_exactly_one_step(sizes: list[int], choices: st.DataObject) -> None:
    with tempfile.TemporaryDirectory() as root:
        lake, expected = Lake(root), list[str]()
        for k, size in enumerate(sizes):
            names = [f"{k}.{n}" for n in range(size)]
            expected += names
            lake.append("s", "predictions", predictions(names))
        last = lake.version("s", "predictions")
        stops = [*sorted(choices.draw(st.sets(st.integers(-1, last)))), last]
        since, found = -1, list[pa.Table]()
        for stop in stops:
            found += lake.added("s", "predictions", since, stop)
            since = stop
        assert ids_of(found) == expected


def test_reading_on_survives_checkpoints_and_a_restart(tmp_path: Path) -> None:
    writer = Lake(str(tmp_path))
    for k in range(8):
        writer.append("s", "predictions", predictions([str(k)], START + timedelta(hours=k)))
        if k == 5:
            assert writer.table("s", "predictions").checkpoint(after=1, forget_before=START)
    reader = Lake(str(tmp_path))
    assert ids_of(list(reader.added("s", "predictions", 2, 8))) == ["2", "3", "4", "5", "6", "7"]
    span = Span(START + timedelta(hours=3), START + timedelta(hours=5))
    assert sorted(ids_of([reader.scan("s", "predictions", span=span)])) == ["3", "4"]
    assert reader.recent_ids("s", "predictions", 2) == ["6", "7"]


def test_another_process_sees_what_was_appended(tmp_path: Path) -> None:
    one, two = Lake(str(tmp_path)), Lake(str(tmp_path))
    one.append("s", "predictions", predictions(["a"]))
    assert two.version("s", "predictions") == 1
    two.append("s", "predictions", predictions(["b"]))
    one.append("s", "predictions", predictions(["c"]))
    assert ids_of(list(two.added("s", "predictions", -1, 3))) == ["a", "b", "c"]


def test_writers_in_several_processes_never_take_the_same_version(tmp_path: Path) -> None:
    lakes = [Lake(str(tmp_path)) for _ in range(4)]
    lakes[0].append("s", "predictions", predictions(["first"]))

    def write(k: int) -> list[int]:
        ids = [f"{k}.{n}" for n in range(10)]
        return [lakes[k].append("s", "predictions", predictions([name])) for name in ids]

    with ThreadPoolExecutor(4) as pool:
        versions = [version for found in pool.map(write, range(4)) for version in found]
    assert sorted(versions) == list(range(2, 42))
    assert lakes[0].scan("s", "predictions").num_rows == 41


def test_any_delta_reader_can_read_the_table(tmp_path: Path, lake: Lake) -> None:
    lake.append("s", "predictions", predictions(["a", "b"]))
    for name in ("c", "d"):
        lake.append("s", "predictions", predictions([name], START + timedelta(days=1)))
    table = DeltaTable(str(log_of(tmp_path).parent))
    assert sorted(ids_of([table.to_pyarrow_table()])) == ["a", "b", "c", "d"]
    recent = (
        cast("Any", table)
        .to_pyarrow_dataset()
        .to_table(filter=pc.field("at") >= START + timedelta(days=1))
    )
    assert sorted(ids_of([recent])) == ["c", "d"]


def test_a_new_column_widens_the_table_and_old_rows_lack_it(lake: Lake) -> None:
    lake.append("s", "predictions", predictions(["a"]).drop_columns(["f_income"]))
    lake.append("s", "predictions", predictions(["b"]))
    found = lake.scan("s", "predictions").sort_by("id")
    assert found["f_income"].to_pylist() == [None, 0.0]
    assert ids_of(list(lake.added("s", "predictions", -1, 3))) == ["a", "b"]


def test_a_feature_that_becomes_text_goes_on_beside_and_reads_as_asked(lake: Lake) -> None:
    rows = predictions(["a", "b"])
    lake.append("s", "predictions", rows)
    place = rows.column_names.index("f_income")
    lake.append("s", "predictions", rows.set_column(place, "f_income", pa.array(["ten", None])))
    lake.append("s", "predictions", rows)
    last = lake.version("s", "predictions")

    def income(kind: pa.DataType) -> list[Any]:
        like = pa.schema([("id", pa.string()), ("f_income", kind)])
        tables = list(lake.added("s", "predictions", -1, last, like))
        return [value for table in tables for value in table["f_income"].to_pylist()]

    assert income(pa.string()) == ["0", "1", "ten", None, "0", "1"]
    assert str(income(pa.float64())) == "[0.0, 1.0, nan, None, 0.0, 1.0]"


def test_a_role_of_another_type_is_refused_and_nothing_changes(lake: Lake) -> None:
    rows = predictions(["a"])
    lake.append("s", "predictions", rows)
    place = rows.column_names.index("score")
    with pytest.raises(BadInput, match="score is string, stored so far as double"):
        lake.append("s", "predictions", rows.set_column(place, "score", pa.array(["high"])))
    assert lake.version("s", "predictions") == 1


def test_bytes_are_flushed_before_the_log_names_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lake, flushed = Lake(str(tmp_path)), list[tuple[str, int]]()
    real = os.fsync

    def watching(handle: int) -> None:
        path = Path(f"/proc/self/fd/{handle}").readlink()
        flushed.append((path.suffix or path.name, len(list(log_of(tmp_path).glob("*.json")))))
        real(handle)

    monkeypatch.setattr(os, "fsync", watching)
    lake.append("s", "predictions", predictions(["a"]))
    assert flushed[-4:] == [(".draft", 1), ("predictions", 1), (".draft", 1), ("_delta_log", 2)]
    made = [name for name, _ in flushed[:-4]]
    assert tmp_path.name in made  # the entry of the system's own folder
    assert made[-2:] == [".draft", "_delta_log"]  # the entry that made the table


@pytest.mark.parametrize(
    ("number", "advice"),
    [(errno.ENOSPC, "the disk is full"), (errno.EACCES, "permission denied"), (errno.EIO, "check")],
)
def test_a_disk_that_refuses_is_named_with_advice_and_harms_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int, advice: str
) -> None:
    lake = Lake(str(tmp_path))
    lake.append("s", "predictions", predictions(["a"]))
    with monkeypatch.context() as patch:

        def refuse(handle: int) -> None:
            raise OSError(number, os.strerror(number))

        patch.setattr(os, "fsync", refuse)
        with pytest.raises(Unavailable, match=advice):
            lake.append("s", "predictions", predictions(["b"]))
    files = list(log_of(tmp_path).parent.glob("*.parquet"))
    assert len(files) == 1
    lake.append("s", "predictions", predictions(["c"]))
    assert sorted(ids_of([lake.scan("s", "predictions")])) == ["a", "c"]


def test_a_folder_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(Unavailable, match="cannot be used"):
        Lake(str(tmp_path / "file")).append("s", "predictions", predictions(["a"]))


def test_a_damaged_log_entry_is_named(tmp_path: Path) -> None:
    Lake(str(tmp_path)).append("s", "predictions", predictions(["a"]))
    (log_of(tmp_path) / f"{2:020}.json").write_text('{"add": {"path": "x')
    with pytest.raises(Unavailable, match=r"02\.json is damaged; restore it"):
        Lake(str(tmp_path)).version("s", "predictions")


def test_a_checkpoint_torn_by_a_power_cut_is_passed_over(tmp_path: Path) -> None:
    writer = Lake(str(tmp_path))
    for k in range(4):
        writer.append("s", "predictions", predictions([str(k)]))
    writer.table("s", "predictions").checkpoint(after=1, forget_before=START)
    (newest,) = log_of(tmp_path).glob("*.checkpoint.parquet")
    newest.write_bytes(newest.read_bytes()[:40])
    assert sorted(ids_of([Lake(str(tmp_path)).scan("s", "predictions")])) == ["0", "1", "2", "3"]


def test_a_file_that_is_gone_is_named(tmp_path: Path, lake: Lake) -> None:
    lake.append("s", "predictions", predictions(["a"]))
    for file in log_of(tmp_path).parent.glob("*.parquet"):
        file.unlink()
    with pytest.raises(Unavailable, match=r"\.parquet is gone"):
        list(lake.added("s", "predictions", -1, 1))
    lake.append("s", "predictions", predictions(["b"]))
    (log_of(tmp_path) / f"{1:020}.json").unlink()
    with pytest.raises(Unavailable, match=r"log entry .* is gone"):
        list(Lake(str(tmp_path)).added("s", "predictions", -1, 1))
