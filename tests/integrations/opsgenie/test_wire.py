"""The alert, by value."""

import json
from dataclasses import replace

import pytest

from tests.contracts.http import LONG
from tests.contracts.notifier import NOTICE
from tocsin.alert.ports import Turn
from tocsin.integrations.http import Answer
from tocsin.integrations.opsgenie.settings import Settings
from tocsin.integrations.opsgenie.wire import alias, judge, responders, to_request, to_turn

SETTINGS = Settings(api_key="key")
ID = "4513b7ea-3b91-438f-b7e4-e3e54af9147c"


@pytest.mark.parametrize(
    ("ours", "theirs"), [("SEV1", "P1"), ("SEV2", "P2"), ("SEV3", "P3"), ("SEV4", "P4"), ("", "P4")]
)
def test_severity_is_a_priority_there(ours: str, theirs: str) -> None:
    alert = json.loads(to_request(replace(NOTICE, severity=ours), SETTINGS).body)
    assert alert["priority"] == theirs


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        ("team:lending", [{"type": "team", "name": "lending"}]),
        ("escalation: first ", [{"type": "escalation", "name": "first"}]),
        ("azalea@example.org", [{"type": "user", "username": "azalea@example.org"}]),
        ("user:azalea@example.org", [{"type": "user", "username": "azalea@example.org"}]),
        (f"team:{ID}", [{"type": "team", "id": ID}]),
        (f"user:{ID}", [{"type": "user", "id": ID}]),
        ("lending", []),
        ("pigeon:lending", []),
        ("team:", []),
        ("", []),
    ],
)
def test_an_address_names_who_answers(address: str, expected: list[dict[str, str]]) -> None:
    assert responders(address) == expected


def test_the_links_stay_when_facts_have_to_go() -> None:
    details = json.loads(to_request(LONG, SETTINGS).body)["details"]
    assert details["acknowledge"] == LONG.acknowledge_url
    assert details["incident"] == LONG.incident_url
    assert 3 < len(details) < len(LONG.facts)


def test_pages_of_one_incident_share_one_alert_there() -> None:
    assert alias(replace(NOTICE, key="inc_1/1/0/x")) == alias(NOTICE)


def test_only_its_own_acceptance_counts() -> None:
    assert judge(Answer(202)) is None
    refused = judge(Answer(200, b"{}"))
    assert refused is not None
    assert refused.retryable


def test_once_people_are_called_again_it_is_another_alert_there() -> None:
    assert alias(replace(NOTICE, taken=1)) == "inc_1/1"


def test_an_alias_cannot_leave_its_place_in_an_address() -> None:
    request = to_turn("inc_1/1?x", Turn.ACKNOWLEDGED, "azalea", SETTINGS)
    assert request.url.endswith("/v2/alerts/inc_1%2F1%3Fx/acknowledge?identifierType=alias")
