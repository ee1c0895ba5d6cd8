"""Five people who complain of one system open one ticket, and six do not open two."""

from dataclasses import replace

import pytest

from tests.jobs.scene import MINUTE, Scene
from tests.jobs.test_joining import COMMAND
from tocsin.incident.incident import EntryKind, Incident, Severity, State
from tocsin.incident.intake import IntakeRule
from tocsin.incident.update import Telling
from tocsin.ingest.change import Complaint
from tocsin.jobs import complaints as duty
from tocsin.store import changes, commands, incidents, pages


def complain(stage: Scene, number: int, *, system: str = "loans", text: str = "") -> None:
    for k in range(number):
        with stage.database.unit("anonymous", stage.clock.move(MINUTE)) as unit:
            said = text or f"Turned down for no reason, number {unit.now:%H%M} {k}."
            one = Complaint(id=unit.new_id("cmp"), at=unit.now, system=system, text=said)
            changes.add_complaint(unit, one)


def opened(stage: Scene) -> list[Incident]:
    for _ in range(2):
        duty.run(stage.rings, stage.clock.move(MINUTE))
    with stage.database.reading() as conn:
        return incidents.open_ones(conn)


def test_five_people_open_a_ticket_that_names_complaints_and_repeats_none(stage: Scene) -> None:
    complain(stage, 4)
    assert opened(stage) == []
    complain(stage, 1)
    (one,) = opened(stage)
    assert (one.system, one.severity, one.state) == ("loans", Severity.SEV3, State.OPEN)
    assert one.severity_why == "5 people complained within 1 d"
    with stage.database.reading() as conn:
        lines = incidents.timeline(conn, one.id)
        assert pages.of_incident(conn, one.id) == []
    said = [line.text for line in lines if line.kind is EntryKind.FINDING]
    assert len(said) == 5
    assert said[0].startswith("complaint cmp_")
    assert "Turned down" not in " ".join(line.text for line in lines)
    complain(stage, 6)
    assert len(opened(stage)) == 1


def test_complaints_of_two_systems_do_not_add_up(stage: Scene) -> None:
    stage.declare("cards")
    complain(stage, 3)
    complain(stage, 3, system="cards")
    assert opened(stage) == []


def test_one_person_pressing_often_is_no_crowd(stage: Scene) -> None:
    complain(stage, 20, text="Let me in!")
    assert opened(stage) == []


def test_a_grave_rule_pages_at_once(stage: Scene) -> None:
    rule = IntakeRule(number=2, severity=Severity.SEV2)
    stage.rings = replace(stage.rings, complaints=rule, command=COMMAND)
    complain(stage, 2)
    (one,) = opened(stage)
    with stage.database.reading() as conn:
        assert commands.get(conn, one.id).asks == COMMAND.asks
        assert pages.of_incident(conn, one.id)
        assert pages.unguarded(conn, stage.clock()) == []


def test_it_gets_a_war_room_like_every_new_incident(stage: Scene) -> None:
    telling = Telling(war_room="https://chat.example.org/channels/{incident}")
    stage.rings = replace(stage.rings, telling=telling)
    complain(stage, 5)
    (one,) = opened(stage)
    assert one.war_room == "https://chat.example.org/channels/inc-1"


@pytest.mark.parametrize("number", [0, 100])
def test_a_rule_that_is_off_or_asks_for_more_opens_nothing(stage: Scene, number: int) -> None:
    stage.rings = replace(stage.rings, complaints=IntakeRule(number=number))
    complain(stage, 10)
    assert opened(stage) == []
