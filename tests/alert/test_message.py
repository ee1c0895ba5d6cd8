"""What a page says to somebody who was asleep a minute ago."""

from dataclasses import replace
from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from tests.alert.build import NOW
from tocsin.alert.message import (
    SUBJECT_MAX_CHARS,
    Told,
    compose,
    compose_test,
    reason,
    shorten,
    without_links,
)
from tocsin.alert.notice import Notice

TOLD = Told(
    name="INC-42",
    title="loan-approval: approvals fell from 31.2 % to 4.0 % for employer=government",
    severity="SEV1",
    severity_why="decisions have shifted",
    system="loan-approval",
    slice="employer=government",
    since=NOW,
    evidence=("approvals fell", "accuracy fell"),
)


def notice(told: Told = TOLD) -> Notice:
    return compose(
        told,
        key="inc_1/0/0/lending/mail",
        address="lending@example.org",
        at=NOW + timedelta(minutes=1),
        incident="inc_1",
        incident_url="http://tocsin/incidents/42",
        acknowledge_url="http://tocsin/acknowledge/page_1?s=abc",
        reason=reason(0, 0, 2),
    )


def test_it_says_what_to_whom_since_when_and_what_to_press() -> None:
    one = notice()
    assert one.subject.startswith("[SEV1] INC-42 loan-approval: approvals fell")
    for fact in (
        TOLD.title,
        "Whom: employer=government",
        "Since: 2026-11-20 14:05 UTC",
        "I have it (acknowledge): http://tocsin/acknowledge/page_1?s=abc",
        "Look at it: http://tocsin/incidents/42",
        "- accuracy fell",
        "you are first on call",
    ):
        assert fact in one.text
    assert one.text.index("acknowledge") < one.text.index("Evidence")


def test_the_same_page_always_reads_the_same() -> None:
    assert notice() == notice()


def test_without_evidence_there_is_no_empty_heading() -> None:
    bare = Told(**{name: getattr(TOLD, name) for name in TOLD.__slots__ if name != "evidence"})
    assert "Evidence" not in notice(bare).text


@given(st.text(max_size=400), st.integers(2, SUBJECT_MAX_CHARS))
def test_a_subject_is_one_line_within_its_limit(text: str, limit: int) -> None:
    short = shorten(text, limit)
    assert len(short) <= limit
    assert "\n" not in short
    assert "\r" not in short


def test_the_reason_names_step_repeat_and_last_resort() -> None:
    assert reason(1, 0, 2) == "step 2 of 2: nobody has acknowledged"
    assert reason(0, 1, 1) == "step 1 of 1, repeat 1: nobody has acknowledged"
    assert "last resort" in reason(2, 5, 2)


def test_a_channel_with_buttons_gets_the_words_without_the_links() -> None:
    one = notice()
    words = without_links(one)
    assert one.acknowledge_url not in words
    assert one.incident_url not in words
    assert words.splitlines()[0] == TOLD.title
    assert "Evidence:" in words


def test_a_test_page_says_that_it_is_one_and_holds_one_link() -> None:
    one = compose_test(
        key="test_1",
        address="a",
        person="aspen",
        asked_by="briar",
        at=notice().at,
        url="http://x/test",
    )
    assert one.subject == "[TEST] Tocsin test page for aspen"
    assert "press acknowledge to show that it reached you.\n" in one.text
    assert one.text.count("http") == one.text.count(one.acknowledge_url) == 1
    assert (one.thread, one.severity, one.facts["test"]) == ("test_1", "SEV2", "true")
    assert "http" not in without_links(one)


def test_it_names_the_war_room_where_there_is_one() -> None:
    one = notice(replace(TOLD, war_room="https://chat.example.org/inc-42"))
    assert "/incidents/42\nWar room: https://chat.example.org/inc-42\n\nEvidence:" in one.text
    assert "War room" not in notice().text
    assert "chat.example.org" in without_links(one)
