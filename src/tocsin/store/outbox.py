"""What every outbox does, whichever table it rests in: claim, accepted, failed.

    due ──claim──> claimed(owner, lease_until) ──accepted──> accepted(receipt)
     ^                    │         │
     └──failed, try again─┘         └──failed for good──> failed

A row is claimed before it is sent and marked after; while the send lasts the lease is renewed.  A
worker that dies in between leaves a lease that runs out, and the row is sent again: at least once,
a duplicate at most one per crash.
Every move is an UPDATE that says which state it expects and counts what it changed.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from enum import StrEnum
from functools import cache
from typing import Any, Protocol

import sqlalchemy as sa
from sqlalchemy.engine import RowMapping
from sqlalchemy.sql.dml import ReturningUpdate

from tocsin.alert.bulkhead import Bulkhead
from tocsin.alert.ports import Receipt
from tocsin.store.unit import Unit


class PageState(StrEnum):
    """How far a page has come."""

    DUE = "due"
    CLAIMED = "claimed"
    ACCEPTED = "accepted"
    ACKNOWLEDGED = "acknowledged"
    FAILED = "failed"


LIVE = (PageState.DUE, PageState.CLAIMED)
"""States in which a page will still be sent."""


class Claimed(Protocol):
    """A row as `claim` returned it."""

    @property
    def id(self) -> str:
        """Its id."""
        ...

    @property
    def owner(self) -> str | None:
        """Whose it is."""
        ...

    @property
    def attempts(self) -> int:
        """Which try this is, from 1."""
        ...

    @property
    def next_try_at(self) -> datetime:
        """When this try was due."""
        ...


def claim(
    unit: Unit,
    table: sa.Table,
    owner: str,
    lease: timedelta,
    limit: int,
    *,
    bulkhead: Bulkhead | None = None,
) -> list[RowMapping]:
    """Take up to `limit` rows that are due, or whose lease ran out, the longest due first.

    Args:
        unit: where to write; commit it before sending anything.
        table: the outbox.
        owner: the worker's name.
        lease: after how long without an answer somebody else may send them.
        limit: how many at the most.
        bulkhead: what each channel may take, of an outbox whose rows have a contact; the rows of
            a channel that is full are passed over.

    Returns:
        The rows that are now this owner's.
    """
    lease_facts = {"by": owner, "until": unit.now + lease}

    def take(id_: str, state: str, attempts: int) -> RowMapping | None:
        expected = {"which": id_, "was": state, "tries": attempts}
        found = unit.conn.execute(_claiming(table), expected | lease_facts)
        return found.mappings().one_or_none()

    if bulkhead is None:
        found = unit.conn.execute(_candidates(table), {"now": unit.now, "most": limit}).all()
        return [mine for row in found if (mine := take(*row)) is not None]
    taken: list[RowMapping] = []
    full: set[str] = set()
    while True:
        facts = {"now": unit.now, "most": limit - len(taken), "full": sorted(full)}
        passed = set[str]()
        for *row, channel_ in unit.conn.execute(_candidates_apart(table), facts).all():
            if not bulkhead.admits(channel_):
                passed.add(channel_)
            elif (mine := take(*row)) is not None:
                taken.append(mine)
        if not passed:
            return taken
        full |= passed  # each round there are more of them: who stood behind comes to the front


def channel(table: sa.Table) -> sa.ColumnElement[str]:
    """Return the channel of a row's contact."""
    return table.c.contact["channel"].as_string()


# what every round asks, said once: to say a statement takes longer than to run it
@cache
def _candidates_apart(table: sa.Table) -> sa.Select[Any, Any, Any, Any]:
    apart = channel(table).not_in(sa.bindparam("full", expanding=True))
    return _candidates(table).add_columns(channel(table).label("channel")).where(apart)


@cache
def lines(table: sa.Table) -> sa.Select[Any]:
    """Return the query of the first `most` rows of each channel that are due at `now`."""
    order = (table.c.next_try_at, table.c.id)
    place = sa.func.row_number().over(partition_by=channel(table), order_by=order).label("place")
    line = sa.select(table, place).where(_due(table)).subquery()
    most = sa.bindparam("most", type_=sa.Integer())
    return sa.select(line).where(line.c.place <= most).order_by(line.c.next_try_at, line.c.id)


def _due(table: sa.Table) -> sa.ColumnElement[bool]:
    now = sa.bindparam("now", type_=table.c.next_try_at.type)
    ready = sa.and_(table.c.state == PageState.DUE.value, table.c.next_try_at <= now)
    abandoned = sa.and_(table.c.state == PageState.CLAIMED.value, table.c.lease_until <= now)
    return sa.or_(ready, abandoned)


