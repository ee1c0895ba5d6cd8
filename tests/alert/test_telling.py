"""Updates and reminders tell, and ask for no acknowledgement."""

import pytest

from tests.alert.build import NOW
from tocsin.alert.message import SUBJECT_MAX_CHARS, without_links
from tocsin.alert.notice import Notice
from tocsin.alert.telling import Asking, compose_ask, compose_reminder, compose_update

URL = "http://tocsin/incidents/42"


def update(war_room: str = "", subject: str = "INC-42 update 2: approvals fell") -> Notice:
    return compose_update(
        key="upd_1/board/mail",
        address="board@example.org",
        subject=subject,
        text="What happened\nApprovals fell.\n",
        severity="SEV1",
        incident="inc_1",
        name="INC-42",
        system="loan-approval",
        incident_url=URL,
        at=NOW,
        war_room=war_room,
    )


def test_an_update_is_the_words_of_a_person_and_a_link() -> None:
    one = update()
    assert one.text == f"What happened\nApprovals fell.\n\nLook at it: {URL}\n"
    assert one.acknowledge_url == ""
    assert without_links(one) == "What happened\nApprovals fell."
    assert one.thread == "inc_1"


def test_it_names_the_war_room_where_there_is_one() -> None:
    one = update("https://chat.example.org/a")
    assert one.text.endswith("\nWar room: https://chat.example.org/a\n")


def test_a_subject_is_one_line_within_its_limit() -> None:
    one = update(subject="a\nb " * 200)
    assert "\n" not in one.subject
    assert len(one.subject) == SUBJECT_MAX_CHARS


def test_a_reminder_says_who_waits_since_when_and_where_the_draft_is() -> None:
    def reminder(*, last: bool) -> Notice:
        return compose_reminder(
            key="k",
            address="aspen@example.org",
            audiences=["board", "leads"],
            due_at=NOW,
            severity="SEV1",
            incident="inc_1",
            name="INC-42",
            title="approvals fell",
            incident_url=URL,
            last=last,
        )

    one = reminder(last=False)
    assert one.subject == "[DUE] INC-42: update to board and leads"
    assert one.text.startswith(
        f"An update to board and leads was due at {NOW:%Y-%m-%d %H:%M} UTC and has not been sent."
    )
    assert f"{URL}#updates" in one.text
    assert one.acknowledge_url == ""
    assert reminder(last=True).text.startswith("The last update to board and leads")


@pytest.mark.parametrize("asking", Asking)
def test_what_is_said_of_a_plan_is_what_it_does_why_and_where_to_answer(asking: Asking) -> None:
    one = compose_ask(
        key="k",
        address="aspen@example.org",
        sentences=["Send everyone to human review until 18:05 UTC."],
        why="birch proposes this.",
        asking=asking,
        severity="SEV1",
        incident="inc_1",
        name="INC-42",
        title="approvals fell",
        incident_url=URL,
        at=NOW,
    )
    assert one.subject.startswith(f"[{asking.upper()}] INC-42: Send everyone to human review")
    assert one.text.startswith("birch proposes this.\n\n- Send everyone to human review until")
    told = "may " + asking if asking in (Asking.APPROVE, Asking.RATIFY) else "you lead, or approved"
    assert told in one.text
    assert one.incident_url == f"{URL}#next"
    assert one.acknowledge_url == ""
