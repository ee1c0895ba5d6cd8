"""What PagerDuty and Opsgenie say was done there, by payloads of their published form."""

import hashlib
import hmac
import json

import pytest

from tocsin.base.errors import BadInput
from tocsin.oncall.heard import Turn, opsgenie, pagerduty, parted, signed

PERSON = {
    "html_url": "https://acme.pagerduty.com/users/PLH1HKV",
    "id": "PLH1HKV",
    "self": "https://api.pagerduty.com/users/PLH1HKV",
    "summary": "Tenex Engineer",
    "type": "user_reference",
}


def pagerduty_body(
    event_type: str, key: str, agent: object = PERSON, id_: str = "5ac64822-4adc-4fda-ade0"
) -> bytes:
    """Return a webhook of the form that PagerDuty's overview shows."""
    event = {
        "id": id_,
        "event_type": event_type,
        "resource_type": "incident",
        "occurred_at": "2026-11-20T14:10:22.169Z",
        "agent": agent,
        "client": {"name": "PagerDuty"},
        "data": {
            "id": "PGR0VU2",
            "type": "incident",
            "self": "https://api.pagerduty.com/incidents/PGR0VU2",
            "number": 2,
            "status": "acknowledged",
            "incident_key": key,
            "created_at": "2026-11-20T14:05:27Z",
            "title": "A little bump in the road",
            "urgency": "high",
            "resolve_reason": None,
        },
    }
    return json.dumps({"event": event}).encode()


def opsgenie_body(
    action: str, alias: str, username: str = "azalea@example.org", source: str = "web"
) -> bytes:
    """Return a webhook of the form that Opsgenie's description shows."""
    return json.dumps(
        {
            "action": action,
            "alert": {
                "alertId": "44f717bf-44bd-11c9-44c7-2d0cf1d07b23",
                "message": "Loan approvals denied",
                "username": username,
                "alias": alias,
                "tinyId": "454",
                "entity": "",
                "userId": "4caaaa77-9222-4322-8622-d3522fbd7dda",
                "updatedAt": 1763647822169,
            },
            "source": {"name": "Tocsin" if source == "us" else "", "type": source},
        }
    ).encode()


def signature(body: bytes, secret: str) -> str:
    return f"v1={hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()}"


@pytest.mark.parametrize(
    ("event_type", "turn"),
    [
        ("incident.acknowledged", Turn.ACKNOWLEDGED),
        ("incident.unacknowledged", Turn.RELEASED),
        ("incident.resolved", Turn.RESOLVED),
    ],
)
def test_pagerduty_names_the_thread_the_turn_and_the_person(event_type: str, turn: Turn) -> None:
    heard = pagerduty(pagerduty_body(event_type, "inc_1/2"))
    assert heard is not None
    assert (heard.thread, heard.turn, heard.by) == ("inc_1/2", turn, "Tenex Engineer")
    assert heard.id == "5ac64822-4adc-4fda-ade0"


@pytest.mark.parametrize("agent", [None, {"type": "integration_reference", "summary": "Rule"}, 7])
def test_a_machine_at_pagerduty_is_nobody(agent: object) -> None:
    heard = pagerduty(pagerduty_body("incident.resolved", "inc_1", agent))
    assert heard is not None
    assert not heard.by


def test_other_events_of_pagerduty_say_nothing() -> None:
    assert pagerduty(pagerduty_body("incident.triggered", "inc_1")) is None
    assert pagerduty(pagerduty_body("incident.acknowledged", "")) is None
    ping = {"event": {"id": "1", "event_type": "pagey.ping", "data": {"message": "Hello"}}}
    assert pagerduty(json.dumps(ping).encode()) is None


@pytest.mark.parametrize(
    ("action", "turn"),
    [
        ("Acknowledge", Turn.ACKNOWLEDGED),
        ("UnAcknowledge", Turn.RELEASED),
        ("Close", Turn.RESOLVED),
    ],
)
def test_opsgenie_names_the_thread_the_turn_and_the_person(action: str, turn: Turn) -> None:
    heard = opsgenie(opsgenie_body(action, "inc_1"))
    assert heard is not None
    assert (heard.thread, heard.turn, heard.by) == ("inc_1", turn, "azalea@example.org")
    assert heard == opsgenie(opsgenie_body(action, "inc_1"))  # a repeat is the same


def test_what_we_did_at_opsgenie_ourselves_and_what_a_policy_did_is_nobody() -> None:
    assert opsgenie(opsgenie_body("Acknowledge", "inc_1", source="us")) is None
    assert opsgenie(opsgenie_body("AddNote", "inc_1")) is None
    system = opsgenie(opsgenie_body("Close", "inc_1", username="System", source="system"))
    assert system is not None
    assert not system.by


@pytest.mark.parametrize("body", [b"", b"[]", b"{", b"7", b"\xff", b"[" * 100_000])
def test_what_is_no_json_object_is_refused(body: bytes) -> None:
    for read in (pagerduty, opsgenie):
        with pytest.raises(BadInput):
            read(body)


@pytest.mark.parametrize("body", [b"{}", b'{"event": 7}', b'{"alert": [], "action": {}}'])
def test_an_object_of_another_form_says_nothing(body: bytes) -> None:
    assert pagerduty(body) is opsgenie(body) is None


def test_a_signature_holds_for_its_body_and_secret_alone() -> None:
    body = pagerduty_body("incident.acknowledged", "inc_1")
    right = signature(body, "s3cret")
    assert signed(body, right, ["s3cret"])
    assert signed(body, f"v1={'0' * 64},{right}", ["s3cret"])  # rotation: several at once
    assert signed(body, right, ["new", "s3cret"])
    assert not signed(body + b" ", right, ["s3cret"])
    assert not signed(body, right, ["other"])
    assert not signed(body, right, [])
    for header in ("", "v1=", right[3:], right.replace("v1", "v2"), "v1=ü", right.upper()):
        assert not signed(body, header, ["s3cret"])


def test_the_example_of_pagerdutys_own_form_of_header_is_read() -> None:
    # HMAC-SHA256 of RFC 4231, test case 2
    digest = "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"
    assert signed(b"what do ya want for nothing?", f"v1={digest}", ["Jefe"])


def test_a_thread_is_taken_apart() -> None:
    assert parted("inc_1/12") == ("inc_1", 12)
    for odd in ("inc_1/", "inc_1/x", "inc_1/999999", "/"):
        assert parted(odd) == (odd, 0)
