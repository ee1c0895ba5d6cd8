"""An acknowledgement ends if nobody works on it: escalation never stops for such an incident."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from random import Random

import pytest

from tests.jobs.scene import MINUTE, POLICY, Scene, keys, scene
from tocsin.incident import lifecycle
from tocsin.incident.incident import EntryKind, Incident, Severity, State
from tocsin.jobs import oncall
from tocsin.store import incidents, pages

EXPIRES = 30 * MINUTE
EXPIRING = replace(POLICY, acknowledge_expires=EXPIRES)


@pytest.fixture
def stage(tmp_path: Path) -> Iterator[Scene]:
    yield from scene(tmp_path, EXPIRING)


def work(stage: Scene, by: timedelta = timedelta(0)) -> None:
    until = stage.clock() + by
    while True:
        oncall.escalate(stage.rings, stage.clock())
        oncall.deliver(stage.rings, stage.clock())
        if stage.clock() >= until:
            return
        stage.clock.move(MINUTE)


def now_of(stage: Scene, incident: Incident) -> Incident:
    with stage.database.reading() as conn:
        return incidents.get(conn, incident.id)


def take(stage: Scene, incident: Incident) -> None:
    with stage.database.unit("lending", stage.clock()) as unit:
        after, entries = lifecycle.acknowledge(
            incidents.get(unit.conn, incident.id),
            actor="lending",
            now=unit.now,
            entry_id=unit.new_id("ent"),
        )
        incidents.save(unit, after, entries)
        pages.acknowledge(unit, incident.id, "lending")


def log(stage: Scene, incident: Incident, actor: str = "lending") -> None:
    with stage.database.unit(actor, stage.clock()) as unit:
        after, entries = lifecycle.note(
            incidents.get(unit.conn, incident.id),
            kind=EntryKind.NOTE,
            text="still looking",
            actor=actor,
            now=unit.now,
            entry_id=unit.new_id("ent"),
        )
        incidents.save(unit, after, entries)


def test_who_took_it_and_fell_asleep_is_called_again_from_the_first_step(stage: Scene) -> None:
    incident = stage.declare_incident()
    work(stage)
    take(stage, incident)
    work(stage, EXPIRES - MINUTE)
    assert keys(stage.mail.taken) == ["0/0/lending/mail"]
    assert now_of(stage, incident).state is State.ACKNOWLEDGED
    stage.clock.move(MINUTE)
    work(stage, 5 * MINUTE)
    assert now_of(stage, incident).state is State.OPEN
    first, second = stage.mail.taken
    assert second.key == f"{first.key}/1", "another page, so that no receiver drops it as known"
    assert (first.thread, second.thread) == (incident.id, f"{incident.id}/1")
    assert second.acknowledge_url != first.acknowledge_url
    assert len(stage.hook.taken) == 1, "and the next step after its time"
    with stage.database.reading() as conn:
        told = [entry.text for entry in incidents.timeline(conn, incident.id)]
        assert pages.unguarded(conn, stage.clock()) == []
    assert sum("Calling again from the first step: lending has it" in text for text in told) == 1


def test_a_note_keeps_it_and_what_tocsin_writes_does_not(stage: Scene) -> None:
    incident = stage.declare_incident()
    work(stage)
    take(stage, incident)
    work(stage, 20 * MINUTE)
    log(stage, incident)
    work(stage, 29 * MINUTE)
    assert now_of(stage, incident).state is State.ACKNOWLEDGED
    log(stage, incident, lifecycle.TOCSIN)
    stage.clock.move(MINUTE)
    work(stage)
    assert now_of(stage, incident).state is State.OPEN


@pytest.mark.parametrize("why", ["sev2", "contained", "resolved", "never"])
def test_others_are_left_alone(tmp_path: Path, why: str) -> None:
    policy = replace(EXPIRING, acknowledge_expires=None) if why == "never" else EXPIRING
    for stage in scene(tmp_path, policy):
        incident = stage.declare_incident(Severity.SEV2 if why == "sev2" else Severity.SEV1)
        work(stage)
        take(stage, incident)
        if why in {"contained", "resolved"}:
            move = lifecycle.contain if why == "contained" else lifecycle.resolve
            with stage.database.unit("lending", stage.clock()) as unit:
                before = incidents.get(unit.conn, incident.id)
                after, entries = move(before, actor="lending", now=unit.now, entry_id="e")
                incidents.save(unit, after, entries)
        stage.clock.move(3 * EXPIRES)
        work(stage)
        assert len(stage.mail.taken) == 1
        assert now_of(stage, incident).acknowledged_at is not None


@pytest.mark.parametrize("seed", range(4))
def test_an_incident_that_nobody_works_on_is_never_quiet_for_longer(
    stage: Scene, seed: int
) -> None:
    random = Random(seed)
    incident = stage.declare_incident()
    quiet_since, most, sent = stage.clock(), timedelta(0), 0
    for _ in range(240):
        oncall.escalate(stage.rings, stage.clock())
        oncall.deliver(stage.rings, stage.clock())
        now, one = stage.clock(), now_of(stage, incident)
        pages_sent = len(stage.mail.taken) + len(stage.hook.taken)
        if pages_sent > sent:
            most, quiet_since, sent = max(most, now - quiet_since), now, pages_sent
        if one.state is State.OPEN and random.random() < 0.15:
            take(stage, incident)
            quiet_since = now
        elif one.state is State.ACKNOWLEDGED and random.random() < 0.03:
            log(stage, incident)
            quiet_since = now
        most = max(most, now - quiet_since)
        with stage.database.reading() as conn:
            assert pages.unguarded(conn, now) == []
        stage.clock.move(MINUTE)
    with stage.database.reading() as conn:
        lines = incidents.timeline(conn, incident.id)
    assert sum(lifecycle.AGAIN in line.facts for line in lines) > 1, "it did expire, repeatedly"
    assert most <= max(EXPIRES, POLICY.repeat_every)
