"""Updates as they were sent, and the outbox by which they, reminders and asks reach each contact.

due ──claim──> claimed(owner, lease_until) ──accepted──> accepted(receipt)
 ^                    │         │
 └──failed, try again─┘         └──failed for good──> failed
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.engine import RowMapping

from tocsin.alert.bulkhead import Bulkhead
from tocsin.alert.ports import Receipt
from tocsin.alert.telling import Asking
from tocsin.base.errors import NotFound
from tocsin.incident.update import Audience, Update
from tocsin.oncall.person import Contact
from tocsin.store import outbox, tables
from tocsin.store.codec import decode, encode
from tocsin.store.outbox import PageState
from tocsin.store.unit import Unit
from tocsin.store.upsert import insert_or_ignore


@dataclass(frozen=True, slots=True, kw_only=True)
class Reminder:
    """Who waits for an update, and since when; or who does not answer."""

    audiences: tuple[str, ...]
    due_at: datetime
    last: bool = False
    silent: str = ""
    """The sentence about who was asked to join and is silent; "": it is about an update."""
    role: str = "commander"
    """As what the contact is reminded."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ask:
    """What somebody is told of a plan: to approve it, to ratify it, that it ends."""

    plan: str
    why: str
    asking: Asking = Asking.APPROVE


@dataclass(frozen=True, slots=True, kw_only=True)
class Telling:
    """One update, one reminder or one ask, on its way to one contact."""

    id: str
    key: str
    incident: str
    update: str | None
    """Id of the update; None for a reminder or an ask."""
    audience: str
    """Name of the audience; the person's for a reminder or an ask."""
    reminder: Reminder | None
    contact: Contact
    state: PageState
    created_at: datetime
    next_try_at: datetime
    attempts: int
    owner: str | None
    error: str | None
    receipt: Receipt | None
    accepted_at: datetime | None
    ask: Ask | None = None


def add(unit: Unit, update: Update, audiences: Sequence[Audience]) -> None:
    """Keep `update` and put it into the outbox, once for every contact of `audiences`.

    A contact of two audiences is told once.
    """
    unit.conn.execute(
        sa.insert(tables.sent_update).values(
            id=update.id, incident=update.incident, sent_at=update.sent_at, body=encode(update)
        )
    )
    rows: dict[str, dict[str, object]] = {}
    for audience in audiences:
        for contact in audience.contacts:
            way = f"{contact.person}/{contact.channel}/{contact.address}"
            key = f"{update.id}/{way}"
            if key not in rows:
                rows[key] = _row(unit, key, update.incident, audience.name, contact) | {
                    "update_id": update.id,
                    "reminder": None,
                }
    insert_or_ignore(unit.conn, tables.telling, list(rows.values()))
    unit.audit(
        "update.sent",
        update.incident,
        update=update.id,
        audiences=", ".join(update.audiences),
        voice=update.voice.value,
    )


def remind(unit: Unit, incident: str, key: str, contact: Contact, reminder: Reminder) -> None:
    """Put `reminder` to the commander's `contact` into the outbox; one of the same key stays."""
    row = _row(unit, key, incident, contact.person, contact)
    row |= {"update_id": None, "reminder": encode(reminder)}
    insert_or_ignore(unit.conn, tables.telling, [row])


def ask(unit: Unit, incident: str, key: str, contact: Contact, wanted: Ask) -> None:
    """Put `wanted` to an approver's `contact` into the outbox; one of the same key stays."""
    row = _row(unit, key, incident, contact.person, contact)
    row |= {"update_id": None, "reminder": None, "ask": encode(wanted)}
    insert_or_ignore(unit.conn, tables.telling, [row])


def get(conn: sa.Connection, update_id: str) -> Update:
    """Return one update.

    Raises:
        NotFound: there is none with this id.
    """
    table = tables.sent_update
    body = conn.execute(sa.select(table.c.body).where(table.c.id == update_id)).scalar_one_or_none()
    if body is None:
        raise NotFound(f"no update {update_id}; see the updates of the incident")
    return decode(Update, body, where=f"update {update_id}")


def of_incident(conn: sa.Connection, incident: str) -> list[Update]:
    """Return every update of the incident with this id, oldest first."""
    table = tables.sent_update
    query = sa.select(table.c.body).where(table.c.incident == incident)
    bodies = conn.execute(query.order_by(table.c.sent_at, table.c.id)).scalars()
    return [decode(Update, body, where=f"updates of {incident}") for body in bodies]


def tellings(conn: sa.Connection, incident: str) -> list[Telling]:
    """Return what went, or is to go, to each contact about the incident with this id, in order."""
    table = tables.telling
    query = sa.select(table).where(table.c.incident == incident)
    rows = conn.execute(query.order_by(table.c.created_at, table.c.id)).mappings()
    return [_telling(row) for row in rows]


def due(conn: sa.Connection, now: datetime) -> bool:
    """Return whether anything waits to be sent at `now`."""
    query = outbox.waiting(tables.telling, now + timedelta(microseconds=1)).limit(1)
    return conn.execute(query).first() is not None


def claim(
    unit: Unit, owner: str, lease: timedelta, limit: int, bulkhead: Bulkhead | None = None
) -> list[Telling]:
    """Take up to `limit` rows that are due; see `outbox.claim`."""
    rows = outbox.claim(unit, tables.telling, owner, lease, limit, bulkhead=bulkhead)
    return [_telling(row) for row in rows]


def renew(unit: Unit, rows: Sequence[Telling], lease: timedelta) -> None:
    """Let the leases of what is still being told last `lease` from now."""
    outbox.renew(unit, tables.telling, rows, lease)


def accepted(unit: Unit, telling: Telling, receipt: Receipt) -> bool:
    """Record that the receiver took `telling`; return whether it still waited for that."""
    return outbox.accepted(unit, tables.telling, telling, receipt)


def failed(unit: Unit, telling: Telling, error: str, next_try_at: datetime | None) -> bool:
    """Record that `telling` was not taken; return whether it was still this owner's."""
    return outbox.failed(unit, tables.telling, telling, error, next_try_at)


def _row(unit: Unit, key: str, incident: str, audience: str, contact: Contact) -> dict[str, object]:
    return {
        "id": unit.new_id("tell"),
        "key": key,
        "incident": incident,
        "audience": audience,
        "contact": encode(contact),
        "state": PageState.DUE.value,
        "created_at": unit.now,
        "next_try_at": unit.now,
        "attempts": 0,
    }


def _telling(row: RowMapping) -> Telling:
    receipt = None
    if row["receipt_channel"] is not None:
        receipt = Receipt(row["receipt_channel"], row["receipt_id"])
    where = f"telling {row['id']}"
    reminder, ask_ = row["reminder"], row["ask"]
    return Telling(
        id=row["id"],
        key=row["key"],
        incident=row["incident"],
        update=row["update_id"],
        audience=row["audience"],
        reminder=None if reminder is None else decode(Reminder, reminder, where=where),
        ask=None if ask_ is None else decode(Ask, ask_, where=where),
        contact=decode(Contact, row["contact"], where=where),
        state=PageState(row["state"]),
        created_at=row["created_at"],
        next_try_at=row["next_try_at"],
        attempts=row["attempts"],
        owner=row["owner"],
        error=row["error"],
        receipt=receipt,
        accepted_at=row["accepted_at"],
    )
