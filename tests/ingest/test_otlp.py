"""OTLP bodies and answers; what spans become is in `test_genai`."""

import json
from typing import Any

import pytest
from google.protobuf import json_format
from hypothesis import given
from hypothesis import strategies as st
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import (
    ExportTraceServiceRequest,
    ExportTraceServiceResponse,
)

from tocsin.base.errors import BadInput
from tocsin.ingest import otlp
from tocsin.ingest.otlp import OTLP_TYPES, PROTOBUF, read_spans
from tocsin.ingest.parse import JSON

TRACE = "5B8EFFF798038103D269B633813FC60C"
SPAN: dict[str, Any] = {
    "traceId": TRACE,
    "spanId": "EEE19B7EC3C1B174",
    "parentSpanId": "EEE19B7EC3C1B173",
    "name": "chat",
    "startTimeUnixNano": "1544712660000000000",
    "endTimeUnixNano": 1544712661000000000,
    "kind": 2,
    "status": {"code": 2},
    "attributes": [
        {"key": "s", "value": {"stringValue": "x"}},
        {"key": "i", "value": {"intValue": "7"}},
        {"key": "b", "value": {"boolValue": False}},
        {"key": "d", "value": {"doubleValue": 0.5}},
        {"key": "n", "value": {}},
        {"key": "y", "value": {"bytesValue": "AAE="}},
        {"key": "a", "value": {"arrayValue": {"values": [{"intValue": 1}]}}},
        {
            "key": "k",
            "value": {"kvlistValue": {"values": [{"key": "z", "value": {"stringValue": "w"}}]}},
        },
    ],
    "events": [{"name": "e", "attributes": [{"key": "x", "value": {"boolValue": True}}]}],
}
BODY = {
    "resourceSpans": [
        {
            "resource": {"attributes": [{"key": "service.name", "value": {"stringValue": "svc"}}]},
            "scopeSpans": [{"spans": [SPAN]}],
        }
    ]
}


def in_bytes() -> bytes:
    """Return the same message in binary; ids of JSON are hex, which protobuf's reader is told."""
    message = ExportTraceServiceRequest()
    json_format.ParseDict(BODY, message)
    (span,) = message.resource_spans[0].scope_spans[0].spans
    span.trace_id = bytes.fromhex(TRACE)
    span.span_id = bytes.fromhex(SPAN["spanId"])
    span.parent_span_id = bytes.fromhex(SPAN["parentSpanId"])
    return message.SerializeToString()


def test_both_encodings_give_the_same_span() -> None:
    (span,) = read_spans(json.dumps(BODY).encode(), JSON)
    assert [span] == read_spans(in_bytes(), PROTOBUF)
    assert (span.trace, span.id, span.parent) == (
        TRACE.lower(),
        "eee19b7ec3c1b174",
        "eee19b7ec3c1b173",
    )
    assert span.attributes == {
        "s": "x",
        "i": 7,
        "b": False,
        "d": 0.5,
        "n": None,
        "y": b"\x00\x01",
        "a": [1],
        "k": {"z": "w"},
    }
    assert span.events == (("e", {"x": True}),)
    assert (span.resource, span.failed, span.fault) == ({"service.name": "svc"}, True, None)


def test_no_spans_are_no_fault() -> None:
    assert read_spans(b"", PROTOBUF) == read_spans(b"{}", JSON) == []


@pytest.mark.parametrize("rejected", [0, 3])
def test_an_answer_says_what_was_rejected(rejected: int) -> None:
    message = ExportTraceServiceResponse.FromString(otlp.answer(PROTOBUF, rejected, "why"))
    assert message.partial_success.rejected_spans == rejected
    assert message.partial_success.error_message == "why"
    answer = json.loads(otlp.answer(JSON, rejected, "why"))["partialSuccess"]
    assert int(answer.get("rejectedSpans", 0)) == rejected


def test_full_success_leaves_the_partial_one_unset() -> None:
    assert (otlp.answer(PROTOBUF, 0, ""), otlp.answer(JSON, 0, "")) == (b"", b"{}")


def test_a_failure_is_a_status_message() -> None:
    assert otlp.status(JSON, "why") == b'{"message": "why"}'
    assert otlp.status(PROTOBUF, "why") == b"\x12\x03why"  # field 2, length-delimited


@given(kind=st.sampled_from(OTLP_TYPES), body=st.binary(max_size=80))
def test_any_bytes_are_read_or_refused(kind: str, body: bytes) -> None:
    try:
        read_spans(body, kind)
    except BadInput:
        return


@given(at=st.integers(0, 10**6), value=st.integers(0, 255), kind=st.sampled_from(OTLP_TYPES))
def test_a_flipped_byte_never_breaks_the_reader(at: int, value: int, kind: str) -> None:
    body = bytearray(in_bytes() if kind == PROTOBUF else json.dumps(BODY).encode())
    body[at % len(body)] = value
    try:
        read_spans(bytes(body), kind)
    except BadInput:
        return


@pytest.mark.parametrize("body", [b"[]", b"7", b'{"resourceSpans": 7}', b'{"resourceSpans": [7]}'])
def test_json_of_another_shape_is_refused(body: bytes) -> None:
    with pytest.raises(BadInput, match="ExportTraceServiceRequest"):
        read_spans(body, JSON)
