"""A checkpoint: one file that says what all entries of a table's log so far add up to.

It lets a reader open a table without the entries before it, which may then be removed (`expire`).
`_last_checkpoint` is written after the checkpoint and before any entry is removed: who finds there
a version above his own knows that entries he would need may be gone.
"""

import json
import re
from collections.abc import Iterable, Sequence
from typing import Any, cast

import pyarrow as pa
import pyarrow.parquet as pq

from tocsin.lake import log
from tocsin.lake.log import LAST, Action
from tocsin.lake.shelf import Shelf

_MARK = "_last_checkpoint"
_NAME = re.compile(r"\d{20}\.checkpoint(?:\.\d{10}\.(\d{10}))?\.parquet")
_WORDS: Any = pa.map_(pa.string(), pa.string())
_struct: Any = pa.struct  # the stubs know fewer forms than it takes
_SCHEMA: Any = pa.schema(
    {
        "protocol": _struct({"minReaderVersion": pa.int32(), "minWriterVersion": pa.int32()}),
        "metaData": _struct(
            {
                "id": pa.string(),
                "format": _struct({"provider": pa.string(), "options": _WORDS}),
                "schemaString": pa.string(),
                "partitionColumns": pa.list_(pa.string()),
                "configuration": _WORDS,
                "createdTime": pa.int64(),
            }
        ),
        "add": _struct(
            {
                "path": pa.string(),
                "partitionValues": _WORDS,
                "size": pa.int64(),
                "modificationTime": pa.int64(),
                "dataChange": pa.bool_(),
                "stats": pa.string(),
                "tags": _WORDS,
            }
        ),
        "remove": _struct(
            {"path": pa.string(), "deletionTimestamp": pa.int64(), "dataChange": pa.bool_()}
        ),
    }
)


def newest(shelf: Shelf, folder: str) -> int:
    """Return the version of the newest checkpoint; -1 where none was ever finished."""
    content = shelf.read(f"{log.log_of(folder)}/{_MARK}")
    try:
        return -1 if content is None else int(json.loads(content)["version"])
    except (ValueError, KeyError, TypeError):
        return -1


def found(names: Iterable[str]) -> dict[int, list[str]]:
    """Return the whole checkpoints among the files of a log: version to the names of its parts."""
    parts: dict[int, list[str]] = {}
    wanted: dict[int, int] = {}
    for name in names:
        match = _NAME.fullmatch(name.rpartition("/")[2])
        version = log.version_of(name)
        if match and version is not None:
            parts.setdefault(version, []).append(name)
            wanted[version] = int(match[1] or 1)
    return {version: some for version, some in parts.items() if len(some) >= wanted[version]}


def read(shelf: Shelf, parts: Sequence[str]) -> list[Action] | None:
    """Return the actions that a checkpoint holds; None where it is damaged."""
    actions: list[Action] = []
    try:
        for name in parts:
            content = shelf.read(name)
            if content is None:
                return None
            table = pq.read_table(pa.BufferReader(content))
            kinds = [kind for kind in _SCHEMA.names if kind in table.column_names]
            types: dict[str, Any] = {kind: table.schema.field(kind).type for kind in kinds}
            for row in table.select(kinds).to_pylist():
                actions += [
                    {kind: _plain(row[kind], types[kind])}
                    for kind in kinds
                    if row[kind] is not None
                ]
    except pa.ArrowException:
        return None
    return actions


def write(shelf: Shelf, folder: str, version: int, actions: Iterable[Action], *, size: int) -> None:
    """Store the checkpoint of `version`, then say that it is the newest.

    Args:
        shelf: where the table rests.
        folder: of the table.
        version: the version that `actions` add up to.
        actions: protocol, metaData, the live files and the files removed of late.
        size: how many actions they are.
    """
    table = pa.Table.from_pylist([_row(action) for action in actions], _SCHEMA)
    sink = pa.BufferOutputStream()
    pq.write_table(table, sink, compression="zstd", compression_level=1)
    shelf.put(f"{log.log_of(folder)}/{version:020}.checkpoint.parquet", sink.getvalue())
    mark = json.dumps({"version": version, "size": size}).encode()
    shelf.put(f"{log.log_of(folder)}/{_MARK}", mark)


def expire(shelf: Shelf, folder: str, made_before_ms: int | None) -> int:
    """Remove entries and checkpoints that the newest checkpoint made needless; return how many.

    Args:
        shelf: where the table rests.
        folder: of the table.
        made_before_ms: only those made before this (ms from 1970); None: all.
    """
    items = shelf.items(log.log_of(folder))
    mark = newest(shelf, folder)
    if mark not in found(item.name for item in items):
        return 0
    gone = [
        item.name
        for item in items
        if (version := log.version_of(item.name)) is not None
        and version < mark
        and (made_before_ms is None or item.made_at_ms < made_before_ms)
    ]
    shelf.delete(gone)
    return len(gone)


def _row(action: Action) -> dict[str, Any]:
    return {kind: _cell(fields, _SCHEMA.field(kind).type) for kind, fields in action.items()}


def _cell(value: Any, kind: Any) -> Any:  # noqa: ANN401 - the inverse of `_plain`
    if value is not None and pa.types.is_map(kind):
        return list(value.items())
    if value is not None and pa.types.is_struct(kind):
        return {field.name: _cell(value.get(field.name), field.type) for field in _fields(kind)}
    return value


def _plain(value: Any, kind: Any) -> Any:  # noqa: ANN401 - whatever a row holds
    """Return a row's struct with its maps as mappings and without what is null."""
    if pa.types.is_map(kind):
        return dict(cast("list[tuple[str, str]]", value))
    if pa.types.is_struct(kind):
        fields = ((field.name, field.type) for field in _fields(kind))
        return {name: _plain(value[name], of) for name, of in fields if value[name] is not None}
    return value


def _fields(kind: Any) -> list[Any]:  # noqa: ANN401 - a struct type
    return list(kind)


def with_last(add: Action, last: int) -> Action:
    """Return an `add` whose file says which version it lasts to, as other programs' do not."""
    return {**add, "tags": {**cast("dict[str, str]", add.get("tags") or {}), LAST: str(last)}}
