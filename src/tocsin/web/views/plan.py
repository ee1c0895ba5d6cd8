"""A plan as the room shows it: what it would do, to how many, and who has approved."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from tocsin.base.phrases import percent
from tocsin.base.spans import describe
from tocsin.contain.approval import Standing
from tocsin.contain.explain import explain, undone, verb
from tocsin.contain.plan import Plan, PlanState
from tocsin.contain.precondition import Precondition
from tocsin.store.containment import StoredPlan
from tocsin.web.views.blast import Blast, blasts
from tocsin.web.views.marks import Mark


@dataclass(frozen=True, slots=True)
class Asked:
    """A precondition: by shape, by word, and by the fact behind it."""

    mark: Mark
    word: str
    fact: str
    do: str


_MARKS = {
    "holds": Mark.HEALTHY,
    "does not hold": Mark.HARM,
    "beware": Mark.AT_RISK,
    "not known": Mark.NO_DATA,
}
"""By the word of a precondition."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanView:
    """A plan as the room shows it: what it would do, said exactly."""

    id: str
    hash: str
    state: PlanState
    sentences: tuple[str, ...]
    verb: str
    effect: str
    undone: str
    """What holds again once it is reverted."""
    made_by: str
    made_at: datetime
    approved_by: str | None
    standing: Standing
    late: bool
    """Whether it has run out before anybody approved it."""
    blasts: tuple[Blast, ...]
    preconditions: tuple[Asked, ...]
    lacking: bool
    """Whether it is refused because a precondition does not hold."""


def plan_view(
    stored: StoredPlan, standing: Standing, now: datetime, asked: Sequence[Precondition] = ()
) -> PlanView:
    """Return a plan as the room shows it at `now`; `asked`: what must hold for it."""
    plan = stored.plan
    verbs = [verb(step) for step in plan.steps]
    return PlanView(
        id=plan.id,
        hash=plan.hash,
        state=stored.state,
        sentences=explain(plan),
        verb="; ".join(verbs),
        effect=_effect(plan, now) + _once(standing),
        undone="; ".join(dict.fromkeys(undone(step) for step in plan.steps)),
        made_by=plan.made_by,
        made_at=plan.made_at,
        approved_by=stored.approved_by,
        standing=standing,
        late=plan.lapsed(now),
        blasts=blasts(plan),
        preconditions=tuple(Asked(_MARKS[one.word], one.word, one.fact, one.do) for one in asked),
        lacking=any(one.refuses for one in asked),
    )


def _effect(plan: Plan, now: datetime) -> str:
    """Return how much of the traffic for how long, as a button says it."""
    left = describe(min(plan.expires_at(step) for step in plan.steps) - now)
    return f"{_reach(plan)}, for {left}"


def _reach(plan: Plan) -> str:
    reaches = {step: plan.reach_of(step) for step in plan.steps}
    if not all(reach.known for reach in reaches.values()):
        return "reach not known"
    if not any(reach.n for reach in reaches.values()):
        return "no traffic seen there lately"
    # steps for different people reach further together than the furthest of them, or as far
    whose = {(step.slice, step.of_version) for step in plan.steps}
    least = "at least " if len(whose) > 1 else ""
    share = max(reach.share * step.part for step, reach in reaches.items())
    return f"{least}{percent(share, 0 if share >= 0.01 else 1)} of traffic"


def _once(standing: Standing) -> str:
    return f"; once {standing.needed} people have approved" if standing.needed > 1 else ""
