"""A notice in Apprise's words, by value."""

from dataclasses import replace

import pytest

from tests.contracts.http import LONG
from tests.contracts.notifier import NOTICE
from tocsin.integrations.apprise.wire import address, body, kind, title


@pytest.mark.parametrize(
    ("severity", "expected"),
    [("SEV1", "failure"), ("SEV2", "failure"), ("SEV3", "warning"), ("SEV4", "info"), ("", "info")],
)
def test_severity_is_told_in_its_words(severity: str, expected: str) -> None:
    assert kind(replace(NOTICE, severity=severity)) == expected


def test_the_links_come_first_and_once() -> None:
    lines = body(NOTICE).splitlines()
    assert lines[0].endswith(NOTICE.acknowledge_url)
    assert lines[1].endswith(NOTICE.incident_url)
    assert lines[3:] == ["approvals fell"]


def test_far_too_much_is_cut() -> None:
    assert len(body(LONG)) < 3300
    assert len(title(LONG)) <= 200
    assert "\n" not in title(replace(NOTICE, subject="a\nb"))


def test_an_address_cannot_leave_its_place() -> None:
    notice = replace(NOTICE, address="x/../y?z=1&w")
    assert address("svc://key/{address}/", notice) == "svc://key/x%2F..%2Fy%3Fz%3D1%26w/"
    assert address("svc://key/", notice) == "svc://key/"
