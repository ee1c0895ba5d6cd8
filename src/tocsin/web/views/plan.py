"""A plan as the room shows it: what it would do, to how many, and who has approved."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from tocsin.base.spans import describe
from tocsin.contain.approval import Standing
from tocsin.contain.explain import explain, undone, verb
from tocsin.contain.plan import Plan, PlanState
from tocsin.store.containment import StoredPlan
from tocsin.web.views.blast import Blast, blast


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
    blast: Blast


def plan_view(stored: StoredPlan, standing: Standing, now: datetime) -> PlanView:
    """Return a plan as the room shows it at `now`."""
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
        blast=blast(plan),
    )


def _effect(plan: Plan, now: datetime) -> str:
    """Return how much of the traffic for how long, as a button says it."""
    left = describe(min(plan.expires_at(step) for step in plan.steps) - now)
    if not plan.reach.n:
        return f"no traffic seen there lately, for {left}"
    share = plan.reach.share * 100
    digits = 0 if share >= 1 else 1
    return f"{share:.{digits}f} % of traffic, for {left}"


def _once(standing: Standing) -> str:
    return f"; once {standing.needed} people have approved" if standing.needed > 1 else ""
