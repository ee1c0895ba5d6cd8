"""Overrides of on-call schedules, and pages that nobody needs any more.

An override is never changed or removed: it may be withdrawn, and who said so is kept.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.engine import RowMapping

from tocsin.base.errors import BadInput, Conflict, NotFound
from tocsin.base.spans import Span
from tocsin.oncall.escalation import call_key
from tocsin.oncall.person import Contact
from tocsin.oncall.policy import Called
from tocsin.oncall.schedule import Override
from tocsin.store import tables
from tocsin.store.codec import decode, encode
from tocsin.store.pages import PageState
from tocsin.store.unit import Unit


@dataclass(frozen=True, slots=True, kw_only=True)
class OverrideRow:
    """One override: what it says, who said so, when and why."""

    id: str
    schedule: str
    override: Override
    reason: str
    made_at: datetime
    made_by: str
    withdrawn_at: datetime | None
    withdrawn_by: str | None


def override(unit: Unit, schedule: str, what: Override, reason: str) -> OverrideRow:
    """Keep an override of `schedule`, made by the unit's actor.

    Raises:
        BadInput: it ends before it begins, or is over already.
    """
    if what.span.start >= what.span.end:
        raise BadInput("an override that ends before it begins", do="let `to` be after `from`")
    if what.span.end <= unit.now:
        raise BadInput("an override that is over", do="let `to` lie ahead")
    row = {
        "id": unit.new_id("ovr"),
        "schedule": schedule,
        "person": what.person,
        "starts_at": what.span.start,
        "ends_at": what.span.end,
        "reason": reason,
        "contacts": encode(what.contacts),
        "made_at": unit.now,
        "made_by": unit.actor,
    }
    unit.conn.execute(sa.insert(tables.shift_override), row)
    unit.audit(
        "oncall.overridden",
        str(row["id"]),
        schedule=schedule,
        person=what.person,
        start=what.span.start.isoformat(),
        end=what.span.end.isoformat(),
        reason=reason,
    )
    return get(unit.conn, str(row["id"]))


def withdraw_override(unit: Unit, id_: str) -> OverrideRow:
    """Take an override back: from now on the schedule is as it was without it.

    Raises:
        NotFound: there is none with this id.
        Conflict: it was withdrawn before.
    """
    table = tables.shift_override
    done = unit.conn.execute(
        sa.update(table)
        .where(table.c.id == id_, table.c.withdrawn_at.is_(None))
        .values(withdrawn_at=unit.now, withdrawn_by=unit.actor)
    )
    row = get(unit.conn, id_)
    if done.rowcount != 1:
        raise Conflict(f"override {id_} was withdrawn by {row.withdrawn_by}")
    unit.audit("oncall.override_withdrawn", id_, schedule=row.schedule)
    return row


def get(conn: sa.Connection, id_: str) -> OverrideRow:
    """Return one override.

    Raises:
        NotFound: there is none with this id.
    """
    table = tables.shift_override
    row = conn.execute(sa.select(table).where(table.c.id == id_)).mappings().one_or_none()
    if row is None:
        raise NotFound(f"no override {id_}; see the list of overrides")
    return _row(row)


def standing(conn: sa.Connection, after: datetime) -> list[OverrideRow]:
    """Return the overrides in force that end after `after`, in the order of their making."""
    table = tables.shift_override
    query = sa.select(table).where(table.c.ends_at > after, table.c.withdrawn_at.is_(None))
    return [_row(row) for row in conn.execute(query.order_by(table.c.seq)).mappings()]


def overrides(conn: sa.Connection, after: datetime) -> dict[str, list[Override]]:
    """Return the same by the name of the schedule, as the rules of on-call ask for them."""
    found: dict[str, list[Override]] = {}
    for row in standing(conn, after):
        found.setdefault(row.schedule, []).append(row.override)
    return found


def call_off(unit: Unit, incident: str, calls: Sequence[Called]) -> int:
    """Take planned pages out of the outbox that were never tried; return how many there were.

    Whoever they would have called is not on call, and nobody has heard of them yet.
    """
    table = tables.page
    gone = unit.conn.execute(
        sa.delete(table).where(
            table.c.key.in_([call_key(incident, call) for call in calls]),
            table.c.state == PageState.DUE.value,
            table.c.attempts == 0,
        )
    )
    return gone.rowcount


def _row(row: RowMapping) -> OverrideRow:
    contacts = decode(tuple[Contact, ...], row["contacts"], where=f"override {row['id']}")
    return OverrideRow(
        id=row["id"],
        schedule=row["schedule"],
        override=Override(row["person"], Span(row["starts_at"], row["ends_at"]), contacts),
        reason=row["reason"],
        made_at=row["made_at"],
        made_by=row["made_by"],
        withdrawn_at=row["withdrawn_at"],
        withdrawn_by=row["withdrawn_by"],
    )
