"""CloudEvents in their three modes over HTTP."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tocsin.base.errors import BadInput
from tocsin.ingest import events
from tocsin.ingest.events import BATCHED, STRUCTURED, Event, Unreadable, read_events

BINARY = {
    "content-type": "application/json",
    "ce-specversion": "1.0",
    "ce-id": "1",
    "ce-type": "t",
    "ce-source": "s",
    "ce-time": "2026-11-20T15:00:00+01:00",
    "ce-name": "caf%C3%A9",
}
EVENT: dict[str, Any] = {"specversion": "1.0", "id": "1", "type": "t", "source": "s", "data": [1]}


def one(headers: dict[str, str], body: object) -> Event | Unreadable:
    (found,) = read_events(headers, body if isinstance(body, bytes) else json.dumps(body).encode())
    return found


def test_headers_are_attributes_and_the_body_is_the_data() -> None:
    event = one(BINARY, b"\x00\xff")
    assert isinstance(event, Event)
    assert (event.data, event.content_type) == (b"\x00\xff", "application/json")
    assert event.at == datetime(2026, 11, 20, 14, tzinfo=UTC)
    assert event.extensions == {"name": "café"}


def test_a_structured_event_carries_json_or_base64() -> None:
    kind = {"content-type": STRUCTURED + "; charset=utf-8"}
    event = one(kind, EVENT | {"traceparent": "00-a", "partition": 7, "nothing": None})
    assert isinstance(event, Event)
    assert (event.data, event.at) == ([1], None)
    assert event.extensions == {"traceparent": "00-a", "partition": "7"}
    packed = one(kind, EVENT | {"data_base64": "/w=="})
    assert isinstance(packed, Event)
    assert packed.data == b"\xff"


def test_a_batch_keeps_its_order_and_names_what_is_unreadable() -> None:
    body = json.dumps([EVENT, EVENT | {"time": 7}, EVENT | {"source": ""}, None]).encode()
    good, *bad = read_events({"content-type": BATCHED}, body)
    assert isinstance(good, Event)
    assert bad == [
        Unreadable("1", "time", "'7' is not an instant"),
        Unreadable("1", "source", "source is missing"),
        Unreadable(None, "", "an event must be an object"),
    ]


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"specversion": "0.3"}, "specversion"),
        ({"id": 7}, "id"),
        ({"data_base64": "§"}, "data_base64"),
        ({"time": "0001-01-01T00:00:00+14:00"}, "time"),
    ],
)
def test_an_attribute_that_cannot_be_read_is_named(change: dict[str, object], field: str) -> None:
    found = one({"content-type": STRUCTURED}, EVENT | change)
    assert isinstance(found, Unreadable)
    assert found.field == field


@pytest.mark.parametrize(
    ("kind", "body"), [(STRUCTURED, b"{"), (BATCHED, b"{}"), ("application/json", b"{}")]
)
def test_a_body_that_is_no_event_is_refused_whole(kind: str, body: bytes) -> None:
    with pytest.raises(BadInput):
        read_events({"content-type": kind}, body)


def test_a_batch_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(events, "MAX_ROWS", 1)
    with pytest.raises(BadInput, match="at most 1"):
        read_events({"content-type": BATCHED}, b"[1, 2]")


@given(
    headers=st.dictionaries(
        st.sampled_from(["content-type", *BINARY]), st.text(max_size=12) | st.just(STRUCTURED)
    ),
    body=st.binary(max_size=40),
)
def test_any_request_is_read_or_refused(headers: dict[str, str], body: bytes) -> None:
    try:
        assert read_events(headers, body)
    except BadInput:
        return
