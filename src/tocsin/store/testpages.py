"""Test pages: one row per contact, in an outbox that moves as the one of pages does."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.engine import RowMapping

from tocsin.alert.bulkhead import Bulkhead
from tocsin.alert.ports import Receipt
from tocsin.base.errors import BadInput, Conflict, NotFound
from tocsin.oncall.person import Contact, Person
from tocsin.store import outbox, tables
from tocsin.store.codec import decode, encode
from tocsin.store.outbox import PageState
from tocsin.store.unit import Unit

APART = timedelta(minutes=1)
"""One person is not tested again sooner."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PageTest:
    """One test page to one contact, and what became of it."""

    id: str
    contact: Contact
    state: PageState
    asked_at: datetime
    asked_by: str
    next_try_at: datetime
    attempts: int
    owner: str | None
    error: str | None
    receipt: Receipt | None
    accepted_at: datetime | None
    acknowledged_at: datetime | None


def add(unit: Unit, person: Person) -> list[PageTest]:
    """Put a test page to every contact of `person` into the outbox, asked for by the unit's actor.

    Raises:
        BadInput: the person has no contact.
        Conflict: the last test of this person was asked for a moment ago.
    """
    if not person.contacts:
        raise BadInput(
            f"{person.name} has no contact", where="person", do="add one under `people:`"
        )
    last = max((one.asked_at for one in of_person(unit.conn, person.name, 1)), default=None)
    if last is not None and unit.now - last < APART:
        raise Conflict(f"{person.name} was sent a test page a moment ago; wait a minute")
    rows = [
        {
            "id": unit.new_id("test"),
            "person": person.name,
            "contact": encode(contact),
            "state": PageState.DUE.value,
            "asked_at": unit.now,
            "asked_by": unit.actor,
            "next_try_at": unit.now,
            "attempts": 0,
        }
        for contact in person.contacts
    ]
    unit.conn.execute(sa.insert(tables.test_page), rows)
    channels = ", ".join(contact.channel for contact in person.contacts)
    unit.audit("person.tested", person.name, channels=channels)
    return [get(unit.conn, str(row["id"])) for row in rows]


def due(conn: sa.Connection, now: datetime) -> bool:
    """Return whether any test page waits to be sent at `now`."""
    query = outbox.waiting(tables.test_page, now + timedelta(microseconds=1)).limit(1)
    return conn.execute(query).first() is not None


def claim(
    unit: Unit, owner: str, lease: timedelta, limit: int, bulkhead: Bulkhead | None = None
) -> list[PageTest]:
    """Take up to `limit` test pages that are due; see `outbox.claim`."""
    rows = outbox.claim(unit, tables.test_page, owner, lease, limit, bulkhead=bulkhead)
    return [_row(row) for row in rows]


def renew(unit: Unit, rows: Sequence[PageTest], lease: timedelta) -> None:
    """Let the leases of test pages that are still being sent last `lease` from now."""
    outbox.renew(unit, tables.test_page, rows, lease)


def accepted(unit: Unit, test: PageTest, receipt: Receipt) -> bool:
    """Record that the receiver took `test`; return whether it still waited for that."""
    return outbox.accepted(unit, tables.test_page, test, receipt)


def failed(unit: Unit, test: PageTest, error: str, next_try_at: datetime | None) -> bool:
    """Record that `test` was not taken; return whether it was still this owner's."""
    return outbox.failed(unit, tables.test_page, test, error, next_try_at)


def acknowledge(unit: Unit, test_id: str) -> bool:
    """Record that the person had the test page in hand; return whether that is news.

    One that failed for good counts as well: the receiver's refusal was wrong, the person is right.
    """
    table = tables.test_page
    moved = unit.conn.execute(
        sa.update(table)
        .where(table.c.id == test_id, table.c.acknowledged_at.is_(None))
        .values(
            state=PageState.ACKNOWLEDGED.value,
            acknowledged_at=unit.now,
            owner=None,
            lease_until=None,
        )
    )
    return moved.rowcount == 1


def get(conn: sa.Connection, test_id: str) -> PageTest:
    """Return one test page.

    Raises:
        NotFound: there is none with this id.
    """
    table = tables.test_page
    row = conn.execute(sa.select(table).where(table.c.id == test_id)).mappings().one_or_none()
    if row is None:
        raise NotFound(f"no test page {test_id}; ask for another")
    return _row(row)


def of_person(conn: sa.Connection, person: str, limit: int) -> list[PageTest]:
    """Return the newest `limit` test pages to `person`, newest first."""
    table = tables.test_page
    query = sa.select(table).where(table.c.person == person)
    found = conn.execute(query.order_by(table.c.asked_at.desc(), table.c.id).limit(limit))
    return [_row(row) for row in found.mappings()]


def open_ones(conn: sa.Connection, since: datetime, before: datetime) -> list[PageTest]:
    """Return those that a receiver may still keep open, accepted between `since` and `before`.

    One that was acknowledged need not have waited until `before`.
    """
    table = tables.test_page
    query = sa.select(table).where(
        table.c.closed_at.is_(None),
        table.c.accepted_at >= since,
        sa.or_(table.c.acknowledged_at.is_not(None), table.c.accepted_at < before),
    )
    return [_row(row) for row in conn.execute(query.order_by(table.c.id)).mappings()]


def close(unit: Unit, test: PageTest) -> None:
    """Record that the receiver keeps `test` open no more."""
    table = tables.test_page
    unit.conn.execute(sa.update(table).where(table.c.id == test.id).values(closed_at=unit.now))


def _row(row: RowMapping) -> PageTest:
    receipt = None
    if row["receipt_channel"] is not None:
        receipt = Receipt(row["receipt_channel"], row["receipt_id"])
    return PageTest(
        id=row["id"],
        contact=decode(Contact, row["contact"], where=f"test page {row['id']}"),
        state=PageState(row["state"]),
        asked_at=row["asked_at"],
        asked_by=row["asked_by"],
        next_try_at=row["next_try_at"],
        attempts=row["attempts"],
        owner=row["owner"],
        error=row["error"],
        receipt=receipt,
        accepted_at=row["accepted_at"],
        acknowledged_at=row["acknowledged_at"],
    )
