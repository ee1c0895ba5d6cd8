"""The outbox to subscribers: one row per letter, moved as pages are; see `outbox`.

A row names its subscriber and holds no address: who leaves takes the address along.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

import sqlalchemy as sa
from sqlalchemy.engine import RowMapping

from tocsin.alert.ports import Receipt
from tocsin.incident.bulletin import Bulletin
from tocsin.store import outbox, tables
from tocsin.store.outbox import PageState
from tocsin.store.unit import Unit
from tocsin.store.upsert import insert_or_ignore

_AT_ONCE = 500


class Kind(StrEnum):
    """What a letter is for."""

    CONFIRMATION = "confirmation"
    REMINDER = "reminder"
    UPDATE = "update"


@dataclass(frozen=True, slots=True, kw_only=True)
class LetterRow:
    """One letter, and what became of it; `bulletin` and `post` are of updates alone."""

    id: str
    key: str
    subscriber: str
    kind: Kind
    bulletin: str
    post: str
    state: PageState
    made_at: datetime
    next_try_at: datetime
    attempts: int
    owner: str | None
    error: str | None


def add(unit: Unit, subscriber: str, kind: Kind) -> None:
    """Put a letter that is about no bulletin into the outbox."""
    id_ = unit.new_id("let")
    row = _row(unit, id_, id_, subscriber, kind)
    unit.conn.execute(sa.insert(tables.letter).values(**row))


def announce(unit: Unit, bulletin: Bulletin) -> int:
    """Put the last post of `bulletin` into the outbox for every subscriber; return how many.

    In the same unit as the post: no subscriber is forgotten and none is told twice.
    """
    table = tables.subscriber
    told = sa.select(table.c.id).where(table.c.confirmed_at.is_not(None)).order_by(table.c.id)
    ids = unit.conn.execute(told).scalars().all()
    rows = [
        _row(
            unit,
            unit.new_id("let"),
            f"{bulletin.last.id}/{id_}",
            id_,
            Kind.UPDATE,
            bulletin=bulletin.id,
            post=bulletin.last.id,
        )
        for id_ in ids
    ]
    for k in range(0, len(rows), _AT_ONCE):
        insert_or_ignore(unit.conn, tables.letter, rows[k : k + _AT_ONCE])
    return len(rows)


def due(conn: sa.Connection, now: datetime) -> bool:
    """Return whether any letter waits to be sent at `now`."""
    query = outbox.waiting(tables.letter, now + timedelta(microseconds=1)).limit(1)
    return conn.execute(query).first() is not None


def claim(unit: Unit, owner: str, lease: timedelta, limit: int) -> list[LetterRow]:
    """Take up to `limit` letters that are due; see `outbox.claim`."""
    return [_letter(row) for row in outbox.claim(unit, tables.letter, owner, lease, limit)]


def renew(unit: Unit, rows: Sequence[LetterRow], lease: timedelta) -> None:
    """Let the leases of letters that are still being sent last `lease` from now."""
    outbox.renew(unit, tables.letter, rows, lease)


def accepted(unit: Unit, letter: LetterRow, receipt: Receipt) -> bool:
    """Record that the receiver took `letter`; return whether it still waited for that."""
    return outbox.accepted(unit, tables.letter, letter, receipt)


def failed(unit: Unit, letter: LetterRow, error: str, next_try_at: datetime | None) -> bool:
    """Record that `letter` was not taken; return whether it was still this owner's."""
    return outbox.failed(unit, tables.letter, letter, error, next_try_at)


def prune(unit: Unit, before: datetime) -> int:
    """Delete letters made before `before` that are not to be sent any more; return how many."""
    table = tables.letter
    over = table.c.state.not_in([state.value for state in outbox.LIVE])
    return unit.conn.execute(sa.delete(table).where(over, table.c.made_at < before)).rowcount


def count_by_state(conn: sa.Connection) -> dict[PageState, int]:
    """Return how many letters stand in each state."""
    table = tables.letter
    query = sa.select(table.c.state, sa.func.count()).group_by(table.c.state)
    found = {PageState(state): number for state, number in conn.execute(query)}
    return {state: found.get(state, 0) for state in PageState}


def of_subscriber(conn: sa.Connection, subscriber: str) -> list[LetterRow]:
    """Return the letters to one subscriber, oldest first."""
    table = tables.letter
    query = sa.select(table).where(table.c.subscriber == subscriber)
    found = conn.execute(query.order_by(table.c.made_at, table.c.id))
    return [_letter(row) for row in found.mappings()]


def _row(
    unit: Unit,
    id_: str,
    key: str,
    subscriber: str,
    kind: Kind,
    *,
    bulletin: str | None = None,
    post: str | None = None,
) -> dict[str, object]:
    return {
        "id": id_,
        "key": key,
        "subscriber": subscriber,
        "kind": kind.value,
        "bulletin": bulletin,
        "post": post,
        "state": PageState.DUE.value,
        "made_at": unit.now,
        "next_try_at": unit.now,
        "attempts": 0,
    }


def _letter(row: RowMapping) -> LetterRow:
    return LetterRow(
        id=row["id"],
        key=row["key"],
        subscriber=row["subscriber"],
        kind=Kind(row["kind"]),
        bulletin=row["bulletin"] or "",
        post=row["post"] or "",
        state=PageState(row["state"]),
        made_at=row["made_at"],
        next_try_at=row["next_try_at"],
        attempts=row["attempts"],
        owner=row["owner"],
        error=row["error"],
    )
