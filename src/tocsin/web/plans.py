"""Containment by people, each step within one unit of work: propose, approve, revert.

propose   findings and recent traffic → the playbook's plan, checked against what is in force
approve   by the hash of what was read: plan, directives, incident and timeline in one unit
revert    directives ended, incident open again, in one unit
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

import sqlalchemy as sa

from tocsin.base.errors import BadInput, Conflict
from tocsin.base.slices import EVERYONE, Slice
from tocsin.base.spans import Span, bucket_of
from tocsin.contain.apply import apply, revert
from tocsin.contain.conflict import checked
from tocsin.contain.directive import FOR_EVERYONE, Action
from tocsin.contain.explain import explain
from tocsin.contain.plan import Plan, PlanState, Reach, Step
from tocsin.contain.propose import propose, recognise
from tocsin.contain.versions import Good, last_good
from tocsin.incident import lifecycle
from tocsin.incident.incident import EntryKind, Incident, State
from tocsin.profile.cell import Cells
from tocsin.profile.cells import in_cube
from tocsin.profile.layout import layout_of
from tocsin.store import containment, findings, incidents, profiles, systems
from tocsin.store.containment import StoredPlan
from tocsin.store.systems import StoredSystem
from tocsin.store.unit import Unit
from tocsin.web import moves

VERSIONS_SEEN = timedelta(days=7)
NEW_WITHIN = timedelta(hours=48)
"""A version that began so shortly before the harm is a new one."""


@dataclass(frozen=True, slots=True)
class Versions:
    """The version that decides now, whether it is new, and the one before it."""

    newest: str | None
    previous: str | None
    is_new: bool


def versions(cells: Cells, harmed_from: datetime) -> Versions:
    """Return the newest version of everyone's cells and the one before, by when each began.

    Args:
        cells: of the slice "everyone", over the days before now.
        harmed_from: when the harm began, as far as is known.
    """
    began: dict[str, datetime] = {}
    for key in cells:
        if key.slice == "":
            began[key.version] = min(key.bucket, began.get(key.version, key.bucket))
    order = sorted(began, key=lambda version: (began[version], version))
    if len(order) < 2:
        return Versions(order[0] if order else None, None, is_new=False)
    newest, previous = order[-1], order[-2]
    lead = harmed_from - began[newest]
    # a bucket's start lies up to a bucket before the harm it holds, or a little after
    return Versions(newest, previous, is_new=timedelta(hours=-1) <= lead <= NEW_WITHIN)


def reach(conn: sa.Connection, stored: StoredSystem, slice_: Slice, now: datetime) -> Reach:
    """Return how much of the last window's traffic `slice_` is; n is 0 where it is not counted."""
    spec, system = stored.spec, stored.system
    start = bucket_of(now, system.bucket_s) - timedelta(seconds=system.window_s)
    span = Span(start, now + timedelta(microseconds=1))
    counted = profiles.cells(conn, spec, span, slice="")
    layout = layout_of(spec)
    everyone = sum(layout.one(counts, "n") for counts in counted.values())
    there = 0
    if in_cube(spec, slice_):
        inside = profiles.outcomes(conn, spec, span, slice_)
        there = sum(layout.one(counts, "n") for counts in inside.values())
    first = min((key.bucket for key in counted), default=now)
    hours = max((now - first).total_seconds(), system.bucket_s) / 3600
    share = there / everyone if everyone else float("nan")
    return Reach(share=share, decisions_per_hour=there / hours, n=there)


def propose_plan(
    unit: Unit, incident: str, steps: Sequence[Step] = (), slice_: Slice | None = None
) -> StoredPlan:
    """Store a plan: the playbook's, or the person's own `steps`.

    Args:
        unit: where to read and write.
        incident: id, number or name.
        steps: what to do; empty: what the playbook does first against this failure.
        slice_: on whom the playbook acts; None: on the incident's slice.

    Raises:
        NotFound: there is no such incident.
        BadInput: the plan makes no sense or conflicts with what is in force.
        Conflict: the incident is resolved.
    """
    inc = _unresolved(incidents.get(unit.conn, incident), "contained")
    stored = systems.get(unit.conn, inc.system)
    steps = [replace(s, slice=EVERYONE) if s.action in FOR_EVERYONE else s for s in steps]
    whom = slice_ if slice_ is not None else steps[0].slice if steps else inc.slice
    seen = reach(unit.conn, stored, whom, unit.now)
    days = Span(unit.now - VERSIONS_SEEN, unit.now + timedelta(microseconds=1))
    cells = profiles.cells(unit.conn, stored.spec, days, slice="")
    known = versions(cells, inc.impact_from or inc.detected_at)
    good = _good(unit.conn, stored, cells, known, days)
    id_ = unit.new_id("plan")
    if steps:
        plan = Plan(
            id=id_,
            incident=inc.id,
            system=inc.system,
            steps=tuple(_back(step, good) for step in steps),
            reach=seen,
            risk=stored.system.risk,
            made_at=unit.now.replace(microsecond=0),
            made_by=unit.actor,
        )
    else:
        said = findings.latest(unit.conn, inc.system)
        plan = propose(
            stored.system,
            recognise(said, whom, new_version=known.is_new),
            whom,
            seen,
            now=unit.now,
            id_=id_,
            incident=inc.id,
            made_by=unit.actor,
            good=good if known.is_new else None,
        )
    checked(plan, containment.in_force(unit.conn, inc.system, unit.now), unit.now)
    containment.save_plan(unit, plan, PlanState.PROPOSED)
    _tell(unit, inc, EntryKind.PLAN, f"{unit.actor} proposes: {' '.join(explain(plan))}", plan)
    return containment.plan(unit.conn, id_)


