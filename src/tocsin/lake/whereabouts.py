"""Whereabouts: in which hours the rows with given ids were made, so that few files are read.

Random ids say nothing about time, and outcomes name decisions of long ago: without this, finding
them would read the ids of the whole lake again and again.  Kept in memory, a checksum and an hour
for each row (eight bytes), in sorted runs of growing size; learnt from what is new, and from the
whole table once after a start.  It only narrows down: a wrong hour costs reading, never a row.
"""

import threading
import zlib
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, cast

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from tocsin.base.spans import Span
from tocsin.lake.snapshot import StoredFile
from tocsin.lake.table import Table

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_HOUR_US = 3_600_000_000
_GROWTH = 4
"""A run is merged with the one before it unless that is so many times as long."""

_Run = tuple[NDArray[np.uint32], NDArray[np.int32]]


class Whereabouts:
    """Where in time the rows of one table are.  Safe to use from several threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._known = -1
        self._runs: list[_Run] = []

    def spans(self, table: Table, ids: Sequence[str]) -> list[Span]:
        """Return the spans, in order and apart, in which rows with these ids may have been made.

        All rows that are in `table` now lie inside; more than need be may.
        """
        keys = np.unique(_keys(ids))
        with self._lock:
            self._learn(table)
            runs = list(self._runs)
        found = [np.array([], np.int32)]
        for held, hours in runs:
            first, end = (np.searchsorted(held, keys, side=side) for side in ("left", "right"))
            for start, stop in zip(first[end > first], end[end > first], strict=True):
                found.append(hours[start:stop])
        each = np.unique(np.concatenate(found)).astype(np.int64)
        parts = np.split(each, np.flatnonzero(np.diff(each) > 1) + 1) if each.size else []
        return [Span(_instant(part[0]), _instant(part[-1] + 1)) for part in parts]

    def _learn(self, table: Table) -> None:
        _, files = table.files()
        new = [file for file in files if file.last > self._known]
        for file in new:
            self._add(_run(table, file))
        self._known = max((file.last for file in new), default=self._known)

    def _add(self, run: _Run) -> None:
        self._runs.append(run)
        while len(self._runs) > 1 and len(self._runs[-2][0]) < _GROWTH * len(self._runs[-1][0]):
            (a, b), (c, d) = self._runs.pop(), self._runs.pop()
            self._runs.append(_sorted(np.concatenate([a, c]), np.concatenate([b, d])))


def _instant(hour: np.int64) -> datetime:
    return _EPOCH + timedelta(hours=int(hour))


def _run(table: Table, file: StoredFile) -> _Run:
    rows = table.file(file, ["id", "at"])
    at_us: Any = rows["at"].cast(pa.int64()).to_numpy()
    hours = (at_us // _HOUR_US).astype(np.int32)
    return _sorted(_keys(cast("list[str]", rows["id"].to_pylist())), hours)


def _sorted(keys: NDArray[np.uint32], hours: NDArray[np.int32]) -> _Run:
    order = np.argsort(keys, kind="stable")
    return keys[order], hours[order]


def _keys(ids: Sequence[str]) -> NDArray[np.uint32]:
    return np.fromiter((zlib.crc32(one.encode()) for one in ids), np.uint32, len(ids))
