"""Halves of logged calls: kept until both are here, joined once, expired with a counted reason.

A half is stored before its sender is answered.  Joined halves stay for a while without their body,
so that one which is sent again is recognised; `expire` forgets them.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from tocsin.ingest.kserve import Half, Side
from tocsin.store import tables
from tocsin.store.codec import decode, encode
from tocsin.store.unit import Unit
from tocsin.store.upsert import insert_or_ignore

PAIRS_AT_ONCE = 1_000
ROWS_AT_ONCE = 50_000
"""Most rows that `pairs` returns; a call with more comes alone."""
_IDS_AT_ONCE = 500
Pair = tuple[Half, Half]
"""The request and the response of one call."""


@dataclass(frozen=True, slots=True)
class Dropped:
    """What was acknowledged and became no row; `example` names one of the newest."""

    reason: str
    number: int
    at: datetime
    example: str


def add(unit: Unit, system: str, halves: Sequence[Half]) -> int:
    """Store `halves` and return how many are new; the first of a call's side stands."""
    table = tables.half
    known = _known(unit, system, {half.id for half in halves})
    fresh = {(half.id, half.side.value): half for half in reversed(halves)}
    new = [half for key, half in fresh.items() if key not in known]
    insert_or_ignore(
        unit.conn,
        table,
        [
            {
                "system": system,
                "id": half.id,
                "side": half.side.value,
                "received_at": unit.now,
                "rows": len(half.rows),
                "body": encode(half),
                "joined_at": None,
            }
            for half in new
        ],
    )
    return len(new)


def pairs(conn: sa.Connection, system: str) -> list[Pair]:
    """Return the oldest calls of which both halves are here and not joined yet."""
    asked, answered = tables.half.alias("asked"), tables.half.alias("answered")
    query = (
        sa.select(asked.c.id, asked.c.rows)
        .join(answered, sa.and_(answered.c.system == asked.c.system, answered.c.id == asked.c.id))
        .where(
            asked.c.system == system,
            asked.c.side == Side.REQUEST.value,
            answered.c.side == Side.RESPONSE.value,
            asked.c.joined_at.is_(None),
            answered.c.joined_at.is_(None),
        )
        .order_by(asked.c.received_at, asked.c.id)
        .limit(PAIRS_AT_ONCE)
    )
    ids: list[str] = []
    rows = 0
    for id_, number in conn.execute(query):
        rows += number
        if ids and rows > ROWS_AT_ONCE:
            break
        ids.append(id_)
    return _read(conn, system, ids)


def join(unit: Unit, system: str, ids: Iterable[str]) -> None:
    """Mark both halves of these calls as joined and forget what they held."""
    table = tables.half
    for some in _portions(sorted(ids)):
        unit.conn.execute(
            sa.update(table)
            .where(table.c.system == system, table.c.id.in_(some))
            .values(joined_at=unit.now, body=None)
        )


def expire(unit: Unit, system: str, before: datetime) -> None:
    """Drop what came before `before`: halves whose other never came are counted, by reason.

    Calls of which both halves are here stay, however old: they wait for us, not for a sender.
    """
    table, other = tables.half, tables.half.alias("other")
    old = sa.and_(table.c.system == system, table.c.received_at < before)
    has_other = sa.exists().where(
        other.c.system == table.c.system,
        other.c.id == table.c.id,
        other.c.side != table.c.side,
    )
    for side in Side:
        alone = sa.and_(old, table.c.side == side.value, table.c.joined_at.is_(None), ~has_other)
        found = sa.select(sa.func.count(), sa.func.max(table.c.id)).where(alone)
        number, example = unit.conn.execute(found).one()
        if number:
            drop(unit, system, f"{side.other} never came", number, example)
            unit.conn.execute(sa.delete(table).where(alone))
    unit.conn.execute(sa.delete(table).where(old, table.c.joined_at.is_not(None)))


def overdue(conn: sa.Connection, system: str, before: datetime) -> bool:
    """Return whether there is anything that came before `before`: then `expire` has work."""
    table = tables.half
    query = sa.select(table.c.id).where(table.c.system == system, table.c.received_at < before)
    return conn.execute(query.limit(1)).first() is not None


def drop(unit: Unit, system: str, reason: str, number: int, example: str) -> None:
    """Count `number` more things that came to nothing.

    Args:
        unit: where to write.
        system: whose they were.
        reason: one of a few; what differs from case to case goes into `example`.
        number: how many.
        example: the id of one of them, and more about it.
    """
    table = tables.dropped
    newest = {"at": unit.now, "example": example}
    moved = unit.conn.execute(
        sa.update(table)
        .where(table.c.system == system, table.c.reason == reason)
        .values(number=table.c.number + number, **newest)
    )
    if not moved.rowcount:
        first = {"system": system, "reason": reason, "number": number} | newest
        unit.conn.execute(sa.insert(table).values(first))


def waiting(conn: sa.Connection, system: str) -> int:
    """Return how many halves of `system` wait for the other."""
    table = tables.half
    query = sa.select(sa.func.count()).where(table.c.system == system, table.c.joined_at.is_(None))
    return conn.execute(query).scalar_one()


def dropped(conn: sa.Connection, system: str) -> list[Dropped]:
    """Return what came to nothing so far, by reason."""
    table = tables.dropped
    query = (
        sa.select(table.c.reason, table.c.number, table.c.at, table.c.example)
        .where(table.c.system == system)
        .order_by(table.c.reason)
    )
    return [Dropped(*row) for row in conn.execute(query)]


def _known(unit: Unit, system: str, ids: set[str]) -> set[tuple[str, str]]:
    table = tables.half
    found: set[tuple[str, str]] = set()
    for some in _portions(sorted(ids)):
        query = sa.select(table.c.id, table.c.side).where(
            table.c.system == system, table.c.id.in_(some)
        )
        found |= {(row.id, row.side) for row in unit.conn.execute(query)}
    return found


def _read(conn: sa.Connection, system: str, ids: Sequence[str]) -> list[Pair]:
    table = tables.half
    found: dict[str, dict[Side, Half]] = {}
    for some in _portions(ids):
        query = sa.select(table.c.body).where(table.c.system == system, table.c.id.in_(some))
        for body in conn.execute(query).scalars():
            half = decode(Half, body, where=f"half of {system}")
            found.setdefault(half.id, {})[half.side] = half
    return [(found[id_][Side.REQUEST], found[id_][Side.RESPONSE]) for id_ in ids]


def _portions(ids: Sequence[str]) -> Iterable[Sequence[str]]:
    return (ids[k : k + _IDS_AT_ONCE] for k in range(0, len(ids), _IDS_AT_ONCE))
