from datetime import timedelta
from pathlib import Path

import pytest
from deltalake import DeltaTable

from tests.lake.rows import START, predictions
from tocsin.lake import tend
from tocsin.lake.delta import Lake, folder_name
from tocsin.lake.disk import Disk
from tocsin.lake.table import Table
from tocsin.lake.tend import GRACE, SLACK, clean, drop_old, erase

DAY = timedelta(days=1)
NOW = START + 400 * DAY
FOLDER = f"{folder_name('s')}/predictions"


@pytest.fixture
def lake(tmp_path: Path) -> Lake:
    return Lake(str(tmp_path))


def at_rest(lake: Lake) -> Table:
    return lake.table("s", "predictions")


def ids(lake: Lake) -> list[str]:
    return sorted(map(str, lake.scan("s", "predictions")["id"].to_pylist()))


def test_rows_past_their_age_are_dropped_with_their_files(lake: Lake) -> None:
    for k in range(5):
        lake.append("s", "predictions", predictions([str(k)], START + k * DAY))
    assert drop_old(at_rest(lake), START + 3 * DAY, counted=5, now=NOW) == 3
    assert ids(lake) == ["3", "4"]
    assert drop_old(at_rest(lake), START + 3 * DAY, counted=5, now=NOW) == 0


def test_what_was_not_counted_yet_is_kept_whatever_its_age(lake: Lake) -> None:
    for k in range(3):
        lake.append("s", "predictions", predictions([str(k)], START))
    assert drop_old(at_rest(lake), NOW, counted=1, now=NOW) == 1
    assert ids(lake) == ["1", "2"]


def test_a_file_with_young_rows_too_is_rewritten_when_it_pays(lake: Lake) -> None:
    lake.append("s", "predictions", predictions([str(k) for k in range(60)]))
    border = START + timedelta(minutes=30)
    assert drop_old(at_rest(lake), border, counted=9, now=NOW) == 0
    late = START + SLACK + timedelta(minutes=30)
    lake.append("s", "predictions", predictions(["young"], START + 9 * DAY))
    _, files = at_rest(lake).files()
    at_rest(lake).replace([at_rest(lake).rewrite(files, lambda rows: rows)], NOW, fresh=False)
    assert drop_old(at_rest(lake), late, counted=9, now=NOW) == 60
    assert ids(lake) == ["young"]


def test_an_erased_row_is_in_no_file_and_no_entry_any_more(tmp_path: Path, lake: Lake) -> None:
    for name in ("secret-one", "b", "secret-two", "d"):
        lake.append("s", "predictions", predictions([name]))
    lake.append("s", "predictions", predictions(["e", "secret-three", "f"]))
    _, files = at_rest(lake).files()
    two = [file for file in files if file.last <= 2]
    at_rest(lake).replace([at_rest(lake).rewrite(two, lambda rows: rows)], NOW, fresh=False)
    wanted = ["secret-one", "secret-two", "secret-three", "never"]
    assert erase(at_rest(lake), wanted, NOW) == 3
    assert ids(lake) == ["b", "d", "e", "f"]
    left = [path for path in (tmp_path / FOLDER).rglob("*") if path.is_file()]
    assert [path for path in left if b"secret" in path.read_bytes()] == []
    assert erase(at_rest(lake), wanted, NOW) == 0
    assert sorted(
        map(str, DeltaTable(str(tmp_path / FOLDER)).to_pyarrow_table()["id"].to_pylist())
    ) == [
        "b",
        "d",
        "e",
        "f",
    ]


def test_erasing_keeps_what_is_new_new(lake: Lake) -> None:
    for k in range(4):
        lake.append("s", "predictions", predictions([f"{k}a", f"{k}b"]))
    erase(at_rest(lake), ["0a", "3a"], NOW)
    new = list(lake.added("s", "predictions", 2, lake.version("s", "predictions")))
    assert [name for part in new for name in part["id"].to_pylist()] == ["2a", "2b", "3b"]


def test_erasing_everything_leaves_an_empty_table(lake: Lake) -> None:
    lake.append("s", "predictions", predictions(["a"]))
    assert erase(at_rest(lake), ["a"], NOW) == 1
    assert ids(lake) == []
    lake.append("s", "predictions", predictions(["b"]))
    assert ids(lake) == ["b"]


def test_many_files_are_erased_in_portions(lake: Lake, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tend, "_FILES_AT_ONCE", 2)
    for k in range(5):
        lake.append("s", "predictions", predictions([str(k)]))
    assert erase(at_rest(lake), [str(k) for k in range(5)], NOW) == 5


def test_cleaning_writes_checkpoints_and_removes_what_expired(tmp_path: Path, lake: Lake) -> None:
    for k in range(tend.CHECKPOINT_EVERY):
        lake.append("s", "predictions", predictions([str(k)]))
    table = at_rest(lake)
    _, files = table.files()
    table.replace([table.rewrite(files, lambda rows: rows)], NOW, fresh=False)
    clean(table, NOW)
    log = tmp_path / FOLDER / "_delta_log"
    assert len(list(log.glob("*.checkpoint.parquet"))) == 1
    assert len(list(log.glob("*.json"))) == 1  # long expired by this clock
    assert len(list((tmp_path / FOLDER).glob("*.parquet"))) == 51  # may still be read
    clean(table, NOW + GRACE + timedelta(seconds=1))
    assert len(list((tmp_path / FOLDER).glob("*.parquet"))) == 1
    assert len(ids(Lake(str(tmp_path)))) == tend.CHECKPOINT_EVERY


def test_other_readers_read_a_table_that_was_tended(tmp_path: Path, lake: Lake) -> None:
    for k in range(60):
        lake.append("s", "predictions", predictions([str(k)], START + k * DAY))
    table = at_rest(lake)
    _, files = table.files()
    table.replace([table.rewrite(files[:30], lambda rows: rows)], NOW, fresh=False)
    drop_old(table, START + 20 * DAY, counted=60, now=NOW)
    clean(table, NOW)
    clean(table, NOW + 2 * GRACE)
    lake.append(
        "s",
        "predictions",
        predictions(["late"]).append_column("f_new", predictions(["x"])["score"]),
    )
    other = DeltaTable(str(tmp_path / FOLDER))
    found = other.to_pyarrow_table()
    assert sorted(map(str, found["id"].to_pylist())) == sorted(
        [*(str(k) for k in range(20, 60)), "late"]
    )
    assert "f_new" in found.column_names
    assert len(other.file_uris()) == len(table.files()[1])
    assert other.version() == table.version()
    assert Disk(str(tmp_path)).has(f"{FOLDER}/_delta_log/_last_checkpoint")
