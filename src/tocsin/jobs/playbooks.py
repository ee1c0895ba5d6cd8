"""The playbook duty: every incident gets the playbook that fits, and its automatic steps are done.

    opened ──▶ what sort of failure? ──▶ the playbook as it stands now, kept with the incident
    automatic steps at the top ──▶ a plan, in force at once, approved by the playbook's name

A step that cannot be done (something else is in force there, nothing to return to) is left to
people; the timeline says why.
"""

from datetime import datetime

import sqlalchemy as sa

from tocsin.base.errors import Conflict, TocsinError
from tocsin.contain.act import told
from tocsin.contain.apply import apply
from tocsin.contain.conflict import checked
from tocsin.contain.explain import explain
from tocsin.contain.failure import recognise
from tocsin.contain.plan import Plan, PlanState
from tocsin.contain.playbook import Done, Run, Ticked, choose
from tocsin.incident import lifecycle
from tocsin.incident.incident import EntryKind, Incident, State
from tocsin.jobs.rings import Rings
from tocsin.store import containment, findings, incidents, playbooks, systems, traffic
from tocsin.store.unit import Unit

ACTOR = "tocsin"


def run(rings: Rings, now: datetime) -> None:
    """Choose what is not chosen yet, and do what may be done."""
    with rings.database.reading() as conn:
        bare = playbooks.without(conn)
    for incident in bare:
        with rings.database.unit(ACTOR, now) as unit:
            _choose(rings, unit, incident)
    with rings.database.reading() as conn:
        acting = [incidents.get(conn, id_) for id_ in playbooks.acting(conn)]
        due = [one.id for one in acting if _due(conn, one)]
    for incident in due:
        _automatic(rings, incident, now)


def _choose(rings: Rings, unit: Unit, id_: str) -> None:
    incident = incidents.get(unit.conn, id_)
    if incident.state is State.RESOLVED or playbooks.of_incident(unit.conn, id_) is not None:
        return
    stored = systems.get(unit.conn, incident.system)
    began = incident.impact_from or incident.detected_at
    known = traffic.seen(unit.conn, stored, unit.now, began)
    said = findings.latest(unit.conn, incident.system)
    failure = recognise(said, incident.slice, new_version=known.is_new)
    found = choose(
        rings.playbooks,
        failure,
        stored.system.kind,
        incident.severity,
        stored.system.playbook or None,
    )
    playbooks.start(
        unit,
        Run(
            id=unit.new_id("run"),
            incident=id_,
            playbook=found,
            failure=failure,
            chosen_at=unit.now,
            chosen_by=ACTOR,
        ),
    )


def _due(conn: sa.Connection, incident: Incident) -> list[int]:
    run_ = playbooks.of_incident(conn, incident.id)
    return [] if run_ is None or incident.state is State.RESOLVED else run_.due(incident.severity)


def _automatic(rings: Rings, id_: str, now: datetime) -> None:
    """Do the automatic steps that are due, each in a unit of its own."""
    while True:
        with rings.database.unit(ACTOR, now) as unit:
            incident = incidents.get(unit.conn, id_)
            due = _due(unit.conn, incident)
            if not due:
                return
            _do(rings, unit, playbooks.required(unit.conn, id_), incident, due[0])


def _do(rings: Rings, unit: Unit, run_: Run, incident: Incident, place: int) -> None:
    step, name = run_.playbook.steps[place], f"playbook {run_.playbook.name}"
    stored = systems.get(unit.conn, incident.system)
    began = incident.impact_from or incident.detected_at
    known = traffic.seen(unit.conn, stored, unit.now, began)
    planned = step.planned(incident.slice, known.good if known.is_new else None)
    try:
        if planned is None:
            raise Conflict("no version is new, or none before it is known to be good")
        plan = Plan(
            id=unit.new_id("plan"),
            incident=incident.id,
            system=incident.system,
            steps=(planned,),
            reach=traffic.reach(unit.conn, stored, planned.slice, unit.now),
            risk=stored.system.risk,
            made_at=unit.now.replace(microsecond=0),
            made_by=name,
        )
        plan = told(plan, rings.actuators)
        running = containment.in_force(unit.conn, incident.system, unit.now)
        checked(plan, running, unit.now)
        directives = apply(plan, plan.hash, unit.now, [unit.new_id("dir")], running)
    except TocsinError as error:
        text = f"{name}: step {place + 1} ({step.say}) was not done: {error}. People must decide."
        ticked = Ticked(done=Done.SKIPPED, by=name, at=unit.now, note=str(error))
        kind, facts = EntryKind.NOTE, dict[str, str]()
    else:
        containment.save_plan(unit, plan, PlanState.PROPOSED)
        containment.save_plan(unit, plan, PlanState.APPLIED, approved_by=name)
        containment.add_directives(unit, directives)
        text = f"{name} does step {place + 1} without being asked: {' '.join(explain(plan))}"
        ticked = Ticked(done=Done.DONE, by=name, at=unit.now, plan=plan.id)
        kind, facts = EntryKind.APPROVED, {"plan": plan.id, "hash": plan.hash}
    playbooks.tick(unit, run_, place, ticked)
    after, entries = lifecycle.note(
        incident,
        kind=kind,
        text=text,
        actor=name,
        now=unit.now,
        entry_id=unit.new_id("ent"),
        facts=facts,
    )
    incidents.save(unit, after, entries)
