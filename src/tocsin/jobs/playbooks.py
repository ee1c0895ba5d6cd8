"""The playbook duty: every incident gets the playbook that fits, and its automatic steps are done.

    opened ──▶ what sort of failure? ──▶ the playbook as it stands now, kept with the incident
    automatic steps at the top ──▶ a plan, in force at once, approved by the playbook's name

On systems whose risk does not allow that, and while a precondition does not hold, the plan is only
proposed.  A step that cannot be done
(something else is in force there, nothing to return to) is left to people; the timeline says why.
The trouble of one incident never holds up another.
"""

from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from datetime import datetime

import sqlalchemy as sa

from tocsin.base.errors import BadInput, Conflict, TocsinError
from tocsin.base.phrases import count
from tocsin.contain.act import Outlets, told
from tocsin.contain.explain import explain
from tocsin.contain.plan import Plan
from tocsin.contain.playbook import Done, Run, Step, Ticked, choose
from tocsin.contain.precondition import needing
from tocsin.incident import lifecycle
from tocsin.incident.incident import EntryKind, Incident, State
from tocsin.jobs.rings import Rings
from tocsin.store import (
    force,
    incidents,
    playbooks,
    preconditions,
    recognised,
    systems,
    traffic,
)
from tocsin.store.unit import Unit

ACTOR = "tocsin"


def run(rings: Rings, now: datetime) -> None:
    """Choose what is not chosen yet, and do what may be done.

    Raises:
        ExceptionGroup: what went wrong, each noted with its incident, after all had their turn.
    """
    troubles: list[Exception] = []
    with rings.database.reading() as conn:
        bare = playbooks.without(conn)
    for id_ in bare:
        troubles += _try(rings, id_, now, _choose)
    with rings.database.reading() as conn:
        acting = playbooks.acting(conn)
    for id_ in acting:
        troubles += _try(rings, id_, now, _automatic)
    if troubles:
        raise ExceptionGroup("the playbooks of some incidents failed", troubles)


def _try(
    rings: Rings, id_: str, now: datetime, step: Callable[[Rings, str, datetime], None]
) -> Iterator[Exception]:
    """Take one step for one incident; what goes wrong stands on its timeline, once."""
    try:
        step(rings, id_, now)
    except Exception as trouble:  # noqa: BLE001 - whatever it is, the next incident has its turn
        trouble.add_note(f"incident {id_}")
        yield trouble
        with suppress(TocsinError):  # the database may be what went wrong
            _tell_trouble(rings, id_, now, trouble)


def _tell_trouble(rings: Rings, id_: str, now: datetime, trouble: Exception) -> None:
    key = f"playbook/{type(trouble).__name__}"
    with rings.database.unit(ACTOR, now) as unit:
        if any(entry.facts.get("said") == key for entry in incidents.timeline(unit.conn, id_)):
            return
        # the words of a fault that is none of ours may hold anything: its kind is enough
        why = str(trouble) if isinstance(trouble, TocsinError) else type(trouble).__name__
        text = f"No playbook could be followed: {why}. It is tried again; until then people decide."
        _note(unit, incidents.get(unit.conn, id_), text, {"said": key})


def _choose(rings: Rings, id_: str, now: datetime) -> None:
    with rings.database.unit(ACTOR, now) as unit:
        incident = incidents.get(unit.conn, id_)
        if incident.state is State.RESOLVED or playbooks.of_incident(unit.conn, id_) is not None:
            return
        stored = systems.get(unit.conn, incident.system)
        began = incident.impact_from or incident.detected_at
        known = traffic.seen(unit.conn, stored, now, began)
        failure = recognised.failure(unit.conn, incident, stored, known, now)
        found = choose(
            rings.playbooks,
            failure,
            stored.system.kind,
            incident.severity,
            stored.system.playbook or None,
        )
        run_ = Run(
            id=unit.new_id("run"),
            incident=id_,
            playbook=found,
            failure=failure,
            chosen_at=now,
            chosen_by=ACTOR,
        )
        playbooks.start(unit, run_)


def _due(conn: sa.Connection, incident: Incident) -> list[int]:
    run_ = playbooks.of_incident(conn, incident.id)
    return [] if run_ is None or incident.state is State.RESOLVED else run_.due(incident.severity)


def _automatic(rings: Rings, id_: str, now: datetime) -> None:
    """Do the automatic steps that are due, each in a unit of its own."""
    with rings.database.reading() as conn:
        if not _due(conn, incidents.get(conn, id_)):
            return
    while True:
        with rings.database.unit(ACTOR, now) as unit:
            incident = incidents.get(unit.conn, id_)
            due = _due(unit.conn, incident)
            if not due:
                return
            _do(rings, unit, playbooks.required(unit.conn, id_), incident, due[0])


def _do(rings: Rings, unit: Unit, run_: Run, incident: Incident, place: int) -> None:
    step, name = run_.playbook.steps[place], f"playbook {run_.playbook.name}"
    risk = systems.get(unit.conn, incident.system).system.risk
    try:
        plan = _planned(unit, step, name, incident, rings.actuators)
        lacking = " ".join(one.text for one in preconditions.unmet(unit.conn, plan, unit.now))
        does = f"step {place + 1} without being asked: {' '.join(explain(plan))}"
        if risk in rings.approvals.automatic and lacking:
            text = f"{name} proposes, and does not do, {does} {lacking} People must approve it."
            force.propose(unit, plan, text)
        elif risk in rings.approvals.automatic:
            force.put_in_force(unit, plan, plan.hash, f"{name} does {does}", by=name)
        else:
            many = count(rings.approvals.needed(risk), "person must", "people must")
            text = f"{name} may not do {does} The risk is {risk}: {many} approve it."
            force.propose(unit, plan, text)
    except (BadInput, Conflict) as error:
        text = f"{name}: step {place + 1} ({step.say}) was not done: {error}. People must decide."
        ticked = Ticked(done=Done.SKIPPED, by=name, at=unit.now, note=str(error))
        _note(unit, incident, text)
    else:
        ticked = Ticked(done=Done.DONE, by=name, at=unit.now, plan=plan.id)
    playbooks.tick(unit, run_, place, ticked)


def _planned(unit: Unit, step: Step, name: str, incident: Incident, outlets: Outlets) -> Plan:
    """Return the plan for an automatic step.

    Raises:
        Conflict: there is nothing to return to, or no source to hold back.
    """
    stored = systems.get(unit.conn, incident.system)
    began = incident.impact_from or incident.detected_at
    known = traffic.seen(unit.conn, stored, unit.now, began)
    good = known.good if known.is_new else None
    planned = step.planned(incident.slice, good, known.candidate)
    if planned is None:
        raise Conflict(step.lacks("no version is new, or none before it is known to be good"))
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
    return needing(told(plan, outlets), known.good, queue=stored.system.queue.routed)


def _note(
    unit: Unit, incident: Incident, text: str, facts: Mapping[str, str] | None = None
) -> None:
    after, entries = lifecycle.note(
        incident,
        kind=EntryKind.NOTE,
        text=text,
        actor=ACTOR,
        now=unit.now,
        entry_id=unit.new_id("ent"),
        facts=facts,
    )
    incidents.save(unit, after, entries)
