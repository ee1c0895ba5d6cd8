"""The log of one Delta table: entries numbered from 0, each a few lines of JSON, never changed.

    <folder>/_delta_log/00000000000000000007.json                 one entry
    <folder>/_delta_log/00000000000000000007.checkpoint.parquet   what entries 0 to 7 add up to
    <folder>/_delta_log/_last_checkpoint                          which checkpoint is the newest

Written and read here rather than by the table library, which reads its whole log again around each
commit and knows neither our files' lasting versions (`LAST`) nor our object store's promises.
Every table stays one that Delta readers read.  Format: the Delta transaction protocol
(https://github.com/delta-io/delta/blob/master/PROTOCOL.md).
"""

import json
from collections.abc import Mapping, Sequence
from typing import Any, Final, TypeAlias, cast

from tocsin.base.errors import Unavailable
from tocsin.lake.shelf import Shelf

Action: TypeAlias = Mapping[str, Any]
"""One line of an entry: a mapping of the action's name to its fields, in the protocol's words."""

LAST: Final = "tocsin.last"
"""Tag of a data file: the newest version whose rows it holds.  A file that was merely rewritten
keeps it, so that "what is new since" never depends on how rows were put together later."""
_ENGINE = "tocsin"
_DIGITS = 20


def log_of(folder: str) -> str:
    """Return where the table in `folder` keeps its log."""
    return f"{folder}/_delta_log"


def entry(folder: str, version: int) -> str:
    """Return the name of one log entry.

    >>> entry("t", 7)
    't/_delta_log/00000000000000000007.json'
    """
    return f"{log_of(folder)}/{version:0{_DIGITS}}.json"


def version_of(name: str) -> int | None:
    """Return the version of an entry or a checkpoint; None for any other file.

    >>> version_of("t/_delta_log/00000000000000000007.checkpoint.parquet"), version_of("t/x.json")
    (7, None)
    """
    number = name.rpartition("/")[2].partition(".")[0]
    return int(number) if len(number) == _DIGITS and number.isdecimal() else None


def is_entry(name: str) -> bool:
    """Return whether a file of the log is an entry."""
    return name.endswith(".json") and version_of(name) is not None


def deed(operation: str, at_ms: int) -> Action:
    """Return the action that says what an entry does and when (ms from 1970)."""
    said: dict[str, object] = {
        "timestamp": at_ms,
        "operation": operation,
        "operationParameters": {},
    }
    return {"commitInfo": {**said, "engineInfo": _ENGINE}}


def claim(shelf: Shelf, folder: str, version: int, actions: Sequence[Action]) -> bool:
    """Make `actions` the entry `version`, durably; return False if another writer was first."""
    lines = [json.dumps(line, ensure_ascii=False) for line in actions]
    return shelf.claim(entry(folder, version), "\n".join(lines).encode())


def read(shelf: Shelf, folder: str, version: int) -> list[Action] | None:
    """Return the actions of one entry; None where there is none.

    Raises:
        Unavailable: it is damaged.
    """
    name = entry(folder, version)
    content = shelf.read(name)
    if content is None:
        return None
    try:
        return [cast("Action", json.loads(line)) for line in content.splitlines() if line.strip()]
    except ValueError:
        raise Unavailable(
            f"log entry {shelf.path(name)} is damaged; restore it from a backup"
        ) from None
