"""Putting plans in force: the one place where a plan becomes directives.

People's approvals and playbooks' automatic steps both end here, within the unit of the caller.
Units that write the directives of one system take turns, so that two plans which conflict are never
both put in force.  Rows are locked in one order: incident, plan, system.
"""

from collections.abc import Mapping

from tocsin.contain.apply import apply
from tocsin.contain.conflict import checked
from tocsin.contain.directive import Directive
from tocsin.contain.plan import Plan, PlanState
from tocsin.incident import lifecycle
from tocsin.incident.incident import EntryKind
from tocsin.store import containment, incidents
from tocsin.store.unit import Unit


def propose(unit: Unit, plan: Plan, text: str) -> None:
    """Store a plan that waits for approval.

    Args:
        unit: where to write.
        plan: what is proposed.
        text: the line for the incident's timeline.

    Raises:
        BadInput: it makes no sense or conflicts with what is in force.
    """
    checked(plan, containment.in_force(unit.conn, plan.system, unit.now), unit.now)
    containment.save_plan(unit, plan, PlanState.PROPOSED)
    tell(unit, plan, EntryKind.PLAN, text)


def put_in_force(
    unit: Unit, plan: Plan, approved_hash: str, text: str, *, by: str, glass: bool = False
) -> tuple[Directive, ...]:
    """Put a plan in force, from now until each step's end.

    Args:
        unit: where to write; the incident and the plan are locked already.
        plan: what was approved.
        approved_hash: the hash of what was read.
        text: the line for the incident's timeline.
        by: who is named as having approved.
        glass: whether one person did it alone, where more must approve.

    Raises:
        Conflict: the hash is another, the plan has run out, or something else is in force.
    """
    running = containment.turn(unit, plan.system)
    ids = [unit.new_id("dir") for _ in plan.steps]
    directives = apply(plan, approved_hash, unit.now, ids, running, glass=glass)
    containment.save_plan(unit, plan, PlanState.APPLIED, approved_by=by)
    containment.add_directives(unit, directives)
    tell(unit, plan, EntryKind.APPROVED, text)
    return directives


def tell(
    unit: Unit, plan: Plan, kind: EntryKind, text: str, facts: Mapping[str, str] | None = None
) -> None:
    """Write a line about `plan` on its incident's timeline, if it has one."""
    if plan.incident is None:
        return
    after, entries = lifecycle.note(
        incidents.get(unit.conn, plan.incident),
        kind=kind,
        text=text,
        actor=unit.actor,
        now=unit.now,
        entry_id=unit.new_id("ent"),
        facts={"plan": plan.id, "hash": plan.hash, **(facts or {})},
    )
    incidents.save(unit, after, entries)
