"""Updates reach their contacts, and who leads is reminded of those that are due."""

import threading
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from tests.jobs.scene import LENDING, MINUTE, SECOND, Scene, fault, scene
from tests.jobs.test_follow import Keeper
from tests.patience import PATIENCE_S
from tocsin.alert.ports import Turn
from tocsin.incident import lifecycle
from tocsin.incident.incident import Entry, EntryKind, Incident, Role, Severity
from tocsin.incident.update import Audience, Telling, Update, Voice
from tocsin.jobs import updates
from tocsin.jobs.worker import Worker
from tocsin.oncall.person import Contact, Person
from tocsin.store import incidents
from tocsin.store import updates as rows
from tocsin.store.outbox import PageState
from tocsin.web import roles

BOARD = Audience(
    name="board",
    voice=Voice.EXECUTIVE,
    contacts=(Contact("board", "mail", "board@example.org"), Contact("wall", "hook", "")),
    every={Severity.SEV1: 30 * MINUTE},
)
LEADS = replace(BOARD, name="leads", every={Severity.SEV1: 30 * MINUTE, Severity.SEV2: 60 * MINUTE})
PEOPLE = {"lending": Person("lending", (LENDING, Contact("lending", "hook", "")))}


@pytest.fixture(autouse=True)
def told(stage: Scene) -> None:
    telling = Telling(audiences=(BOARD,), people=PEOPLE)
    stage.rings = replace(stage.rings, telling=telling)


def taken(stage: Scene, severity: Severity = Severity.SEV1) -> Incident:
    """Return an incident that somebody leads."""
    incident = stage.declare_incident(severity)
    with stage.database.unit("lending", stage.clock()) as unit:
        after, entries = lifecycle.acknowledge(
            incident, actor="lending", now=unit.now, entry_id=unit.new_id("ent")
        )
        incidents.save(unit, after, entries)
    return after


def send(stage: Scene, incident: Incident, audiences: Sequence[Audience] = (BOARD,)) -> Update:
    with stage.database.unit("lending", stage.clock()) as unit:
        update = Update(
            id=unit.new_id("upd"),
            incident=incident.id,
            audiences=tuple(one.name for one in audiences),
            voice=Voice.EXECUTIVE,
            subject="INC-1 update 1: wrong denials",
            text="What happened\nDenials.",
            sent_at=unit.now,
            sent_by="lending",
            last=incident.resolved_at is not None,
        )
        rows.add(unit, update, audiences)
    return update


def resolve(stage: Scene, incident: Incident) -> Incident:
    with stage.database.unit("lending", stage.clock()) as unit:
        before = incidents.get(unit.conn, incident.id)
        after, entries = lifecycle.resolve(
            before, actor="lending", now=unit.now, entry_id=unit.new_id("ent")
        )
        incidents.save(unit, after, entries)
    return after


def work(stage: Scene, by: timedelta = timedelta(0), step: timedelta = MINUTE) -> None:
    until = stage.clock() + by
    while True:
        updates.remind(stage.rings, stage.clock())
        updates.deliver(stage.rings, stage.clock())
        if stage.clock() >= until:
            return
        stage.clock.move(step)


def states(stage: Scene, incident: Incident) -> dict[str, PageState]:
    with stage.database.reading() as conn:
        return {one.contact.channel: one.state for one in rows.tellings(conn, incident.id)}


def lines(stage: Scene, incident: Incident) -> list[Entry]:
    with stage.database.reading() as conn:
        every = incidents.timeline(conn, incident.id)
    return [one for one in every if one.kind is EntryKind.UPDATE]


def test_an_update_reaches_every_contact_once_with_the_words_of_its_author(stage: Scene) -> None:
    incident = taken(stage)
    send(stage, incident)
    work(stage, 5 * MINUTE)
    (mail,), (hook,) = stage.mail.taken, stage.hook.taken
    assert mail.address == "board@example.org"
    assert mail.text == (
        "What happened\nDenials.\n\nLook at it: http://localhost:8470/incidents/1\n"
    )
    assert mail.acknowledge_url == ""
    assert mail.key != hook.key
    assert set(states(stage, incident).values()) == {PageState.ACCEPTED}


