"""Bytes to rows: JSON, NDJSON, Arrow IPC (stream and file) and Parquet.

A body is small on the wire and may be huge unpacked (compression, dictionaries), so what it may
become is bounded too.  A body that cannot be read is refused whole; single bad rows are left to
`predictions` and `outcomes`.
"""

import json
from collections.abc import Iterable, Mapping
from typing import cast

import orjson
import pyarrow as pa
import pyarrow.parquet as pq

from tocsin.base.errors import BadInput

JSON = "application/json"
NDJSON = "application/x-ndjson"
ARROW_STREAM = "application/vnd.apache.arrow.stream"
ARROW_FILE = "application/vnd.apache.arrow.file"
PARQUET = "application/vnd.apache.parquet"
CONTENT_TYPES = (JSON, NDJSON, ARROW_STREAM, ARROW_FILE, PARQUET)

MAX_ROWS = 1_000_000
MAX_UNPACKED_BYTES = 1 << 30


def parse(body: bytes, content_type: str) -> "pa.Table | list[object]":
    """Return the rows of a body: objects from JSON, a table from Arrow and Parquet.

    JSON may be an array of rows, one row, or an object with the rows under `rows`, `predictions`
    or `outcomes`.

    Args:
        body: the whole body.
        content_type: one of `CONTENT_TYPES`; parameters such as `; charset=utf-8` are ignored.

    Raises:
        BadInput: the body is empty, broken or too large once unpacked, or the type is unknown.

    >>> parse(b'[{"id": "a"}]', "application/json")
    [{'id': 'a'}]
    """
    kind = media_type(content_type)
    if not body.strip(b" \r\n\t"):
        raise BadInput("the body is empty", do="send at least one row")
    if kind == JSON:
        return _bounded(_rows(_json(body, "body")))
    if kind == NDJSON:
        lines = enumerate(body.splitlines(), start=1)
        return _bounded([_json(line, f"line {k}") for k, line in lines if line.strip()])
    try:
        if kind == ARROW_STREAM:
            with pa.ipc.open_stream(body) as stream:
                return _table(stream.schema, stream)
        if kind == ARROW_FILE:
            with pa.ipc.open_file(body) as file:
                batches = (file.get_batch(k) for k in range(file.num_record_batches))
                return _table(file.schema, batches)
        if kind == PARQUET:
            return _parquet(body)
    except (pa.ArrowException, OSError, ValueError) as error:
        raise BadInput(
            f"the body is not readable as {kind}: {_first_line(error)}",
            where="body",
            do="check that the file is whole and that Content-Type names its format",
        ) from None
    raise BadInput(f"unknown content type {kind!r}", do=f"send one of {', '.join(CONTENT_TYPES)}")


def media_type(content_type: str) -> str:
    """Return the type without its parameters.

    >>> media_type("Application/JSON; charset=utf-8")
    'application/json'
    """
    return content_type.partition(";")[0].strip().lower()


def read_json(body: bytes) -> object:
    """Return the JSON value that a body holds.

    Raises:
        BadInput: the body is not JSON; the message says where.
    """
    return _json(body, "body")


def _json(text: bytes, where: str) -> object:
    try:
        return orjson.loads(text)
    except orjson.JSONDecodeError:
        pass  # the slower reader takes what others send (NaN, lone surrogates) and names the place
    try:
        return json.loads(text)
    except json.JSONDecodeError as error:
        place = f"{where}, character {error.pos}" if where != "body" else f"line {error.lineno}"
        raise BadInput(f"not JSON: {error.msg}", where=place, do="send valid JSON") from None
    except (UnicodeDecodeError, RecursionError, ValueError) as error:
        reason = type(error).__name__
        raise BadInput(f"not JSON: {reason}", where=where, do="send JSON in UTF-8") from None


def _rows(value: object) -> list[object]:
    if isinstance(value, list):
        return cast("list[object]", value)
    if isinstance(value, Mapping):
        row = cast("Mapping[object, object]", value)
        inner = next((row[k] for k in ("rows", "predictions", "outcomes") if k in row), None)
        return cast("list[object]", inner) if isinstance(inner, list) else [row]
    raise BadInput("the body is no row", where="body", do="send an array of objects")


def _bounded(rows: list[object]) -> list[object]:
    if not rows:
        raise BadInput("the body has no rows", do="send at least one row")
    _refuse_many(len(rows))
    return rows


def _table(schema: pa.Schema, batches: Iterable[pa.RecordBatch]) -> pa.Table:
    kept: list[pa.RecordBatch] = []
    rows = size = 0
    for batch in batches:
        rows, size = rows + batch.num_rows, size + batch.nbytes
        _refuse_many(rows, size)
        kept.append(batch)
    table = pa.Table.from_batches(kept, schema)
    table.validate(full=True)  # offsets in a forged body may point outside it
    return _not_empty(table)


def _parquet(body: bytes) -> pa.Table:
    file = pq.ParquetFile(pa.BufferReader(body))
    groups = range(file.metadata.num_row_groups)
    size = sum(file.metadata.row_group(k).total_byte_size for k in groups)
    _refuse_many(file.metadata.num_rows, size)
    return _not_empty(file.read())


def _refuse_many(rows: int, size_bytes: int = 0) -> None:
    if rows > MAX_ROWS or size_bytes > MAX_UNPACKED_BYTES:
        raise BadInput(
            f"the body holds {rows:,} rows in {size_bytes:,} bytes unpacked",
            do=f"send at most {MAX_ROWS:,} rows and {MAX_UNPACKED_BYTES:,} bytes at a time",
        )


def _not_empty(table: pa.Table) -> pa.Table:
    if table.num_rows == 0:
        raise BadInput("the body has no rows", do="send at least one row")
    return table


def _first_line(error: Exception) -> str:
    return (str(error).splitlines() or [type(error).__name__])[0][:200]
