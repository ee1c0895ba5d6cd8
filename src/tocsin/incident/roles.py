"""The roles of an incident: who takes, hands over and leaves them.

Each move returns the incident after it and the line that tells it, with everybody concerned named.
A role that one person holds passes from the one to the other; the shared ones are added to.  An
incident that has a commander never loses its last one: who leaves hands over, to the deputy if
nobody else is named.
"""

from dataclasses import replace
from datetime import datetime

from tocsin.base.errors import Conflict
from tocsin.incident.incident import EntryKind, Holding, Incident, Role
from tocsin.incident.lifecycle import Moved, note, refuse_resolved


def assign(
    incident: Incident,
    role: Role,
    *,
    to: str,
    actor: str,
    now: datetime,
    entry_id: str,
    what: str = "",
) -> Moved:
    """Return the incident with `role` held by `to`; one who holds it already changes nothing.

    Args:
        incident: it.
        role: which.
        to: who takes it.
        actor: who says so.
        now: when.
        entry_id: a fresh id.
        what: is handed over, in words.

    Raises:
        Conflict: it is resolved.
    """
    refuse_resolved(incident, "assigned")
    before = incident.holders(role)
    if to in before:
        return incident, ()
    gone = () if role.shared else before
    after = _held(incident, role, to, gone, now)
    says = f"{to} leads" if role is Role.COMMANDER else f"{to} is {role.word}"
    said_by = "handed over" if gone else "assigned"
    says += f", taking over from {gone[0]}" if gone else ""
    says += f", {said_by} by {actor}" if actor not in {to, *gone} else ""
    facts = {"role": role.value, "person": to} | ({"from": gone[0]} if gone else {})
    return _told(after, says, what, facts, actor=actor, now=now, entry_id=entry_id)


def leave(
    incident: Incident,
    role: Role,
    *,
    who: str,
    actor: str,
    now: datetime,
    entry_id: str,
    what: str = "",
) -> Moved:
    """Return the incident with `who` no longer in `role`; a commander is followed by the deputy.

    Args:
        incident: it.
        role: which.
        who: leaves it.
        actor: who says so.
        now: when.
        entry_id: a fresh id.
        what: is left behind, in words.

    Raises:
        Conflict: it is resolved, `who` does not hold the role, or nobody would lead.
    """
    refuse_resolved(incident, "left")
    if who not in incident.holders(role):
        raise Conflict(f"{who} is not {role.word} of {incident.name}; see who holds which role")
    if role is Role.COMMANDER:
        deputies = incident.holders(Role.DEPUTY)
        if not deputies or deputies[0] == who:
            raise Conflict(
                f"{who} leads {incident.name} and there is nobody to follow;"
                " hand it over to somebody, or name a deputy first"
            )
        freed = _without(incident, Role.DEPUTY, deputies)
        return assign(
            freed, role, to=deputies[0], actor=actor, now=now, entry_id=entry_id, what=what
        )
    after = _without(incident, role, (who,))
    says = f"{who} is no longer {role.word}" + (f", says {actor}" if actor != who else "")
    facts = {"role": role.value, "left": who}
    return _told(after, says, what, facts, actor=actor, now=now, entry_id=entry_id)


def _held(
    incident: Incident, role: Role, person: str, gone: tuple[str, ...], now: datetime
) -> Incident:
    if role is Role.COMMANDER:
        return replace(incident, commander=person)
    rest = _without(incident, role, gone)
    return replace(rest, roles=(*rest.roles, Holding(role, person, now)))


def _without(incident: Incident, role: Role, people: tuple[str, ...]) -> Incident:
    kept = tuple(one for one in incident.roles if (one.role, one.person in people) != (role, True))
    return replace(incident, roles=kept)


def _told(
    incident: Incident,
    says: str,
    what: str,
    facts: dict[str, str],
    *,
    actor: str,
    now: datetime,
    entry_id: str,
) -> Moved:
    text = f"{says}: {what}" if what else says
    return note(
        incident,
        kind=EntryKind.ROLE,
        text=text,
        actor=actor,
        now=now,
        entry_id=entry_id,
        facts=facts,
    )