def test_a_passing_fault_is_tried_again_and_a_refusal_stands_on_the_timeline(
    stage: Scene,
) -> None:
    incident = taken(stage)
    stage.mail.faults = [fault(retryable=True), fault(retryable=True)]
    stage.hook.faults = [fault(retryable=False)]
    send(stage, incident)
    work(stage, 5 * SECOND, SECOND)
    assert states(stage, incident) == {"mail": PageState.ACCEPTED, "hook": PageState.FAILED}
    (line,) = lines(stage, incident)
    assert line.text == "the update did not reach wall by hook: receiver said no"


def test_it_gives_up_after_some_tries(stage: Scene) -> None:
    incident = taken(stage)
    stage.mail.broken = RuntimeError("secret")
    send(stage, incident)
    work(stage, 29 * MINUTE)
    (line,) = lines(stage, incident)
    assert states(stage, incident)["mail"] is PageState.FAILED
    assert "did not reach board by mail" in line.text
    assert "secret" not in line.text


def test_a_worker_that_died_after_the_send_leaves_an_update_that_is_sent_again(
    stage: Scene,
) -> None:
    incident = taken(stage)
    stage.hook.on_take = stage.mail.on_take = _die
    send(stage, incident)
    with pytest.raises(_Killed):
        work(stage)
    stage.hook.on_take = stage.mail.on_take = None
    work(stage, 2 * stage.rings.lease, stage.rings.lease)
    counts = sorted(len(inbox.taken) for inbox in (stage.mail, stage.hook))
    assert counts == [1, 2]  # the one under way when the worker died came twice, nothing was lost
    assert len({one.key for one in (*stage.mail.taken, *stage.hook.taken)}) == 2
    assert set(states(stage, incident).values()) == {PageState.ACCEPTED}


def test_a_channel_that_opens_incidents_is_never_told(tmp_path: Path) -> None:
    for stage in scene(tmp_path):
        keeper = Keeper("pagerduty")
        rings = replace(stage.rings, notifiers={"mail": keeper, "hook": stage.hook})
        stage.rings = replace(rings, telling=Telling(audiences=(BOARD,), people=PEOPLE))
        incident = taken(stage)
        send(stage, incident)
        work(stage, 31 * MINUTE)
        assert keeper.heard == list[tuple[str, Turn, str]]()
        assert states(stage, incident)["mail"] is PageState.FAILED
        assert [one.facts.get("reminder") for one in stage.hook.taken] == [None, "true"]


def test_who_leads_is_reminded_when_an_update_is_due_and_again_after_every_cadence(
    stage: Scene,
) -> None:
    incident = taken(stage)
    work(stage, 29 * MINUTE)
    assert stage.mail.taken == []
    work(stage, 32 * MINUTE)
    assert [one.subject for one in stage.mail.taken] == ["[DUE] INC-1: update to board"] * 2
    assert {one.address for one in stage.mail.taken} == {LENDING.address}
    assert [line.text for line in lines(stage, incident)] == [
        "an update to board is due; reminded lending by mail"
    ] * 2


def test_an_update_that_was_sent_in_time_reminds_nobody(stage: Scene) -> None:
    incident = taken(stage)
    stage.clock.move(29 * MINUTE)
    send(stage, incident)
    work(stage, 29 * MINUTE)
    assert lines(stage, incident) == []
    work(stage, MINUTE)
    assert len(lines(stage, incident)) == 1


def test_two_audiences_that_wait_are_one_reminder(stage: Scene) -> None:
    telling = Telling(audiences=(BOARD, LEADS), people=PEOPLE)
    stage.rings = replace(stage.rings, telling=telling)
    incident = taken(stage)
    work(stage, 31 * MINUTE)
    (line,) = lines(stage, incident)
    assert line.text == "an update to board and leads is due; reminded lending by mail"


