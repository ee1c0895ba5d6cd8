"""Predictions and outcomes at rest: one Delta table of each per system, on local disk.

    <root>/<system>-<hash>/predictions/<file>.parquet
    <root>/<system>-<hash>/predictions/_delta_log/<version>.json

**Durable before return.** The data file is written and flushed first, then the log entry that
makes it part of the table (see `log`).  A power cut leaves either the whole append or a stray file
that no log entry names.

**No partitions.** Rows come in time order, so the smallest and largest `at` that the log keeps of
each file already say which files a span needs; a `day` column would only cut an append that spans
many days (a backfill) into as many files and flushes.  Within a file rows are sorted by `at`.

**What is new** since a version is read from the log entries, which are never expired.  Files that
were merely rewritten (`compact`) count as nothing new.
"""

import hashlib
import re
import threading
import uuid
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal, TypeAlias, cast

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.dataset as ds
import pyarrow.parquet as pq
from deltalake import DeltaTable, Schema
from deltalake.exceptions import DeltaError, TableNotFoundError

from tocsin.base.errors import BadInput, Unavailable
from tocsin.base.slices import EVERYONE, Slice
from tocsin.base.spans import Span
from tocsin.ingest.rows import OUTCOMES
from tocsin.ingest.rows import Schema as Rows
from tocsin.lake import log
from tocsin.lake.disk import flush, make_folders, refusing, write_parquet

TableName: TypeAlias = Literal["predictions", "outcomes"]

CHECKPOINT_EVERY = 50
"""Versions between two checkpoints of the log; opening a table replays at most so many entries."""
_ROWS_AT_ONCE = 1 << 16
_STATS = ("id", "at", "received_at")
_EMPTY = {"predictions": Rows((), ()).predictions(), "outcomes": OUTCOMES}


