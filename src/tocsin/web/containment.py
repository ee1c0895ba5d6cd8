"""Plans over HTTP: propose, read, approve by hash, do alone, ratify, revert."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Annotated

import sqlalchemy as sa
from pydantic import Field

from tocsin.base.slices import Slice
from tocsin.base.spans import parse_duration
from tocsin.contain.act import Deed, Phase
from tocsin.contain.approval import Approval, Approvals, Approver, Standing, Word
from tocsin.contain.directive import Action, OnAbort
from tocsin.contain.explain import explain
from tocsin.contain.plan import Need, PlanState, Step
from tocsin.contain.precondition import Precondition
from tocsin.contain.verify import Recovery
from tocsin.ingest.system import Risk
from tocsin.store import acts, containment, incidents
from tocsin.store import approvals as approved
from tocsin.store.acts import ActRow
from tocsin.store.containment import StoredPlan
from tocsin.store.unit import Unit
from tocsin.web import approvals, plans
from tocsin.web.directives import DirectiveAnswer
from tocsin.web.fields import Answer, Conditions, Name, Number, Order, Text, Wanted
from tocsin.web.site import SiteDep
from tocsin.web.writing import WritingDep


class ReachAnswer(Answer):
    """How much traffic is touched, as measured when the plan was made; `share` null: not known."""

    share: Number
    decisions_per_hour: Number
    n: int


class StepAnswer(Answer):
    """One action of a plan."""

    action: Action
    slice: Conditions
    of_version: str | None
    """Only for decisions that this version would otherwise make; null: whoever would."""
    to_version: str | None
    share: float | None
    threshold: float | None
    on_abort: OnAbort
    expires_at: datetime
    reason: str
    reach: ReachAnswer
    needs: list[Need]


class PreconditionAnswer(Answer):
    """One thing that should hold; `held` null: it is not known.

    `refuses`: whether the plan is not put in force because of it; otherwise it is a warning.
    `fact` is why, and `do` what to do where it does not hold.
    """

    need: Need
    held: bool | None
    refuses: bool
    fact: str
    do: str


class ApprovalAnswer(Answer):
    """What one person said of a plan; `reason` is why it was done alone."""

    by: str
    at: datetime
    word: Word
    reason: str


class PlanAnswer(Answer):
    """One plan.  `explain` says in words what approving `hash` will do.

    It is in force once as many as `approvals_needed` have approved, or one broke the glass; until
    `ratify_by` another must ratify that.  `preconditions` are of a proposal, judged now, and once
    more when it is put in force.
    """

    id: str
    incident: str | None
    system: str
    state: PlanState
    hash: str
    explain: list[str]
    preconditions: list[PreconditionAnswer]
    steps: list[StepAnswer]
    reach: ReachAnswer
    risk: Risk
    made_at: datetime
    made_by: str
    approved_by: str | None
    approvals: list[ApprovalAnswer]
    approvals_needed: int
    ratify_by: datetime | None


class PlansAnswer(Answer):
    """The plans of an incident, oldest first."""

    plans: list[PlanAnswer]


class StepOrder(Order):
    """One step that a person wants, e.g. {"action": "review", "slice": {…}, "for": "4h"}.

    A rollback without `to_version` goes back to the last good one.  With `of_version` it is only
    for decisions that this version would otherwise make.
    """

    action: Action
    slice: Annotated[Wanted, Field(default_factory=dict[str, str])]
    for_: Annotated[Name, Field(alias="for")] = "4h"
    of_version: Name | None = None
    to_version: Name | None = None
    share: Annotated[float, Field(gt=0, le=1)] | None = None
    threshold: Annotated[float, Field(ge=0, le=1)] | None = None
    on_abort: OnAbort = OnAbort.NOTIFY
    reason: str = ""


class PlanOrder(Order):
    """What to plan; empty: what the playbook does first, on the incident's slice."""

    steps: Annotated[list[StepOrder], Field(max_length=20, default_factory=list[StepOrder])]
    slice: Wanted | None = None