@pytest.mark.parametrize("severity", [Severity.SEV2, Severity.SEV4])
def test_a_severity_without_a_cadence_reminds_nobody(stage: Scene, severity: Severity) -> None:
    incident = taken(stage, severity)
    work(stage, 90 * MINUTE, 10 * MINUTE)
    assert lines(stage, incident) == []


def test_while_nobody_leads_nobody_is_reminded(stage: Scene) -> None:
    incident = stage.declare_incident()
    work(stage, 40 * MINUTE)
    assert lines(stage, incident) == []


def test_a_commander_without_a_contact_is_told_on_the_timeline_alone(stage: Scene) -> None:
    stage.rings = replace(stage.rings, telling=Telling(audiences=(BOARD,)))
    incident = taken(stage)
    work(stage, 31 * MINUTE)
    (line,) = lines(stage, incident)
    assert line.text.endswith("reminded lending here only: no contact of theirs is known")
    assert stage.mail.taken == []


def test_the_end_asks_for_the_last_update_once(stage: Scene) -> None:
    incident = resolve(stage, taken(stage))
    work(stage, 120 * MINUTE, 10 * MINUTE)
    (line,) = lines(stage, incident)
    assert line.text.startswith("the last update to board is due")
    (mail,) = stage.mail.taken
    assert mail.text.startswith("The last update to board")


def test_updates_that_hang_take_no_thread_from_a_page(stage: Scene) -> None:
    gate, arrived = threading.Event(), threading.Event()
    stage.hook.gate, stage.mail.on_take = gate, arrived.set
    stage.rings = replace(stage.rings, senders=1)
    incident = taken(stage, Severity.SEV4)
    walls = [Contact(f"wall {n}", "hook", "") for n in range(3)]
    send(stage, incident, [replace(BOARD, contacts=tuple(walls))])
    worker = Worker(stage.rings, pipeline=[])
    try:
        worker.once()
        stage.declare_incident()
        worker.once()
        assert arrived.wait(PATIENCE_S)
        assert stage.hook.taken == []
    finally:
        gate.set()
        worker.stop()


class _Killed(BaseException):
    pass


def _die() -> None:
    raise _Killed


def test_whoever_communicates_is_reminded_beside_who_leads_and_each_once(stage: Scene) -> None:
    cleo = Person("cleo", (Contact("cleo", "hook", ""),))
    telling = Telling(audiences=(BOARD,), people={**PEOPLE, "cleo": cleo})
    stage.rings = replace(stage.rings, telling=telling)
    incident = taken(stage)
    with stage.database.unit("lending", stage.clock()) as unit:
        roles.assign(unit, incident.id, Role.COMMUNICATIONS, "cleo")
    work(stage, 31 * MINUTE)
    (mail,), (hook,) = stage.mail.taken, stage.hook.taken
    assert "because you lead it" in mail.text
    assert "because you have its role communications" in hook.text
    assert mail.key != hook.key
    said = lines(stage, incident)[-1].text
    assert said.endswith("is due; reminded lending by mail and cleo by hook")


def test_who_leads_and_communicates_is_reminded_once(stage: Scene) -> None:
    incident = taken(stage)
    with stage.database.unit("lending", stage.clock()) as unit:
        roles.assign(unit, incident.id, Role.COMMUNICATIONS, "lending")
    work(stage, 31 * MINUTE)
    assert len(stage.mail.taken) == 1
    assert stage.hook.taken == []


def test_after_a_storm_the_update_of_the_oldest_is_still_asked_for(stage: Scene) -> None:
    incident = taken(stage)
    stage.storm(201)
    stage.clock.move(31 * MINUTE)
    updates.remind(stage.rings, stage.clock())
    assert len(lines(stage, incident)) == 1
