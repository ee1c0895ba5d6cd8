"""Rows on disk are there whole, in order, bounded, and for their owner only."""

import os
import stat
from pathlib import Path

import pytest

from tocsin_client.spool import Spool, write_durably


def spool(folder: Path, max_bytes: int = 1000) -> Spool:
    return Spool(folder, max_bytes=max_bytes)


def read_all(store: Spool) -> bytes:
    return store.oldest(max_rows=100, max_bytes=10_000)[1]


def test_what_went_in_first_comes_out_first_also_after_a_restart(tmp_path: Path) -> None:
    first = spool(tmp_path)
    for at_ns, line in enumerate([b"a\n", b"b\n", b"c\nd\n"]):
        first.append(line, line.count(b"\n"), at_ns=at_ns)
    again = spool(tmp_path)
    assert again.rows == 4
    assert read_all(again) == b"a\nb\nc\nd\n"


def test_removed_segments_are_gone_from_disk(tmp_path: Path) -> None:
    store = spool(tmp_path)
    store.append(b"a\n", 1, at_ns=0)
    segments, _ = store.oldest(max_rows=1, max_bytes=1)
    store.remove(segments)
    assert store.rows == 0
    assert list(tmp_path.iterdir()) == []


def test_segments_are_joined_up_to_one_request_and_a_large_one_goes_alone(tmp_path: Path) -> None:
    store = spool(tmp_path)
    store.append(b"long line\n", 1, at_ns=0)
    for at_ns in (1, 2, 3):
        store.append(b"x\n", 1, at_ns=at_ns)
    assert store.oldest(max_rows=10, max_bytes=5)[1] == b"long line\n"
    store.remove(store.oldest(max_rows=10, max_bytes=5)[0])
    assert store.oldest(max_rows=10, max_bytes=5)[1] == b"x\nx\n"
    assert store.oldest(max_rows=1, max_bytes=500)[1] == b"x\n"


def test_beyond_its_bound_the_oldest_rows_go_and_are_counted(tmp_path: Path) -> None:
    store = spool(tmp_path, max_bytes=8)
    assert store.append(b"a\nb\n", 2, at_ns=0) == 0
    assert store.append(b"c\nd\n", 2, at_ns=1) == 0
    assert store.append(b"e\n", 1, at_ns=2) == 2
    assert read_all(store) == b"c\nd\ne\n"
    assert read_all(spool(tmp_path)) == b"c\nd\ne\n"


def test_a_half_written_segment_and_a_stranger_are_left_out(tmp_path: Path) -> None:
    store = spool(tmp_path)
    store.append(b"a\n", 1, at_ns=0)
    (tmp_path / "00000000000000000001-dead-00000001-1.ndjson.part").write_bytes(b"half")
    (tmp_path / "notes.ndjson").write_bytes(b"?")
    assert read_all(spool(tmp_path)) == b"a\n"


def test_a_half_written_segment_of_a_crash_is_cleared_away_once_it_is_old(tmp_path: Path) -> None:
    part = tmp_path / "x.ndjson.part"
    part.write_bytes(b"half")
    os.utime(part, (0, 0))
    spool(tmp_path)
    assert not part.exists()


def test_a_segment_that_another_process_has_sent_is_forgotten(tmp_path: Path) -> None:
    mine, theirs = spool(tmp_path), spool(tmp_path)
    mine.append(b"a\n", 1, at_ns=0)
    late = spool(tmp_path)
    mine.remove(mine.oldest(max_rows=1, max_bytes=1)[0])
    assert late.oldest(max_rows=1, max_bytes=1) == ([], b"")
    assert (late.rows, theirs.rows) == (0, 0)


@pytest.mark.skipif(os.name != "posix", reason="file modes are POSIX's")
def test_only_the_owner_can_read_rows(tmp_path: Path) -> None:
    folder = tmp_path / "deep" / "spool"
    spool(folder).append(b"a\n", 1, at_ns=0)
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert {stat.S_IMODE(path.stat().st_mode) for path in folder.iterdir()} == {0o600}


def test_a_write_that_fails_leaves_the_old_file_and_no_rubbish(tmp_path: Path) -> None:
    target = tmp_path / "kept"
    target.mkdir()  # a folder cannot be replaced by a file
    with pytest.raises(OSError, match="kept"):
        write_durably(target, b"new")
    assert [path.name for path in tmp_path.iterdir()] == ["kept"]


def test_a_segment_that_cannot_be_read_does_not_hold_up_the_others(tmp_path: Path) -> None:
    store = spool(tmp_path)
    store.append(b"a\n", 1, at_ns=0)
    (first,) = store.oldest(max_rows=1, max_bytes=1)[0]
    store.append(b"b\n", 1, at_ns=1)
    first.path.unlink()
    first.path.mkdir()  # any error of reading will do
    assert read_all(store) == b"b\n"
    assert store.rows == 2
