import threading
from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa
import pytest
from typing_extensions import override

from tests.lake.rows import outcomes, predictions
from tocsin.base.errors import Unavailable
from tocsin.lake.committer import Committer, QueueFull
from tocsin.lake.delta import Lake, TableName

_SOON_S = 120


class Gated(Lake):
    """A lake whose appends wait for a gate, and fail while `broken`."""

    def __init__(self, root: str) -> None:
        super().__init__(root)
        self.gate, self.reached = threading.Event(), threading.Event()
        self.broken = False
        self.appends: list[int] = []

    @override
    def append(self, system: str, table: TableName, rows: pa.Table) -> int:
        self.reached.set()
        assert self.gate.wait(_SOON_S)
        if self.broken:
            raise Unavailable("the disk is full; free some space")
        self.appends.append(rows.num_rows)
        return super().append(system, table, rows)


@pytest.fixture
def lake(tmp_path: Path) -> Gated:
    lake = Gated(str(tmp_path))
    lake.gate.set()
    return lake


@pytest.fixture
def committer(lake: Gated) -> Iterator[Committer]:
    committer = Committer(lake, queue_bytes=10 * predictions(["b0"]).nbytes)
    yield committer
    lake.gate.set()
    committer.close()


def test_an_answer_means_that_the_rows_are_stored(lake: Gated, committer: Committer) -> None:
    receipt = committer.submit("s", "predictions", predictions(["a", "b"])).result(_SOON_S)
    assert (receipt.accepted, receipt.duplicates) == (2, 0)
    assert lake.scan("s", "predictions").num_rows == 2
    assert committer.submit("s", "outcomes", outcomes(["a"])).result(_SOON_S).version == 1


def test_what_queues_during_one_append_becomes_the_next(lake: Gated, committer: Committer) -> None:
    lake.gate.clear()
    first = committer.submit("s", "predictions", predictions(["a"]))
    assert lake.reached.wait(_SOON_S)
    rest = [committer.submit("s", "predictions", predictions([name])) for name in "bcd"]
    assert committer.waiting_rows == 4
    assert committer.waiting_bytes == 4 * predictions(["a"]).nbytes
    lake.gate.set()
    assert {future.result(_SOON_S).version for future in (first, *rest)} == {1, 2}
    assert lake.appends == [1, 3]


def test_a_full_queue_refuses_and_takes_nothing(lake: Gated, committer: Committer) -> None:
    lake.gate.clear()
    committer.submit("s", "predictions", predictions(["a"]))
    assert lake.reached.wait(_SOON_S)
    kept = committer.submit("s", "predictions", predictions([f"b{k}" for k in range(9)]))
    with pytest.raises(QueueFull, match="10 rows are waiting") as refusal:
        committer.submit("s", "predictions", predictions(["c"]))
    assert refusal.value.retry_after_s >= 1
    lake.gate.set()
    kept.result(_SOON_S)
    assert lake.scan("s", "predictions").num_rows == 10


def test_one_body_larger_than_the_queue_passes_when_nothing_waits(committer: Committer) -> None:
    rows = predictions([str(k) for k in range(11)])
    assert committer.submit("s", "predictions", rows).result(_SOON_S).accepted == 11


def test_a_repeat_in_flight_is_answered_only_with_its_original(
    lake: Gated, committer: Committer
) -> None:
    lake.gate.clear()
    blocker = committer.submit("s", "predictions", predictions(["x"]))
    assert lake.reached.wait(_SOON_S)
    original = committer.submit("s", "predictions", predictions(["a", "b"]))
    retry = committer.submit("s", "predictions", predictions(["b", "a", "c"]))
    assert not retry.done()
    lake.gate.set()
    blocker.result(_SOON_S)
    assert original.result(_SOON_S).duplicates == 0
    receipt = retry.result(_SOON_S)
    assert (receipt.accepted, receipt.duplicates) == (1, 2)
    assert lake.scan("s", "predictions").num_rows == 4


def test_a_failed_append_fails_all_of_its_group_and_a_retry_succeeds(
    lake: Gated, committer: Committer
) -> None:
    lake.broken = True
    with pytest.raises(Unavailable, match="the disk is full"):
        committer.submit("s", "predictions", predictions(["a"])).result(_SOON_S)
    lake.broken = False
    receipt = committer.submit("s", "predictions", predictions(["a"])).result(_SOON_S)
    assert (receipt.accepted, receipt.duplicates) == (1, 0)


def test_ids_are_known_again_after_a_restart_and_from_other_processes(
    tmp_path: Path, committer: Committer
) -> None:
    committer.submit("s", "predictions", predictions(["a"])).result(_SOON_S)
    other = Committer(Lake(str(tmp_path)))
    receipt = other.submit("s", "predictions", predictions(["a", "b"])).result(_SOON_S)
    other.close()
    assert (receipt.accepted, receipt.duplicates) == (1, 1)
    again = committer.submit("s", "predictions", predictions(["b"])).result(_SOON_S)
    assert again.duplicates == 1


def test_only_so_many_ids_are_remembered(tmp_path: Path) -> None:
    committer = Committer(Lake(str(tmp_path)), recent_ids=2)
    for name in "abc":
        committer.submit("s", "predictions", predictions([name])).result(_SOON_S)
    again = [
        committer.submit("s", "predictions", predictions([name])).result(_SOON_S).duplicates
        for name in "cba"
    ]
    committer.close()
    assert again == [1, 1, 0]


def test_closing_stores_what_waits_and_then_refuses(lake: Gated) -> None:
    committer = Committer(lake)
    lake.gate.clear()
    futures = [committer.submit("s", "predictions", predictions([name])) for name in "abc"]
    lake.gate.set()
    committer.close()
    assert all(future.done() for future in futures)
    assert lake.scan("s", "predictions").num_rows == 3
    with pytest.raises(Unavailable, match="stopping"):
        committer.submit("s", "predictions", predictions(["d"]))


def test_a_bug_below_does_not_stop_the_thread(lake: Gated, committer: Committer) -> None:
    broken = predictions(["a"]).drop_columns(["received_at"])
    with pytest.raises(Unavailable, match="could not be stored"):
        committer.submit("s", "predictions", broken).result(_SOON_S)
    assert committer.submit("s", "predictions", predictions(["a"])).result(_SOON_S).accepted == 1
