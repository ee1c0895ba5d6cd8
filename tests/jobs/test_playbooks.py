from dataclasses import replace
from typing import Any

import pytest
import sqlalchemy as sa

from tests.jobs.scene import MINUTE, Scene
from tests.store import examples
from tocsin.contain.approval import Approvals
from tocsin.contain.builtin import BUILT_IN
from tocsin.contain.directive import Action
from tocsin.contain.failure import Failure
from tocsin.contain.plan import PlanState
from tocsin.contain.playbook import Done, Playbook, Run, Step
from tocsin.incident.incident import EntryKind, Incident, Severity
from tocsin.ingest.system import Risk
from tocsin.jobs import playbooks as duty
from tocsin.jobs.rings import Rings
from tocsin.store import containment, incidents, playbooks, recognised

OURS = Playbook(
    name="ours",
    title="what we do",
    steps=(
        Step(say="rules first", action=Action.FALLBACK, automatic=Severity.SEV1),
        Step(say="call the owner"),
        Step(say="people then", action=Action.REVIEW, automatic=Severity.SEV1),
    ),
)

CANARY = Step(
    say="try it", action=Action.CANARY, to_version="9", share=0.1, automatic=Severity.SEV1
)


def ours(stage: Scene) -> Rings:
    return replace(stage.rings, playbooks=(OURS, *BUILT_IN[:1]))


def run_of(stage: Scene, incident: str) -> Run:
    with stage.database.reading() as conn:
        return playbooks.required(conn, incident)


def test_an_incident_gets_the_playbook_for_its_failure_and_keeps_it(stage: Scene) -> None:
    incident = stage.declare_incident()
    duty.run(stage.rings, stage.clock())
    first = run_of(stage, incident.id)
    assert (first.failure, first.playbook.name) == (Failure.UNEXPLAINED, "unexplained-harm")
    duty.run(ours(stage), stage.clock.move(MINUTE))
    assert run_of(stage, incident.id) == first


def test_what_is_automatic_at_this_severity_is_in_force_at_once_and_the_rest_waits(
    stage: Scene,
) -> None:
    incident = stage.declare_incident(Severity.SEV1)
    for _ in range(3):
        duty.run(ours(stage), stage.clock.move(MINUTE))
    run = run_of(stage, incident.id)
    assert list(run.ticked) == [0]
    assert (run.ticked[0].done, run.ticked[0].by) == (Done.DONE, "playbook ours")
    with stage.database.reading() as conn:
        (directive,) = containment.of_incident(conn, incident.id)
        said = [e for e in incidents.timeline(conn, incident.id) if e.kind is EntryKind.APPROVED]
        stored = containment.plan(conn, directive.plan or "")
    assert directive.action is Action.FALLBACK
    assert stored.approved_by == "playbook ours"
    assert "without being asked" in said[0].text


@pytest.mark.parametrize("severity", [Severity.SEV2, Severity.SEV3])
def test_nothing_is_done_at_a_milder_severity(stage: Scene, severity: Severity) -> None:
    incident = stage.declare_incident(severity)
    duty.run(ours(stage), stage.clock())
    assert not run_of(stage, incident.id).ticked
    with stage.database.reading() as conn:
        assert not containment.of_incident(conn, incident.id)


def test_what_cannot_be_done_is_left_to_people_and_says_why(stage: Scene) -> None:
    back = Step(say="go back", action=Action.ROLLBACK, automatic=Severity.SEV1)
    book = replace(OURS, steps=(back,))
    incident = stage.declare_incident()
    duty.run(replace(stage.rings, playbooks=(book,)), stage.clock())
    ticked = run_of(stage, incident.id).ticked[0]
    assert (ticked.done, ticked.note) == (
        Done.SKIPPED,
        "no version is new, or none before it is known to be good",
    )
    with stage.database.reading() as conn:
        last = incidents.timeline(conn, incident.id)[-1]
    assert "People must decide" in last.text


def test_where_the_risk_forbids_it_the_step_is_only_proposed(stage: Scene) -> None:
    incident = stage.declare_incident()
    two = Approvals(people={Risk.HIGH: 2}, automatic=frozenset({Risk.LOW, Risk.MEDIUM}))
    duty.run(replace(ours(stage), approvals=two), stage.clock())
    with stage.database.reading() as conn:
        assert containment.of_incident(conn, incident.id) == []
        (stored,) = containment.plans(conn, incident.id)
        last = incidents.timeline(conn, incident.id)[-1]
    assert (stored.state, stored.plan.made_by) == (PlanState.PROPOSED, "playbook ours")
    assert last.text.endswith("The risk is high: 2 people must approve it.")
    assert run_of(stage, incident.id).ticked[0].plan == stored.plan.id


def test_a_step_whose_precondition_does_not_hold_is_only_proposed_and_people_see_why(
    stage: Scene,
) -> None:
    incident = stage.declare_incident()
    freeze = replace(examples.directive("dir_ice"), action=Action.FREEZE)
    with stage.database.unit("test", stage.clock()) as unit:
        containment.add_directives(unit, [freeze])
    book = replace(OURS, steps=(CANARY,))
    duty.run(replace(stage.rings, playbooks=(book,)), stage.clock())
    with stage.database.reading() as conn:
        (stored,) = containment.plans(conn, incident.id)
        last = incidents.timeline(conn, incident.id)[-1]
    assert stored.state is PlanState.PROPOSED
    assert "Does not hold: releases are frozen until" in last.text
    assert last.text.endswith("People must approve it.")
    assert run_of(stage, incident.id).ticked[0].plan == stored.plan.id


def test_an_incident_whose_playbook_fails_holds_up_no_other(
    stage: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    mild, grave = stage.declare_incident(Severity.SEV3), stage.declare_incident()
    recognise = recognised.failure

    def fails(conn: sa.Connection, incident: Incident, *known: Any) -> Failure:
        if incident.id == mild.id:
            raise IndexError
        return recognise(conn, incident, *known)

    monkeypatch.setattr(recognised, "failure", fails)
    for _ in range(3):
        with pytest.raises(ExceptionGroup) as told:
            duty.run(ours(stage), stage.clock.move(MINUTE))
        assert told.value.exceptions[0].__notes__ == [f"incident {mild.id}"]
    assert list(run_of(stage, grave.id).ticked) == [0]
    with stage.database.reading() as conn:
        said = [e.text for e in incidents.timeline(conn, mild.id) if "said" in e.facts]
    assert said == [
        "No playbook could be followed: IndexError. It is tried again; until then people decide."
    ]
    monkeypatch.undo()
    duty.run(ours(stage), stage.clock.move(MINUTE))
    assert run_of(stage, mild.id).playbook.name == "ours"
