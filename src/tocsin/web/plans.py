"""Containment by people, each step within one unit of work: propose, revert, withdraw.

propose   findings and recent traffic → the playbook's plan, checked against what is in force
revert    directives ended, incident open again, in one unit: `store.force`

Approving is in `approvals`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from tocsin.base.errors import BadInput, Conflict
from tocsin.base.slices import EVERYONE, Slice
from tocsin.contain.act import NO_OUTLETS, Outlets, told
from tocsin.contain.builtin import BUILT_IN
from tocsin.contain.directive import FOR_EVERYONE, Action
from tocsin.contain.explain import explain, undone
from tocsin.contain.plan import NOT_KNOWN, Plan, PlanState, Step
from tocsin.contain.playbook import Playbook, choose
from tocsin.contain.precondition import needing
from tocsin.contain.propose import propose
from tocsin.contain.versions import Good, Versions
from tocsin.incident.incident import EntryKind, Incident, State
from tocsin.store import containment, force, incidents, playbooks, recognised, systems, traffic
from tocsin.store.containment import StoredPlan
from tocsin.store.systems import StoredSystem
from tocsin.store.unit import Unit


def propose_plan(
    unit: Unit,
    incident: str,
    steps: Sequence[Step] = (),
    slice_: Slice | None = None,
    *,
    actuators: Outlets = NO_OUTLETS,
) -> StoredPlan:
    """Store a plan: the playbook's, or the person's own `steps`.

    Args:
        unit: where to read and write.
        incident: id, number or name.
        steps: what to do; empty: what the playbook does first against this failure.
        slice_: on whom the playbook acts; None: on the incident's slice.
        actuators: what carries out directives outside; the plan says what they do.

    Raises:
        NotFound: there is no such incident.
        BadInput: the plan makes no sense or conflicts with what is in force.
        Conflict: the incident is resolved.
    """
    inc = _unresolved(incidents.get(unit.conn, incident), "contained")
    stored = systems.get(unit.conn, inc.system)
    steps = [replace(s, slice=EVERYONE) if s.action in FOR_EVERYONE else s for s in steps]
    whom = slice_ if slice_ is not None else steps[0].slice if steps else inc.slice
    known = traffic.seen(unit.conn, stored, unit.now, inc.impact_from or inc.detected_at)
    id_ = unit.new_id("plan")
    if steps:
        plan = Plan(
            id=id_,
            incident=inc.id,
            system=inc.system,
            steps=tuple(_back(step, known.good) for step in steps),
            reach=NOT_KNOWN,
            risk=stored.system.risk,
            made_at=unit.now.replace(microsecond=0),
            made_by=unit.actor,
        )
    else:
        plan = propose(
            stored.system,
            _playbook(unit, inc, stored, known, whom),
            whom,
            now=unit.now,
            id_=id_,
            incident=inc.id,
            made_by=unit.actor,
            good=known.good if known.is_new else None,
            candidate=known.candidate,
        )
    plan = told(traffic.measured(unit.conn, stored, plan, unit.now), actuators)
    plan = needing(plan, known.good, queue=stored.system.queue.routed)
    force.propose(unit, plan, f"{unit.actor} proposes: {' '.join(explain(plan))}")
    return containment.plan(unit.conn, id_)


def _playbook(
    unit: Unit, incident: Incident, stored: StoredSystem, known: Versions, whom: Slice
) -> Playbook:
    """Return the playbook that the incident follows; before one was chosen, the one built in."""
    run = playbooks.of_incident(unit.conn, incident.id)
    if run is not None:
        return run.playbook
    failure = recognised.failure(unit.conn, incident, stored, known, unit.now, whom=whom)
    return choose(BUILT_IN, failure, stored.system.kind, incident.severity)


def revert_plan(unit: Unit, plan_id: str, why: str) -> StoredPlan:
    """End what a plan put in force; the system decides again.

    Raises:
        NotFound: there is no such plan.
        Conflict: nothing of it is in force.
    """
    ended = [one for one in containment.of_plan(unit.conn, plan_id) if one.in_force(unit.now)]
    again = "; ".join(dict.fromkeys(undone(one) for one in ended))  # of several plans, which one
    force.take_back(unit, plan_id, f"{unit.actor} reverted the plan, so {again}: {why}")
    return containment.plan(unit.conn, plan_id)


def withdraw_plan(unit: Unit, plan_id: str) -> StoredPlan:
    """Take a proposal back.

    Raises:
        NotFound: there is no such plan.
        Conflict: it is not a proposal any more.
    """
    incident = containment.incident_of(unit.conn, plan_id)
    if incident is not None:
        incidents.get(unit.conn, incident)  # locked before the plan, as everywhere
    stored = containment.plan(unit.conn, plan_id)
    if stored.state is not PlanState.PROPOSED:
        raise Conflict(f"plan {plan_id} is {stored.state.value}; only a proposal is withdrawn")
    containment.save_plan(unit, stored.plan, PlanState.WITHDRAWN)
    text = (
        f"{unit.actor} withdrew a plan of {stored.plan.made_by}: {' '.join(explain(stored.plan))}"
    )
    force.tell(unit, stored.plan, EntryKind.PLAN, text)
    return containment.plan(unit.conn, plan_id)


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
