import json
from pathlib import Path

import pytest

from tests.lake.rows import START, predictions
from tocsin.lake import checkpoint, log
from tocsin.lake.delta import Lake, folder_name
from tocsin.lake.disk import Disk

FOLDER = f"{folder_name('s')}/predictions"


@pytest.fixture
def disk(tmp_path: Path) -> Disk:
    """A table of five versions."""
    disk = Disk(str(tmp_path))
    lake = Lake(disk)
    for k in range(4):
        lake.append("s", "predictions", predictions([str(k)]))
    return disk


def checkpointed(disk: Disk) -> None:
    assert Lake(disk).table("s", "predictions").checkpoint(after=1, forget_before=START)


def test_a_checkpoint_says_what_the_entries_add_up_to(disk: Disk) -> None:
    checkpointed(disk)
    assert checkpoint.newest(disk, FOLDER) == 4
    parts = checkpoint.found(item.name for item in disk.items(log.log_of(FOLDER)))
    actions = checkpoint.read(disk, parts[4])
    assert actions is not None
    entries = [log.read(disk, FOLDER, version) or [] for version in range(5)]
    said = [action for entry in entries for action in entry if "commitInfo" not in action]
    assert {json.dumps(one, sort_keys=True) for one in actions} == {
        json.dumps(one, sort_keys=True) for one in said
    }


def test_nothing_expires_before_there_is_a_checkpoint(disk: Disk) -> None:
    assert checkpoint.expire(disk, FOLDER, None) == 0
    disk.put(f"{log.log_of(FOLDER)}/_last_checkpoint", b'{"version": 3}')
    assert checkpoint.expire(disk, FOLDER, None) == 0


def test_entries_before_a_checkpoint_expire_when_they_are_old_enough(disk: Disk) -> None:
    checkpointed(disk)
    assert checkpoint.expire(disk, FOLDER, 0) == 0
    assert checkpoint.expire(disk, FOLDER, None) == 4
    assert log.read(disk, FOLDER, 4) is not None
    assert Lake(disk).scan("s", "predictions").num_rows == 4


def test_a_checkpoint_in_parts_is_whole_only_with_all_of_them() -> None:
    names = [f"t/{5:020}.checkpoint.{k:010}.{2:010}.parquet" for k in (1, 2)]
    assert checkpoint.found(names) == {5: names}
    assert checkpoint.found(names[:1]) == {}


def test_a_damaged_mark_is_as_good_as_none(disk: Disk) -> None:
    for content in (b"", b"{}", b'{"version": "x"}', b"[]"):
        disk.put(f"{log.log_of(FOLDER)}/_last_checkpoint", content)
        assert checkpoint.newest(disk, FOLDER) == -1
