"""Silences and maintenance windows."""

from datetime import datetime

import sqlalchemy as sa

from tocsin.alert.silence import Kind, Silence
from tocsin.base.errors import NotFound
from tocsin.store import tables
from tocsin.store.codec import decode, encode
from tocsin.store.unit import Unit, in_unit


def add(unit: Unit, silence: Silence) -> None:
    """Keep a new silence."""
    unit.conn.execute(sa.insert(tables.silence).values(**_columns(silence)))
    unit.audit(
        f"{silence.kind}.added",
        silence.id,
        matchers=" ".join(map(str, silence.matchers)),
        starts_at=silence.starts_at.isoformat(),
        ends_at=silence.ends_at.isoformat(),
        reason=silence.reason,
    )


def save(unit: Unit, silence: Silence) -> None:
    """Replace a silence that was ended early."""
    table = tables.silence
    columns = _columns(silence)
    unit.conn.execute(sa.update(table).where(table.c.id == silence.id).values(**columns))
    unit.audit(f"{silence.kind}.expired", silence.id)


def get(conn: sa.Connection, id_: str) -> Silence:
    """Return a silence by id; in a unit its row is locked.

    Raises:
        NotFound: there is none.
    """
    query = sa.select(tables.silence.c.body).where(tables.silence.c.id == id_)
    if in_unit(conn):
        query = query.with_for_update()
    body = conn.execute(query).scalar_one_or_none()
    if body is None:
        raise NotFound(f"no silence {id_!r}; see the list of silences")
    return decode(Silence, body, where=f"silence {id_}")


def standing(conn: sa.Connection, now: datetime) -> list[Silence]:
    """Return the silences that are in force or still to come, the next to end first."""
    table = tables.silence
    query = sa.select(table.c.body).where(table.c.until > now).order_by(table.c.until, table.c.id)
    return [decode(Silence, body, where="silence") for body in conn.execute(query).scalars()]


def recent(conn: sa.Connection, limit: int) -> list[Silence]:
    """Return the newest `limit` silences, over or not, the last to end first."""
    table = tables.silence
    order = (table.c.until.desc(), table.c.id)
    query = sa.select(table.c.body).order_by(*order).limit(limit)
    return [decode(Silence, body, where="silence") for body in conn.execute(query).scalars()]


def maintenance(conn: sa.Connection, since: datetime) -> list[Silence]:
    """Return the maintenance windows that ended after `since`, or are yet to, oldest first."""
    table = tables.silence
    query = (
        sa.select(table.c.body)
        .where(table.c.kind == Kind.MAINTENANCE.value, table.c.until > since)
        .order_by(table.c.starts_at, table.c.id)
    )
    return [decode(Silence, body, where="silence") for body in conn.execute(query).scalars()]


def _columns(silence: Silence) -> dict[str, object]:
    return {
        "id": silence.id,
        "kind": silence.kind.value,
        "starts_at": silence.starts_at,
        "until": silence.until,
        "body": encode(silence),
    }