def approve_plan(unit: Unit, plan_id: str, approved_hash: str) -> StoredPlan:
    """Put a proposed plan in force, if the approver has read this very plan.

    Raises:
        NotFound: there is no such plan.
        Conflict: it is not proposed any more, the hash is another, it has run out, or something
            else is in force.
    """
    stored = containment.plan(unit.conn, plan_id)
    plan = stored.plan
    if stored.state is not PlanState.PROPOSED:
        raise Conflict(f"plan {plan.id} is {stored.state.value}; propose a new one")
    ids = [unit.new_id("dir") for _ in plan.steps]
    running = containment.in_force(unit.conn, plan.system, unit.now)
    directives = apply(plan, approved_hash, unit.now, ids, running)
    containment.save_plan(unit, plan, PlanState.APPLIED, approved_by=unit.actor)
    containment.add_directives(unit, directives)
    if plan.incident is not None:
        inc = _unresolved(incidents.get(unit.conn, plan.incident), "contained")
        said = " ".join(explain(plan))
        _tell(unit, inc, EntryKind.APPROVED, f"{unit.actor} approved: {said}", plan)
        # who approves has seen it; that it is obeyed, and so contained, `jobs.contain` will see
        moves.acknowledge(unit, inc.id)
    return containment.plan(unit.conn, plan_id)


def revert_plan(unit: Unit, plan_id: str, why: str) -> StoredPlan:
    """End what a plan put in force; the system decides again.

    Raises:
        NotFound: there is no such plan.
        Conflict: nothing of it is in force.
    """
    stored = containment.plan(unit.conn, plan_id)
    plan = stored.plan
    running = [d for d in containment.of_plan(unit.conn, plan_id) if d.in_force(unit.now)]
    if stored.state is not PlanState.APPLIED or not running:
        raise Conflict(f"plan {plan.id} is {stored.state.value}; nothing of it is in force")
    for directive in running:
        containment.save_directive(unit, revert(directive, unit.now))
    containment.save_plan(unit, plan, PlanState.REVERTED)
    if plan.incident is not None:
        after, entries = lifecycle.uncontain(
            incidents.get(unit.conn, plan.incident),
            actor=unit.actor,
            now=unit.now,
            entry_id=unit.new_id("ent"),
            kind=EntryKind.REVERTED,
            why=f"{unit.actor} reverted the plan: {why}",
        )
        incidents.save(unit, after, entries)
    return containment.plan(unit.conn, plan_id)


def withdraw_plan(unit: Unit, plan_id: str) -> StoredPlan:
    """Take a proposal back.

    Raises:
        NotFound: there is no such plan.
        Conflict: it is not a proposal any more.
    """
    stored = containment.plan(unit.conn, plan_id)
    if stored.state is not PlanState.PROPOSED:
        raise Conflict(f"plan {plan_id} is {stored.state.value}; only a proposal is withdrawn")
    containment.save_plan(unit, stored.plan, PlanState.WITHDRAWN)
    return containment.plan(unit.conn, plan_id)


def _good(
    conn: sa.Connection, stored: StoredSystem, cells: Cells, known: Versions, days: Span
) -> Good | None:
    """Return the last good version before the newest one."""
    if known.newest is None or known.previous is None:
        return None
    layout = layout_of(stored.spec)
    decisions: dict[str, dict[datetime, int]] = {}
    for key, counts in cells.items():
        if key.slice == "":
            decisions.setdefault(key.version, {})[key.bucket] = layout.one(counts, "n")
    alarms = [finding for _, finding in findings.alarms(conn, stored.system.name, days)]
    bucket = timedelta(seconds=stored.system.bucket_s)
    return last_good(decisions, alarms, known.newest, bucket)


def _back(step: Step, good: Good | None) -> Step:
    """Return a step as it is, or a rollback that names no version with the last good one."""
    if step.action is not Action.ROLLBACK or step.to_version:
        return step
    if good is None:
        raise BadInput(
            "no earlier version is known to be good", where="to_version", do="name the version"
        )
    return replace(step, to_version=good.version, reason=step.reason or f"Version {good.why}")


def _unresolved(incident: Incident, verb: str) -> Incident:
    if incident.state is State.RESOLVED:
        raise Conflict(f"{incident.name} is resolved and cannot be {verb}; open a new one")
    return incident


def _tell(unit: Unit, incident: Incident, kind: EntryKind, text: str, plan: Plan) -> None:
    after, entries = lifecycle.note(
        incident,
        kind=kind,
        text=text,
        actor=unit.actor,
        now=unit.now,
        entry_id=unit.new_id("ent"),
        facts={"plan": plan.id, "hash": plan.hash},
    )
    incidents.save(unit, after, entries)
