"""A snapshot: the live files and the columns of one Delta table at one version.

It follows the log: opened from the newest checkpoint, then moved on entry by entry.
"""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any, cast

import pyarrow as pa
from deltalake import Schema

from tocsin.base.errors import Unavailable
from tocsin.lake import checkpoint, log
from tocsin.lake.log import Action
from tocsin.lake.shelf import Shelf

_TRIES = 3
_DISTANT = (datetime(1, 1, 1, tzinfo=UTC), datetime(9999, 12, 31, tzinfo=UTC))


@dataclass(frozen=True, slots=True)
class StoredFile:
    """One live file.  `last` is the newest version whose rows it holds (see `log.LAST`).

    Where a file says nothing of its least and most, they are as far apart as can be.
    """

    name: str
    size_bytes: int
    rows: int
    last: int
    at: tuple[datetime, datetime]
    """Least and most `at`."""
    ids: tuple[str, str] | None
    """Least and most id; None: unknown."""
    received_at: datetime
    """The newest `received_at`."""
    add: Mapping[str, Any] = field(repr=False)
    """The action that added it, in the protocol's words."""


@dataclass(slots=True)
class Snapshot:
    """Where a reader stands.  `version` -1: there is no table.  Changed only by `follow`."""

    version: int = -1
    columns: pa.Schema = field(default_factory=lambda: pa.schema([]))
    files: dict[str, StoredFile] = field(default_factory=dict[str, StoredFile])
    removed: dict[str, int] = field(default_factory=dict[str, int])
    """Files no longer live that may still be there, and when they were removed (ms from 1970)."""
    settings: Mapping[str, Any] = field(default_factory=dict[str, Any])
    """The table's `metaData`, in the protocol's words."""
    protocol: Mapping[str, Any] = field(default_factory=dict[str, Any])

    def apply(self, version: int, actions: Iterable[Action]) -> None:
        """Move on to `version`, of which these are the actions."""
        for action in actions:
            for kind, fields in action.items():
                match kind:
                    case "add":
                        self.files[fields["path"]] = _file(fields, version)
                        self.removed.pop(fields["path"], None)
                    case "remove":
                        self.files.pop(fields["path"], None)
                        self.removed[fields["path"]] = int(fields.get("deletionTimestamp") or 0)
                    case "metaData":
                        self.settings = fields
                        self.columns = _columns(fields)
                    case "protocol":
                        self.protocol = fields
                    case _:
                        pass
        self.version = version


def follow(shelf: Shelf, folder: str, snapshot: Snapshot) -> Snapshot:
    """Return the table as it is now: `snapshot` moved on, or a new one where it fell too far back.

    Raises:
        Unavailable: an entry is damaged, or one that is needed is gone.
    """
    if snapshot.version >= 0:
        _walk(shelf, folder, snapshot)
        if checkpoint.newest(shelf, folder) <= snapshot.version:
            return snapshot
    for _ in range(_TRIES):  # nothing read yet, or entries that we need have expired
        snapshot = _opened(shelf, folder)
        if checkpoint.newest(shelf, folder) <= snapshot.version:
            return snapshot
    gone = shelf.path(log.log_of(folder))
    raise Unavailable(f"{gone} lacks its newest checkpoint; restore it from a backup")


def _walk(shelf: Shelf, folder: str, snapshot: Snapshot) -> None:
    while (actions := log.read(shelf, folder, snapshot.version + 1)) is not None:
        snapshot.apply(snapshot.version + 1, actions)


def _opened(shelf: Shelf, folder: str) -> Snapshot:
    names = [item.name for item in shelf.items(log.log_of(folder))]
    entries = {
        v for name in names if log.is_entry(name) and (v := log.version_of(name)) is not None
    }
    for version, parts in sorted(checkpoint.found(names).items(), reverse=True):
        actions = checkpoint.read(shelf, parts)
        if actions is None:
            continue  # torn by a power cut: it only repeats what the entries say
        snapshot = Snapshot()
        snapshot.apply(version, actions)
        _date(shelf, folder, snapshot, sorted(entries))
        _walk(shelf, folder, snapshot)
        return snapshot
    snapshot = Snapshot()
    if entries and min(entries) > 0:
        missing = shelf.path(log.entry(folder, min(entries) - 1))
        raise Unavailable(f"log entry {missing} is gone; restore it from a backup")
    _walk(shelf, folder, snapshot)
    if entries and snapshot.version < max(entries):
        missing = shelf.path(log.entry(folder, snapshot.version + 1))
        raise Unavailable(f"log entry {missing} is gone; restore it from a backup")
    return snapshot


def _date(shelf: Shelf, folder: str, snapshot: Snapshot, entries: Iterable[int]) -> None:
    """Give the files of another program's checkpoint the version of the entry that added them.

    Rows whose entry is gone, or which were merely rewritten, count as old news.
    """
    unsaid = {
        n for n, file in snapshot.files.items() if log.LAST not in (file.add.get("tags") or ())
    }
    born = dict.fromkeys(unsaid, 0)
    for version in entries if unsaid else ():
        if version <= snapshot.version:
            for action in log.read(shelf, folder, version) or ():
                add = action.get("add", {})
                if add.get("path") in unsaid and add.get("dataChange", True):
                    born[add["path"]] = version
    for name, version in born.items():
        snapshot.files[name] = replace(snapshot.files[name], last=version)


def _file(add: Mapping[str, Any], version: int) -> StoredFile:
    stats = cast("dict[str, Any]", json.loads(add.get("stats") or "{}"))
    least, most = stats.get("minValues", {}), stats.get("maxValues", {})
    ids = (least["id"], most["id"]) if "id" in least and "id" in most else None
    tags = cast("Mapping[str, str]", add.get("tags") or {})
    # written by another program: its rows are new if it says so, and old news otherwise
    last = tags.get(log.LAST, version if add.get("dataChange", True) else 0)
    return StoredFile(
        name=add["path"],
        size_bytes=int(add["size"]),
        rows=int(stats.get("numRecords", 0)),
        last=int(last),
        at=(_instant(least.get("at"), _DISTANT[0]), _instant(most.get("at"), _DISTANT[1])),
        ids=ids,
        received_at=_instant(most.get("received_at"), _DISTANT[0]),
        add=add,
    )


def _instant(text: str | None, otherwise: datetime) -> datetime:
    return otherwise if text is None else datetime.fromisoformat(text)


def _columns(settings: Mapping[str, Any]) -> pa.Schema:
    return pa.schema(cast("Any", Schema.from_json(settings["schemaString"]).to_arrow()))
