"""Saying yes to a plan, within one unit of work: approve, do it alone, ratify.

approve      by the hash of what was read; the last who is needed puts it in force
break glass  one alone, or whatever the preconditions, puts it in force and says why;
             where more must approve, another must ratify
ratify       another stands by what was done alone

Who comes second finds what the first one left: the rows are locked in one order.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

import sqlalchemy as sa

from tocsin.base.errors import Conflict
from tocsin.contain.apply import ready
from tocsin.contain.approval import Approvals, Approver, Ballot, Standing, Word
from tocsin.contain.explain import clock_time, explain
from tocsin.contain.plan import Plan, PlanState
from tocsin.contain.precondition import Precondition
from tocsin.incident import lifecycle
from tocsin.incident.incident import EntryKind
from tocsin.store import approvals, containment, force, incidents, preconditions
from tocsin.store.containment import StoredPlan
from tocsin.store.unit import Unit
from tocsin.web import moves


def standings(
    conn: sa.Connection, rule: Approvals, plans: Sequence[StoredPlan]
) -> dict[str, Standing]:
    """Return how far the approval of each plan has come, by its id."""
    given = approvals.of_plans(conn, [one.plan.id for one in plans])
    return {
        one.plan.id: approvals.ballot(conn, rule, one.plan, given.get(one.plan.id, ())).standing
        for one in plans
    }


def asked(
    conn: sa.Connection, plans: Sequence[StoredPlan], now: datetime
) -> dict[str, tuple[Precondition, ...]]:
    """Return what must hold for each plan that waits, and whether it does at `now`, by its id."""
    return {
        one.plan.id: preconditions.of_plan(conn, one.plan, now)
        for one in plans
        if one.state is PlanState.PROPOSED and not one.plan.lapsed(now)
    }


def approve_plan(
    unit: Unit, rule: Approvals, plan_id: str, approved_hash: str, who: Approver
) -> StoredPlan:
    """Approve a plan, if the approver has read this very one; the last puts it in force.

    Raises:
        NotFound: there is no such plan.
        Forbidden: they do not count: a token, or who proposed it.
        Conflict: it is not proposed any more, the hash is another, it has run out, something else
            is in force, they have approved already, or it would be put in force and a precondition
            does not hold.
    """
    ballot = _proposed(unit, rule, plan_id)
    plan, told = ballot.plan, " ".join(explain(ballot.plan))
    ready(plan, approved_hash, unit.now, containment.turn(unit, plan.system))
    said = ballot.approve(who, unit.now)
    approvals.add(unit, plan.id, said)
    stands = replace(ballot, given=[*ballot.given, said]).standing
    if stands.complete:
        how = f"{who.name} approved" if stands.needed == 1 else stands.says
        by = " and ".join(stands.by)
        force.put_in_force(unit, plan, approved_hash, f"{how}: {told}", by=by)
    else:
        text = f"{who.name} approved: {stands.says}, and another person must. {told}"
        force.tell(unit, plan, EntryKind.PLAN, text)
    return _seen(unit, plan)


def break_glass(
    unit: Unit, rule: Approvals, plan_id: str, approved_hash: str, who: Approver, *, reason: str
) -> StoredPlan:
    """Put a plan in force alone where more must approve, or although a precondition does not hold.

    Where more must approve, another must ratify it in time.

    Raises:
        NotFound: there is no such plan.
        BadInput: no reason is given.
        Forbidden: a token is no person.
        Conflict: one approval suffices and every precondition holds, it is not proposed any more,
            the hash is another, it has run out, or something else is in force.
    """
    ballot = _proposed(unit, rule, plan_id)
    plan = ballot.plan
    lacking = bool(preconditions.unmet(unit.conn, plan, unit.now))
    said = ballot.break_glass(who, reason, unit.now, lacking=lacking)
    approvals.add(unit, plan.id, said)
    text = (
        f"{who.name} broke the glass: {' '.join(explain(plan))} Reason: {said.reason.rstrip('.')}."
    )
    if said.owes:
        until = clock_time(unit.now + rule.ratify_within, unit.now)
        text += f" {ballot.needed} people must approve this; another must ratify it by {until}."
    force.put_in_force(unit, plan, approved_hash, text, by=who.name, glass=said.owes, despite=True)
    return _seen(unit, plan)


def ratify(
    unit: Unit, rule: Approvals, plan_id: str, approved_hash: str, who: Approver
) -> StoredPlan:
    """Stand by what another did alone; whether it is still in force makes no difference.

    Raises:
        NotFound: there is no such plan.
        Forbidden: who did it ratifies nothing, nor does a token.
        Conflict: nobody did it alone, it is ratified already, or the hash is another.
    """
    _, ballot = _locked(unit, rule, plan_id)
    plan, stands = ballot.plan, ballot.standing
    if approved_hash != plan.hash:
        raise Conflict(f"the hash is not that of plan {plan.id}: read the plan again")
    approvals.add(unit, plan.id, ballot.ratify(who, unit.now))
    alone = stands.glass.by if stands.glass else ""
    force.tell(unit, plan, EntryKind.PLAN, f"{who.name} ratified what {alone} put in force alone")
    return containment.plan(unit.conn, plan_id)


def _seen(unit: Unit, plan: Plan) -> StoredPlan:
    """Acknowledge the incident: who approves has seen it.

    That it is obeyed, and so contained, `jobs.contain` will see.
    """
    if plan.incident is not None:
        moves.acknowledge(unit, plan.incident)
    return containment.plan(unit.conn, plan.id)


def _proposed(unit: Unit, rule: Approvals, plan_id: str) -> Ballot:
    """Return what was said of a plan that waits.

    Raises:
        NotFound: there is no such plan.
        Conflict: it does not wait any more, or its incident is over.
    """
    stored, ballot = _locked(unit, rule, plan_id)
    if stored.state is not PlanState.PROPOSED:
        raise Conflict(f"plan {plan_id} is {_state(stored, ballot, unit)}; propose a new one")
    if stored.plan.incident is not None:
        incident = incidents.get(unit.conn, stored.plan.incident)
        lifecycle.refuse_resolved(incident, "contained")
    return ballot


def _locked(unit: Unit, rule: Approvals, plan_id: str) -> tuple[StoredPlan, Ballot]:
    """Return a plan that nobody else changes until the unit ends, and what was said of it."""
    incident = containment.incident_of(unit.conn, plan_id)
    if incident is not None:
        incidents.get(unit.conn, incident)  # locked before the plan, as everywhere
    stored = containment.plan(unit.conn, plan_id)
    given = approvals.of_plan(unit.conn, plan_id)
    return stored, approvals.ballot(unit.conn, rule, stored.plan, given)


def _state(stored: StoredPlan, ballot: Ballot, unit: Unit) -> str:
    """Return where a plan stands, and who brought it there when."""
    if stored.approved_by is None:
        return stored.state.value
    said = (one.at for one in ballot.given if one.word is not Word.RATIFIED)
    at = clock_time(max(said, default=stored.saved_at), unit.now)
    return f"{stored.state.value}: {stored.approved_by} approved it at {at}"
