"""One Delta table on a shelf: appending, replacing files by others, and reading.

    <folder>/<file>.parquet
    <folder>/_delta_log/…                 see `log` and `checkpoint`

**Durable before return.** A data file is written and flushed first, then the log entry that makes
it part of the table.  A power cut leaves either the whole change or a stray file that no entry
names.

**No partitions.** Rows come in time order, so the smallest and largest `at` that the log keeps of
each file already say which files a span needs.  Within a file rows are sorted by `at`.
"""

import json
import threading
import uuid
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, cast

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.dataset as ds
import pyarrow.parquet as pq
from deltalake import Schema

from tocsin.base.errors import Conflict, Unavailable
from tocsin.lake import checkpoint, columns, log
from tocsin.lake.log import Action
from tocsin.lake.parquet import Packed, pack
from tocsin.lake.shelf import Shelf
from tocsin.lake.snapshot import Snapshot, StoredFile, follow

_PROTOCOL: Action = {"protocol": {"minReaderVersion": 1, "minWriterVersion": 2}}
_CONFIGURATION = {"delta.enableExpiredLogCleanup": "false"}
"""Other programs leave our log to us."""
_TRIES = 4


@dataclass(frozen=True, slots=True)
class Rewritten:
    """A stored file that is ready to take the place of others; `name` None: nothing is left.

    `last` is the newest version whose rows it holds, `lost` how many rows were left out.
    """

    name: str | None
    packed: Packed | None
    replaces: Sequence[StoredFile]
    last: int
    lost: int