class Lake:
    """Every system's tables under one folder.  Safe to use from several threads and processes."""

    def __init__(self, root: str) -> None:
        self._root = Path(root)
        self._lock = threading.RLock()
        self._open: dict[Path, DeltaTable] = {}
        self._columns: dict[Path, pa.Schema] = {}
        self._last: dict[Path, int] = {}

    def append(self, system: str, table: TableName, rows: pa.Table) -> int:
        """Add `rows` durably and return the table's version that holds them.

        Args:
            system: its name, any text.
            table: which of the system's tables.
            rows: in the lake's schema, at least one; columns new to the table are added to it.

        Raises:
            Unavailable: the disk refused; nothing that was acknowledged is lost.
            BadInput: a column has another type than in the table.
        """
        folder = self._folder(system, table)
        with self._lock, refusing(folder):
            self._fit(folder, rows.schema)
            rows = _in_order(rows)
            name = f"{uuid.uuid4().hex}.parquet"
            size = write_parquet(folder / name, rows)
            at_ms = int(_latest(rows["received_at"]).timestamp() * 1000)
            before = self._version(folder)
            new = log.NewFile(name, size, at_ms, _stats(rows))
            version = log.commit(folder, new, before)  # lint: commit this is the lake's own log
            self._last[folder] = version
            if version // CHECKPOINT_EVERY > before // CHECKPOINT_EVERY:
                self._checkpoint(folder)
            return version

    def version(self, system: str, table: TableName) -> int:
        """Return the table's present version; -1 where nothing was ever written."""
        folder = self._folder(system, table)
        with self._lock, refusing(folder):
            return self._version(folder)

    def added(self, system: str, table: TableName, since: int, to: int) -> Iterator[pa.Table]:
        """Yield the rows that versions since+1 .. to added, each once, in handy portions.

        Raises:
            Unavailable: a log entry or a file of it is gone.
        """
        folder = self._folder(system, table)
        waiting: list[pa.Table] = []
        for version in range(since + 1, to + 1):
            for name in log.added_files(folder, version):
                waiting.append(_file(folder / name))
                if sum(part.num_rows for part in waiting) >= _ROWS_AT_ONCE:
                    yield pa.concat_tables(waiting, promote_options="default")
                    waiting = []
        if waiting:
            yield pa.concat_tables(waiting, promote_options="default")

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
        folder = self._folder(system, table)
        with self._lock, refusing(folder):
            delta = self._at_rest(folder)
            if delta is None:
                return _chosen(_EMPTY[table].empty_table(), columns)
            schema, files = _arrow(delta), _files(delta)
        kept = _pruned(files, span, ids)
        condition = _condition(schema, span, ids, slice)
        wanted = None if columns is None else [name for name in columns if name in schema.names]
        paths = [str(folder / name) for name in _paths(kept)]
        with refusing(folder):
            dataset = ds.dataset(paths, schema=schema, format="parquet")
            return _chosen(dataset.to_table(columns=wanted, filter=condition), columns)

    def recent_ids(self, system: str, table: TableName, limit: int) -> list[str]:
        """Return the ids of the newest rows, oldest first; `limit` or somewhat more of them."""
        folder = self._folder(system, table)
        with self._lock, refusing(folder):
            delta = self._at_rest(folder)
            files = None if delta is None else _files(delta)
        if files is None:
            return []
        found: list[str] = []
        for name in _paths(files.sort_by([("max.received_at", "descending")])):
            if len(found) >= limit:
                break
            found[:0] = cast("list[str]", _file(folder / name, ["id"])["id"].to_pylist())
        return found

    def check_writable(self) -> None:
        """Write and remove an empty file, as a probe of readiness asks.

        Raises:
            Unavailable: the disk refuses.
        """
        probe = self._root / f".writable-{uuid.uuid4().hex}"
        with refusing(self._root):
            make_folders(self._root)
            probe.touch()
            probe.unlink()

    def _folder(self, system: str, table: TableName) -> Path:
        return self._root / folder_name(system) / table

    def _version(self, folder: Path) -> int:
        if folder not in self._last:  # before a version is believed
            log.set_torn_entry_aside(folder)
        self._last[folder] = log.last_version(folder, self._last.get(folder, -1))
        return self._last[folder]

    def _at_rest(self, folder: Path) -> DeltaTable | None:
        """Return the table as it is now; None where there is none."""
        delta = self._open.get(folder)
        if delta is not None:
            delta.update_incremental()
            return delta
        if not log.log_of(folder).is_dir():
            return None
        self._version(folder)
        delta = _opened(folder)
        if delta is not None:
            self._open[folder] = delta
        return delta

    def _fit(self, folder: Path, schema: pa.Schema) -> None:
        """Make the table, or widen it, so that it has every column of `schema`."""
        if folder in self._columns and not _lacking(self._columns[folder], schema):
            return
        delta = self._at_rest(folder)
        if delta is None:
            make_folders(log.log_of(folder))
            delta = DeltaTable.create(
                str(folder),
                Schema.from_arrow(schema),
                mode="ignore",
                configuration={"delta.enableExpiredLogCleanup": "false"},
            )
            self._open[folder] = delta
            self._flush_log(folder, -1, delta.version())
        new = _lacking(_arrow(delta), schema)
        if new:
            before = delta.version()
            delta.alter.add_columns(list(Schema.from_arrow(pa.schema(new)).fields))
            delta.update_incremental()
            self._flush_log(folder, before, delta.version())
        self._columns[folder] = _arrow(delta)

    def _flush_log(self, folder: Path, after: int, to: int) -> None:
        for version in range(after + 1, to + 1):
            flush(log.entry(folder, version))
        flush(log.log_of(folder))

    def _checkpoint(self, folder: Path) -> None:
        delta = self._at_rest(folder)
        assert delta is not None
        delta.create_checkpoint()
        for path in log.log_of(folder).glob(f"{delta.version():020}.checkpoint*"):
            flush(path)
        flush(log.log_of(folder) / "_last_checkpoint")
        flush(log.log_of(folder))


def folder_name(system: str) -> str:
    """Return a folder name for any system name: readable, safe, and different for each.

    >>> folder_name("Loan approval/EU")
    'loan-approval-eu-2258faa0'
    """
    words = re.sub(r"[^a-z0-9]+", "-", system.lower()).strip("-")[:40]
    return f"{words or 'system'}-{hashlib.sha256(system.encode()).hexdigest()[:8]}"


