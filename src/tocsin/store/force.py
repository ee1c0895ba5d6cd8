"""Putting plans in force, and taking them back: the one place where a plan becomes directives.

People's approvals and playbooks' automatic steps both end here, within the unit of the caller.
Units that write the directives of one system take turns, so that two plans which conflict are never
both put in force.  Rows are locked in one order: incident, plan, system.
"""

from collections.abc import Mapping

from tocsin.base.errors import Conflict
from tocsin.contain.apply import apply, revert
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


def take_back(unit: Unit, plan_id: str, text: str) -> None:
    """End what a plan put in force; the system decides again.

    Args:
        unit: where to write.
        plan_id: the plan's.
        text: the line for the incident's timeline.

    Raises:
        NotFound: there is no such plan.
        Conflict: nothing of it is in force.
    """
    incident = containment.incident_of(unit.conn, plan_id)
    if incident is not None:
        incidents.get(unit.conn, incident)  # locked before the plan, as everywhere
    stored = containment.plan(unit.conn, plan_id)
    running = [d for d in containment.of_plan(unit.conn, plan_id) if d.in_force(unit.now)]
    if stored.state is not PlanState.APPLIED or not running:
        raise Conflict(f"plan {plan_id} is {stored.state.value}; nothing of it is in force")
    for directive in running:
        containment.save_directive(unit, revert(directive, unit.now))
    containment.save_plan(unit, stored.plan, PlanState.REVERTED)
    if incident is not None:
        after, entries = lifecycle.uncontain(
            incidents.get(unit.conn, incident),
            actor=unit.actor,
            now=unit.now,
            entry_id=unit.new_id("ent"),
            kind=EntryKind.REVERTED,
            why=text,
        )
        incidents.save(unit, after, entries)


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
