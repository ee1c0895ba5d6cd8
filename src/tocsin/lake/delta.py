"""Predictions and outcomes at rest: one Delta table of each per system.

    <system>-<hash>/predictions/…       see `table`
    <system>-<hash>/outcomes/…

**What is new** since a version are the live files that last to a later one (`log.LAST`).  A file
that was merely rewritten keeps what it lasts to, and files are put together only where all of their
rows have been counted, so however rows are rearranged, each is new exactly once.
"""

import hashlib
import re
import threading
import uuid
from bisect import bisect_right
from collections.abc import Callable, Iterator, Sequence
from itertools import pairwise
from typing import Any, Literal, TypeAlias, cast

import pyarrow as pa
import pyarrow.compute as pc

from tocsin.base.slices import EVERYONE, Slice
from tocsin.base.spans import Span
from tocsin.ingest.rows import OUTCOMES
from tocsin.ingest.rows import Schema as Rows
from tocsin.lake.disk import Disk
from tocsin.lake.listing import Listing, parquet_listing
from tocsin.lake.shelf import Shelf
from tocsin.lake.snapshot import StoredFile
from tocsin.lake.table import Table, portions
from tocsin.lake.whereabouts import Whereabouts

TableName: TypeAlias = Literal["predictions", "outcomes"]
TABLES: tuple[TableName, ...] = ("predictions", "outcomes")

_ROWS_AT_ONCE = 1 << 16
_MOST_SPANS = 16  # each is a comparison for every row that is read
_EMPTY = {"predictions": Rows((), ()).predictions(), "outcomes": OUTCOMES}


class Lake:
    """Every system's tables on one shelf.  Safe to use from several threads and processes.

    Args:
        shelf: where they rest; text names a folder on this machine.
    """

    def __init__(self, shelf: Shelf | str) -> None:
        self._shelf: Shelf = Disk(shelf) if isinstance(shelf, str) else shelf
        self._lock = threading.Lock()
        self._tables: dict[str, Table] = {}
        self._whereabouts: dict[tuple[str, TableName], Whereabouts] = {}

    def append(self, system: str, table: TableName, rows: pa.Table) -> int:
        """Add `rows` durably and return the table's version that holds them.

        Args:
            system: its name, any text.
            table: which of the system's tables.
            rows: in the lake's schema, at least one; columns new to the table are added to it, and
                a feature of another type than before goes on in a column beside (see `columns`).

        Raises:
            Unavailable: the disk refused; nothing that was acknowledged is lost.
            BadInput: a column that is no feature has another type than in the table.
        """
        return self.table(system, table).append(rows)

    def version(self, system: str, table: TableName) -> int:
        """Return the table's present version; -1 where nothing was ever written."""
        return self.table(system, table).version()

    def added(
        self,
        system: str,
        table: TableName,
        since: int,
        to: int,
        like: pa.Schema | None = None,
    ) -> Iterator[pa.Table]:
        """Yield the rows that versions since+1 .. to added, each once, in handy portions.

        Args:
            system: its name.
            table: which of the system's tables.
            since: the last version whose rows are known.
            to: the last version to read.
            like: the columns to return, with their types; None: as they rest.

        Raises:
            Unavailable: a file is gone; look again.
        """
        if since >= to:
            return
        its = self.table(system, table)
        _, files = its.files()
        new = sorted((file for file in files if since < file.last <= to), key=_age)
        yield from portions(its, new, like, _ROWS_AT_ONCE)

    def added_listing(
        self, system: str, table: TableName, since: int, to: int, like: pa.Schema
    ) -> Listing:
        """Return where the rows rest that `added` yields, for an engine that reads them itself.

        Raises:
            BadInput: a file is gone; look again.
        """
        its = self.table(system, table)
        _, files = its.files()
        new = sorted((file for file in files if since < file.last <= to), key=_age)
        paths = [its.path(file) for file in new]
        return parquet_listing(f"{system}/{table}", paths, self._shelf.files).like(like)

    def scan(
        self,
        system: str,
        table: TableName,
        *,
        columns: Sequence[str] | None = None,
        span: Span | None = None,
        ids: Sequence[str] | None = None,
        slice: Slice | None = None,  # noqa: A002 - the trade's word for it
    ) -> pa.Table:
        """Return rows in no particular order.

        Args:
            system: its name.
            table: which of the system's tables.
            columns: names to return, in this order; one that the table lacks is null.  None: all.
            span: only rows whose `at` lies inside.
            ids: only rows with one of these ids.
            slice: only rows in this slice (predictions only).
        """
        its, spans = self.table(system, table), [span] if span else None
        if ids is not None and span is None:
            with self._lock:
                where = self._whereabouts.setdefault((system, table), Whereabouts())
            spans = where.spans(its, ids)
        found = its.read(
            _within(spans, ids), columns, lambda schema: _condition(schema, spans, ids, slice)
        )
        return _chosen(_EMPTY[table].empty_table() if found is None else found, columns)

    def recent_ids(self, system: str, table: TableName, limit: int) -> list[str]:
        """Return the ids of the newest rows, oldest first; `limit` or somewhat more of them."""
        its = self.table(system, table)
        _, files = its.files()
        found: list[list[str]] = []
        for file in sorted(files, key=lambda file: file.received_at, reverse=True):
            if sum(map(len, found)) >= limit:
                break
            found.append(cast("list[str]", its.file(file, ["id"])["id"].to_pylist()))
        return [name for part in reversed(found) for name in part]

    def check_writable(self) -> None:
        """Write and remove a small file, as a probe of readiness asks.

        Raises:
            Unavailable: the disk refuses.
        """
        probe = f".writable-{uuid.uuid4().hex}"
        with self._shelf.refusing(""):
            self._shelf.put(probe, bytes(4096))  # an empty file fits on a full disk
            self._shelf.delete([probe])

    def table(self, system: str, table: TableName) -> Table:
        """Return one of a system's tables, for housekeeping; it need not exist."""
        folder = f"{folder_name(system)}/{table}"
        with self._lock:
            return self._tables.setdefault(folder, Table(self._shelf, folder))


