"""People, schedules and policies as the file declares them, and what it may not say."""

from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path

import pytest

from tocsin.base.errors import BadInput
from tocsin.config.load import load
from tocsin.oncall.policy import Contact, Person, Step
from tocsin.oncall.preview import holes, preview
from tocsin.oncall.rotation import Rotation
from tocsin.oncall.schedule import Hours, Layer, Schedule, who

TEXT = """\
version: 1
systems: {loan: {reference: r.parquet}}
notifiers:
  mail: {kind: smtp, settings: {host: localhost}}
  hook: {kind: webhook, settings: {url: "http://localhost"}}
people:
  lending-lead: [{channel: mail, address: lead@example.org}, {channel: hook}]
  risk-lead: [{channel: mail, address: risk@example.org}]
schedules:
  lending:
    time_zone: Europe/Berlin
    layers:
      - {participants: [lending-lead, risk-lead], every: weekly, weekday: monday, start: 2026-11-02}
      - participants: [risk-lead]
        every: 12h
        start: 2026-11-02
        hand_off: 10:30
        time_zone: America/New_York
        hours:
          - {start: 22:00, end: 06:00}
          - {days: [sunday, saturday]}
  fraud: {time_zone: UTC, layers: [{participants: [risk-lead], start: 2026-11-02}]}
escalation:
  lending:
    steps:
      - {notify: [{schedule: lending}]}
      - {after: 5m, notify: [{person: risk-lead}, {person: desk, channel: hook}]}
    catch_all: [{person: lending-lead}]
"""


def test_people_keep_their_contacts_in_order_of_preference() -> None:
    roster = load(TEXT, "t.yaml").roster
    assert roster.person("lending-lead") == Person(
        "lending-lead",
        (Contact("lending-lead", "mail", "lead@example.org"), Contact("lending-lead", "hook", "")),
    )


def test_a_schedule_is_layers_of_rotations_in_order() -> None:
    weekly = Rotation(
        participants=("lending-lead", "risk-lead"),
        every=timedelta(weeks=1),
        start=date(2026, 11, 2),
        hand_off=time(9),
        time_zone="Europe/Berlin",
        weekday=0,
    )
    night = Rotation(
        participants=("risk-lead",),
        every=timedelta(hours=12),
        start=date(2026, 11, 2),
        hand_off=time(10, 30),  # which YAML reads as 630
        time_zone="America/New_York",
    )
    hours = (Hours(time(22), time(6)), Hours(time(0), time(0), (5, 6)))
    assert load(TEXT, "t.yaml").roster.schedule("lending") == Schedule(
        "lending", (Layer(weekly), Layer(night, hours))
    )


def test_the_example_of_the_documents_is_valid_and_does_what_they_say() -> None:
    page = (Path(__file__).parents[2] / "docs" / "oncall.md").read_text("utf-8")
    example = page.partition("```yaml\n")[2].partition("```")[0]
    text = "version: 1\nsystems: {loan: {reference: r.parquet}}\n" + example
    roster = load(text, "docs/oncall.md").roster
    night = datetime(2026, 11, 20, 23, tzinfo=UTC)
    policy = roster.policy("lending")
    assert who(roster.schedule("lending"), (), night) == "night-watch"
    told = [one.contacts[0].person for one in preview(policy, {}, night)]
    assert told[:2] == ["night-watch", "head-of-risk"]
    assert list(holes(policy, {}, night)) == []


def test_a_policy_holds_whom_and_which_schedules_its_steps_name() -> None:
    config = load(TEXT, "t.yaml")
    policy = config.policies["loan"]
    assert policy is config.roster.policy("lending")
    assert policy.steps == (
        Step(timedelta(0), (), schedules=("lending",)),
        Step(timedelta(minutes=5), (Contact("desk", "hook", ""),), people=("risk-lead",)),
    )
    assert policy.catch_all == config.roster.person("lending-lead").contacts
    assert [schedule.name for schedule in policy.schedules] == ["lending"]
    assert [person.name for person in policy.people] == ["lending-lead", "risk-lead"]


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("risk-lead], every", "risk-led], every", "t.yaml:13: person 'risk-led' is not declared"),
        ("Europe/Berlin", "Europe/Berlln", "t.yaml:11: 'Europe/Berlln' is not a time zone"),
        ("America/New_York", "EST5", "t.yaml:14: schedules.lending.layers.1: 'EST5'"),
        ("every: 12h", "every: 90m", "t.yaml:14: schedules.lending.layers.1: hand-offs are whole"),
        ("every: weekly", "every: daily", "t.yaml:13: schedules.lending.layers.0: only a rotation"),
        ("every: 12h", "every: often", "t.yaml:15: 'schedules.lending.layers.1.every' is 'often'"),
        ("hand_off: 10:30", "hand_off: noon", "t.yaml:17: 'schedules.lending.layers.1.hand_off'"),
        ("hand_off: 10:30", "hand_off: 25:30", "write a time of day like 09:00"),
        ("hand_off", "hand_of", "did you mean 'hand_off'?"),
        ("{channel: hook}]", "{channel: pigeon}]", "t.yaml:7: channel 'pigeon' is not declared"),
        ("{channel: hook}]", "{channel: mail}]", "t.yaml:7: 'lending-lead' has two contacts"),
        ("{channel: hook}]", "{channel: hook, adress: x}]", "did you mean 'address'?"),
        ("[{schedule: lending}]", "[{schedule: lendin}]", "t.yaml:26: schedule 'lendin' is not"),
        ("[{schedule: lending}]", "[{}]", "t.yaml:26: an entry that names neither"),
        ("[{schedule: lending}]", "[{schedule: lending, person: x}]", "t.yaml:26: schedule 'lend"),
        ("{person: risk-lead}", "{person: nobody}", "t.yaml:27: person 'nobody' is not declared"),
        ("{person: risk-lead}", "{person: a, address: b}", "t.yaml:27: person 'a' has an address"),
        ("channel: hook}]}", "channel: pigeon}]}", "t.yaml:27: channel 'pigeon' is not declared"),
        ("all: [{person: lending-lead}]", "all: [{schedule: lending}]", "t.yaml:28: the catch-all"),
        (
            "{person: desk, channel: hook}",
            "{person: risk-lead, channel: mail}",
            "escalation.lending: policy 'lending': step 2 names one person twice on one channel",
        ),
    ],
)
def test_an_error_names_line_and_key_and_what_to_do(old: str, new: str, message: str) -> None:
    assert TEXT.count(old) == 1
    with pytest.raises(BadInput) as caught:
        load(TEXT.replace(old, new), "t.yaml")
    assert message in str(caught.value)
