"""A notice as an Opsgenie alert, and Opsgenie's answers as ours.  Pure."""

import re
from collections.abc import Mapping
from urllib.parse import quote as quoted

from tocsin.alert.notice import Notice
from tocsin.alert.ports import Turn
from tocsin.integrations.http import (
    Answer,
    Refusal,
    Request,
    broken,
    cut,
    json_body,
    quote,
    refusal,
)
from tocsin.integrations.opsgenie.settings import Settings

_ACCEPTED = 202
_MESSAGE_MAX_CHARS = 130
_ALIAS_MAX_CHARS = 512
_ENTITY_MAX_CHARS = 512
_DESCRIPTION_MAX_CHARS = 15_000
_TAG_MAX_CHARS = 50
_DETAILS_MAX_CHARS = 8000
_VALUE_MAX_CHARS = 300
_PRIORITIES: Mapping[str, str] = {"SEV1": "P1", "SEV2": "P2", "SEV3": "P3"}
_NOTE_MAX_CHARS = 1000
_ACTIONS: Mapping[Turn, str] = {Turn.ACKNOWLEDGED: "acknowledge", Turn.RESOLVED: "close"}
_KINDS = ("team", "schedule", "escalation", "user")
_ID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)


def to_request(notice: Notice, settings: Settings) -> Request:
    """Return the request that creates the alert; equal notices give equal bytes."""
    alert = {
        "message": cut(notice.subject, _MESSAGE_MAX_CHARS),
        "alias": alias(notice),
        "description": cut(notice.text, _DESCRIPTION_MAX_CHARS),
        "responders": responders(notice.address),
        "tags": [cut(tag, _TAG_MAX_CHARS) for tag in ("tocsin", notice.severity) if tag],
        "details": _details(notice),
        "entity": cut(notice.facts.get("system", "tocsin"), _ENTITY_MAX_CHARS),
        "source": "Tocsin",
        "priority": _PRIORITIES.get(notice.severity, "P4"),
    }
    return Request(settings.url, json_body(alert), _headers(settings))


def alias(notice: Notice) -> str:
    """Return by what Opsgenie knows the incident again."""
    return cut(notice.thread, _ALIAS_MAX_CHARS)


def responders(address: str) -> list[dict[str, str]]:
    """Return who answers, from a contact's address.

    >>> responders("team:lending"), responders("desk@example.org"), responders("")
    ([{'name': 'lending', 'type': 'team'}], [{'type': 'user', 'username': 'desk@example.org'}], [])
    """
    before, colon, after = address.strip().partition(":")
    kind, name = (before, after.strip()) if colon else ("user", before)
    if kind not in _KINDS or not name:
        return []
    if _ID.fullmatch(name):
        return [{"id": name, "type": kind}]
    if kind != "user":
        return [{"name": name, "type": kind}]
    return [{"type": "user", "username": name}] if "@" in name else []


def judge(answer: Answer) -> Refusal | None:
    """Return why an answer is no acceptance, with Opsgenie's own complaint; None if it is one."""
    refused = refusal(answer, quote(answer.fields.get("message")))
    if refused is None and answer.status != _ACCEPTED:
        return broken(answer, f"Opsgenie accepts with {_ACCEPTED}")
    return refused


def to_turn(name: str, turn: Turn, by: str, settings: Settings) -> Request:
    """Return the request that says what became of the alert with this alias, and by whom."""
    said = {"note": cut(f"{turn} in Tocsin by {by}", _NOTE_MAX_CHARS), "source": "Tocsin"}
    url = (
        f"{settings.url.rstrip('/')}/{quoted(name, safe='')}/{_ACTIONS[turn]}?identifierType=alias"
    )
    return Request(url, json_body(said), _headers(settings))


def _headers(settings: Settings) -> dict[str, str]:
    return {"Content-Type": "application/json", "Authorization": f"GenieKey {settings.api_key}"}


def _details(notice: Notice) -> dict[str, str]:
    """Return the facts that fit; the two links always do."""
    details = {
        "acknowledge": cut(notice.acknowledge_url, 2000),
        "incident": cut(notice.incident_url, 2000),
        "page": cut(notice.key, _VALUE_MAX_CHARS),
    }
    left = _DETAILS_MAX_CHARS - sum(len(name) + len(value) for name, value in details.items())
    for name, value in notice.facts.items():
        label, shown = cut(name, _VALUE_MAX_CHARS), cut(value, _VALUE_MAX_CHARS)
        left -= len(label) + len(shown)
        if left < 0:
            break
        details.setdefault(label, shown)
    return details