def _in_order(rows: pa.Table) -> pa.Table:
    at: Any = rows["at"].cast(pa.int64()).to_numpy()
    return rows if (at[1:] >= at[:-1]).all() else rows.sort_by("at")


def _latest(column: "pa.ChunkedArray[Any]") -> datetime:
    return pc.max(column).as_py()


def _stats(rows: pa.Table) -> dict[str, object]:
    least: dict[str, str] = {}
    most: dict[str, str] = {}
    for name in _STATS:
        both = cast("Any", pc.min_max(rows[name])).as_py()
        least[name], most[name] = (_stat(both[end]) for end in ("min", "max"))
    nulls = dict.fromkeys(_STATS, 0)
    return {"numRecords": rows.num_rows, "minValues": least, "maxValues": most, "nullCount": nulls}


def _stat(value: str | datetime) -> str:
    if isinstance(value, datetime):
        return value.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
    return value


def _lacking(have: pa.Schema, want: pa.Schema) -> list[Any]:
    """Return the fields of `want` that `have` lacks.

    Raises:
        BadInput: a field has another type.
    """
    held: dict[str, Any] = {field.name: field for field in cast("Iterable[Any]", have)}
    lacking: list[Any] = []
    for field in cast("Iterable[Any]", want):
        if field.name not in held:
            lacking.append(field.with_nullable(True))
        elif held[field.name].type != field.type:
            was = held[field.name].type
            raise BadInput(
                f"column {field.name} is {field.type}, stored so far as {was}",
                do="give the feature a new name, or the system",
            )
    return lacking


def _file(path: Path, columns: list[str] | None = None) -> pa.Table:
    try:
        return pq.ParquetFile(path).read(columns=columns)
    except FileNotFoundError:
        raise Unavailable(f"data file {path} is gone; restore it from a backup") from None


def _files(delta: DeltaTable) -> pa.Table:
    """Return the live files: path, and least and most of each column with statistics."""
    return pa.table(cast("Any", delta.get_add_actions(flatten=True)))


def _paths(files: pa.Table) -> list[str]:
    return cast("list[str]", files["path"].to_pylist())


def _arrow(delta: DeltaTable) -> pa.Schema:
    return pa.schema(cast("Any", delta.schema().to_arrow()))


def _pruned(files: pa.Table, span: Span | None, ids: Sequence[str] | None) -> pa.Table:
    keep: Any = pc.scalar(True)
    if span is not None:
        keep = keep & (pc.field("max.at") >= span.start) & (pc.field("min.at") < span.end)
    if ids:
        keep = keep & (pc.field("max.id") >= min(ids)) & (pc.field("min.id") <= max(ids))
    return files.filter(keep)


def _condition(
    schema: pa.Schema, span: Span | None, ids: Sequence[str] | None, part: Slice | None
) -> Any:  # noqa: ANN401 - pyarrow's Expression has no type in the stubs
    keep: Any = pc.scalar(True)
    if span is not None:
        keep = keep & (pc.field("at") >= span.start) & (pc.field("at") < span.end)
    if ids is not None:
        keep = keep & pc.field("id").isin(pa.array(ids, pa.string()))
    for attribute, value in (part or EVERYONE).conditions:
        known = f"s_{attribute}" in schema.names
        keep = keep & (pc.field(f"s_{attribute}") == value if known else pc.scalar(False))
    return keep


def _chosen(table: pa.Table, columns: Sequence[str] | None) -> pa.Table:
    for name in columns or ():
        if name not in table.column_names:
            table = table.append_column(name, pa.nulls(table.num_rows, pa.string()))
    return table if columns is None else table.select(list(columns))


def _opened(folder: Path) -> DeltaTable | None:
    try:
        return DeltaTable(str(folder))
    except TableNotFoundError:
        return None
    except DeltaError:  # a checkpoint torn by a power cut only repeats what the entries say
        entries = log.log_of(folder)
        for path in sorted(entries.glob("*.checkpoint*.parquet"))[-1:]:
            path.rename(path.with_suffix(".torn"))
        (entries / "_last_checkpoint").unlink(missing_ok=True)
        return DeltaTable(str(folder))