class Table:
    """Reads and changes one table.  Safe to use from several threads and processes."""

    def __init__(self, shelf: Shelf, folder: str) -> None:
        self._shelf, self._folder = shelf, folder
        self._lock = threading.RLock()
        self._snapshot = Snapshot()

    # -- reading -------------------------------------------------------------------------------
    def version(self) -> int:
        """Return the present version; -1 where nothing was ever written."""
        with self._lock, self._refusing():
            return self._follow().version

    def files(self) -> tuple[pa.Schema, list[StoredFile]]:
        """Return the columns and the live files at present."""
        with self._lock, self._refusing():
            snapshot = self._follow()
            return snapshot.columns, list(snapshot.files.values())

    def read(
        self,
        wanted: Callable[[StoredFile], bool],
        names: Sequence[str] | None,
        condition: Callable[[pa.Schema], Any],
    ) -> pa.Table | None:
        """Return the rows of the wanted files that meet a condition; None where there is no table.

        Files that were replaced and removed while we read them are no trouble: we look again.
        """
        for turn in range(_TRIES):
            schema, files = self.files()
            if not schema.names:
                return None
            kept = None if names is None else [name for name in names if name in schema.names]
            paths = [self._path(file.name) for file in files if wanted(file)]
            try:
                with self._refusing():
                    data = ds.dataset(
                        paths, schema=schema, format="parquet", filesystem=self._shelf.files
                    )
                    return data.to_table(columns=kept, filter=condition(schema))
            except Unavailable as trouble:
                if turn + 1 == _TRIES or not isinstance(trouble.__cause__, FileNotFoundError):
                    raise
        raise AssertionError  # the last turn returned or raised

    def path(self, file: StoredFile) -> str:
        """Return what the shelf's file system calls a file."""
        return self._path(file.name)

    def file(self, file: StoredFile, names: Sequence[str] | None = None) -> pa.Table:
        """Return the rows of one file; of `names` those columns that it has.

        Raises:
            Unavailable: it is gone.
        """
        path = self._path(file.name)
        try:
            with self._refusing(), self._shelf.files.open_input_file(path) as source:
                parquet = pq.ParquetFile(source)
                have = parquet.schema_arrow.names
                kept = None if names is None else [name for name in names if name in have]
                return parquet.read(columns=kept)
        except Unavailable as trouble:
            if isinstance(trouble.__cause__, FileNotFoundError):
                raise Unavailable(
                    f"data file {path} is gone; restore it from a backup"
                ) from trouble
            raise

    # -- changing ------------------------------------------------------------------------------
    def append(self, rows: pa.Table) -> int:
        """Add `rows` durably and return the version that holds them; see `Lake.append`."""
        with self._refusing():
            at_ms = _ms(pc.max(rows["received_at"]).as_py())
            packed = pack(self._fit(rows, at_ms))
            name = self._stored(packed)
            said = log.deed("WRITE", at_ms)
            return self._commit(
                lambda version: [said, _add(name, packed, version, fresh=True)], name
            )

    def rewrite(
        self, files: Sequence[StoredFile], keep: Callable[[pa.Table], pa.Table]
    ) -> Rewritten:
        """Store what `keep` leaves of the rows of `files` as one new file, not yet of the table."""
        whole = [self.file(file) for file in files]
        rows = pa.concat_tables([keep(part) for part in whole], promote_options="default")
        lost = sum(part.num_rows for part in whole) - rows.num_rows
        last = max(file.last for file in files)
        if not rows.num_rows:
            return Rewritten(None, None, files, last, lost)
        with self._refusing():
            packed = pack(rows)
            return Rewritten(self._stored(packed), packed, files, last, lost)

    def without(self, files: Sequence[StoredFile]) -> Rewritten:
        """Return what `rewrite` would if nothing of `files` were kept, without reading them."""
        lost = sum(file.rows for file in files)
        return Rewritten(None, None, files, max(file.last for file in files), lost)

    def discard(self, changes: Sequence[Rewritten]) -> None:
        """Remove rewritten files that are not going to be used."""
        with self._refusing():
            names = [f"{self._folder}/{change.name}" for change in changes if change.name]
            self._shelf.delete(names)

    def replace(self, changes: Sequence[Rewritten], now: datetime, *, fresh: bool) -> int:
        """Let rewritten files take the place of theirs, all at once; return the version.

        Args:
            changes: what `rewrite` stored.
            now: when.
            fresh: whether rows have gone, so that other readers of changes must know.

        Raises:
            Conflict: one of the files was replaced by somebody else; nothing was changed.
        """
        at_ms = _ms(now)
        actions = [log.deed("DELETE" if fresh else "OPTIMIZE", at_ms)]
        for change in changes:
            actions += [_remove(file, at_ms, fresh=fresh) for file in change.replaces]
            if change.name is not None and change.packed is not None:
                actions.append(_add(change.name, change.packed, change.last, fresh=fresh))
        needs = [file.name for change in changes for file in change.replaces]
        brings = next((change.name for change in changes if change.name), None)
        try:
            with self._refusing():
                return self._commit(lambda _: actions, brings, needs)
        except Conflict:
            self.discard(changes)
            raise

    # -- housekeeping ----------------------------------------------------------------------------
    def checkpoint(self, *, after: int, forget_before: datetime) -> bool:
        """Write a checkpoint if `after` entries or more lie behind the last; return whether.

        Files that were removed before `forget_before` are not mentioned in it any more.
        """
        with self._lock, self._refusing():
            snapshot = self._follow()
            behind = snapshot.version - max(0, checkpoint.newest(self._shelf, self._folder))
            if behind < after:
                return False
            limit = _ms(forget_before)
            actions = [
                {"protocol": snapshot.protocol},
                {"metaData": snapshot.settings},
                *({"add": checkpoint.with_last(f.add, f.last)} for f in snapshot.files.values()),
                *(
                    {"remove": {"path": name, "deletionTimestamp": at, "dataChange": False}}
                    for name, at in snapshot.removed.items()
                    if at >= limit
                ),
            ]
            checkpoint.write(
                self._shelf, self._folder, snapshot.version, actions, size=len(actions)
            )
            return True

    def expire(self, made_before: datetime | None) -> int:
        """Remove log entries that no checkpoint needs and return how many; None: however young."""
        limit = None if made_before is None else _ms(made_before)
        with self._refusing():
            return checkpoint.expire(self._shelf, self._folder, limit)

    def vacuum(self, before: datetime, *, strays: bool) -> int:
        """Remove data files that ceased to be part of the table before an instant; return how many.

        Args:
            before: what was removed later may still be read by somebody.
            strays: also files that no entry ever named, left by a crash before that instant.
        """
        limit = _ms(before)
        with self._refusing():
            items = self._shelf.items(self._folder)  # before the snapshot: what is new is not here
            with self._lock:
                snapshot = self._follow()
                live, removed = set(snapshot.files), dict(snapshot.removed)
            gone: list[str] = []
            for item in items:
                name = item.name.rpartition("/")[2]
                at = removed.get(name)
                if name not in live and (
                    at < limit if at is not None else strays and item.made_at_ms < limit
                ):
                    gone.append(item.name)
            self._shelf.delete(gone)
        with self._lock:
            there = {item.name.rpartition("/")[2] for item in items} - {
                name.rpartition("/")[2] for name in gone
            }
            for name in [n for n in self._snapshot.removed if n in removed and n not in there]:
                del self._snapshot.removed[name]
        return len(gone)

    # -- inside --------------------------------------------------------------------------------
    def _fit(self, rows: pa.Table, at_ms: int) -> pa.Table:
        """Return `rows` as they rest, after making the table, or widening it, to hold them."""
        while True:
            with self._lock:
                snapshot = self._snapshot if self._snapshot.version >= 0 else self._follow()
                have = snapshot.columns
            rows = columns.fitted(rows, have)
            new = columns.lacking(have, rows.schema)
            if not new:
                return rows
            with self._lock:
                snapshot = self._follow()
                if snapshot.columns != have:
                    continue
                wide = pa.schema([*cast("Any", have), *new])
                settings = {**(snapshot.settings or _settings()), "schemaString": _json(wide)}
                version = snapshot.version + 1
                said = log.deed("ADD COLUMNS" if version else "CREATE TABLE", at_ms)
                first = () if version else (_PROTOCOL,)
                actions: list[Action] = [said, *first, {"metaData": settings}]
                if log.claim(self._shelf, self._folder, version, actions):
                    snapshot.apply(version, actions)

    def _stored(self, packed: Packed) -> str:
        name = f"{uuid.uuid4().hex}.parquet"
        self._shelf.put(f"{self._folder}/{name}", packed.content)
        return name

    def _commit(
        self,
        actions: Callable[[int], Sequence[Action]],
        brings: str | None,
        needs: Collection[str] = (),
    ) -> int:
        """Make `actions` the next entry and return its version.

        `brings` names a file that they add: if it is there already, an answer was lost on the way
        and this is done.  `needs` must all be live.
        """
        with self._lock:
            while True:
                snapshot = self._follow()
                if brings in snapshot.files:
                    return snapshot.version
                if not all(name in snapshot.files for name in needs):
                    raise Conflict("files of the lake were replaced meanwhile; look again")
                version = snapshot.version + 1
                wanted = actions(version)
                if not log.claim(self._shelf, self._folder, version, wanted):
                    continue
                if checkpoint.newest(self._shelf, self._folder) >= version:
                    # we stood still so long that this number was used, and its entry expired
                    self._shelf.delete([log.entry(self._folder, version)])
                    continue
                snapshot.apply(version, wanted)
                return version

    def _follow(self) -> Snapshot:
        self._snapshot = follow(self._shelf, self._folder, self._snapshot)
        return self._snapshot

    def _path(self, name: str) -> str:
        return self._shelf.path(f"{self._folder}/{name}")

    def _refusing(self) -> Any:  # noqa: ANN401 - a context manager
        return self._shelf.refusing(self._folder)


