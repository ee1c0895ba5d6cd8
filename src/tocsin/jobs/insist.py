"""Who was asked to join, again and again, and never answered: the commander is told, once.

Asking again is part of `oncall.escalate`, as asking is; this duty says when that is given up.
"""

from datetime import datetime

import sqlalchemy as sa

from tocsin.base.phrases import count, listing
from tocsin.incident import lifecycle
from tocsin.incident.incident import EntryKind, Incident
from tocsin.incident.insist import Silent, given_up
from tocsin.jobs import joining
from tocsin.jobs.rings import Rings
from tocsin.jobs.updates import way_to
from tocsin.store import commands, incidents, updates
from tocsin.store.unit import Unit
from tocsin.store.updates import Reminder

_ACTOR = "tocsin"


def run(rings: Rings, now: datetime) -> None:
    """Tell each commander of those who were asked to the end and are silent."""
    with rings.database.reading() as conn:
        found = [id_ for id_ in commands.asking(conn) if _unsaid(conn, id_, now)]
    for incident_id in found:
        with rings.database.unit(_ACTOR, now) as unit:
            # read again under the unit's lock: somebody may have answered meanwhile
            for silent in _unsaid(unit.conn, incident_id, now):
                _say(unit, rings, incidents.get(unit.conn, incident_id), silent)


def _unsaid(conn: sa.Connection, incident_id: str, now: datetime) -> list[Silent]:
    command, incident = commands.calling(conn, incident_id), incidents.get(conn, incident_id)
    if command is None:
        return []
    silent = given_up(command, joining.scene_of(conn, incident, command, now))
    if not silent:
        return []
    said = {entry.facts.get("silent") for entry in incidents.timeline(conn, incident.id)}
    return [one for one in silent if one.key not in said]


def _say(unit: Unit, rings: Rings, incident: Incident, silent: Silent) -> None:
    """Write the line, and put the notice to whoever leads into the outbox, in one unit."""
    asked = f"to join as {silent.ask.role.word}" if silent.ask.role else "to read this"
    one = len(silent.people) == 1
    text = (
        f"{listing(silent.people)} {'was' if one else 'were'} asked {asked}"
        f" {count(silent.times, 'time')} and {'has' if one else 'have'} not answered"
    )
    leader = incident.commander
    contact = way_to(rings, leader or "")
    if contact is not None:
        reminder = Reminder(audiences=(), due_at=unit.now, silent=f"{text}.")
        key = f"{incident.id}/silent/{silent.key}"
        updates.remind(unit, incident.id, key, contact, reminder)
        text += f"; told {leader} by {contact.channel}"
    after, entries = lifecycle.note(
        incident,
        kind=EntryKind.PAGE,
        text=text,
        actor=_ACTOR,
        now=unit.now,
        entry_id=unit.new_id("ent"),
        facts={"silent": silent.key},
    )
    incidents.save(unit, after, entries)
