"""Audiences and the war room: what the file declares, and what it is refused for."""

from datetime import timedelta

import pytest

from tocsin.base.errors import BadInput
from tocsin.config.load import load
from tocsin.incident.incident import Severity
from tocsin.incident.update import Audience, Voice
from tocsin.oncall.person import Contact

TEXT = """\
version: 1
systems: {loans: {reference: loans.parquet}, fraud: {reference: fraud.parquet}}
notifiers:
  mail: {kind: smtp}
  pager: {kind: pagerduty}
  chat: {kind: slack}
people:
  aspen:
    - {channel: pager}
    - {channel: mail, address: aspen@example.org}
  briar: [{channel: pager}]
updates:
  leads:
    notify: [{person: aspen}, {person: channel, channel: chat, address: "#loans"}]
  board:
    voice: executive
    notify: [{person: board, channel: mail, address: board@example.org}]
    every: {SEV1: 1h}
    systems: [loans]
war_room: https://chat.example.org/channels/{incident}
"""


def test_audiences_are_people_and_contacts_with_a_voice_and_a_cadence() -> None:
    telling = load(TEXT, "tocsin.yaml").telling
    hour = timedelta(hours=1)
    assert telling.audiences == (
        Audience(
            name="leads",
            voice=Voice.TECHNICAL,
            contacts=(
                Contact("aspen", "mail", "aspen@example.org"),
                Contact("channel", "chat", "#loans"),
            ),
            every={Severity.SEV1: hour / 2, Severity.SEV2: 2 * hour},
        ),
        Audience(
            name="board",
            voice=Voice.EXECUTIVE,
            contacts=(Contact("board", "mail", "board@example.org"),),
            every={Severity.SEV1: hour},
            systems=("loans",),
        ),
    )
    assert telling.war_room == "https://chat.example.org/channels/{incident}"
    assert set(telling.people) == {"aspen", "briar"}


def test_without_any_nobody_is_told() -> None:
    telling = load(TEXT.partition("updates:")[0], "tocsin.yaml").telling
    assert (telling.audiences, telling.war_room) == ((), "")


def test_the_console_may_be_told_without_being_declared() -> None:
    text = TEXT.replace("channel: chat", "channel: console")
    assert load(text, "tocsin.yaml").telling.audiences[0].contacts[1].channel == "console"


@pytest.mark.parametrize(
    ("old", "new", "line", "says"),
    [
        ("{person: aspen}", "{person: elder}", 14, "person 'elder' is not declared"),
        ("{person: aspen}", "{schedule: night}", 14, "not to schedules"),
        ("{person: aspen}", "{channel: mail}", 14, "not to schedules"),
        ("{person: aspen}", "{person: briar}", 14, "every contact of 'briar' opens an incident"),
        ("channel: chat", "channel: pager", 14, "cannot only tell"),
        ("channel: chat", "channel: chit", 14, "channel 'chit' is not declared"),
        ('channel: chat, address: "#loans"', "", 14, "person 'channel' is not declared"),
        ("systems: [loans]", "systems: [loan]", 19, "system 'loan' is not declared"),
        ("SEV1: 1h", "SEV9: 1h", 18, "SEV9"),
        ("SEV1: 1h", "SEV1: 0s", 18, "length of time"),
        ("[{person: aspen},", "[{person: aspen}, {person: aspen},", 14, "one contact twice"),
        ("voice: executive", "voice: loud", 16, "voice"),
        ("{incident}", "{room}", 20, "knows no {room}"),
        ("https://chat", "chat", 20, "no http(s) address"),
        ("https://chat", "javascript://chat", 20, "no http(s) address"),
    ],
)
def test_what_cannot_be_told_is_refused_by_its_line(
    old: str, new: str, line: int, says: str
) -> None:
    assert old in TEXT
    with pytest.raises(BadInput) as caught:
        load(TEXT.replace(old, new), "tocsin.yaml")
    assert f"tocsin.yaml:{line}:" in str(caught.value)
    assert says in str(caught.value)
