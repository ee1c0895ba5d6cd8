"""A notice as a PagerDuty event, and PagerDuty's answers as ours.  Pure."""

from collections.abc import Mapping
from typing import cast

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
from tocsin.integrations.pagerduty.settings import Settings

_ACCEPTED = 202
_SUMMARY_MAX_CHARS = 1024
_KEY_MAX_CHARS = 255
_VALUE_MAX_CHARS = 1000
_TEXT_MAX_CHARS = 20_000
_MOST_FACTS = 50
_SEVERITIES: Mapping[str, str] = {"SEV1": "critical", "SEV2": "error", "SEV3": "warning"}

_ACTIONS: Mapping[Turn, str] = {Turn.ACKNOWLEDGED: "acknowledge", Turn.RESOLVED: "resolve"}


def to_request(notice: Notice, settings: Settings) -> Request:
    """Return the trigger event for `notice`; equal notices give equal bytes."""
    facts = list(notice.facts.items())[:_MOST_FACTS]
    event = {
        "routing_key": settings.routing_key,
        "event_action": "trigger",
        "dedup_key": dedup_key(notice),
        "client": "Tocsin",
        "client_url": notice.incident_url,
        "links": [
            {"href": notice.acknowledge_url, "text": "I have it (acknowledge in Tocsin)"},
            {"href": notice.incident_url, "text": "Look at it"},
        ],
        "payload": {
            "summary": cut(notice.subject, _SUMMARY_MAX_CHARS),
            "timestamp": notice.at.isoformat(),
            "severity": _SEVERITIES.get(notice.severity, "info"),
            "source": cut(notice.facts.get("system") or "tocsin", _VALUE_MAX_CHARS),
            "custom_details": {
                **{
                    cut(name, _VALUE_MAX_CHARS): cut(value, _VALUE_MAX_CHARS)
                    for name, value in facts
                },
                "page": notice.key,
                "text": cut(notice.text, _TEXT_MAX_CHARS),
            },
        },
    }
    return Request(settings.url, json_body(event), {"Content-Type": "application/json"})


def to_turn(key: str, turn: Turn, settings: Settings) -> Request:
    """Return the event that says what became of the alert with this key."""
    event = {
        "routing_key": settings.routing_key,
        "event_action": _ACTIONS[turn],
        "dedup_key": key,
    }
    return Request(settings.url, json_body(event), {"Content-Type": "application/json"})


def dedup_key(notice: Notice) -> str:
    """Return by what PagerDuty knows the incident again."""
    return cut(notice.thread, _KEY_MAX_CHARS)


def judge(answer: Answer) -> Refusal | None:
    """Return why an answer is no acceptance, with PagerDuty's own complaint; None if it is one."""
    refused = refusal(answer, _complaint(answer))
    if refused is None and answer.status != _ACCEPTED:
        return broken(answer, f"PagerDuty accepts with {_ACCEPTED}")
    return refused


def _complaint(answer: Answer) -> str:
    errors = answer.fields.get("errors")
    if isinstance(errors, list) and errors:
        return quote(cast("list[object]", errors)[0])
    return quote(answer.fields.get("message"))
