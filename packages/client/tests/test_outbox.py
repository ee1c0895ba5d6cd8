"""Rows on their way: bounded, batched, and never lost without being counted."""

import json
from collections.abc import Iterator
from itertools import count
from pathlib import Path

import pytest

from tocsin_client.counters import Counters
from tocsin_client.outbox import BATCH_BYTES, BATCH_ROWS, Outbox
from tocsin_client.spool import Spool


class FullDisk(Spool):
    """A spool whose disk is full while `full`."""

    full = True

    def append(self, body: bytes, rows: int, *, at_ns: int) -> int:
        if self.full:
            raise OSError(28, "No space left on device")
        return super().append(body, rows, at_ns=at_ns)


def outbox(counters: Counters, spool: Spool | None = None, buffer_rows: int = 10_000) -> Outbox:
    ticks: Iterator[int] = count()
    return Outbox(
        "/v1/predictions",
        spool=spool,
        buffer_rows=buffer_rows,
        counters=counters,
        clock_ns=lambda: next(ticks),
    )


def drain(box: Outbox) -> list[str]:
    ids: list[str] = []
    while batch := box.next():
        lines = batch.body.splitlines()
        assert len(lines) == batch.rows <= BATCH_ROWS
        assert len(batch.body) <= BATCH_BYTES or batch.rows == 1
        ids += [json.loads(line)["id"] for line in lines]
        box.settle(batch)
    return ids


def test_rows_leave_in_order_in_batches_that_fit_one_request() -> None:
    box = outbox(Counters())
    ids = [str(n) for n in range(2 * BATCH_ROWS + 5)]
    for id_ in ids:
        box.put({"id": id_})
    box.take()
    assert drain(box) == ids


def test_large_rows_make_small_batches_and_a_huge_one_goes_alone() -> None:
    box = outbox(Counters())
    for n, size in enumerate([500_000, 500_000, 2_000_000, 10]):
        box.put({"id": str(n), "note": "x" * size})
    box.take()
    assert drain(box) == ["0", "1", "2", "3"]


def test_a_full_buffer_loses_the_oldest_and_counts_them() -> None:
    counters = Counters()
    box = outbox(counters, buffer_rows=3)
    for n in range(5):
        box.put({"id": str(n)})
    box.take()
    assert drain(box) == ["2", "3", "4"]
    assert counters.get("lost") == 2


def test_unsent_rows_without_a_spool_stay_in_memory_within_the_bound() -> None:
    counters = Counters()
    box = outbox(counters, buffer_rows=3)
    for n in range(4):
        box.put({"id": str(n)})
        box.take()
        box.keep()
    assert drain(box) == ["1", "2", "3"]
    assert counters.get("lost") == 1


def test_what_was_spooled_leaves_before_what_came_later(tmp_path: Path) -> None:
    box = outbox(Counters(), Spool(tmp_path, max_bytes=1000))
    box.put({"id": "early"})
    box.take()
    box.keep()
    assert (box.waiting, box.spooled) == (0, 1)
    box.put({"id": "late"})
    box.take()
    assert drain(box) == ["early", "late"]


def test_a_spool_over_its_bound_counts_the_rows_it_drops(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    counters = Counters()
    box = outbox(counters, Spool(tmp_path, max_bytes=30))
    for n in range(4):
        box.put({"id": str(n)})
        box.take()
        box.keep()
    assert drain(box) == ["2", "3"]
    assert counters.get("lost") == 2
    assert "the spool is full" in caplog.text


def test_a_full_disk_leaves_rows_in_memory_until_it_has_room(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    counters, disk = Counters(), FullDisk(tmp_path, max_bytes=1000)
    box = outbox(counters, disk)
    for n in range(2):
        box.put({"id": str(n)})
        box.take()
        box.keep()
    assert (box.waiting, box.spooled, counters.get("spool_errors")) == (2, 0, 2)
    assert len(caplog.records) == 1
    disk.full = False
    box.keep()
    assert (box.waiting, box.spooled) == (0, 2)
    assert drain(box) == ["0", "1"]


def test_abandoned_rows_are_counted_lost() -> None:
    counters = Counters()
    box = outbox(counters)
    box.put({"id": "a"})
    assert box.abandon() == 1
    assert (box.waiting, counters.get("lost")) == (0, 1)