class Quoted(Order):
    """The hash of the plan that the approver has read."""

    hash: Annotated[str, Field(max_length=128)]


class Alone(Order):
    """The hash of what was read, and why it cannot wait for another person."""

    hash: Annotated[str, Field(max_length=128)]
    reason: Text


class Reversion(Order):
    """Why containment ends before its time."""

    note: Text = "no longer needed"


class VerificationAnswer(Answer):
    """One look at whether the harm stopped."""

    at: datetime
    plan: str | None
    measure: str
    slice: Conditions
    version: str | None
    """Whose decisions were compared with what decides them since; null: whoever decided."""
    verdict: Recovery
    evidence: Number
    text: str


class ActAnswer(Answer):
    """One change of a setting outside; `before`, `wanted` and `after` are JSON texts."""

    id: str
    actuator: str
    directive: str
    deed: Deed
    phase: Phase
    before: str | None
    wanted: str | None
    after: str | None
    made_at: datetime
    ended_at: datetime | None
    attempts: int
    error: str | None


class ContainmentAnswer(Answer):
    """What is or was in force for an incident, what was done outside, and whether it helped."""

    in_force: list[DirectiveAnswer]
    ended: list[DirectiveAnswer]
    acts: list[ActAnswer]
    verifications: list[VerificationAnswer]


def answers(
    conn: sa.Connection, rule: Approvals, found: Sequence[StoredPlan], now: datetime
) -> list[PlanAnswer]:
    """Return plans as they look from outside at `now`."""
    said = approved.of_plans(conn, [one.plan.id for one in found])
    stands = approvals.standings(conn, rule, found)
    asked = approvals.asked(conn, found, now)
    return [
        _answer(one, stands[one.plan.id], said.get(one.plan.id, ()), asked.get(one.plan.id, ()))
        for one in found
    ]


def _answer(
    stored: StoredPlan,
    stands: Standing,
    said: Sequence[Approval],
    asked: Sequence[Precondition],
) -> PlanAnswer:
    plan = stored.plan
    return PlanAnswer(
        id=plan.id,
        incident=plan.incident,
        system=plan.system,
        state=stored.state,
        hash=plan.hash,
        explain=list(explain(plan)),
        preconditions=[PreconditionAnswer.model_validate(one) for one in asked],
        steps=[
            StepAnswer(
                action=step.action,
                slice=step.slice.as_dict(),
                of_version=step.of_version,
                to_version=step.to_version,
                share=step.share,
                threshold=step.threshold,
                on_abort=step.on_abort,
                expires_at=plan.expires_at(step),
                reason=step.reason,
                reach=ReachAnswer.model_validate(plan.reach_of(step)),
                needs=list(step.needs),
            )
            for step in plan.steps
        ],
        reach=ReachAnswer.model_validate(plan.reach),
        risk=plan.risk,
        made_at=plan.made_at,
        made_by=plan.made_by,
        approved_by=stored.approved_by,
        approvals=[ApprovalAnswer.model_validate(one) for one in said],
        approvals_needed=stands.needed,
        ratify_by=stands.ratify_by,
    )


def step_of(order: StepOrder) -> Step:
    """Return the step that `order` asks for.

    Raises:
        BadInput: its length of time cannot be read.
    """
    return Step(
        action=order.action,
        slice=Slice.of(order.slice),
        of_version=order.of_version,
        for_=parse_duration(order.for_),
        to_version=order.to_version,
        share=order.share,
        threshold=order.threshold,
        on_abort=order.on_abort,
        reason=order.reason,
    )


def list_plans(site: SiteDep, incident: str) -> PlansAnswer:
    """Return the incident's plans with what each would do."""
    with site.database.reading() as conn:
        found = containment.plans(conn, incidents.get(conn, incident).id)
        return PlansAnswer(plans=answers(conn, site.approvals, found, site.clock()))