@cache
def _candidates(table: sa.Table) -> sa.Select[Any, Any, Any]:
    return (
        sa.select(table.c.id, table.c.state, table.c.attempts)
        .where(_due(table))
        .order_by(table.c.next_try_at, table.c.id)
        .limit(sa.bindparam("most", type_=sa.Integer()))
        .with_for_update(skip_locked=True)
    )


@cache
def _claiming(table: sa.Table) -> ReturningUpdate[Any]:
    return (
        sa.update(table)
        .where(
            table.c.id == sa.bindparam("which"),
            table.c.state == sa.bindparam("was"),
            table.c.attempts == sa.bindparam("tries"),
        )
        .values(
            state=PageState.CLAIMED.value,
            owner=sa.bindparam("by"),
            lease_until=sa.bindparam("until"),
            attempts=table.c.attempts + 1,
        )
        .returning(*table.c)
    )


def renew(unit: Unit, table: sa.Table, rows: Sequence[Claimed], lease: timedelta) -> None:
    """Let the leases of `rows`, which are still being sent, last `lease` from now.

    A row that was lost meanwhile, or answered, stays as it is.
    """
    for row in rows:
        mine = sa.update(table).where(*_mine(table, row))
        unit.conn.execute(mine.values(lease_until=unit.now + lease))


def accepted(unit: Unit, table: sa.Table, row: Claimed, receipt: Receipt) -> bool:
    """Record that the receiver took `row`; return whether it still waited for that.

    The receipt counts even if the lease was lost meanwhile: the page did arrive.  A page that was
    acknowledged in the meantime stays acknowledged and keeps the receipt.
    """
    facts = {
        "receipt_channel": receipt.channel,
        "receipt_id": receipt.external_id,
        "accepted_at": unit.now,
        "owner": None,
        "lease_until": None,
    }
    unanswered = table.c.receipt_channel.is_(None)
    moved = unit.conn.execute(
        sa.update(table)
        .where(table.c.id == row.id, table.c.state.in_([*LIVE, PageState.FAILED]), unanswered)
        .values(state=PageState.ACCEPTED.value, error=None, **facts)
    )
    if moved.rowcount:
        return True
    late = (table.c.id == row.id, table.c.state == PageState.ACKNOWLEDGED.value, unanswered)
    unit.conn.execute(sa.update(table).where(*late).values(**facts))
    return False


def failed(
    unit: Unit, table: sa.Table, row: Claimed, error: str, next_try_at: datetime | None
) -> bool:
    """Record that `row` was not taken; return whether it was still this owner's.

    Args:
        unit: where to write.
        table: the outbox.
        row: as `claim` returned it; if its lease was lost, nothing is changed.
        error: why, without secrets.
        next_try_at: when to try again; None: never.
    """
    state = PageState.FAILED if next_try_at is None else PageState.DUE
    moved = unit.conn.execute(
        sa.update(table)
        .where(*_mine(table, row))
        .values(
            state=state.value,
            error=error,
            owner=None,
            lease_until=None,
            next_try_at=next_try_at or row.next_try_at,
        )
    )
    return moved.rowcount == 1


def stuck(unit: Unit, table: sa.Table, row: Claimed, error: str) -> bool:
    """Record why `row` could not even be tried; return whether it was still this owner's.

    The claim stays, and it is tried again when that runs out.  What is wrong is wrong here and not
    with the receiver, so that the row goes on being late: `unsent` names it.
    """
    moved = unit.conn.execute(sa.update(table).where(*_mine(table, row)).values(error=error))
    return moved.rowcount == 1


def unsent(table: sa.Table, before: datetime) -> sa.Select[tuple[object, ...]]:
    """Return the query of rows whose try was due before `before` and that nobody has answered.

    A claim excuses none, however often it was renewed or made anew.
    """
    live = table.c.state.in_(LIVE)
    return sa.select(table).where(live, table.c.next_try_at < before).order_by(table.c.next_try_at)


def waiting(table: sa.Table, before: datetime) -> sa.Select[tuple[object, ...]]:
    """Return the query of rows that could be claimed before `before`, longest due first."""
    late = sa.and_(table.c.state == PageState.DUE.value, table.c.next_try_at < before)
    stuck = sa.and_(table.c.state == PageState.CLAIMED.value, table.c.lease_until < before)
    return sa.select(table).where(sa.or_(late, stuck)).order_by(table.c.next_try_at, table.c.id)


def _mine(table: sa.Table, row: Claimed) -> tuple[sa.ColumnElement[bool], ...]:
    """Return what holds for as long as nobody else has claimed `row` or answered it."""
    return (
        table.c.id == row.id,
        table.c.state == PageState.CLAIMED.value,
        table.c.owner == row.owner,
        table.c.attempts == row.attempts,
    )
