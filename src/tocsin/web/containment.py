"""Plans over HTTP: propose, read, approve by hash, revert."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from pydantic import Field

from tocsin.base.slices import Slice
from tocsin.base.spans import parse_duration
from tocsin.contain.directive import Action, OnAbort
from tocsin.contain.explain import explain
from tocsin.contain.plan import PlanState, Step
from tocsin.contain.verify import Recovery
from tocsin.ingest.system import Risk
from tocsin.store import containment, incidents
from tocsin.store.containment import StoredPlan
from tocsin.store.unit import Unit
from tocsin.web import plans
from tocsin.web.directives import DirectiveAnswer
from tocsin.web.fields import Answer, Conditions, Name, Number, Order, Text, Wanted
from tocsin.web.site import SiteDep
from tocsin.web.writing import WritingDep


class StepAnswer(Answer):
    """One action of a plan."""

    action: Action
    slice: Conditions
    to_version: str | None
    share: float | None
    threshold: float | None
    on_abort: OnAbort
    expires_at: datetime
    reason: str


class ReachAnswer(Answer):
    """How much traffic a plan touches, as measured when it was made."""

    share: Number
    decisions_per_hour: Number
    n: int


class PlanAnswer(Answer):
    """One plan.  `explain` says in words what approving `hash` will do."""

    id: str
    incident: str | None
    system: str
    state: PlanState
    hash: str
    explain: list[str]
    steps: list[StepAnswer]
    reach: ReachAnswer
    risk: Risk
    made_at: datetime
    made_by: str
    approved_by: str | None


class PlansAnswer(Answer):
    """The plans of an incident, oldest first."""

    plans: list[PlanAnswer]


class StepOrder(Order):
    """One step that a person wants, e.g. {"action": "review", "slice": {…}, "for": "4h"}.

    A rollback without `to_version` goes back to the last good one.
    """

    action: Action
    slice: Annotated[Wanted, Field(default_factory=dict[str, str])]
    for_: Annotated[Name, Field(alias="for")] = "4h"
    to_version: Name | None = None
    share: Annotated[float, Field(gt=0, le=1)] | None = None
    threshold: Annotated[float, Field(ge=0, le=1)] | None = None
    on_abort: OnAbort = OnAbort.NOTIFY
    reason: str = ""


class PlanOrder(Order):
    """What to plan; empty: what the playbook does first, on the incident's slice."""

    steps: Annotated[list[StepOrder], Field(max_length=20, default_factory=list[StepOrder])]
    slice: Wanted | None = None


class Approval(Order):
    """The hash of the plan that the approver has read."""

    hash: Annotated[str, Field(max_length=128)]


class Reversion(Order):
    """Why containment ends before its time."""

    note: Text = "no longer needed"


class VerificationAnswer(Answer):
    """One look at whether the harm stopped."""

    at: datetime
    plan: str | None
    measure: str
    slice: Conditions
    verdict: Recovery
    evidence: Number
    text: str


class ContainmentAnswer(Answer):
    """What is or was in force for an incident, and whether it helped."""

    in_force: list[DirectiveAnswer]
    ended: list[DirectiveAnswer]
    verifications: list[VerificationAnswer]


def answer(stored: StoredPlan) -> PlanAnswer:
    """Return a plan as it looks from outside."""
    plan = stored.plan
    return PlanAnswer(
        id=plan.id,
        incident=plan.incident,
        system=plan.system,
        state=stored.state,
        hash=plan.hash,
        explain=list(explain(plan)),
        steps=[
            StepAnswer(
                action=step.action,
                slice=step.slice.as_dict(),
                to_version=step.to_version,
                share=step.share,
                threshold=step.threshold,
                on_abort=step.on_abort,
                expires_at=plan.expires_at(step),
                reason=step.reason,
            )
            for step in plan.steps
        ],
        reach=ReachAnswer.model_validate(plan.reach),
        risk=plan.risk,
        made_at=plan.made_at,
        made_by=plan.made_by,
        approved_by=stored.approved_by,
    )


def step_of(order: StepOrder) -> Step:
    """Return the step that `order` asks for.

    Raises:
        BadInput: its length of time cannot be read.
    """
    return Step(
        action=order.action,
        slice=Slice.of(order.slice),
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
    return PlansAnswer(plans=[answer(stored) for stored in found])


def propose(write: WritingDep, incident: str, order: PlanOrder | None = None) -> PlanAnswer:
    """Propose a plan: the playbook's if the body is empty, or the steps of the body."""
    wanted = order or PlanOrder(steps=[])
    steps = [step_of(step) for step in wanted.steps]
    whom = None if wanted.slice is None else Slice.of(wanted.slice)

    def act(unit: Unit) -> PlanAnswer:
        return answer(plans.propose_plan(unit, incident, steps, whom))

    return write.once(PlanAnswer, act, 201)


def show_plan(site: SiteDep, plan: str) -> PlanAnswer:
    """Return one plan."""
    with site.database.reading() as conn:
        return answer(containment.plan(conn, plan))


def approve(write: WritingDep, plan: str, order: Approval) -> PlanAnswer:
    """Put a plan in force; `hash` must be the one that was read."""
    return write.once(PlanAnswer, lambda u: answer(plans.approve_plan(u, plan, order.hash)))


def revert(write: WritingDep, plan: str, order: Reversion | None = None) -> PlanAnswer:
    """End what a plan put in force."""
    why = (order or Reversion()).note
    return write.once(PlanAnswer, lambda u: answer(plans.revert_plan(u, plan, why)))


def withdraw(write: WritingDep, plan: str) -> PlanAnswer:
    """Take a proposal back."""
    return write.once(PlanAnswer, lambda u: answer(plans.withdraw_plan(u, plan)))


def show_containment(site: SiteDep, incident: str) -> ContainmentAnswer:
    """Return what is or was in force for an incident, and whether it helped."""
    now = site.clock()
    with site.database.reading() as conn:
        id_ = incidents.get(conn, incident).id
        given = containment.of_incident(conn, id_)
        looks = containment.verifications(conn, id_)
    return ContainmentAnswer(
        in_force=[DirectiveAnswer.model_validate(d) for d in given if d.in_force(now)],
        ended=[DirectiveAnswer.model_validate(d) for d in given if not d.in_force(now)],
        verifications=[VerificationAnswer.model_validate(look) for look in looks],
    )