def propose(write: WritingDep, incident: str, order: PlanOrder | None = None) -> PlanAnswer:
    """Propose a plan: the playbook's if the body is empty, or the steps of the body."""
    wanted = order or PlanOrder(steps=[])
    steps = [step_of(step) for step in wanted.steps]
    whom = None if wanted.slice is None else Slice.of(wanted.slice)
    outlets = write.site.actuators

    def act(unit: Unit) -> StoredPlan:
        return plans.propose_plan(unit, incident, steps, whom, actuators=outlets)

    return _done(write, act, 201)


def show_plan(site: SiteDep, plan: str) -> PlanAnswer:
    """Return one plan."""
    with site.database.reading() as conn:
        found = [containment.plan(conn, plan)]
        return answers(conn, site.approvals, found, site.clock())[0]


def approve(write: WritingDep, plan: str, order: Quoted) -> PlanAnswer:
    """Approve a plan by the hash that was read; the last who is needed puts it in force."""
    rule, who = write.site.approvals, approver(write)
    return _done(write, lambda u: approvals.approve_plan(u, rule, plan, order.hash, who))


def break_glass(write: WritingDep, plan: str, order: Alone) -> PlanAnswer:
    """Put a plan in force alone where more must approve, or whatever its preconditions say."""
    rule, who = write.site.approvals, approver(write)

    def act(unit: Unit) -> StoredPlan:
        return approvals.break_glass(unit, rule, plan, order.hash, who, reason=order.reason)

    return _done(write, act)


def ratify(write: WritingDep, plan: str, order: Quoted) -> PlanAnswer:
    """Stand by what another put in force alone."""
    rule, who = write.site.approvals, approver(write)
    return _done(write, lambda u: approvals.ratify(u, rule, plan, order.hash, who))


def revert(write: WritingDep, plan: str, order: Reversion | None = None) -> PlanAnswer:
    """End what a plan put in force."""
    why = (order or Reversion()).note
    return _done(write, lambda u: plans.revert_plan(u, plan, why))


def withdraw(write: WritingDep, plan: str) -> PlanAnswer:
    """Take a proposal back."""
    return _done(write, lambda u: plans.withdraw_plan(u, plan))


def approver(write: WritingDep) -> Approver:
    """Return who says yes; whoever shows a token is no person."""
    return Approver(write.actor, person=bool(write.caller.session))


def _done(write: WritingDep, act: Callable[[Unit], StoredPlan], status: int = 200) -> PlanAnswer:
    def told(unit: Unit) -> PlanAnswer:
        return answers(unit.conn, write.site.approvals, [act(unit)], unit.now)[0]

    return write.once(PlanAnswer, told, status)


def show_containment(site: SiteDep, incident: str) -> ContainmentAnswer:
    """Return what is or was in force for an incident, and whether it helped."""
    now = site.clock()
    with site.database.reading() as conn:
        id_ = incidents.get(conn, incident).id
        given = containment.of_incident(conn, id_)
        looks = containment.verifications(conn, id_)
        acted = acts.of_incident(conn, id_)
    return ContainmentAnswer(
        in_force=[DirectiveAnswer.model_validate(d) for d in given if d.in_force(now)],
        ended=[DirectiveAnswer.model_validate(d) for d in given if not d.in_force(now)],
        acts=[_act(row) for row in acted],
        verifications=[VerificationAnswer.model_validate(look) for look in looks],
    )


def _act(row: ActRow) -> ActAnswer:
    act = row.act
    return ActAnswer(
        id=act.id,
        actuator=act.actuator,
        directive=act.directive,
        deed=act.deed,
        phase=act.phase,
        before=act.before,
        wanted=act.wanted,
        after=act.after,
        made_at=act.made_at,
        ended_at=act.ended_at,
        attempts=row.attempts,
        error=row.error,
    )
