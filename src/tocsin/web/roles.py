"""What people do about the roles of an incident, each within one unit of work."""

from __future__ import annotations

from tocsin.incident import lifecycle, roles
from tocsin.incident.incident import EntryKind, Incident, Role
from tocsin.incident.joining import ask_of
from tocsin.incident.lifecycle import Moved
from tocsin.store import commands, incidents, pages
from tocsin.store.pages import PageRow
from tocsin.store.unit import Unit
from tocsin.web import moves


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


def join(unit: Unit, page: PageRow) -> Incident:
    """Let whom `page` asked to join have answered: they take the role that it is about.

    Whoever comes to lead has the incident: paging stops.  One who was only told has read it.

    Raises:
        NotFound: there is no such incident.
        Conflict: it is resolved.
    """
    incident, person = incidents.get(unit.conn, page.incident), page.contact.person
    if not pages.answer(unit, page):
        return incident
    ask = ask_of(commands.get(unit.conn, incident.id), page.rung)
    if ask is not None and ask.role is not None:
        after = assign(unit, incident.id, ask.role, person)
        return moves.acknowledge(unit, after.id) if ask.role is Role.COMMANDER else after
    moved = lifecycle.note(
        incident,
        kind=EntryKind.PAGE,
        text=f"{person} has read it",
        actor=unit.actor,
        now=unit.now,
        entry_id=unit.new_id("ent"),
        facts={"page": page.id, "person": person},
    )
    return _kept(unit, moved, "incident.read", person=person)


def _kept(unit: Unit, moved: Moved, action: str, **facts: str) -> Incident:
    after, entries = moved
    if entries:
        incidents.save(unit, after, entries)
        unit.audit(action, after.id, **facts)
    return after
