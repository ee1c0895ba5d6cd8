import io
import json
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.ingest.lending import row
from tocsin.base.errors import BadInput
from tocsin.ingest import parse as module
from tocsin.ingest.parse import ARROW_FILE, ARROW_STREAM, JSON, NDJSON, PARQUET, parse

TABLE = pa.table({"id": ["a", "b"], "score": [0.1, None]})


def packed(kind: str, table: pa.Table = TABLE) -> bytes:
    sink = io.BytesIO()
    if kind == PARQUET:
        pq.write_table(table, sink)
    else:
        opened = pa.ipc.new_stream if kind == ARROW_STREAM else pa.ipc.new_file
        with opened(sink, table.schema) as writer:
            writer.write_table(table)
    return sink.getvalue()


@pytest.mark.parametrize("kind", [ARROW_STREAM, ARROW_FILE, PARQUET])
def test_arrow_and_parquet_bodies_are_read(kind: str) -> None:
    assert parse(packed(kind), kind) == TABLE


@pytest.mark.parametrize(
    "body", [[row()], row(), {"rows": [row()]}, {"predictions": [row()]}, {"outcomes": [row()]}]
)
def test_json_may_be_an_array_one_row_or_an_envelope(body: object) -> None:
    assert parse(json.dumps(body).encode(), f"{JSON}; charset=utf-8") == [row()]


def test_ndjson_is_one_row_a_line_and_blank_lines_are_nothing() -> None:
    assert parse(b'{"id": 1}\n\n{"id": 2}\r\n', NDJSON) == [{"id": 1}, {"id": 2}]


def test_a_broken_line_is_named() -> None:
    with pytest.raises(BadInput, match="line 2, character 7: not JSON"):
        parse(b'{"id": 1}\n{"id": \n', NDJSON)


@pytest.mark.parametrize("kind", module.CONTENT_TYPES)
@pytest.mark.parametrize("body", [b"", b" \n"])
def test_an_empty_body_is_refused(kind: str, body: bytes) -> None:
    with pytest.raises(BadInput, match="the body is empty"):
        parse(body, kind)


@pytest.mark.parametrize("kind", [ARROW_STREAM, ARROW_FILE, PARQUET])
def test_a_body_without_rows_is_refused(kind: str) -> None:
    with pytest.raises(BadInput, match="has no rows"):
        parse(packed(kind, TABLE.slice(0, 0)), kind)


@pytest.mark.parametrize("kind", [ARROW_STREAM, ARROW_FILE, PARQUET])
def test_a_body_cut_short_is_refused(kind: str) -> None:
    whole = packed(kind)
    for end in range(1, len(whole) - 8, 7):
        with pytest.raises(BadInput):
            parse(whole[:end], kind)


@pytest.mark.parametrize("kind", module.CONTENT_TYPES)
@given(body=st.binary(max_size=200))
def test_any_bytes_are_read_or_refused(kind: str, body: bytes) -> None:
    try:
        parse(body, kind)
    except BadInput:
        return


@pytest.mark.parametrize("kind", [ARROW_STREAM, ARROW_FILE, PARQUET])
@given(at=st.integers(0, 10**6), value=st.integers(0, 255))
def test_a_flipped_byte_never_breaks_the_reader(kind: str, at: int, value: int) -> None:
    body = bytearray(packed(kind))
    body[at % len(body)] = value
    try:
        table: Any = parse(bytes(body), kind)
    except BadInput:
        return
    assert table.num_rows >= 1


def test_deep_nesting_is_refused() -> None:
    with pytest.raises(BadInput, match="not JSON"):
        parse(b"[" * 100_000, JSON)


def test_an_unknown_type_is_refused_with_the_known_ones() -> None:
    with pytest.raises(BadInput, match=r"text/csv.*application/json"):
        parse(b"x", "text/csv")


def test_what_unpacks_to_too_much_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MAX_ROWS", 1)
    for kind in (ARROW_STREAM, ARROW_FILE, PARQUET):
        with pytest.raises(BadInput, match="2 rows"):
            parse(packed(kind), kind)
    with pytest.raises(BadInput, match="2 rows"):
        parse(b"[1, 2]", JSON)


def test_json_that_only_a_lenient_reader_takes_is_taken() -> None:
    body = b'[{"id": "a", "score": Infinity, "version": "\\ud800"}]'
    assert parse(body, JSON) == [{"id": "a", "score": float("inf"), "version": "\ud800"}]
