"""Those who may approve are asked by the outbox; what was done alone is not forgotten."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta

import pytest
import sqlalchemy as sa

from tests.jobs.scene import LENDING, MINUTE, Scene, fault
from tests.store.examples import WOMEN
from tocsin.contain.approval import Approval, Approvals, Word
from tocsin.contain.directive import Action
from tocsin.contain.plan import Plan, PlanState, Reach, Step
from tocsin.incident import lifecycle
from tocsin.incident.incident import Entry
from tocsin.incident.update import Telling
from tocsin.ingest.system import Risk
from tocsin.jobs import approvals as duty
from tocsin.jobs import updates
from tocsin.oncall.person import Contact, Person
from tocsin.store import approvals, containment, force, incidents

RIGHTS = {
    "birch": frozenset({"read", "approve"}),
    "cedar": frozenset({"read", "approve"}),
    "damson": frozenset({"read"}),
    "lending": frozenset({"read", "approve"}),
}
PEOPLE = {
    "birch": Person("birch", (Contact("birch", "mail", "birch@example.org"),)),
    "cedar": Person("cedar", (Contact("cedar", "hook", ""),)),
    "lending": Person("lending", (LENDING,)),
}
TWO = Approvals(people={Risk.HIGH: 2}, ratify_within=30 * MINUTE)


@pytest.fixture(autouse=True)
def ruled(stage: Scene) -> None:
    telling = Telling(people=PEOPLE)
    stage.rings = replace(stage.rings, approvals=TWO, rights=RIGHTS, telling=telling)


def proposed(stage: Scene, *, for_: timedelta = 4 * 60 * MINUTE) -> Plan:
    """Let lending propose a plan in an incident that they lead."""
    incident = stage.declare_incident()
    with stage.database.unit("lending", stage.clock()) as unit:
        after, entries = lifecycle.acknowledge(
            incident, actor="lending", now=unit.now, entry_id=unit.new_id("ent")
        )
        incidents.save(unit, after, entries)
        plan = Plan(
            id=unit.new_id("plan"),
            incident=incident.id,
            system="loans",
            steps=(Step(action=Action.REVIEW, slice=WOMEN, for_=for_),),
            reach=Reach(share=0.1, decisions_per_hour=10, n=100),
            risk=Risk.HIGH,
            made_at=unit.now,
            made_by="lending",
        )
        force.propose(unit, plan, "lending proposes")
    return plan


def said(
    stage: Scene, plan: Plan, by: str, word: Word = Word.APPROVED, *, owes: bool = True
) -> None:
    with stage.database.unit(by, stage.clock()) as unit:
        reason = "fire" if word is Word.BROKE_GLASS else ""
        one = Approval(by=by, at=unit.now, word=word, reason=reason, owes=owes)
        approvals.add(unit, plan.id, one)
        if word is Word.BROKE_GLASS:
            force.put_in_force(unit, plan, plan.hash, "alone", by=by, glass=owes)


def asked(stage: Scene, plan: Plan) -> list[Entry]:
    """Run the duty twice, deliver; return what stands on the timeline of it."""
    for _ in range(2):
        duty.run(stage.rings, stage.clock())
    updates.deliver(stage.rings, stage.clock())
    with stage.database.reading() as conn:
        return [e for e in incidents.timeline(conn, plan.incident or "") if "said" in e.facts]


def told(stage: Scene) -> Mapping[str, int]:
    mine = [one for one in stage.mail.taken if one.address == "birch@example.org"]
    return {"birch": len(mine), "cedar": len(stage.hook.taken)}


def test_those_who_may_are_asked_once_when_it_is_proposed_and_again_as_one_approves(
    stage: Scene,
) -> None:
    plan = proposed(stage)
    (line,) = asked(stage, plan)
    assert line.text.startswith("asked birch by mail and cedar by hook to approve plan ")
    notice = stage.mail.taken[0]
    assert notice.subject.startswith("[APPROVE] INC-1: Send sex=f to human review")
    assert "lending proposes this, and it has 0 of 2 approvals." in notice.text
    assert notice.incident_url.endswith("/incidents/1#next")
    said(stage, plan, "cedar")
    assert len(asked(stage, plan)) == 2
    assert told(stage) == {"birch": 2, "cedar": 1}  # who has approved is not asked again
    assert "1 of 2 approvals, by cedar" in stage.mail.taken[1].text


@pytest.mark.parametrize("needed", [1, 2])
def test_nobody_is_asked_for_what_one_may_do_or_what_has_run_out(stage: Scene, needed: int) -> None:
    plan = proposed(stage, for_=5 * MINUTE)
    if needed == 1:
        stage.rings = replace(stage.rings, approvals=Approvals())
    else:
        stage.clock.move(5 * MINUTE)
    assert asked(stage, plan) == []
    assert told(stage) == {"birch": 0, "cedar": 0}


def test_a_second_approver_who_does_not_come_is_reminded_ever_more_seldom(stage: Scene) -> None:
    plan = proposed(stage)
    for _ in range(15):  # until a quarter of an hour before it runs out
        asked(stage, plan)
        stage.clock.move(15 * MINUTE)
    assert told(stage) == {"birch": 4, "cedar": 4}  # at once, after 30 min, 1 and 2 hours
    assert "0 of 2 approvals. It has waited for 2 h" in stage.hook.taken[-1].text


@pytest.mark.parametrize("needed", [1, 2])
def test_a_proposal_that_runs_out_unapproved_is_said_once(stage: Scene, needed: int) -> None:
    if needed == 1:
        stage.rings = replace(stage.rings, approvals=Approvals())
    plan = proposed(stage, for_=5 * MINUTE)
    if needed == 2:
        said(stage, plan, "cedar")
    stage.clock.move(4 * MINUTE)
    asked(stage, plan)
    stage.mail.taken.clear()
    stage.hook.taken.clear()
    stage.clock.move(MINUTE)
    asked(stage, plan)
    with stage.database.reading() as conn:
        assert containment.plan(conn, plan.id).state is PlanState.LAPSED
        lines = incidents.timeline(conn, plan.incident or "")
    (line,) = [one.text for one in lines if "ran out" in one.text]
    by = "1 of 2 approvals, by cedar" if needed == 2 else "0 of 1 approval"
    assert line.startswith(f"The plan of lending ran out with {by}, and was never in force. Send")
    assert [one.subject.split()[0] for one in stage.mail.taken] == ["[LAPSED]"]
    assert len(stage.hook.taken) == needed - 1  # who has approved hears of it as well


def test_what_one_did_alone_is_asked_about_at_once_and_reminded_of_ever_more_seldom(
    stage: Scene,
) -> None:
    plan = proposed(stage)
    said(stage, plan, "birch", Word.BROKE_GLASS)
    asked(stage, plan)
    assert told(stage) == {"birch": 0, "cedar": 1}
    assert "birch put this in force alone just now: fire" in stage.hook.taken[0].text
    assert stage.hook.taken[0].subject.startswith("[RATIFY]")
    for _ in range(16):  # four hours, looked at every quarter of an hour
        stage.clock.move(15 * MINUTE)
        asked(stage, plan)
    assert told(stage)["cedar"] == 1 + 4  # after 30 min, 1, 2 and 4 hours
    said(stage, plan, "cedar", Word.RATIFIED)
    stage.clock.move(240 * MINUTE)
    asked(stage, plan)
    assert told(stage)["cedar"] == 5


def test_a_stricter_rule_asks_nobody_about_what_one_could_do_then(stage: Scene) -> None:
    plan = proposed(stage)
    stage.rings = replace(stage.rings, approvals=Approvals(), telling=Telling())
    said(stage, plan, "birch", Word.BROKE_GLASS, owes=False)
    stage.rings = replace(stage.rings, approvals=TWO)
    stage.clock.move(240 * MINUTE)
    assert asked(stage, plan) == []
    with stage.database.reading() as conn:
        assert incidents.get(conn, plan.incident or "").acknowledged_at is not None  # none is paged


def test_a_milder_rule_forgives_nothing_that_was_done_alone(stage: Scene) -> None:
    plan = proposed(stage)
    said(stage, plan, "birch", Word.BROKE_GLASS)
    stage.rings = replace(stage.rings, approvals=Approvals(ratify_within=TWO.ratify_within))
    asked(stage, plan)
    stage.clock.move(30 * MINUTE)
    asked(stage, plan)
    assert told(stage)["cedar"] == 2
    said(stage, plan, "cedar", Word.RATIFIED)
    stage.clock.move(240 * MINUTE)
    asked(stage, plan)
    assert told(stage)["cedar"] == 2


def test_the_timeline_is_read_only_of_what_is_owed(
    stage: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    read = list[str]()
    timeline = incidents.timeline

    def counted(conn: sa.Connection, incident: str) -> list[Entry]:
        read.append(incident)
        return timeline(conn, incident)

    plan = proposed(stage)
    monkeypatch.setattr(incidents, "timeline", counted)
    duty.run(stage.rings, stage.clock())
    assert set(read) == {plan.incident}
    read.clear()
    stage.rings = replace(stage.rings, approvals=Approvals())
    duty.run(stage.rings, stage.clock())
    assert read == []


def test_where_no_approver_can_be_reached_those_on_call_are_paged(stage: Scene) -> None:
    stage.rings = replace(stage.rings, telling=Telling())
    plan = proposed(stage)
    said(stage, plan, "birch", Word.BROKE_GLASS)
    (line,) = asked(stage, plan)
    assert "cedar and lending may, without a contact under `people`" in line.text
    with stage.database.reading() as conn:
        assert incidents.get(conn, plan.incident or "").acknowledged_at is not None
    stage.clock.move(30 * MINUTE)
    asked(stage, plan)
    with stage.database.reading() as conn:
        assert incidents.get(conn, plan.incident or "").acknowledged_at is None
        assert incidents.timeline(conn, plan.incident or "")[-1].text.startswith("Calling again")
        assert containment.plan(conn, plan.id).state is PlanState.APPLIED


def test_a_question_that_does_not_arrive_is_said(stage: Scene) -> None:
    plan = proposed(stage)
    stage.mail.faults.append(fault(retryable=False))
    asked(stage, plan)
    with stage.database.reading() as conn:
        last = incidents.timeline(conn, plan.incident or "")[-1]
    assert last.text == "the notice did not reach birch by mail: receiver said no"
