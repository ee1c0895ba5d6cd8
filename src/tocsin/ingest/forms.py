"""Reading one JSON object field by field, with an error that names the field."""

from collections.abc import Mapping
from datetime import datetime
from typing import cast

from tocsin.base.errors import BadInput
from tocsin.base.slices import EVERYONE, Slice, parse
from tocsin.base.spans import parse_instant
from tocsin.ingest.predictions import CLOCK_SKEW

_TEXT_MAX_CHARS = 10_000


def record(value: object, known: frozenset[str], where: str) -> Mapping[str, object]:
    """Return `value` as an object that has no other fields than `known`.

    Raises:
        BadInput: not an object, or an unknown field.
    """
    if not isinstance(value, Mapping):
        raise BadInput("not an object", where=where, do="send one JSON object")
    fields = cast("Mapping[str, object]", value)
    unknown = sorted(str(name) for name in fields if name not in known)
    if unknown:
        raise BadInput(
            f"unknown field {unknown[0]!r}",
            where=where,
            do=f"the fields are {', '.join(sorted(known))}",
        )
    return fields


def text(fields: Mapping[str, object], name: str, *, default: str | None = None) -> str:
    """Return a text field, trimmed; `default` where it is absent, if there is a default.

    >>> text({"title": " a "}, "title")
    'a'
    """
    value = fields.get(name)
    if value is None and default is not None:
        return default
    if not isinstance(value, str) or not value.strip():
        raise BadInput(f"{name} is missing or no text", where=name, do=f"give {name} as text")
    if len(value) > _TEXT_MAX_CHARS:
        raise BadInput(f"{name} is too long", where=name, do=f"use {_TEXT_MAX_CHARS} characters")
    return value.strip().encode("utf-8", "replace").decode()


def optional(fields: Mapping[str, object], name: str) -> str | None:
    """Return a text field, None where it is absent."""
    return text(fields, name) if fields.get(name) is not None else None


def instant(fields: Mapping[str, object], name: str, received_at: datetime) -> datetime:
    """Return an instant field; `received_at` where it is absent.

    Raises:
        BadInput: unreadable, without a zone, or more than five minutes in the future.
    """
    if fields.get(name) is None:
        return received_at
    try:
        at = parse_instant(text(fields, name))
    except BadInput as fault:
        raise BadInput(fault.what, where=name, do=fault.do) from None
    except OverflowError:
        raise BadInput("lies outside the calendar", where=name, do="check the year") from None
    if at > received_at + CLOCK_SKEW:
        raise BadInput(
            f"clock skew: {at.isoformat()} is more than 5 min ahead of our clock",
            where=name,
            do="check the sender's clock",
        )
    return at


def part(fields: Mapping[str, object], name: str) -> Slice:
    """Return a slice field: a key such as `region=north`, or an object of attribute and value."""
    value = fields.get(name)
    if value is None:
        return EVERYONE
    if isinstance(value, Mapping):
        conditions = cast("Mapping[object, object]", value)
        return Slice.of({str(k): str(v) for k, v in conditions.items()})
    return parse(text(fields, name, default=""))
