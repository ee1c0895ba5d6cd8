"""Group commit: many requests, one durable append.

One thread owns every append of this process.  While it writes, requests queue; whatever has queued
for a table is merged, cleared of ids that were accepted before, and appended at once.  A request
is answered only when its rows, or the earlier ones with the same ids, are on the disk: rows are
compared with what is stored in the same thread that stores them, so that a retry which overtakes
its original is never told "duplicate" of something that is not durable yet.
"""

import threading
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field
from itertools import islice
from typing import cast

import pyarrow as pa

from tocsin.base.errors import TocsinError, Unavailable
from tocsin.lake.delta import Lake, TableName

QUEUE_BYTES = 256 << 20
"""Rows that may wait, in bytes of memory; more are refused until the disk has caught up."""
RECENT_IDS = 500_000
"""Newest ids of each table that a repeated row is recognised by."""
_RETRY_AFTER_S = 1


class QueueFull(Unavailable):
    """More rows are waiting than we hold; retry after `retry_after_s`."""

    retry_after_s = _RETRY_AFTER_S


@dataclass(frozen=True, slots=True)
class Receipt:
    """What became of one request's rows: the version that holds them and how many were repeats."""

    version: int
    accepted: int
    duplicates: int


@dataclass(frozen=True, slots=True)
class _Request:
    rows: pa.Table
    answer: Future[Receipt] = field(default_factory=Future[Receipt])


_Key = tuple[str, TableName]


class Committer:
    """Appends to the lake for many threads.  Close it to drain what waits.

    Args:
        lake: where to append.
        queue_bytes: memory of the rows that may wait; a request larger than that is taken alone.
        recent_ids: ids remembered per table; a repeat of an older row is stored twice.
    """

    def __init__(
        self, lake: Lake, *, queue_bytes: int = QUEUE_BYTES, recent_ids: int = RECENT_IDS
    ) -> None:
        self._lake, self._queue_bytes, self._recent_ids = lake, queue_bytes, recent_ids
        self._wake = threading.Condition()
        self._waiting: dict[_Key, list[_Request]] = {}
        self._rows = self._bytes = 0
        self._closing = False
        self._recent: dict[_Key, _Recent] = {}
        self._thread = threading.Thread(target=self._run, name="committer", daemon=True)
        self._thread.start()

    @property
    def waiting_rows(self) -> int:
        """How many rows are queued or being written."""
        return self._rows

    @property
    def waiting_bytes(self) -> int:
        """How much memory those rows take."""
        return self._bytes

    def submit(self, system: str, table: TableName, rows: pa.Table) -> Future[Receipt]:
        """Queue `rows`; the future is done when they are durable, or fails with `Unavailable`.

        Raises:
            QueueFull: too many rows wait already; none of these was taken.
            Unavailable: the server is stopping.
        """
        request = _Request(rows)
        with self._wake:
            if self._closing:
                raise Unavailable("the server is stopping; send the rows again in a moment")
            if self._rows and self._bytes + rows.nbytes > self._queue_bytes:
                raise QueueFull(
                    f"{self._rows:,} rows are waiting to be stored; retry in {_RETRY_AFTER_S} s"
                )
            self._rows += rows.num_rows
            self._bytes += rows.nbytes
            self._waiting.setdefault((system, table), []).append(request)
            self._wake.notify()
        return request.answer

    def close(self) -> None:
        """Refuse new rows, store those that wait, and stop."""
        with self._wake:
            self._closing = True
            self._wake.notify()
        self._thread.join()

    def _run(self) -> None:
        while True:
            with self._wake:
                while not self._waiting and not self._closing:
                    self._wake.wait()
                if not self._waiting:
                    return
                work, self._waiting = self._waiting, {}
            for key, requests in work.items():
                _settle(requests, self._commit(key, requests))
                with self._wake:
                    self._rows -= sum(request.rows.num_rows for request in requests)
                    self._bytes -= sum(request.rows.nbytes for request in requests)

    def _commit(self, key: _Key, requests: Sequence[_Request]) -> list[Receipt] | Exception:
        try:
            recent = self._recent.setdefault(key, _Recent(self._recent_ids))
            before = recent.catch_up(self._lake, key)
            fresh: list[pa.Table] = []
            new: dict[str, None] = {}
            for request in requests:
                keep = recent.fresh(cast("list[str]", request.rows["id"].to_pylist()), new)
                fresh.append(request.rows if keep is None else request.rows.filter(pa.array(keep)))
            version = before
            if new:
                rows = pa.concat_tables(fresh, promote_options="default")
                version = self._lake.append(*key, rows)
                recent.add(new, version if version == before + 1 else before)
        except TocsinError as error:
            return error
        except Exception as error:  # noqa: BLE001 - this thread must outlive whatever a library does
            return Unavailable(f"rows could not be stored: {type(error).__name__}: {error}")
        return [
            Receipt(version, part.num_rows, request.rows.num_rows - part.num_rows)
            for request, part in zip(requests, fresh, strict=True)
        ]


class _Recent:
    """The newest ids of one table, and the version up to which they are known."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._ids: dict[str, None] = {}  # oldest first; half the memory of an OrderedDict
        self._version: int | None = None

    def catch_up(self, lake: Lake, key: _Key) -> int:
        """Learn what the lake holds that we do not know yet, and return its version."""
        version = lake.version(*key)
        if self._version is None:
            self.add(lake.recent_ids(*key, self._limit), version)
        elif version > self._version:  # another process wrote, or an append of ours failed late
            for table in lake.added(*key, self._version, version):
                self.add(cast("list[str]", table["id"].to_pylist()), version)
            self._version = version
        return version

    def fresh(self, ids: Sequence[str], new: dict[str, None]) -> list[bool] | None:
        """Return which of `ids` were never seen, None if none was; add those to `new`."""
        once = dict.fromkeys(ids)
        known = any(map(self._ids.__contains__, ids)) or not once.keys().isdisjoint(new)
        if len(once) == len(ids) and not known:
            new |= once
            return None
        keep: list[bool] = []
        for name in ids:
            unknown = name not in self._ids and name not in new
            keep.append(unknown)
            if unknown:
                new[name] = None
        return keep

    def add(self, ids: Iterable[str] | Mapping[str, None], version: int) -> None:
        """Remember `ids` as stored by `version`; now and then forget the oldest over the limit."""
        self._ids.update(dict.fromkeys(ids))
        excess = len(self._ids) - self._limit
        if excess > self._limit // 8:  # one by one would cost more than a dictionary is large
            self._ids = dict.fromkeys(islice(self._ids, excess, None))
        self._version = version


def _settle(requests: Sequence[_Request], result: list[Receipt] | Exception) -> None:
    for k, request in enumerate(requests):
        if not request.answer.set_running_or_notify_cancel():
            continue
        if isinstance(result, Exception):
            request.answer.set_exception(result)
        else:
            request.answer.set_result(result[k])
