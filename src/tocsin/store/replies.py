"""The outbox of answers to callers: one row per judgement that counts; see `outbox`.

A row is made with the judgement and due once that cannot be taken back any more; taking it back
deletes the row.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.engine import RowMapping

from tocsin.alert.ports import Receipt
from tocsin.contain.referral import UNDO, Referral
from tocsin.store import outbox, tables
from tocsin.store.outbox import PageState
from tocsin.store.unit import Unit
from tocsin.store.upsert import insert_or_ignore


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """One answer on its way to a caller; a higher `revision` replaces the one before."""

    id: str
    key: str
    referral: str
    system: str
    revision: int
    answer: str
    channel: str
    state: PageState
    made_at: datetime
    next_try_at: datetime
    attempts: int
    owner: str | None
    error: str | None


def add(unit: Unit, one: Referral, channel: str, answer: str, revision: int) -> None:
    """Put an answer into the outbox, due when its judgement stands."""
    row = {
        "id": unit.new_id("rep"),
        "key": f"{one.id}/{revision}",
        "referral": one.id,
        "system": one.system,
        "revision": revision,
        "answer": answer,
        "channel": channel,
        "state": PageState.DUE.value,
        "made_at": unit.now,
        "next_try_at": unit.now + UNDO,
        "attempts": 0,
    }
    insert_or_ignore(unit.conn, tables.reply, [row])


def take_back(unit: Unit, one: Referral) -> bool:
    """Delete the answer of the last judgement of `one`; return whether it was not tried yet."""
    table = tables.reply
    its = (table.c.referral == one.id, table.c.made_at >= one.judgements[-1].at)
    untried = (table.c.state == PageState.DUE.value, table.c.attempts == 0)
    unit.conn.execute(sa.delete(table).where(*its, *untried))
    return unit.conn.execute(sa.select(table.c.id).where(*its).limit(1)).first() is None


def due(conn: sa.Connection, now: datetime) -> bool:
    """Return whether any answer waits to be sent at `now`."""
    query = outbox.waiting(tables.reply, now + timedelta(microseconds=1)).limit(1)
    return conn.execute(query).first() is not None


def claim(unit: Unit, owner: str, lease: timedelta, limit: int) -> list[Reply]:
    """Take up to `limit` answers that are due; see `outbox.claim`."""
    return [_reply(row) for row in outbox.claim(unit, tables.reply, owner, lease, limit)]


def renew(unit: Unit, rows: Sequence[Reply], lease: timedelta) -> None:
    """Let the leases of answers that are still being sent last `lease` from now."""
    outbox.renew(unit, tables.reply, rows, lease)


def accepted(unit: Unit, reply: Reply, receipt: Receipt) -> bool:
    """Record that the caller took `reply`; return whether it still waited for that."""
    return outbox.accepted(unit, tables.reply, reply, receipt)


def failed(unit: Unit, reply: Reply, error: str, next_try_at: datetime | None) -> bool:
    """Record that `reply` was not taken; return whether it was still this owner's."""
    return outbox.failed(unit, tables.reply, reply, error, next_try_at)


def of_referral(conn: sa.Connection, referral: str) -> list[Reply]:
    """Return the answers to one referral, oldest first."""
    table = tables.reply
    query = sa.select(table).where(table.c.referral == referral)
    found = conn.execute(query.order_by(table.c.made_at, table.c.id))
    return [_reply(row) for row in found.mappings()]


def _reply(row: RowMapping) -> Reply:
    return Reply(
        id=row["id"],
        key=row["key"],
        referral=row["referral"],
        system=row["system"],
        revision=row["revision"],
        answer=row["answer"],
        channel=row["channel"],
        state=PageState(row["state"]),
        made_at=row["made_at"],
        next_try_at=row["next_try_at"],
        attempts=row["attempts"],
        owner=row["owner"],
        error=row["error"],
    )
