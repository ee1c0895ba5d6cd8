"""Saying yes to a plan, within one unit of work: approve, do it alone, ratify.

approve      by the hash of what was read; the last who is needed puts it in force
break glass  one alone puts it in force and says why; another must ratify
ratify       another stands by what was done alone

Who comes second finds what the first one left: the rows are locked in one order.
"""

from __future__ import annotations

from collections.abc import Sequence

import sqlalchemy as sa

from tocsin.base.errors import Conflict
from tocsin.contain import approval
from tocsin.contain.apply import ready
from tocsin.contain.approval import Approval, Approvals, Approver, Standing, Word
from tocsin.contain.explain import clock_time, explain
from tocsin.contain.plan import PlanState
from tocsin.incident.incident import EntryKind, State
from tocsin.store import approvals, containment, force, incidents, systems
from tocsin.store.containment import StoredPlan
from tocsin.store.unit import Unit
from tocsin.web import moves


def needed(conn: sa.Connection, rule: Approvals, stored: StoredPlan) -> int:
    """Return how many must approve, by the system's risk now or when the plan was made."""
    system = systems.get(conn, stored.plan.system).system
    return rule.needed(stored.plan.risk, system.risk)


def standings(
    conn: sa.Connection, rule: Approvals, plans: Sequence[StoredPlan]
) -> dict[str, Standing]:
    """Return how far the approval of each plan has come, by its id."""
    given = approvals.of_plans(conn, [one.plan.id for one in plans])
    return {
        id_: approval.standing(rule, given.get(id_, ()), needed(conn, rule, one))
        for one in plans
        for id_ in [one.plan.id]
    }


def approve_plan(
    unit: Unit, rule: Approvals, plan_id: str, approved_hash: str, who: Approver
) -> StoredPlan:
    """Approve a proposed plan, if the approver has read this very plan; the last one puts it in force.

    Raises:
        NotFound: there is no such plan.
        Forbidden: they do not count: a token, or who proposed it.
        Conflict: it is not proposed any more, the hash is another, it has run out, something else
            is in force, or they have approved already.
    """
    stored, given = _proposed(unit, plan_id)
    plan, many = stored.plan, needed(unit.conn, rule, stored)
    ready(plan, approved_hash, unit.now, containment.turn(unit, plan.system))
    said = approval.approve(plan, rule, given, who, many, unit.now)
    approvals.add(unit, plan.id, said)
    stands = approval.standing(rule, [*given, said], many)
    told = " ".join(explain(plan))
    if stands.complete:
        how = f"{who.name} approved: {told}" if many == 1 else f"{stands.says}: {told}"
        by = " and ".join(stands.by)
        force.put_in_force(unit, plan, approved_hash, how, by=by)
    else:
        text = f"{who.name} approved, {stands.says}; another person must before it is in force: {told}"
        force.tell(unit, plan, EntryKind.PLAN, text, {"approval": stands.says})
    if plan.incident is not None:
        # who approves has seen it; that it is obeyed, and so contained, `jobs.contain` will see
        moves.acknowledge(unit, plan.incident)
    return containment.plan(unit.conn, plan_id)


def break_glass(
    unit: Unit, rule: Approvals, plan_id: str, approved_hash: str, who: Approver, reason: str
) -> StoredPlan:
    """Put a plan in force alone where more must approve; another must ratify it in time.

    Raises:
        NotFound: there is no such plan.
        BadInput: no reason is given.
        Forbidden: a token is no person.
        Conflict: one approval suffices, it is not proposed any more, the hash is another, it has
            run out, or something else is in force.
    """
    stored, _ = _proposed(unit, plan_id)
    plan, many = stored.plan, needed(unit.conn, rule, stored)
    said = approval.break_glass(plan, rule, who, many, reason, unit.now)
    approvals.add(unit, plan.id, said)
    until = clock_time(unit.now + rule.ratify_within, unit.now)
    text = (
        f"{who.name} broke the glass: {' '.join(explain(plan))} Reason: {said.reason.rstrip('.')}. "
        f"Done alone where {many} must approve; another person must ratify it by {until}."
    )
    force.put_in_force(unit, plan, approved_hash, text, by=who.name, glass=True)
    if plan.incident is not None:
        moves.acknowledge(unit, plan.incident)
    return containment.plan(unit.conn, plan_id)


def ratify(
    unit: Unit, rule: Approvals, plan_id: str, approved_hash: str, who: Approver
) -> StoredPlan:
    """Stand by what another did alone; whether it is still in force makes no difference.

    Raises:
        NotFound: there is no such plan.
        Forbidden: who did it ratifies nothing, nor does a token.
        Conflict: nobody did it alone, it is ratified already, or the hash is another.
    """
    stored, given = _locked(unit, plan_id)
    plan, many = stored.plan, needed(unit.conn, rule, stored)
    if approved_hash != plan.hash:
        raise Conflict(f"the hash is not that of plan {plan.id}: read the plan again")
    said = approval.ratify(plan, rule, given, who, many, unit.now)
    approvals.add(unit, plan.id, said)
    alone = next(one.by for one in given if one.word is Word.BROKE_GLASS)
    force.tell(unit, plan, EntryKind.PLAN, f"{who.name} ratified what {alone} put in force alone")
    return containment.plan(unit.conn, plan_id)


def _proposed(unit: Unit, plan_id: str) -> tuple[StoredPlan, Sequence[Approval]]:
    stored, given = _locked(unit, plan_id)
    if stored.state is PlanState.PROPOSED:
        return stored, given
    raise Conflict(f"plan {plan_id} is {_state(stored, given, unit)}; propose a new one")


def _locked(unit: Unit, plan_id: str) -> tuple[StoredPlan, Sequence[Approval]]:
    """Return a plan that nobody else changes until the unit ends, and what was said of it.

    Raises:
        Conflict: its incident is over, and the plan is still to be put in force.
    """
    id_ = containment.incident_of(unit.conn, plan_id)
    incident = incidents.get(unit.conn, id_) if id_ is not None else None
    stored = containment.plan(unit.conn, plan_id)
    over = incident is not None and incident.state is State.RESOLVED
    if incident is not None and over and stored.state is PlanState.PROPOSED:
        raise Conflict(f"{incident.name} is resolved and cannot be contained; open a new one")
    return stored, approvals.of_plan(unit.conn, plan_id)


def _state(stored: StoredPlan, given: Sequence[Approval], unit: Unit) -> str:
    """Return where a plan stands, and who brought it there when."""
    if stored.state is PlanState.PROPOSED or stored.approved_by is None:
        return stored.state.value
    at = max((one.at for one in given if one.word is not Word.RATIFIED), default=stored.saved_at)
    return f"{stored.state.value}: {stored.approved_by} approved it at {clock_time(at, unit.now)}"
