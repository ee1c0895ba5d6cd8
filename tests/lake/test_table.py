from datetime import timedelta
from pathlib import Path

import pyarrow as pa
import pytest
from typing_extensions import override

from tests.lake.rows import START, predictions
from tocsin.base.errors import Conflict
from tocsin.lake.delta import Lake, folder_name
from tocsin.lake.disk import Disk
from tocsin.lake.log import entry
from tocsin.lake.shelf import Bytes
from tocsin.lake.table import Table

FOLDER = f"{folder_name('s')}/predictions"
NOW = START + timedelta(days=1)


def same(rows: pa.Table) -> pa.Table:
    return rows


def filled(shelf: Disk, n: int = 4) -> Table:
    lake = Lake(shelf)
    for k in range(n):
        lake.append("s", "predictions", predictions([str(k)]))
    return lake.table("s", "predictions")


def ids(shelf: Disk) -> list[str]:
    return sorted(map(str, Lake(shelf).scan("s", "predictions")["id"].to_pylist()))


def test_a_file_takes_the_place_of_others_and_brings_nothing_new(tmp_path: Path) -> None:
    shelf = Disk(str(tmp_path))
    table = filled(shelf)
    _, files = table.files()
    version = table.replace([table.rewrite(files, same)], NOW, fresh=False)
    _, (one,) = table.files()
    assert (version, one.last, one.rows) == (5, 4, 4)
    assert ids(shelf) == ["0", "1", "2", "3"]
    assert list(Lake(shelf).added("s", "predictions", 4, 5)) == []
    anew = list(Lake(shelf).added("s", "predictions", -1, 5))
    assert sum(part.num_rows for part in anew) == 4


def test_of_two_who_replace_the_same_files_the_second_is_refused(tmp_path: Path) -> None:
    shelf = Disk(str(tmp_path))
    table, other = filled(shelf), Table(shelf, FOLDER)
    _, files = table.files()
    mine, theirs = table.rewrite(files, same), other.rewrite(files, same)
    table.replace([mine], NOW, fresh=False)
    with pytest.raises(Conflict, match="replaced meanwhile"):
        other.replace([theirs], NOW, fresh=False)
    assert len(list((tmp_path / FOLDER).glob("*.parquet"))) == 5  # theirs was removed again
    assert ids(shelf) == ["0", "1", "2", "3"]


def test_rows_appended_while_files_are_rewritten_stay(tmp_path: Path) -> None:
    shelf = Disk(str(tmp_path))
    table = filled(shelf)
    _, files = table.files()
    rewritten = table.rewrite(files, same)
    Lake(shelf).append("s", "predictions", predictions(["new"]))
    assert table.replace([rewritten], NOW, fresh=False) == 6
    assert ids(shelf) == ["0", "1", "2", "3", "new"]


def test_a_reader_whose_files_are_removed_under_him_looks_again(tmp_path: Path) -> None:
    shelf = Disk(str(tmp_path))
    table = filled(shelf)
    reader = Lake(shelf).table("s", "predictions")

    def condition(_: pa.Schema) -> None:
        _, files = table.files()
        if len(files) > 1:
            table.replace([table.rewrite(files, same)], NOW, fresh=False)
            table.vacuum(NOW + timedelta(seconds=1), strays=False)

    rows = reader.read(lambda _: True, ["id"], condition)
    assert rows is not None
    assert rows.num_rows == 4


class _Losing(Disk):
    """Claims, but the answer is lost on the way: as a network may do."""

    lose = False

    @override
    def claim(self, name: str, content: Bytes) -> bool:
        won = super().claim(name, content)
        return won and not self.lose


def test_an_append_whose_answer_was_lost_is_not_made_twice(tmp_path: Path) -> None:
    shelf = _Losing(str(tmp_path))
    filled(shelf)
    shelf.lose = True
    assert Lake(shelf).append("s", "predictions", predictions(["x"])) == 5
    _, files = Lake(shelf).table("s", "predictions").files()
    assert sorted(file.last for file in files) == [1, 2, 3, 4, 5]


class _Stale(Disk):
    """Lets everybody else act right before a claim."""

    act = staticmethod(lambda: None)

    @override
    def claim(self, name: str, content: Bytes) -> bool:
        act, self.act = self.act, lambda: None
        act()
        return super().claim(name, content)


def test_a_writer_who_stood_still_while_his_number_expired_takes_another(tmp_path: Path) -> None:
    shelf = _Stale(str(tmp_path))
    lake = Lake(shelf)
    lake.append("s", "predictions", predictions(["a"]))

    def meanwhile() -> None:
        others = Disk(str(tmp_path))
        table = filled(others, 3)
        table.checkpoint(after=1, forget_before=START)
        table.expire(None)

    shelf.act = meanwhile
    assert lake.append("s", "predictions", predictions(["b"])) == 5
    assert not (tmp_path / entry(FOLDER, 2)).exists()
    assert ids(Disk(str(tmp_path))) == ["0", "1", "2", "a", "b"]


def test_vacuum_removes_what_was_replaced_and_strays_only_when_they_are_old(
    tmp_path: Path,
) -> None:
    shelf = Disk(str(tmp_path))
    table = filled(shelf)
    _, files = table.files()
    table.replace([table.rewrite(files, same)], NOW, fresh=False)
    shelf.put(f"{FOLDER}/stray.parquet", b"left by a crash")
    assert table.vacuum(NOW, strays=True) == 0  # replaced just then; the stray is younger still
    assert table.vacuum(NOW + timedelta(seconds=1), strays=False) == 4
    late = START + timedelta(days=10_000)
    assert table.vacuum(late, strays=True) == 1
    assert ids(shelf) == ["0", "1", "2", "3"]


def test_the_columns_of_two_who_widen_at_once_are_both_there(tmp_path: Path) -> None:
    one, two = Lake(str(tmp_path)), Lake(str(tmp_path))
    rows = predictions(["a"])
    for lake in (one, two):
        lake.append("s", "predictions", rows)
    one.append("s", "predictions", rows.append_column("f_one", pa.array([1.0])))
    two.append("s", "predictions", rows.append_column("f_two", pa.array([2.0])))
    found = one.scan("s", "predictions", columns=["f_one", "f_two"])
    assert sorted(map(str, found.to_pylist())) == [
        "{'f_one': 1.0, 'f_two': None}",
        "{'f_one': None, 'f_two': 2.0}",
        "{'f_one': None, 'f_two': None}",
        "{'f_one': None, 'f_two': None}",
    ]
