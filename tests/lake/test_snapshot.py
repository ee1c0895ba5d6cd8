import json
from pathlib import Path

import pytest
from deltalake import DeltaTable, write_deltalake

from tests.lake.rows import START, predictions
from tocsin.base.errors import Unavailable
from tocsin.lake.delta import Lake, folder_name
from tocsin.lake.disk import Disk
from tocsin.lake.log import entry
from tocsin.lake.snapshot import Snapshot, follow

FOLDER = f"{folder_name('s')}/predictions"


def lasts(disk: Disk) -> list[int]:
    return sorted(file.last for file in follow(disk, FOLDER, Snapshot()).files.values())


def test_a_reader_moves_on_with_the_log(tmp_path: Path) -> None:
    disk = Disk(str(tmp_path))
    lake = Lake(disk)
    snapshot = follow(disk, FOLDER, Snapshot())
    assert snapshot.version == -1
    lake.append("s", "predictions", predictions(["a"]))
    snapshot = follow(disk, FOLDER, snapshot)
    lake.append("s", "predictions", predictions(["b"]))
    again = follow(disk, FOLDER, snapshot)
    assert again is snapshot
    assert (again.version, len(again.files)) == (2, 2)


def test_a_reader_who_slept_while_entries_expired_goes_on_from_the_checkpoint(
    tmp_path: Path,
) -> None:
    disk = Disk(str(tmp_path))
    lake = Lake(disk)
    lake.append("s", "predictions", predictions(["a"]))
    sleeper = follow(disk, FOLDER, Snapshot())
    for name in "bcd":
        lake.append("s", "predictions", predictions([name]))
    table = lake.table("s", "predictions")
    table.checkpoint(after=1, forget_before=START)
    table.expire(None)
    lake.append("s", "predictions", predictions(["e"]))
    awake = follow(disk, FOLDER, sleeper)
    assert awake is not sleeper
    assert (awake.version, len(awake.files)) == (5, 5)


def test_a_table_that_another_program_wrote_keeps_its_versions(tmp_path: Path) -> None:
    disk = Disk(str(tmp_path))
    for name in "abc":
        write_deltalake(str(tmp_path / FOLDER), predictions([name]), mode="append")
    assert lasts(disk) == [0, 1, 2]
    DeltaTable(str(tmp_path / FOLDER)).create_checkpoint()
    assert lasts(disk) == [0, 1, 2]
    rows = list(Lake(disk).added("s", "predictions", 0, 2))
    assert sorted(str(name) for part in rows for name in part["id"].to_pylist()) == ["b", "c"]


def test_what_another_program_merely_rewrote_is_old_news(tmp_path: Path) -> None:
    disk = Disk(str(tmp_path))
    lake = Lake(disk)
    for name in "abc":
        lake.append("s", "predictions", predictions([name]))
    DeltaTable(str(tmp_path / FOLDER)).optimize.compact()
    assert lasts(disk) == [0]
    assert lake.scan("s", "predictions").num_rows == 3
    assert list(lake.added("s", "predictions", 3, 4)) == []


def test_files_without_statistics_are_never_passed_over(tmp_path: Path) -> None:
    disk = Disk(str(tmp_path))
    lake = Lake(disk)
    lake.append("s", "predictions", predictions(["a"]))
    path = tmp_path / entry(FOLDER, 1)
    said, add = (json.loads(line) for line in path.read_text().splitlines())
    del add["add"]["stats"]
    path.write_text("\n".join(map(json.dumps, (said, add))))
    assert Lake(disk).scan("s", "predictions", ids=["a"]).num_rows == 1


def test_a_mark_without_its_checkpoint_is_said(tmp_path: Path) -> None:
    disk = Disk(str(tmp_path))
    lake = Lake(disk)
    lake.append("s", "predictions", predictions(["a"]))
    disk.put(f"{FOLDER}/_delta_log/_last_checkpoint", b'{"version": 9}')
    with pytest.raises(Unavailable, match="lacks its newest checkpoint"):
        lake.version("s", "predictions")
