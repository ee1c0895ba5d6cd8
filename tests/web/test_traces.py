"""Traces over HTTP: the protocol's own path, encodings and answers."""

import gzip
import json
from collections.abc import Mapping
from typing import Any

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import (
    ExportTraceServiceRequest,
    ExportTraceServiceResponse,
)

from tests.store.examples import NOW, SPEC
from tests.web.cast import Stage
from tests.web.test_events import worker
from tocsin.ingest.otlp import PROTOBUF
from tocsin.ingest.parse import JSON
from tocsin.jobs import profile
from tocsin.store import profiles, systems
from tocsin.web import traces
from tocsin.web.traces import TRACE_BODY_BYTES

TRACE = "5b8efff798038103d269b633813fc60c"
START_NS = int(NOW.timestamp()) * 10**9


def span(id_: str = "00f067aa0ba902b7", **attributes: object) -> dict[str, Any]:
    said = {"gen_ai.operation.name": "chat", "income": 3.5, "age": 31} | attributes
    kinds: dict[type, str] = {str: "stringValue", int: "intValue", float: "doubleValue"}
    return {
        "traceId": TRACE,
        "spanId": id_,
        "name": "chat",
        "startTimeUnixNano": str(START_NS),
        "endTimeUnixNano": str(START_NS + 10**9),
        "attributes": [{"key": k, "value": {kinds[type(v)]: v}} for k, v in said.items()],
    }


def body(*spans: dict[str, Any], service: str = "loans") -> bytes:
    resource = {"attributes": [{"key": "service.name", "value": {"stringValue": service}}]}
    group = {"resource": resource, "scopeSpans": [{"spans": list(spans)}]}
    return json.dumps({"resourceSpans": [group]}).encode()


def binary(id_: str = "00f067aa0ba902b7") -> bytes:
    message = ExportTraceServiceRequest()
    group = message.resource_spans.add()
    group.resource.attributes.add(key="service.name").value.string_value = "loans"
    one = group.scope_spans.add().spans.add(
        trace_id=bytes.fromhex(TRACE),
        span_id=bytes.fromhex(id_),
        start_time_unix_nano=START_NS,
        end_time_unix_nano=START_NS + 10**9,
    )
    one.attributes.add(key="openinference.span.kind").value.string_value = "LLM"
    one.attributes.add(key="income").value.double_value = 3.5
    return message.SerializeToString()


def post(
    stage: Stage, content: bytes, kind: str = JSON, query: str = "", **headers: str
) -> httpx.Response:
    sent: Mapping[str, str] = {
        "Authorization": f"Bearer {stage.tokens['service']}",
        "Content-Type": kind,
    } | headers
    return stage.client.post(f"/v1/traces{query}", content=content, headers=sent)


def stored(stage: Stage, table: Any = "predictions") -> list[dict[str, Any]]:
    return stage.site.lake.scan("loans", table).sort_by("id").to_pylist()


@pytest.mark.parametrize("encoding", ["", "gzip", "identity"])
@pytest.mark.parametrize(
    ("kind", "content"), [(JSON, body(span())), (PROTOBUF, binary())], ids=["json", "protobuf"]
)
def test_a_generation_is_stored_and_profiled_in_either_encoding(
    stage: Stage, kind: str, content: bytes, encoding: str
) -> None:
    packed = gzip.compress(content) if encoding == "gzip" else content
    answer = post(stage, packed, kind, **{"Content-Encoding": encoding})
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"] == kind
    assert answer.content == (b"{}" if kind == JSON else b"")
    (row,) = stored(stage)
    assert (row["id"], row["f_income"], row["latency_ms"]) == (
        f"{TRACE}-00f067aa0ba902b7",
        3.5,
        1000.0,
    )
    profile.run(worker(stage), stage.watch())
    with stage.site.database.reading() as conn:
        assert profiles.watermark(conn, "loans", "predictions") >= 0


def test_a_retry_is_harmless(stage: Stage) -> None:
    for _ in range(2):
        assert post(stage, body(span())).status_code == 200
    assert len(stored(stage)) == 1


def test_a_judgement_is_an_outcome(stage: Stage) -> None:
    judged = span(**{"evaluation.name": "helpful", "evaluation.label": "approved"})
    assert post(stage, body(judged)).content == b"{}"
    assert stored(stage, "outcomes")[0]["label"] == "approved"


