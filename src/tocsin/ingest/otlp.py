"""OTLP/HTTP traces: bytes to spans, and the answers that the protocol asks for.

Source: OpenTelemetry Protocol 1.10, OTLP/HTTP; the messages are those of `opentelemetry-proto`.
In JSON, ids are hex where protobuf's own JSON has base64, and unknown fields are ignored.
"""

import base64
import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, cast

from google.protobuf import json_format
from google.protobuf.message import DecodeError
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import (
    ExportTracePartialSuccess,
    ExportTraceServiceRequest,
    ExportTraceServiceResponse,
)
from opentelemetry.proto.common.v1.common_pb2 import AnyValue, KeyValue
from opentelemetry.proto.trace.v1.trace_pb2 import Span, Status

from tocsin.base.errors import BadInput
from tocsin.ingest.parse import JSON, read_json

PROTOBUF = "application/x-protobuf"
OTLP_TYPES = (PROTOBUF, JSON)
_TRACE_ID = re.compile(r"(?!0{32})[0-9a-f]{32}")
_SPAN_ID = re.compile(r"(?!0{16})[0-9a-f]{16}")
Attributes = Mapping[str, object]


@dataclass(frozen=True, slots=True, kw_only=True)
class TraceSpan:
    """One span; ids are lower-case hex, `parent` is empty for a root, times count from 1970."""

    trace: str
    id: str
    parent: str
    name: str
    start_ns: int
    end_ns: int
    failed: bool
    attributes: Attributes
    events: tuple[tuple[str, Attributes], ...]
    resource: Attributes

    @property
    def row_id(self) -> str:
        """The id of the prediction that this span is: span ids alone are unique in a trace only."""
        return f"{self.trace}-{self.id}"

    @property
    def fault(self) -> tuple[str, str] | None:
        """What makes this span unusable, as field and reason."""
        if not _TRACE_ID.fullmatch(self.trace):
            return "trace_id", "trace_id must be 16 bytes, not all zero"
        if not _SPAN_ID.fullmatch(self.id):
            return "span_id", "span_id must be 8 bytes, not all zero"
        if not self.start_ns:
            return "start_time_unix_nano", "start_time_unix_nano is missing"
        if self.end_ns < self.start_ns:
            return "end_time_unix_nano", "end_time_unix_nano lies before the start"
        return None


def read_spans(body: bytes, content_type: str) -> list[TraceSpan]:
    """Return the spans of an export request, in order.

    Args:
        body: unpacked.
        content_type: one of `OTLP_TYPES`.

    Raises:
        BadInput: the body is no such message.
    """
    try:
        message = _of_json(body) if content_type == JSON else _of_bytes(body)
    except (DecodeError, json_format.Error, TypeError, ValueError, AttributeError, RecursionError):
        raise BadInput(
            "the body is no ExportTraceServiceRequest",
            where="body",
            do=f"check Content-Type: {' or '.join(OTLP_TYPES)}",
        ) from None
    spans: list[TraceSpan] = []
    in_json = content_type == JSON
    for group in message.resource_spans:
        resource = _attributes(group.resource.attributes)
        for scope in group.scope_spans:
            spans += [_span(span, resource, in_json=in_json) for span in scope.spans]
    return spans


def answer(content_type: str, rejected: int, why: str) -> bytes:
    """Return the body of a success; `rejected` spans were refused, `why` may be a mere warning."""
    response = ExportTraceServiceResponse()
    if rejected or why:
        response.partial_success.rejected_spans = rejected
        response.partial_success.error_message = why
    if content_type == JSON:
        return json_format.MessageToJson(response, indent=None).encode()
    return response.SerializeToString()


def status(content_type: str, message: str) -> bytes:
    """Return the body of a failure: a `google.rpc.Status` with its message alone."""
    if content_type == JSON:
        return json.dumps({"message": message}).encode()
    # on the wire Status is {1: int32 code, 2: string message}: this message, as far as it goes
    return ExportTracePartialSuccess(error_message=message).SerializeToString()


def _of_bytes(body: bytes) -> ExportTraceServiceRequest:
    return ExportTraceServiceRequest.FromString(body)


def _of_json(body: bytes) -> ExportTraceServiceRequest:
    message = ExportTraceServiceRequest()
    fields = read_json(body)
    if not isinstance(fields, dict):
        raise TypeError("a message is an object")
    json_format.ParseDict(cast("dict[str, Any]", fields), message, ignore_unknown_fields=True)
    return message


def _span(span: Span, resource: Attributes, *, in_json: bool) -> TraceSpan:
    return TraceSpan(
        trace=_id(span.trace_id, in_json=in_json),
        id=_id(span.span_id, in_json=in_json),
        parent=_id(span.parent_span_id, in_json=in_json),
        name=span.name,
        start_ns=span.start_time_unix_nano,
        end_ns=span.end_time_unix_nano,
        failed=span.status.code == Status.STATUS_CODE_ERROR,
        attributes=_attributes(span.attributes),
        events=tuple((event.name, _attributes(event.attributes)) for event in span.events),
        resource=resource,
    )


def _id(raw: bytes, *, in_json: bool) -> str:
    """Return an id in hex; the JSON reader took hex digits for base64, which writing undoes."""
    return base64.b64encode(raw).decode().lower() if in_json else raw.hex()


def _attributes(pairs: Iterable[KeyValue]) -> dict[str, object]:
    return {pair.key: _value(pair.value) for pair in pairs}


def _value(value: AnyValue) -> object:
    match value.WhichOneof("value"):
        case "array_value":
            return [_value(one) for one in value.array_value.values]
        case "kvlist_value":
            return _attributes(value.kvlist_value.values)
        case None:
            return None
        case kind:
            return getattr(value, kind)
