"""Acknowledgements that end: an incident was taken, and nobody has worked on it for too long."""

from datetime import datetime

import sqlalchemy as sa

from tocsin.incident import lifecycle
from tocsin.incident.incident import Incident, Severity, State
from tocsin.oncall.escalation import expires_at
from tocsin.store import incidents, pages
from tocsin.store.unit import Unit

_ACTOR = "tocsin"


def is_forgotten(conn: sa.Connection, incident: Incident, now: datetime) -> bool:
    """Return whether somebody took the incident and nobody has worked on it for too long."""
    taken_at = incident.acknowledged_at
    untouched = incident.state is State.ACKNOWLEDGED and incident.recovered_at is None
    if taken_at is None or not untouched or incident.severity is not Severity.SEV1:
        return False
    policy = incidents.policy(conn, incident.id)
    soonest = expires_at(policy, acknowledged_at=taken_at, worked_at=None)
    if soonest is None or soonest > now:
        return False
    worked_at = lifecycle.worked_at(incidents.timeline(conn, incident.id))
    at = expires_at(policy, acknowledged_at=taken_at, worked_at=worked_at)
    return at is not None and at <= now


def expire(unit: Unit, incident_id: str) -> None:
    """Call again from the first step, in this unit, if the incident is forgotten."""
    incident = incidents.get(unit.conn, incident_id)
    if not is_forgotten(unit.conn, incident, unit.now):
        return
    after, entries = lifecycle.expire(
        incident,
        now=unit.now,
        entry_id=unit.new_id("ent"),
        why=f"Calling again from the first step: {incident.acknowledged_by or 'somebody'} has it,"
        " but nothing was logged for too long. A note, a plan or an assignment keeps it.",
    )
    pages.retire(unit, incident_id, incident.acknowledged_by or _ACTOR)
    incidents.save(unit, after, entries)
