"""CloudEvents 1.0 as they come over HTTP: one event or many, each read or refused by itself.

    binary      `ce-id`, `ce-type`, … are headers, the body is the data
    structured  `application/cloudevents+json`, the event is one JSON object
    batched     `application/cloudevents-batch+json`, an array of such objects

Source: HTTP Protocol Binding for CloudEvents 1.0.2 and JSON Event Format 1.0.2.
"""

import binascii
from base64 import b64decode
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import cast
from urllib.parse import unquote

from tocsin.base.errors import BadInput
from tocsin.base.spans import parse_instant
from tocsin.ingest.parse import MAX_ROWS, media_type, read_json

STRUCTURED = "application/cloudevents+json"
BATCHED = "application/cloudevents-batch+json"
_PREFIX = "ce-"
_CONTEXT = frozenset({"id", "source", "type", "specversion", "datacontenttype", "time"})
_DATA = frozenset({"data", "data_base64"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """One event.  `data` is bytes, or the JSON value that a structured event carries."""

    id: str
    type: str
    source: str
    at: datetime | None
    """`time`: when it happened, as the sender says; None where it does not say."""
    data: object
    content_type: str
    extensions: Mapping[str, str] = field(default_factory=dict[str, str])


@dataclass(frozen=True, slots=True)
class Unreadable:
    """What stood in an event's place, and why it is none."""

    id: str | None
    field: str
    reason: str


def read_events(headers: Mapping[str, str], body: bytes) -> list[Event | Unreadable]:
    """Return the events of one request in their order.

    Args:
        headers: the request's, names in lower case.
        body: the whole body.

    Raises:
        BadInput: the body is no event and no batch of events.
    """
    kind = media_type(headers.get("content-type", ""))
    if kind == STRUCTURED:
        return [tried(read_json(body))]
    if kind == BATCHED:
        batch = read_json(body)
        if not isinstance(batch, list):
            raise BadInput("the batch is no array", where="body", do="send an array of events")
        events = cast("list[object]", batch)
        if len(events) > MAX_ROWS:
            raise BadInput(f"{len(events):,} events", do=f"send at most {MAX_ROWS:,} at a time")
        return [tried(event) for event in events]
    if not is_binary(headers):
        raise BadInput(
            "no CloudEvent: neither ce- headers nor a CloudEvents content type",
            where="headers",
            do=f"send ce-id, ce-type, ce-source and ce-specversion, or {STRUCTURED}",
        )
    context = {
        name.removeprefix(_PREFIX): unquote(value)
        for name, value in headers.items()
        if name.startswith(_PREFIX)
    }
    context["datacontenttype"] = headers.get("content-type", "")
    return [tried(context | {"data": body})]


def is_binary(headers: Mapping[str, str]) -> bool:
    """Return whether a request is one event in binary mode.

    >>> is_binary({"ce-id": "1"}), is_binary({"content-type": "application/json"})
    (True, False)
    """
    return any(name.startswith(_PREFIX) for name in headers)


def tried(value: object) -> Event | Unreadable:
    """Return the event that an object stands for, or why it is none; see `event_of`."""
    try:
        return event_of(value)
    except BadInput as fault:
        named = (
            cast("Mapping[str, object]", value).get("id") if isinstance(value, Mapping) else None
        )
        return Unreadable(named if isinstance(named, str) else None, fault.where, fault.what)


def event_of(value: object) -> Event:
    """Return the event that an object with the attributes of the JSON format stands for.

    Raises:
        BadInput: no object, an attribute is missing or unreadable; `where` names the attribute.
    """
    if not isinstance(value, Mapping):
        raise BadInput("an event must be an object")
    given = cast("Mapping[str, object]", value)
    if given.get("specversion") != "1.0":
        raise BadInput(
            f"specversion is {given.get('specversion')!r}; 1.0 is read", where="specversion"
        )
    at = given.get("time")
    return Event(
        id=_text(given, "id"),
        type=_text(given, "type"),
        source=_text(given, "source"),
        at=None if at is None else _instant(at),
        data=_payload(given),
        content_type=str(given.get("datacontenttype") or "application/json"),
        extensions={
            name: str(extension)
            for name, extension in given.items()
            if name not in _CONTEXT | _DATA and extension is not None
        },
    )


def _text(given: Mapping[str, object], name: str) -> str:
    value = given.get(name)
    if not isinstance(value, str) or not value:
        raise BadInput(f"{name} is missing", where=name)
    return value


def _instant(value: object) -> datetime:
    try:
        return parse_instant(str(value))
    except BadInput as fault:
        raise BadInput(fault.what, where="time") from None
    except OverflowError:
        raise BadInput(f"{value!r} lies outside the calendar", where="time") from None


def _payload(given: Mapping[str, object]) -> object:
    packed = given.get("data_base64")
    if packed is None:
        return given.get("data")
    try:
        return b64decode(str(packed), validate=True)
    except (binascii.Error, ValueError):
        raise BadInput("data_base64 is not base64", where="data_base64") from None