def folder_name(system: str) -> str:
    """Return a folder name for any system name: readable, safe, and different for each.

    >>> folder_name("Loan approval/EU")
    'loan-approval-eu-2258faa0'
    """
    words = re.sub(r"[^a-z0-9]+", "-", system.lower()).strip("-")[:40]
    return f"{words or 'system'}-{hashlib.sha256(system.encode()).hexdigest()[:8]}"


def _age(file: StoredFile) -> tuple[object, ...]:
    return (file.last, file.at, file.name)


def _within(
    spans: Sequence[Span] | None, ids: Sequence[str] | None
) -> Callable[[StoredFile], bool]:
    first, final = (min(ids), max(ids)) if ids else ("", "")
    starts = [span.start for span in spans or ()]

    def wanted(file: StoredFile) -> bool:
        if spans is not None:  # in order, apart: the last that starts by the file's end decides
            place = bisect_right(starts, file.at[1])
            if place == 0 or spans[place - 1].end <= file.at[0]:
                return False
        return not ids or file.ids is None or (file.ids[1] >= first and file.ids[0] <= final)

    return wanted


def _condition(
    schema: pa.Schema,
    spans: Sequence[Span] | None,
    ids: Sequence[str] | None,
    part: Slice | None,
) -> Any:  # noqa: ANN401 - pyarrow's Expression has no type in the stubs
    keep: Any = pc.scalar(True)
    if spans:  # the reader skips what lies before, between and after
        at: Any = pc.field("at")
        first, *others = ((at >= one.start) & (at < one.end) for one in _few(spans))
        keep = first
        for other in others:
            keep = keep | other
    if ids is not None:
        keep = keep & pc.field("id").isin(pa.array(ids, pa.string()))
    for attribute, value in (part or EVERYONE).conditions:
        known = f"s_{attribute}" in schema.names
        keep = keep & (pc.field(f"s_{attribute}") == value if known else pc.scalar(False))
    return keep


def _few(spans: Sequence[Span]) -> list[Span]:
    """Return at most `_MOST_SPANS` that cover these, in order, by bridging the shortest gaps."""
    gaps = sorted(b.start - a.end for a, b in pairwise(spans))
    bridged = gaps[len(spans) - _MOST_SPANS - 1] if len(spans) > _MOST_SPANS else None
    few = [spans[0]]
    for span in spans[1:]:
        if bridged is not None and span.start - few[-1].end <= bridged:
            few[-1] = Span(few[-1].start, span.end)
        else:
            few.append(span)
    return few


def _chosen(table: pa.Table, columns: Sequence[str] | None) -> pa.Table:
    for name in columns or ():
        if name not in table.column_names:
            table = table.append_column(name, pa.nulls(table.num_rows, pa.string()))
    return table if columns is None else table.select(list(columns))