def test_a_partly_good_body_tells_how_many_spans_were_refused_and_why(stage: Stage) -> None:
    late = span("00f067aa0ba902b8") | {"endTimeUnixNano": "1"}
    wrong = span("00f067aa0ba902b9", **{"evaluation.name": "x", "evaluation.score": 7.0})
    answer = post(stage, body(span(), late, wrong)).json()["partialSuccess"]
    assert answer["rejectedSpans"] == "1"
    assert "00f067aa0ba902b8: end_time_unix_nano: end_time" in answer["errorMessage"]
    assert len(stored(stage)) == 2  # a score that was not declared and does not fit is left out
    with stage.site.database.unit("test", stage.watch()) as unit:
        known = systems.get(unit.conn, "loans").system
        declared = type(known.serving)(score="x")
        system = type(known)(name="loans", columns=known.columns, serving=declared)
        systems.save(unit, system, SPEC, (), 20_000, "0" * 64)
    again = post(stage, body(wrong)).json()["partialSuccess"]
    assert "score must be a number between 0 and 1" in again["errorMessage"]


def test_an_unknown_service_is_refused_only_for_its_generations(stage: Stage) -> None:
    other = span(**{"gen_ai.operation.name": "execute_tool"})
    assert post(stage, body(other, service="shop")).content == b"{}"
    answer = post(stage, body(span(), service="shop")).json()["partialSuccess"]
    assert answer["rejectedSpans"] == "1"
    assert "no system is called 'shop'" in answer["errorMessage"]
    assert post(stage, body(span(), service="shop"), query="?system=loans").content == b"{}"


@pytest.mark.parametrize(
    ("content", "kind", "headers", "status"),
    [
        (b"{", JSON, {}, 400),
        (b"\xff\xff", PROTOBUF, {}, 400),
        (b"{}", "text/plain", {}, 415),
        (b"{}", JSON, {"Content-Encoding": "br"}, 415),
        (b"{}", JSON, {"Content-Encoding": "gzip"}, 400),
        (gzip.compress(bytes(TRACE_BODY_BYTES + 1)), JSON, {"Content-Encoding": "gzip"}, 413),
    ],
)
def test_a_failure_is_told_as_a_status_message(
    stage: Stage, content: bytes, kind: str, headers: dict[str, str], status: int
) -> None:
    answer = post(stage, content, kind, **headers)
    assert answer.status_code == status, answer.text
    if kind == JSON:
        assert answer.json()["message"]
    else:
        assert answer.headers["content-type"] == PROTOBUF
        assert answer.content[:1] == b"\x12"
    assert stored(stage) == []


def test_a_full_queue_says_when_to_come_back(stage: Stage) -> None:
    places = stage.site.ingest_places
    taken = 0
    while places.acquire(blocking=False):
        taken += 1
    answer = post(stage, binary(), PROTOBUF)
    assert (answer.status_code, answer.headers["Retry-After"]) == (429, "1")
    for _ in range(taken):
        places.release()
    assert post(stage, binary(), PROTOBUF).status_code == 200


def test_reasons_are_few_however_many_spans_are_refused(stage: Stage) -> None:
    bad = [span(f"{k:016x}") | {"endTimeUnixNano": "1"} for k in range(1, 20)]
    answer = post(stage, body(*bad), PROTOBUF)
    assert answer.status_code == 400
    told = post(stage, body(*bad)).json()["partialSuccess"]
    assert told["rejectedSpans"] == "19"
    assert told["errorMessage"].count("; ") == traces._REASONS_SHOWN - 1  # pyright: ignore[reportPrivateUsage] - the bound under test


@given(
    content=st.binary(max_size=60) | st.sampled_from([b"[]", b'{"resourceSpans":[{}]}']),
    kind=st.sampled_from([JSON, PROTOBUF, "", "x"]),
    encoding=st.sampled_from(["", "gzip", "x"]),
)
@settings(
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
    deadline=None,
)
def test_garbage_gives_no_fault_of_ours_and_changes_nothing(
    shared: Stage, content: bytes, kind: str, encoding: str
) -> None:
    answer = post(shared, content, kind, **{"Content-Encoding": encoding})
    assert answer.status_code in (200, 400, 415), answer.text
    if answer.status_code == 200:
        ExportTraceServiceResponse.FromString(b"" if kind == JSON else answer.content)
    assert stored(shared) == []
