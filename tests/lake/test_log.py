from pathlib import Path

import pytest

from tests.lake.rows import predictions
from tocsin.base.errors import Unavailable
from tocsin.lake.delta import Lake, folder_name
from tocsin.lake.log import NewFile, added_files, commit, entry, last_version, log_of

FILE = NewFile("x.parquet", 10, 1_795_000_000_000, {"numRecords": 1})


def table_at(root: Path) -> Path:
    Lake(str(root)).append("s", "predictions", predictions(["a"]))
    return root / folder_name("s") / "predictions"


def test_a_commit_takes_the_next_free_number(tmp_path: Path) -> None:
    folder = table_at(tmp_path)
    assert last_version(folder) == 1
    assert commit(folder, FILE, known=0) == 2
    assert last_version(folder, known=1) == 2
    assert added_files(folder, 2) == ["x.parquet"]


def test_a_commit_leaves_nothing_beside_its_entry(tmp_path: Path) -> None:
    folder = table_at(tmp_path)
    before = {path.name for path in log_of(folder).iterdir()}
    commit(folder, FILE, known=1)
    assert {path.name for path in log_of(folder).iterdir()} - before == {entry(folder, 2).name}


def test_a_file_that_was_only_rewritten_is_not_new(tmp_path: Path) -> None:
    folder = table_at(tmp_path)
    entry(folder, 2).write_text('{"add": {"path": "y", "dataChange": false}}\n{"remove": {}}\n')
    assert added_files(folder, 2) == []


def test_where_there_is_no_log_there_is_no_version(tmp_path: Path) -> None:
    assert last_version(tmp_path) == -1
    with pytest.raises(Unavailable, match="is gone"):
        added_files(tmp_path, 0)
