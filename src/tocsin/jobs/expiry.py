"""Containment never ends silently: said before, and when it ends, on the timeline and by message.

    a tenth of the time left ──▶ said once, to who leads and who approved
    end ──▶ said once, at the instant of the end; where nobody has seen recovery, people are called

It needs nothing but the records, so that trouble with counts or the lake hides no end.  Guards obey
by their own clocks: what ended while nobody ran here is written when somebody does, as of then.
"""

from datetime import datetime

import sqlalchemy as sa

from tocsin.alert.telling import Asking
from tocsin.contain.act import held
from tocsin.contain.directive import Directive
from tocsin.contain.expiry import Announcement, ExpiryStage, announcements
from tocsin.contain.plan import PlanState
from tocsin.incident import lifecycle
from tocsin.incident.incident import EntryKind, Incident, State
from tocsin.jobs import updates
from tocsin.jobs.per_system import per_system
from tocsin.jobs.rings import Rings
from tocsin.store import acts, containment, incidents
from tocsin.store.unit import Unit
from tocsin.store.updates import Ask

_ACTOR = "tocsin"


def run(rings: Rings, now: datetime) -> None:
    """Announce ends, before and when they come; mark plans as expired."""
    per_system(rings, lambda name: _system(rings, name, now))


def _system(rings: Rings, name: str, now: datetime) -> None:
    with rings.database.reading() as conn:
        directives = containment.unended(conn, name)
        due = [
            incident_id
            for incident_id in sorted({d.incident for d in directives if d.incident})
            if announcements([d for d in directives if d.incident == incident_id], (), now)
            and _due(conn, name, incident_id, now)
        ]
    for incident_id in due:
        with rings.database.unit(_ACTOR, now) as unit:
            _announce(rings, unit, name, incident_id)


def _due(conn: sa.Connection, system: str, incident: str, now: datetime) -> list[Announcement]:
    unended = containment.unended(conn, system)
    beside = {d.id: d for d in (*unended, *containment.in_force(conn, system, now))}
    outside: dict[str, list[str]] = {}
    for row in acts.tips(conn):
        for id_ in held(row.act):
            outside.setdefault(id_, []).append(row.act.actuator)
    mine = [d for d in unended if d.incident == incident]
    return announcements(mine, _said(conn, incident), now, list(beside.values()), outside)


def _announce(rings: Rings, unit: Unit, system: str, incident_id: str) -> None:
    # read again under the unit's lock: somebody may have reverted or extended it meanwhile
    incident = incidents.get(unit.conn, incident_id)
    directives = [d for d in containment.unended(unit.conn, system) if d.incident == incident_id]
    for due in _due(unit.conn, system, incident_id, unit.now):
        told = "" if due.extended else _tell(rings, unit, incident, due)
        incident = _note(unit, incident, due, f"{due.text} {told}".rstrip())
    # the plan ends with its last directive
    for plan_id in sorted({d.plan for d in directives if d.plan}):
        stored = containment.plan(unit.conn, plan_id)
        left = [d for d in containment.of_plan(unit.conn, plan_id) if d.in_force(unit.now)]
        if stored.state is PlanState.APPLIED and not left:
            containment.save_plan(unit, stored.plan, PlanState.EXPIRED)


def _said(conn: sa.Connection, incident_id: str) -> set[str]:
    lines = incidents.timeline(conn, incident_id)
    return {line.facts["said"] for line in lines if "said" in line.facts}


def _note(unit: Unit, incident: Incident, due: Announcement, text: str) -> Incident:
    """Write the line; where containment ended, return the incident as it is without it."""
    soon = due.stage is ExpiryStage.SOON
    after, entries = lifecycle.note(
        incident,
        kind=EntryKind.CONTAINED if soon or due.after else EntryKind.EXPIRED,
        text=text,
        actor=_ACTOR,
        now=due.at(unit.now),
        entry_id=unit.new_id("ent"),
        facts={"said": due.key},
    )
    if not soon and due.after is None and _was_the_last(unit, incident, due.directive):
        after, _ = lifecycle.uncontain(  # the line above tells it
            after, actor=_ACTOR, now=unit.now, entry_id="", kind=EntryKind.EXPIRED, why=text
        )
        if incident.recovered_at is None:
            why = f"Calling again: containment ended and {incident.slice.label} has not recovered."
            after, called = lifecycle.call_again(
                after, now=unit.now, entry_id=unit.new_id("ent"), why=why
            )
            entries += called
    incidents.save(unit, after, entries)
    return after


def _was_the_last(unit: Unit, incident: Incident, ended: Directive) -> bool:
    """Return whether the incident was contained by `ended` and by nothing that is in force."""
    given = containment.of_incident(unit.conn, incident.id)
    hit = incident.slice
    others = [d for d in given if d.in_force(unit.now) and d.contains(hit)]
    return ended.contains(hit) and not others and incident.state is State.CONTAINED


def _tell(rings: Rings, unit: Unit, incident: Incident, due: Announcement) -> str:
    """Put the message into the outbox; return who is told, as a sentence."""
    plan = due.directive.plan
    if plan is None:
        return ""
    asking = Asking.ENDS if due.stage is ExpiryStage.SOON else Asking.ENDED
    ask = Ask(plan=plan, why=due.text, asking=asking)
    return updates.tell_deciders(unit, rings, incident, due.key, ask)
