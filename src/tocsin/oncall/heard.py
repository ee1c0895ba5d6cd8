"""Heard: what receivers that keep the incident too say that a person did there.

    PagerDuty   webhook v3, signed:  incident.acknowledged, .unacknowledged, .resolved
    Opsgenie    outgoing webhook:    Acknowledge, UnAcknowledge, Close

The thread that we sent (`dedup_key`, `alias`) comes back and names the incident.  Only a person
counts as having it: what a machine did there (a rule, a time-out, we ourselves over its API) stops
no page here.  That nobody has it any more counts whoever says so.

Source: developer.pagerduty.com, "Webhooks: Overview" and "Verifying Signatures" (read 2026-11); of
Opsgenie an AsyncAPI description of its webhook (read 2026-11).  From memory: PagerDuty's
`incident_key` is our `dedup_key`; Opsgenie's action `UnAcknowledge`, and that its people's user
names are mail addresses.
"""

import hashlib
import hmac
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import cast

from tocsin.base.errors import BadInput

_OURSELVES = "tocsin"
_NAME_CHARS = 200
_VERSION = "v1="


class Turn(StrEnum):
    """What was done there."""

    ACKNOWLEDGED = "acknowledged"
    RELEASED = "released"
    """Nobody has it any more."""
    RESOLVED = "resolved"


@dataclass(frozen=True, slots=True, kw_only=True)
class Heard:
    """One thing that was done there; `by` is empty where it was no person."""

    id: str
    """Tells one delivery from the next; a repeat has the same."""
    thread: str
    turn: Turn
    by: str


_PAGERDUTY: Mapping[str, Turn] = {
    "incident.acknowledged": Turn.ACKNOWLEDGED,
    "incident.unacknowledged": Turn.RELEASED,
    "incident.resolved": Turn.RESOLVED,
}
_OPSGENIE: Mapping[str, Turn] = {
    "Acknowledge": Turn.ACKNOWLEDGED,
    "UnAcknowledge": Turn.RELEASED,
    "Close": Turn.RESOLVED,
}


def signed(body: bytes, header: str, secrets: Iterable[str]) -> bool:
    """Return whether one of the header's signatures is that of `body` under one of `secrets`.

    Args:
        body: as it came, unread.
        header: `X-PagerDuty-Signature`: `v1=` and HMAC-SHA256 in hexadecimal, several by comma.
        secrets: those of the subscription; two while one takes over from the other.
    """
    shown = [one.strip().encode(errors="replace") for one in header.split(",")]
    right = False
    for secret in secrets:
        made = hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()
        wanted = f"{_VERSION}{made}".encode()
        for one in shown:
            right |= hmac.compare_digest(wanted, one)
    return right


def pagerduty(body: bytes) -> Heard | None:
    """Return what a webhook of PagerDuty says; None: nothing that concerns us.

    Raises:
        BadInput: it is no JSON object.
    """
    event = _part(_read(body), "event")
    turn = _PAGERDUTY.get(_text(event, "event_type"))
    thread = _text(_part(event, "data"), "incident_key")
    if turn is None or not thread:
        return None
    agent = _part(event, "agent")
    person = _text(agent, "type") in {"user", "user_reference"}
    by = _text(agent, "summary")[:_NAME_CHARS] or "somebody" if person else ""
    return Heard(id=_text(event, "id") or _digest(body), thread=thread, turn=turn, by=by)


def opsgenie(body: bytes) -> Heard | None:
    """Return what an outgoing webhook of Opsgenie says; None: nothing that concerns us.

    Raises:
        BadInput: it is no JSON object.
    """
    said = _read(body)
    turn = _OPSGENIE.get(_text(said, "action"))
    alert, source = _part(said, "alert"), _part(said, "source")
    thread = _text(alert, "alias")
    if turn is None or not thread or _text(source, "name").lower() == _OURSELVES:
        return None
    name = _text(alert, "username")[:_NAME_CHARS]
    return Heard(id=_digest(body), thread=thread, turn=turn, by=name if "@" in name else "")


def parted(thread: str) -> tuple[str, int]:
    """Return a thread's incident, and how often that had been taken when the thread began.

    >>> parted("inc_1"), parted("inc_1/2"), parted("a/b")
    (('inc_1', 0), ('inc_1', 2), ('a/b', 0))
    """
    incident, slash, taken = thread.rpartition("/")
    if slash and taken.isascii() and taken.isdigit() and len(taken) < 6:
        return incident, int(taken)
    return thread, 0


def _read(body: bytes) -> Mapping[str, object]:
    try:
        said: object = json.loads(body)
    except (ValueError, RecursionError):
        said = None
    if not isinstance(said, dict):
        raise BadInput("the body is no JSON object", where="body", do="send the webhook as it is")
    return cast("dict[str, object]", said)


def _part(said: Mapping[str, object], name: str) -> Mapping[str, object]:
    found = said.get(name)
    return cast("dict[str, object]", found) if isinstance(found, dict) else {}


def _text(said: Mapping[str, object], name: str) -> str:
    found = said.get(name)
    return found.strip() if isinstance(found, str) else ""


def _digest(body: bytes) -> str:
    return hashlib.sha256(body).hexdigest()
