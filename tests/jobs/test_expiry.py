"""Ends are said before and when they come, by line and by message; also those slept through."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from tests.jobs.scene import Inbox
from tests.jobs.story import Story, at, rows, story
from tocsin.contain.act import Act, Deed, Phase
from tocsin.contain.directive import Action
from tocsin.contain.plan import PlanState
from tocsin.incident.incident import EntryKind, State
from tocsin.incident.update import Telling
from tocsin.jobs import contain, expiry, updates
from tocsin.oncall.person import Contact, Person
from tocsin.store import acts, containment


@pytest.fixture
def told(tmp_path: Path) -> Iterator[Story]:
    with story(tmp_path) as one:
        yield one


def contained(told: Story, *, hit_rate: float = 0.58) -> str:
    """Let the fallback be obeyed from 160 s on; it ends at 260 s."""
    told.fault()
    incident = told.detect()
    directive = told.approve(incident, 160, for_s=100)
    for k in range(0, 40, 5):
        told.decide(rows(160 + k, 165 + k, hit_rate=hit_rate, seed=9 + k, directive=directive.id))
        contain.run(told.rings, at(165 + k))
    assert told.incident(incident).state is State.CONTAINED
    return incident


def run(told: Story, *seconds: float) -> None:
    for second in seconds:
        expiry.run(told.rings, at(second))


def said(told: Story, incident: str) -> list[tuple[object, EntryKind]]:
    return [(e.at, e.kind) for e in told.timeline(incident) if "said" in e.facts]


def test_the_end_is_announced_before_and_when_it_comes(told: Story) -> None:
    incident = contained(told)
    run(told, 165, 209, 211, 215, 261, 262)
    assert said(told, incident) == [(at(211), EntryKind.CONTAINED), (at(260), EntryKind.EXPIRED)]
    after = told.incident(incident)
    assert after.recovered_at is not None
    assert after.state is State.ACKNOWLEDGED
    with told.rings.database.reading() as conn:
        assert [p.state for p in containment.plans(conn, incident)] == [PlanState.EXPIRED]
        assert containment.unended(conn, "loans") == []


def test_an_end_that_is_near_and_was_said_is_written_no_more(told: Story) -> None:
    contained(told)
    run(told, 211)
    before = told.rings.database.changes()
    run(told, 212, 220)
    assert told.rings.database.changes() == before


def test_those_who_lead_or_approved_get_a_message_each_time(told: Story) -> None:
    mail = Inbox("smtp")
    lending = Person("lending", (Contact("lending", "mail", "lending@example.org"),))
    telling = Telling(people={"lending": lending})
    told.rings = replace(told.rings, telling=telling, notifiers={"mail": mail})
    incident = contained(told)
    run(told, 211, 212, 261, 262)
    updates.deliver(told.rings, at(262))
    assert [one.subject.split()[0] for one in mail.taken] == ["[ENDS]", "[ENDED]"]
    assert "for another 49 s only: containment ends at 14:04:20 UTC" in mail.taken[0].text
    assert told.timeline(incident)[-1].text.endswith("Told lending by mail.")


def test_without_a_contact_the_line_says_that_no_message_went_out(told: Story) -> None:
    incident = contained(told)
    run(told, 211)
    assert "No message went out" in told.timeline(incident)[-1].text


def test_harm_that_was_not_seen_to_stop_calls_people_again(told: Story) -> None:
    incident = contained(told, hit_rate=0.15)
    assert told.incident(incident).recovered_at is None
    run(told, 261)
    after = told.incident(incident)
    assert (after.state, after.acknowledged_at) == (State.OPEN, None)
    assert any(
        e.text.startswith("Calling again: containment ended") for e in told.timeline(incident)
    )


def test_an_end_that_was_slept_through_is_written_as_of_its_instant(told: Story) -> None:
    incident = contained(told)
    run(told, 260 + 3600)
    assert said(told, incident) == [(at(260), EntryKind.EXPIRED)]
    (line,) = [e for e in told.timeline(incident) if e.kind is EntryKind.EXPIRED]
    assert (
        "Containment ended at 14:04:20 UTC: the system decides for employer=government again"
        in line.text
    )
    assert "Noted at 15:04:20 UTC only: nobody here was running when it ended." in line.text
    run(told, 260 + 3601)
    assert len(said(told, incident)) == 1


def test_the_end_of_what_stands_beside_decisions_uncontains_nothing(told: Story) -> None:
    incident = contained(told)
    with told.rings.database.unit("test", at(200)) as unit:
        (running,) = containment.in_force(unit.conn, "loans", at(200))
        freeze = replace(running, id="dir_freeze", action=Action.FREEZE, expires_at=at(230))
        containment.add_directives(unit, [freeze])
    run(told, 231)
    assert told.incident(incident).state is State.CONTAINED
    (line,) = [e for e in told.timeline(incident) if e.kind is EntryKind.EXPIRED]
    assert line.text.startswith("“no new version goes out” ended at 14:03:50 UTC.")


def test_one_directive_of_several_that_ends_leaves_the_incident_contained(told: Story) -> None:
    incident = contained(told)
    with told.rings.database.unit("test", at(200)) as unit:
        (running,) = containment.in_force(unit.conn, "loans", at(200))
        longer = replace(running, id="dir_2", expires_at=at(260) + timedelta(hours=1))
        containment.add_directives(unit, [longer])
    run(told, 261)
    assert told.incident(incident).state is State.CONTAINED
    assert (at(260), EntryKind.CONTAINED) in said(told, incident)


def test_an_end_that_was_extended_is_neither_warned_of_nor_sent(told: Story) -> None:
    mail = Inbox("smtp")
    lending = Person("lending", (Contact("lending", "mail", "lending@example.org"),))
    telling = Telling(people={"lending": lending})
    told.rings = replace(told.rings, telling=telling, notifiers={"mail": mail})
    incident = contained(told)
    told.approve(incident, 200, for_s=3600)
    run(told, 211, 261)
    updates.deliver(told.rings, at(262))
    assert mail.taken == []
    assert said(told, incident) == [(at(260), EntryKind.CONTAINED)]
    (line,) = [e for e in told.timeline(incident) if "said" in e.facts]
    assert "but containment goes on: " in line.text
    assert told.incident(incident).state is State.CONTAINED


def test_an_end_of_what_an_actuator_still_holds_says_that_it_is_being_put_back(
    told: Story,
) -> None:
    incident = contained(told)
    with told.rings.database.unit("test", at(200)) as unit:
        (running,) = containment.in_force(unit.conn, "loans", at(200))
        act = Act(
            id="act_1",
            actuator="registry",
            target="alias",
            seq=1,
            system="loans",
            incident=incident,
            directive=running.id,
            deed=Deed.APPLY,
            phase=Phase.APPLIED,
            holds=(running.id,),
            base="1",
            wanted="2",
            made_at=at(160),
        )
        acts.add(unit, act)
    run(told, 261)
    (line,) = [e for e in told.timeline(incident) if e.kind is EntryKind.EXPIRED]
    assert "again once registry is put back." in line.text
