"""Asking for approvals: those who may approve hear of what waits for them, by the outbox.

    proposed, several must approve ──▶ asked once, again as each approves, then reminded
        └──runs out──▶ lapsed; who leads, proposed or approved is told
    in force by one alone          ──▶ asked to ratify at once, then reminded, ever more seldom

Where nobody with the right can be reached, those on call are paged instead: what one person did
alone is never forgotten silently.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from tocsin.alert.telling import Asking
from tocsin.base.phrases import listing
from tocsin.base.spans import describe
from tocsin.contain.approval import Ballot, overdue
from tocsin.contain.explain import explain
from tocsin.contain.plan import Plan, PlanState
from tocsin.incident import lifecycle
from tocsin.incident.incident import EntryKind
from tocsin.jobs.rings import Rings
from tocsin.jobs.updates import tell_deciders, way_to
from tocsin.store import approvals, containment, force, incidents, updates
from tocsin.store.containment import StoredPlan
from tocsin.store.unit import Unit
from tocsin.store.updates import Ask

Rights = Mapping[str, frozenset[str]]
"""The scopes of the people who have a role."""
_ACTOR = "tocsin"


@dataclass(frozen=True, slots=True)
class _Owed:
    """What is to be asked, of whom, and the key under which it is asked once."""

    key: str
    plan: Plan
    whom: Sequence[str]
    ask: Ask
    late: bool = False
    """Whether it should have been ratified by now."""


def run(rings: Rings, now: datetime) -> None:
    """Ask for what waits and was not asked for yet."""
    with rings.database.reading() as conn:
        waiting = [*approvals.waiting(conn), *approvals.unratified(conn)]
        late = [id_ for id_ in waiting if _lapsed(containment.plan(conn, id_), now)]
        owing = [id_ for id_ in waiting if _owed(conn, rings, id_, now) is not None]
    for id_ in late:
        with rings.database.unit(_ACTOR, now) as unit:
            _lapse(unit, rings, id_)
    for id_ in owing:
        with rings.database.unit(_ACTOR, now) as unit:
            _ask(unit, rings, id_)


def _lapsed(stored: StoredPlan, now: datetime) -> bool:
    return stored.state is PlanState.PROPOSED and stored.plan.lapsed(now)


def _lapse(unit: Unit, rings: Rings, id_: str) -> None:
    """Say that a proposal ran out unapproved."""
    incident = incidents.get(unit.conn, containment.incident_of(unit.conn, id_) or "")
    stored = containment.plan(unit.conn, id_)
    if not _lapsed(stored, unit.now):  # somebody approved or withdrew it meanwhile
        return
    plan, given = stored.plan, approvals.of_plan(unit.conn, id_)
    stands = approvals.ballot(unit.conn, rings.approvals, plan, given).standing
    why = f"The plan of {plan.made_by} ran out with {stands.says}, and was never in force."
    containment.save_plan(unit, plan, PlanState.LAPSED)
    ask = Ask(plan=id_, why=why, asking=Asking.LAPSED)
    told = tell_deciders(unit, rings, incident, f"{id_}/lapsed", ask, plan.made_by)
    force.tell(unit, plan, EntryKind.PLAN, f"{why} {' '.join(explain(plan))} {told}")


def _owed(conn: sa.Connection, rings: Rings, id_: str, now: datetime) -> _Owed | None:
    """Return what is to be asked about a plan; None: nothing, or it was asked."""
    incident = containment.incident_of(conn, id_)
    if incident is None:
        return None
    incidents.get(conn, incident)  # in a unit: locked before the plan, as everywhere
    stored, given = containment.plan(conn, id_), approvals.of_plan(conn, id_)
    ballot = approvals.ballot(conn, rings.approvals, stored.plan, given)
    if stored.state is PlanState.PROPOSED:
        owed = _to_approve(ballot, rings.rights, now)
    else:
        owed = _to_ratify(ballot, rings.rights, now)
    if owed is None:
        return None
    said = {entry.facts.get("said") for entry in incidents.timeline(conn, incident)}
    return None if owed.key in said else owed


def _to_approve(ballot: Ballot, rights: Rights, now: datetime) -> _Owed | None:
    plan, stands = ballot.plan, ballot.standing
    if stands.needed == 1 or stands.complete or plan.lapsed(now):
        return None
    since = max([plan.made_at, *(one.at for one in ballot.given)])
    times = overdue(since, ballot.rule.ratify_within, now)
    waits = f" It has waited for {describe(now - since)}." if times else ""
    whom = [name for name in ballot.who_may(rights) if name != plan.made_by]
    ask = Ask(plan=plan.id, why=f"{plan.made_by} proposes this, and it has {stands.says}.{waits}")
    key = f"{plan.id}/approve/{len(stands.by)}" + (f"/{times}" if times else "")
    return _Owed(key, plan, whom, ask)


def _to_ratify(ballot: Ballot, rights: Rights, now: datetime) -> _Owed | None:
    plan, glass = ballot.plan, ballot.standing.glass
    if glass is None or ballot.standing.ratify_by is None:
        return None
    times = overdue(glass.at, ballot.rule.ratify_within, now)
    ago = f"{describe(now - glass.at)} ago" if times else "just now"
    may = {name for name, scopes in rights.items() if "approve" in scopes}
    why = f"{glass.by} put this in force alone {ago}: {glass.reason}"
    ask = Ask(plan=plan.id, why=why, asking=Asking.RATIFY)
    key = f"{plan.id}/ratify/{times}"
    return _Owed(key, plan, sorted(may - {glass.by}), ask, late=bool(times))


def _ask(unit: Unit, rings: Rings, id_: str) -> None:
    # read again under the unit's locks: somebody may have approved meanwhile
    owed = _owed(unit.conn, rings, id_, unit.now)
    if owed is None or owed.plan.incident is None:
        return
    reached: list[str] = []
    for name in owed.whom:
        contact = way_to(rings, name)
        if contact is not None:
            key = f"{owed.key}/{name}"
            updates.ask(unit, owed.plan.incident, key, contact, owed.ask)
            reached.append(f"{name} by {contact.channel}")
    verb = owed.ask.asking
    if reached:
        text = f"asked {listing(reached)} to {verb} plan {owed.plan.id}. {owed.ask.why}"
    else:
        may = listing(owed.whom)
        known = f"{may} may, without a contact" if owed.whom else "no other approver stands"
        where = "`people`" if owed.whom else "`roles`"
        text = (
            f"Nobody could be asked to {verb} plan {owed.plan.id}: {known} under {where}. "
            f"{owed.ask.why}"
        )
    _tell(unit, owed, text, page=owed.late and not reached)


def _tell(unit: Unit, owed: _Owed, text: str, *, page: bool) -> None:
    incident = incidents.get(unit.conn, owed.plan.incident or "")
    facts = {"said": owed.key, "plan": owed.plan.id}
    after, entries = lifecycle.note(
        incident,
        kind=EntryKind.PLAN,
        text=text,
        actor=_ACTOR,
        now=unit.now,
        entry_id=unit.new_id("ent"),
        facts=facts,
    )
    if page:
        why = (
            "Calling again: what one person did alone is not ratified, and no approver is reached."
        )
        after, called = lifecycle.call_again(
            after, now=unit.now, entry_id=unit.new_id("ent"), why=why
        )
        entries += called
    incidents.save(unit, after, entries)
