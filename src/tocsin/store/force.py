"""Putting plans in force, and taking them back: the one place where a plan becomes directives.

People's approvals and playbooks' automatic steps both end here, within the unit of the caller.
Units that write the directives of one system take turns, so that two plans which conflict are never
both put in force.  Rows are locked in one order: incident, plan, system.
"""

from collections.abc import Mapping, Sequence
from contextlib import suppress

from tocsin.alert.matching import parse_all
from tocsin.alert.silence import Kind, Silence, expire
from tocsin.base.errors import Conflict, NotFound
from tocsin.contain.apply import apply, revert
from tocsin.contain.conflict import checked
from tocsin.contain.directive import Action, Directive
from tocsin.contain.explain import describe_directive
from tocsin.contain.plan import Plan, PlanState
from tocsin.contain.precondition import refuse
from tocsin.incident import lifecycle
from tocsin.incident.incident import EntryKind
from tocsin.ingest.quarantine import source
from tocsin.store import containment, incidents, preconditions, silences, systems
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
    _sensible(unit, plan, containment.in_force(unit.conn, plan.system, unit.now))
    containment.save_plan(unit, plan, PlanState.PROPOSED)
    tell(unit, plan, EntryKind.PLAN, text)


def put_in_force(
    unit: Unit,
    plan: Plan,
    approved_hash: str,
    text: str,
    *,
    by: str,
    glass: bool = False,
    despite: bool = False,
) -> tuple[Directive, ...]:
    """Put a plan in force, from now until each step's end.

    Args:
        unit: where to write; the incident and the plan are locked already.
        plan: what was approved.
        approved_hash: the hash of what was read.
        text: the line for the incident's timeline.
        by: who is named as having approved.
        glass: whether one person did it alone, where more must approve.
        despite: whether preconditions that do not hold are passed over; the line says which.

    Raises:
        Conflict: the hash is another, the plan has run out, something else is in force, or a
            precondition does not hold.
        BadInput: it makes no sense; what was proposed does.
    """
    running = containment.turn(unit, plan.system)
    ids = [unit.new_id("dir") for _ in plan.steps]
    directives = apply(plan, approved_hash, unit.now, ids, running, glass=glass)
    _sensible(unit, plan, running)
    lacking = preconditions.unmet(unit.conn, plan, unit.now)
    if not despite:
        refuse(plan, lacking)
    passed = "".join(f" Passed over: {one.fact}." for one in lacking)
    containment.save_plan(unit, plan, PlanState.APPLIED, approved_by=by)
    containment.add_directives(unit, directives)
    for directive in directives:
        if directive.action is Action.QUARANTINE:
            _expect_less(unit, directive)
    tell(unit, plan, EntryKind.APPROVED, f"{text}{passed}")
    return directives


def take_back(unit: Unit, plan_id: str, text: str) -> None:
    """End what a plan put in force; the incident stays contained while another plan contains it.

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
        if directive.action is Action.QUARANTINE:
            _expect_all(unit, directive)
    containment.save_plan(unit, stored.plan, PlanState.REVERTED)
    if incident is None:
        return
    contained = incidents.get(unit.conn, incident)
    given, hit = containment.of_incident(unit.conn, incident), contained.slice
    left = [d for d in given if d.in_force(unit.now) and d.contains(hit)]
    if left or not any(d.contains(hit) for d in running):  # what contains it goes on
        tell(unit, stored.plan, EntryKind.REVERTED, text)
        return
    after, entries = lifecycle.uncontain(
        contained,
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


def _sensible(unit: Unit, plan: Plan, running: Sequence[Directive]) -> None:
    """Refuse what makes no sense, conflicts, or holds back rows that cannot be told apart.

    Raises:
        BadInput: what, where and what to do.
    """
    checked(plan, running, unit.now)
    for step in plan.steps:
        if step.action is Action.QUARANTINE:
            stored = systems.get(unit.conn, plan.system)
            source(step.slice, stored.spec.schema.attributes, stored.system.hashed)


def _expect_less(unit: Unit, directive: Directive) -> None:
    """Silence what a quarantine makes of the count of decisions; that none come still alarms."""
    said = parse_all([f"system={directive.system}", "measure=~volume|hourly_volume"])
    silence = Silence(
        id=_silence_of(directive),
        kind=Kind.SILENCE,
        matchers=said,
        starts_at=unit.now,
        ends_at=directive.expires_at,
        author=unit.actor,
        reason=f"{describe_directive(directive)} (directive {directive.id})",
    )
    silences.add(unit, silence)


def _expect_all(unit: Unit, directive: Directive) -> None:
    with suppress(NotFound, Conflict):  # somebody ended it already
        silence = silences.get(unit.conn, _silence_of(directive))
        silences.save(unit, expire(silence, unit.actor, unit.now))


def _silence_of(directive: Directive) -> str:
    return f"sil_{directive.id.partition('_')[2]}"
