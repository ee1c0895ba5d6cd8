"""Those whom the matrix names are told through the outbox, once, whoever has acknowledged."""

from dataclasses import replace
from datetime import timedelta

from tests.jobs.scene import LENDING, MINUTE, SECOND, Scene, fault, keys
from tests.jobs.test_oncall import acknowledge, timeline, work
from tocsin.incident import lifecycle
from tocsin.incident.command import Again, Ask, Command, When
from tocsin.incident.incident import Incident, Role, Severity
from tocsin.incident.joining import FIRST
from tocsin.oncall.person import Contact, Person
from tocsin.oncall.policy import Step
from tocsin.store import commands, incidents, invariant, pages
from tocsin.store.pages import PageState

HEAD = Person("head", (Contact("head", "mail", "head@example.org"), Contact("head", "hook", "")))
LAWYER = Person("lawyer", (Contact("lawyer", "hook", ""),))
COMMAND = Command(
    asks=(
        Ask(
            role=Role.COMMANDER,
            when=When(severity=Severity.SEV1, only=True),
            steps=(Step(timedelta(0), (), people=("head",)),),
        ),
        Ask(
            role=Role.LEGAL,
            when=When(severity=Severity.SEV2),
            steps=(Step(15 * MINUTE, (), people=("lawyer",)),),
        ),
        Ask(when=When(severity=Severity.SEV2), steps=(Step(timedelta(0), (LENDING,)),)),
    ),
    people=(HEAD, LAWYER),
    again=Again(times=0),
)


def opened(
    stage: Scene, severity: Severity = Severity.SEV1, command: Command = COMMAND
) -> Incident:
    incident = stage.declare_incident(severity)
    with stage.database.unit("test", stage.clock()) as unit:
        commands.keep(unit, incident.id, command)
    return incident


def regrade(stage: Scene, incident: Incident, severity: Severity) -> None:
    with stage.database.unit("aspen", stage.clock()) as unit:
        moved = lifecycle.set_severity(
            incidents.get(unit.conn, incident.id),
            severity,
            "seen again",
            actor="aspen",
            now=stage.clock(),
            entry_id=unit.new_id("ent"),
        )
        incidents.save(unit, *moved)


def broken(stage: Scene) -> list[str]:
    with stage.database.reading() as conn:
        return invariant.broken(conn, stage.clock() + 2 * MINUTE)


def test_the_lead_is_asked_at_once_beside_the_escalation(stage: Scene) -> None:
    incident = opened(stage)
    work(stage)
    assert set(keys(stage.mail.taken)) == {"0/0/lending/mail", f"{FIRST}/0/head/mail"}
    first, second = sorted(stage.mail.taken, key=lambda one: "head" in one.address)
    assert "I have it (acknowledge)" in first.text
    assert "You are told because you are asked to lead (SEV1)." in second.text
    assert "I join (acknowledge)" in second.text
    assert "paged head by e-mail: asked to lead (SEV1)" in timeline(stage, incident)


def test_an_acknowledgement_ends_the_escalation_and_not_the_joins(stage: Scene) -> None:
    incident = opened(stage)
    work(stage)
    acknowledge(stage, incident)
    work(stage, 60 * MINUTE, MINUTE)
    assert keys(stage.hook.taken) == [f"{FIRST + 1}/0/lawyer/hook"]
    assert stage.hook.taken[0].at == incident.detected_at + 15 * MINUTE
    assert set(keys(stage.mail.taken)) == {"0/0/lending/mail", f"{FIRST}/0/head/mail"}
    with stage.database.reading() as conn:
        states = {page.contact.person: page.state for page in pages.of_incident(conn, incident.id)}
    assert states["head"] is PageState.ACCEPTED
    assert states["lending"] is PageState.ACKNOWLEDGED


def test_who_rises_to_sev1_asks_the_lead_then_and_nobody_twice(stage: Scene) -> None:
    incident = opened(stage, Severity.SEV2)
    work(stage)
    acknowledge(stage, incident)
    work(stage, 20 * MINUTE, MINUTE)
    assert keys(stage.mail.taken) == ["0/0/lending/mail"]
    regrade(stage, incident, Severity.SEV1)
    work(stage, 20 * MINUTE, MINUTE)
    assert keys(stage.mail.taken)[:2] == ["0/0/lending/mail", f"{FIRST}/0/head/mail"]
    assert keys(stage.hook.taken) == [f"{FIRST + 1}/0/lawyer/hook"]
    regrade(stage, incident, Severity.SEV2)
    regrade(stage, incident, Severity.SEV1)
    work(stage, 20 * MINUTE, MINUTE)
    asked = [key for key in keys([*stage.mail.taken, *stage.hook.taken]) if "head" in key]
    assert asked == [f"{FIRST}/0/head/mail"]


def test_what_was_planned_is_called_off_when_it_turns_out_milder(stage: Scene) -> None:
    incident = opened(stage, Severity.SEV2)
    work(stage)
    acknowledge(stage, incident)
    regrade(stage, incident, Severity.SEV3)
    work(stage, 30 * MINUTE, MINUTE)
    assert stage.hook.taken == []


def test_resolving_calls_off_every_join(stage: Scene) -> None:
    incident = opened(stage, Severity.SEV2)
    work(stage)
    with stage.database.unit("aspen", stage.clock()) as unit:
        moved = lifecycle.resolve(
            incidents.get(unit.conn, incident.id), actor="aspen", now=stage.clock(), entry_id="e"
        )
        incidents.save(unit, *moved)
    work(stage, 30 * MINUTE, MINUTE)
    assert stage.hook.taken == []
    assert broken(stage) == []


def test_a_join_that_fails_is_tried_by_the_persons_next_way(stage: Scene) -> None:
    incident = opened(stage)
    acknowledge(stage, incident)
    stage.mail.faults = [fault(retryable=False)]
    work(stage, 3 * SECOND)
    assert keys(stage.hook.taken) == [f"{FIRST}/0/head/hook"]
    assert [line for line in timeline(stage, incident) if "head" in line] == [
        "could not page head by mail: receiver said no; trying hook at once",
        "paged head by webhook: asked to lead (SEV1)",
    ]
    assert stage.mail.taken == []


def test_a_join_that_nobody_can_be_reached_for_says_so_and_calls_nobody_else(
    stage: Scene,
) -> None:
    incident = opened(stage)
    acknowledge(stage, incident)
    stage.mail.broken = stage.hook.broken = fault(retryable=False)
    work(stage, 3 * SECOND)
    lines = [line for line in timeline(stage, incident) if "head" in line]
    assert lines[-1] == "could not page head by hook: receiver said no"
    with stage.database.reading() as conn:
        rungs = {page.rung for page in pages.of_incident(conn, incident.id)}
    assert rungs == {FIRST, FIRST + 1}


def test_a_join_guards_nobody_who_waits_for_the_escalation(stage: Scene) -> None:
    tell = Ask(when=When(severity=Severity.SEV3), steps=(Step(60 * MINUTE, (LENDING,)),))
    incident = opened(stage, Severity.SEV3, replace(COMMAND, asks=(tell,)))
    work(stage)
    assert broken(stage) == []
    with stage.database.unit("test", stage.clock()) as unit:
        incidents.save(unit, replace(incident, severity=Severity.SEV1))
    with stage.database.reading() as conn:
        unguarded = pages.unguarded(conn, stage.clock() + MINUTE)
    assert [one.why for one in unguarded] == ["nobody was ever paged"]
    work(stage)
    assert broken(stage) == []
