"""What people do about the roles of an incident, each within one unit of work."""

from __future__ import annotations

from tocsin.incident import roles
from tocsin.incident.incident import Incident, Role
from tocsin.incident.lifecycle import Moved
from tocsin.store import incidents
from tocsin.store.unit import Unit


def assign(unit: Unit, incident: str, role: Role, to: str, what: str = "") -> Incident:
    """Give a role to somebody; one that one person holds is handed over.

    Args:
        unit: where to write.
        incident: its id, number or name.
        role: which.
        to: who takes it.
        what: is handed over, in words.

    Raises:
        NotFound: there is no such incident.
        Conflict: it is resolved.
    """
    before = incidents.get(unit.conn, incident)
    moved = roles.assign(
        before,
        role,
        to=to,
        actor=unit.actor,
        now=unit.now,
        entry_id=unit.new_id("ent"),
        what=what,
    )
    return _kept(unit, moved, "incident.assigned", role=role.value, to=to)


def leave(unit: Unit, incident: str, role: Role, who: str = "", what: str = "") -> Incident:
    """Take somebody out of a role.

    Args:
        unit: where to write.
        incident: its id, number or name.
        role: which.
        who: leaves it; nobody named: whoever says so.
        what: is left behind, in words.

    Raises:
        NotFound: there is no such incident.
        Conflict: it is resolved, they do not hold the role, or nobody would lead.
    """
    before, who = incidents.get(unit.conn, incident), who or unit.actor
    moved = roles.leave(
        before,
        role,
        who=who,
        actor=unit.actor,
        now=unit.now,
        entry_id=unit.new_id("ent"),
        what=what,
    )
    return _kept(unit, moved, "incident.left", role=role.value, who=who)


def _kept(unit: Unit, moved: Moved, action: str, **facts: str) -> Incident:
    after, entries = moved
    if entries:
        incidents.save(unit, after, entries)
        unit.audit(action, after.id, **facts)
    return after
