"""Acts of actuators: an outbox whose rows say what was there, what is wanted and what came of it.

An actuator's acts are numbered from 1; its newest is its tip, and only a tip is ever under way.
"""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.engine import RowMapping

from tocsin.contain.act import Act, Deed, Phase
from tocsin.store import outbox, tables
from tocsin.store.codec import decode, encode
from tocsin.store.outbox import PageState
from tocsin.store.unit import Unit
from tocsin.store.upsert import insert_or_ignore

_ENDS = {
    Phase.APPLIED: PageState.ACCEPTED,
    Phase.REVERTED: PageState.ACCEPTED,
    Phase.FAILED: PageState.FAILED,
    Phase.DROPPED: PageState.FAILED,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class ActRow:
    """One act in the outbox; `error` is of its last try, also while it is tried again."""

    act: Act
    state: PageState
    next_try_at: datetime
    attempts: int
    owner: str | None
    error: str | None

    @property
    def id(self) -> str:
        """The act's id."""
        return self.act.id


def add(unit: Unit, act: Act) -> None:
    """Put a new act into the outbox, due at once; another one of its number stays as it is."""
    row = {
        "id": act.id,
        "actuator": act.actuator,
        "seq": act.seq,
        "incident": act.incident,
        "directive": act.directive,
        "deed": act.deed.value,
        "phase": act.phase.value,
        "state": PageState.DUE.value,
        "made_at": act.made_at,
        "next_try_at": unit.now,
        "attempts": 0,
        "body": encode(act),
    }
    insert_or_ignore(unit.conn, tables.act, [row])


def tip(conn: sa.Connection, actuator: str) -> Act | None:
    """Return the newest act of an actuator; None before its first."""
    table = tables.act
    query = sa.select(table.c.body).where(table.c.actuator == actuator)
    body = conn.execute(query.order_by(table.c.seq.desc()).limit(1)).scalar_one_or_none()
    return None if body is None else decode(Act, body, where=f"act of {actuator}")


def tips(conn: sa.Connection) -> list[ActRow]:
    """Return the newest act of every actuator that ever acted, by its name."""
    table = tables.act
    last = sa.select(table.c.actuator, sa.func.max(table.c.seq).label("seq")).group_by(
        table.c.actuator
    )
    newest = last.subquery()
    same = sa.and_(table.c.actuator == newest.c.actuator, table.c.seq == newest.c.seq)
    query = sa.select(table).join(newest, same).order_by(table.c.actuator)
    return [_row(row) for row in conn.execute(query).mappings()]


def given_up(conn: sa.Connection, actuator: str) -> frozenset[str]:
    """Return the directives that an actuator does not try again by itself.

    Those that it failed at, and those that it held when an end failed: it has let go of them.
    """
    table = tables.act
    query = sa.select(table.c.body).where(
        table.c.actuator == actuator, table.c.phase == Phase.FAILED.value
    )
    failed = [decode(Act, body, where="act") for body in conn.execute(query).scalars()]
    return frozenset(
        id_ for act in failed for id_ in ((act.directive,) if act.deed is Deed.APPLY else act.held)
    )


def due(conn: sa.Connection, now: datetime) -> bool:
    """Return whether any act is to be tried at `now`."""
    query = outbox.waiting(tables.act, now + timedelta(microseconds=1)).limit(1)
    return conn.execute(query).first() is not None


def claim(unit: Unit, owner: str, lease: timedelta, limit: int) -> list[ActRow]:
    """Take up to `limit` acts that are due; see `outbox.claim`."""
    return [_row(row) for row in outbox.claim(unit, tables.act, owner, lease, limit)]


def renew(unit: Unit, rows: Sequence[ActRow], lease: timedelta) -> None:
    """Let the leases of acts that are under way last `lease` from now."""
    outbox.renew(unit, tables.act, rows, lease)


def save(unit: Unit, row: ActRow, act: Act) -> bool:
    """Keep how far a claimed act has come; return whether it still is its owner's.

    An act that is over leaves the outbox.
    """
    state = _ENDS.get(act.phase, PageState.CLAIMED)
    values: dict[str, object] = {
        "phase": act.phase.value,
        "state": state.value,
        "body": encode(act),
    }
    if act.phase.over:
        values |= {"owner": None, "lease_until": None, "error": act.error}
        unit.audit(
            f"act.{act.phase.value}",
            act.id,
            actuator=act.actuator,
            directive=act.directive,
            deed=act.deed.value,
        )
    table = tables.act
    mine = (
        table.c.id == row.id,
        table.c.state == PageState.CLAIMED.value,
        table.c.owner == row.owner,
        table.c.attempts == row.attempts,
    )
    return unit.conn.execute(sa.update(table).where(*mine).values(**values)).rowcount == 1


def again(unit: Unit, row: ActRow, error: str, next_try_at: datetime) -> bool:
    """Record that a try failed and when the next is; return whether it still was its owner's."""
    return outbox.failed(unit, tables.act, row, error, next_try_at)


def of_incident(conn: sa.Connection, incident: str) -> list[ActRow]:
    """Return every act of the incident with this id, oldest first."""
    return _rows(conn, tables.act.c.incident == incident)


def of_directives(conn: sa.Connection, directives: Iterable[str]) -> list[ActRow]:
    """Return every act for the directives with these ids, oldest first."""
    return _rows(conn, tables.act.c.directive.in_(list(directives)))


def every(conn: sa.Connection, actuator: str) -> list[ActRow]:
    """Return every act of an actuator, oldest first."""
    return _rows(conn, tables.act.c.actuator == actuator)


def applied(conn: sa.Connection, directives: Iterable[str]) -> dict[str, datetime]:
    """Return since when each of `directives` is carried out outside, for those that are."""
    table = tables.act
    found = _rows(
        conn,
        sa.and_(
            table.c.directive.in_(list(directives)),
            table.c.phase.in_([Phase.APPLIED.value, Phase.REVERTED.value]),
        ),
    )
    since: dict[str, datetime] = {}
    for row in found:
        act = row.act
        if act.deed is Deed.REVERT:
            since.pop(act.directive, None)
        elif act.ended_at is not None:
            since.setdefault(act.directive, act.ended_at)
    return since


def abandoned(conn: sa.Connection, configured: Collection[str]) -> list[Act]:
    """Return the tips of actuators that are not `configured` any more and still hold something."""
    return [
        row.act
        for row in tips(conn)
        if row.act.actuator not in configured and (row.act.holds or not row.act.phase.over)
    ]


def _rows(conn: sa.Connection, condition: sa.ColumnElement[bool]) -> list[ActRow]:
    table = tables.act
    query = sa.select(table).where(condition).order_by(table.c.made_at, table.c.seq, table.c.id)
    return [_row(row) for row in conn.execute(query).mappings()]


def _row(row: RowMapping) -> ActRow:
    act = decode(Act, row["body"], where=f"act {row['id']}")
    return ActRow(
        act=replace(act, error=row["error"]),
        state=PageState(row["state"]),
        next_try_at=row["next_try_at"],
        attempts=row["attempts"],
        owner=row["owner"],
        error=row["error"],
    )
