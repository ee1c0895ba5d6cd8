from pathlib import Path

import pytest

from tocsin.base.errors import Unavailable
from tocsin.lake.disk import Disk
from tocsin.lake.log import claim, deed, entry, is_entry, read, version_of


def test_an_entry_comes_back_as_it_was_claimed(tmp_path: Path) -> None:
    disk = Disk(str(tmp_path))
    actions = [deed("WRITE", 5), {"add": {"path": "x", "stats": "ü"}}]
    assert claim(disk, "t", 3, actions)
    assert read(disk, "t", 3) == actions
    assert read(disk, "t", 4) is None


def test_a_number_is_given_once_and_leaves_nothing_beside_it(tmp_path: Path) -> None:
    disk = Disk(str(tmp_path))
    assert claim(disk, "t", 3, [deed("WRITE", 5)])
    assert not claim(disk, "t", 3, [deed("DELETE", 6)])
    assert read(disk, "t", 3) == [deed("WRITE", 5)]
    assert [path.name for path in (tmp_path / "t" / "_delta_log").iterdir()] == [
        Path(entry("t", 3)).name
    ]


def test_a_damaged_entry_is_named(tmp_path: Path) -> None:
    disk = Disk(str(tmp_path))
    disk.put(entry("t", 0), b'{"add"')
    with pytest.raises(Unavailable, match="is damaged; restore it from a backup"):
        read(disk, "t", 0)


def test_only_entries_are_entries() -> None:
    assert is_entry(entry("t", 12))
    assert not is_entry("t/_delta_log/_last_checkpoint")
    assert not is_entry("t/_delta_log/00000000000000000007.checkpoint.parquet")
    assert version_of("t/_delta_log/.0123.draft") is None
