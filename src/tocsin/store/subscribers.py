"""Subscribers of the status page.  Addresses stand in this one table and in no audit row."""

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.engine import RowMapping

from tocsin.base.errors import NotFound
from tocsin.incident.subscriber import APART, CONFIRM_WITHIN, Subscriber, Way
from tocsin.store import letters, tables
from tocsin.store.letters import Kind
from tocsin.store.unit import Unit

PENDING_MOST = 500
"""Unconfirmed ones at the most: beyond it somebody plays with the form; nobody is written to."""


def ask(unit: Unit, way: Way, address: str) -> None:
    """Write to `address` how to confirm; to a subscriber, that they are one already.

    Says nothing about which it was, so that nobody learns who subscribes.  One that was written to
    a moment ago, or while too many are unconfirmed, is not written to.
    """
    table = tables.subscriber
    here = sa.and_(table.c.way == way.value, table.c.address == address)
    known = unit.conn.execute(sa.select(table).where(here)).mappings().one_or_none()
    if known is not None:
        if unit.now - known["written_at"] < APART:
            return
        unit.conn.execute(sa.update(table).where(here).values(written_at=unit.now))
        confirmed = known["confirmed_at"] is not None
        letters.add(unit, known["id"], Kind.REMINDER if confirmed else Kind.CONFIRMATION)
        return
    pending = sa.select(sa.func.count()).where(table.c.confirmed_at.is_(None))
    if unit.conn.execute(pending).scalar_one() >= PENDING_MOST:
        return
    id_ = unit.new_id("sub")
    facts = {"asked_at": unit.now, "written_at": unit.now}
    unit.conn.execute(
        sa.insert(table).values(id=id_, way=way.value, address=address, confirmed_at=None, **facts)
    )
    letters.add(unit, id_, Kind.CONFIRMATION)
    unit.audit("subscriber.asked", id_, way=way.value)


def confirm(unit: Unit, id_: str) -> Subscriber:
    """Return the subscriber, told from now on.

    Raises:
        NotFound: there is none, or the link is too old.
    """
    found = get(unit.conn, id_)
    if found.confirmed_at is not None:
        return found
    if unit.now - found.asked_at > CONFIRM_WITHIN:
        raise NotFound("this link is too old; subscribe again")
    table = tables.subscriber
    here = table.c.id == id_
    unit.conn.execute(sa.update(table).where(here).values(confirmed_at=unit.now))
    unit.audit("subscriber.confirmed", id_)
    return get(unit.conn, id_)


def leave(unit: Unit, id_: str) -> bool:
    """Delete a subscriber and what was still to be sent; return whether there was one."""
    gone = unit.conn.execute(sa.delete(tables.subscriber).where(tables.subscriber.c.id == id_))
    unit.conn.execute(sa.delete(tables.letter).where(tables.letter.c.subscriber == id_))
    if gone.rowcount:
        unit.audit("subscriber.left", id_)
    return bool(gone.rowcount)


def erase(unit: Unit, address: str) -> int:
    """Delete every subscriber with this address; return how many there were."""
    table = tables.subscriber
    same = sa.func.lower(table.c.address) == address.strip().lower()
    ids = unit.conn.execute(sa.select(table.c.id).where(same)).scalars().all()
    return sum(leave(unit, id_) for id_ in ids)


def forget(unit: Unit) -> int:
    """Delete who has not confirmed in time; return how many."""
    table = tables.subscriber
    late = (table.c.confirmed_at.is_(None), table.c.asked_at < unit.now - CONFIRM_WITHIN)
    ids = unit.conn.execute(sa.select(table.c.id).where(*late)).scalars().all()
    return sum(leave(unit, id_) for id_ in ids)


def late(conn: sa.Connection, now: datetime) -> bool:
    """Return whether `forget` has anything to do."""
    table = tables.subscriber
    query = sa.select(table.c.id).where(
        table.c.confirmed_at.is_(None), table.c.asked_at < now - CONFIRM_WITHIN
    )
    return conn.execute(query.limit(1)).first() is not None


def get(conn: sa.Connection, id_: str) -> Subscriber:
    """Return one subscriber.

    Raises:
        NotFound: there is none with this id.
    """
    table = tables.subscriber
    row = conn.execute(sa.select(table).where(table.c.id == id_)).mappings().one_or_none()
    if row is None:
        raise NotFound("nobody subscribes by this link any more; subscribe again")
    return _subscriber(row)


def count(conn: sa.Connection) -> dict[Way, int]:
    """Return how many confirmed subscribers each way has."""
    table = tables.subscriber
    confirmed = table.c.confirmed_at.is_not(None)
    query = sa.select(table.c.way, sa.func.count()).where(confirmed).group_by(table.c.way)
    found = {Way(way): number for way, number in conn.execute(query)}
    return {way: found.get(way, 0) for way in Way}


def _subscriber(row: RowMapping) -> Subscriber:
    return Subscriber(
        id=row["id"],
        way=Way(row["way"]),
        address=row["address"],
        asked_at=row["asked_at"],
        confirmed_at=row["confirmed_at"],
    )
