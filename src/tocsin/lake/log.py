"""The log of one Delta table: entries numbered from 0, each a few lines of JSON, never changed.

An append is one entry.  It is written here rather than by the table library, which reads its whole
log again before and after each commit.  The entry is written beside the log, flushed, and then
given its number by a hard link, which fails if the number is taken.  No reader ever sees half an
entry.  Format: the Delta transaction protocol, actions `commitInfo` and `add`
(https://github.com/delta-io/delta/blob/master/PROTOCOL.md).
"""

import json
import os
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from tocsin.base.errors import Unavailable
from tocsin.lake.disk import flush

_ENGINE = "tocsin"


@dataclass(frozen=True, slots=True)
class NewFile:
    """A flushed data file in the table's folder, not yet part of the table.

    `stats` are its rows, and least and most of its columns, in the protocol's words; `made_at_ms`
    counts milliseconds from 1970.
    """

    name: str
    size_bytes: int
    made_at_ms: int
    stats: Mapping[str, object]


def log_of(folder: Path) -> Path:
    """Return where the table in `folder` keeps its log."""
    return folder / "_delta_log"


def entry(folder: Path, version: int) -> Path:
    """Return the path of one log entry.

    >>> entry(Path("t"), 7).as_posix()
    't/_delta_log/00000000000000000007.json'
    """
    return log_of(folder) / f"{version:020}.json"


def last_version(folder: Path, known: int = -1) -> int:
    """Return the number of the last entry; -1 where there is none.

    Args:
        folder: of the table.
        known: a version that is known to exist, so that only what follows is looked for.
    """
    if known < 0:
        numbers = (path.stem for path in log_of(folder).glob("[0-9]*.json"))
        return max((int(number) for number in numbers if number.isdecimal()), default=-1)
    while entry(folder, known + 1).exists():
        known += 1
    return known


def commit(folder: Path, file: NewFile, known: int) -> int:
    """Make `file` part of the table, durably, and return the version that holds it.

    Args:
        folder: of the table.
        file: what to add.
        known: a version that is known to exist.
    """
    info: dict[str, object] = {
        "timestamp": file.made_at_ms,
        "operation": "WRITE",
        "operationParameters": {"mode": "Append", "partitionBy": "[]"},
        "engineInfo": _ENGINE,
    }
    add: dict[str, object] = {
        "path": file.name,
        "partitionValues": {},
        "size": file.size_bytes,
        "modificationTime": file.made_at_ms,
        "dataChange": True,
        "stats": json.dumps(file.stats),
    }
    draft = log_of(folder) / f".{uuid.uuid4().hex}.draft"
    try:
        with draft.open("x", encoding="utf-8") as lines:
            lines.write(json.dumps({"commitInfo": info}) + "\n" + json.dumps({"add": add}))
            lines.flush()
            os.fsync(lines.fileno())
        version = known + 1
        while not _claimed(draft, entry(folder, version)):
            version += 1
    finally:
        draft.unlink(missing_ok=True)
    flush(log_of(folder))
    return version


def added_files(folder: Path, version: int) -> list[str]:
    """Return the data files that one version brought; files that it merely rewrote are not new.

    Raises:
        Unavailable: the entry is gone.
    """
    path = entry(folder, version)
    try:
        lines = path.read_text("utf-8").splitlines()
    except FileNotFoundError:
        raise Unavailable(f"log entry {path} is gone; restore it from a backup") from None
    adds = [json.loads(line).get("add") for line in lines if line]
    return [str(add["path"]) for add in adds if add and add["dataChange"]]


def set_torn_entry_aside(folder: Path) -> None:
    """Rename a last entry that a power cut left unfinished: it was never acknowledged."""
    last = last_version(folder)
    if last < 0:
        return
    path = entry(folder, last)
    try:
        for line in path.read_text("utf-8").splitlines():
            json.loads(line)
        torn = path.stat().st_size == 0
    except ValueError:
        torn = True
    if torn:
        path.rename(path.with_suffix(".torn"))
        flush(log_of(folder))


def _claimed(draft: Path, path: Path) -> bool:
    try:
        os.link(draft, path)
    except FileExistsError:
        return False
    return True