def _settings() -> Mapping[str, Any]:
    return {
        "id": str(uuid.uuid4()),
        "format": {"provider": "parquet", "options": {}},
        "partitionColumns": [],
        "configuration": _CONFIGURATION,
    }


def _json(schema: pa.Schema) -> str:
    return Schema.from_arrow(schema).to_json()


def _add(name: str, packed: Packed, last: int, *, fresh: bool) -> Action:
    return {
        "add": {
            "path": name,
            "partitionValues": {},
            "size": packed.content.size,
            "modificationTime": _ms(packed.received_at),
            "dataChange": fresh,
            "stats": json.dumps(packed.stats, ensure_ascii=False),
            "tags": {log.LAST: str(last)},
        }
    }


def _remove(file: StoredFile, at_ms: int, *, fresh: bool) -> Action:
    return {
        "remove": {
            "path": file.name,
            "deletionTimestamp": at_ms,
            "dataChange": fresh,
            "extendedFileMetadata": True,
            "partitionValues": {},
            "size": file.size_bytes,
        }
    }


def _ms(at: datetime) -> int:
    return int(at.timestamp() * 1000)


def portions(
    table: Table, files: Sequence[StoredFile], like: pa.Schema | None, rows_at_once: int
) -> Iterator[pa.Table]:
    """Yield the rows of `files`, a handy number at a time; `like` tells which columns."""
    waiting: list[pa.Table] = []
    schema, _ = table.files()
    names = None if like is None else columns.needed(schema, like)
    for file in files:
        rows = table.file(file, names)
        waiting.append(rows if like is None else columns.asked(rows, like))
        if sum(part.num_rows for part in waiting) >= rows_at_once:
            yield pa.concat_tables(waiting, promote_options="default")
            waiting = []
    if waiting:
        yield pa.concat_tables(waiting, promote_options="default")
