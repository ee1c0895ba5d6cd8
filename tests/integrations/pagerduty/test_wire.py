"""The event, by value."""

import json
from dataclasses import replace

import pytest

from tests.contracts.notifier import NOTICE
from tocsin.integrations.http import Answer
from tocsin.integrations.pagerduty.settings import Settings
from tocsin.integrations.pagerduty.wire import dedup_key, judge, to_request

SETTINGS = Settings(routing_key="k" * 32)


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [("SEV1", "critical"), ("SEV2", "error"), ("SEV3", "warning"), ("SEV4", "info"), ("", "info")],
)
def test_severity_is_told_in_its_words(ours: str, theirs: str) -> None:
    event = json.loads(to_request(replace(NOTICE, severity=ours), SETTINGS).body)
    assert event["payload"]["severity"] == theirs


def test_the_event_says_who_what_and_where_to_look() -> None:
    notice = replace(NOTICE, facts={"system": "loan-approval", "slice": "region=north"})
    event = json.loads(to_request(notice, SETTINGS).body)
    assert event["event_action"] == "trigger"
    assert event["client_url"] == notice.incident_url
    assert [link["href"] for link in event["links"]] == [
        notice.acknowledge_url,
        notice.incident_url,
    ]
    payload = event["payload"]
    assert payload["source"] == "loan-approval"
    assert payload["summary"] == notice.subject
    assert payload["timestamp"] == "2026-11-20T14:05:00+00:00"
    assert payload["custom_details"]["slice"] == "region=north"
    assert payload["custom_details"]["page"] == notice.key


def test_pages_of_one_incident_share_one_alert_there() -> None:
    assert dedup_key(replace(NOTICE, key="inc_1/1/0/x")) == dedup_key(NOTICE)
    assert len(dedup_key(replace(NOTICE, incident="i" * 999))) == 255


def test_once_people_are_called_again_it_is_another_alert_there() -> None:
    assert dedup_key(replace(NOTICE, taken=1)) == "inc_1/1"


def test_only_its_own_acceptance_counts() -> None:
    assert judge(Answer(202)) is None
    for status in (200, 201, 204):
        refused = judge(Answer(status))
        assert refused is not None
        assert refused.retryable
    wrong = judge(Answer(400, b'{"message":"Event object is invalid"}'))
    assert wrong is not None
    assert wrong.words == "answered 400: Event object is invalid"
