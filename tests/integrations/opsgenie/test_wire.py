"""The alert, by value."""

import json
from dataclasses import replace

import pytest

from tests.contracts.http import LONG
from tests.contracts.notifier import NOTICE
from tocsin.integrations.http import Answer
from tocsin.integrations.opsgenie.settings import Settings
from tocsin.integrations.opsgenie.wire import alias, judge, receipt_id, responders, to_request

SETTINGS = Settings(api_key="key")


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
        ("ann@example.org", [{"type": "user", "username": "ann@example.org"}]),
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


def test_an_acceptance_without_an_id_is_known_by_the_alias() -> None:
    assert receipt_id(Answer(202, b"ok"), NOTICE) == NOTICE.incident
    assert receipt_id(Answer(202, b'{"requestId":7}'), NOTICE) == NOTICE.incident
    assert receipt_id(Answer(202, b'{"requestId":"r"}'), NOTICE) == "r"
