"""Bulletins, and since when each component stands on the status page."""

from collections.abc import Sequence
from datetime import datetime

import sqlalchemy as sa

from tocsin.base.errors import NotFound
from tocsin.incident.bulletin import Bulletin
from tocsin.store import letters, tables
from tocsin.store.codec import decode, encode
from tocsin.store.unit import Unit, in_unit
from tocsin.store.upsert import insert_or_ignore


def add(unit: Unit, bulletin: Bulletin) -> None:
    """Keep a new bulletin and put its post into every subscriber's outbox."""
    unit.conn.execute(sa.insert(tables.bulletin).values(**_columns(bulletin)))
    unit.audit("bulletin.published", bulletin.id, incident=bulletin.incident, **_said(bulletin))
    letters.announce(unit, bulletin)


def save(unit: Unit, bulletin: Bulletin) -> None:
    """Replace a bulletin that has one more post, and tell that to every subscriber.

    Raises:
        NotFound: it was never added.
    """
    table = tables.bulletin
    columns = _columns(bulletin)
    done = unit.conn.execute(sa.update(table).where(table.c.id == bulletin.id).values(**columns))
    if done.rowcount != 1:
        raise NotFound(f"no bulletin {bulletin.id}; publish it first")
    unit.audit("bulletin.updated", bulletin.id, incident=bulletin.incident, **_said(bulletin))
    letters.announce(unit, bulletin)


def get(conn: sa.Connection, id_: str) -> Bulletin:
    """Return one bulletin; in a unit its row is locked.

    Raises:
        NotFound: there is none with this id.
    """
    query = sa.select(tables.bulletin.c.body).where(tables.bulletin.c.id == id_)
    if in_unit(conn):
        query = query.with_for_update()
    body = conn.execute(query).scalar_one_or_none()
    if body is None:
        raise NotFound(f"no bulletin {id_}; see the status page")
    return _bulletin(body)


def of_incident(conn: sa.Connection, incident: str) -> list[Bulletin]:
    """Return the bulletins of the incident with this id, oldest first."""
    table = tables.bulletin
    query = sa.select(table.c.body).where(table.c.incident == incident).order_by(table.c.id)
    return [_bulletin(body) for body in conn.execute(query).scalars()]


def since(conn: sa.Connection, at: datetime) -> list[Bulletin]:
    """Return the bulletins that are open or were resolved at or after `at`, oldest first."""
    table = tables.bulletin
    recent = table.c.resolved_at.is_(None) | (table.c.resolved_at >= at)
    query = sa.select(table.c.body).where(recent).order_by(table.c.id)
    return [_bulletin(body) for body in conn.execute(query).scalars()]


def stand(unit: Unit, keys: Sequence[str]) -> None:
    """Record that components stand on the page from now on; who stood before keeps its time."""
    rows = [{"key": key, "since": unit.now} for key in keys]
    insert_or_ignore(unit.conn, tables.status_component, rows)


def standing(conn: sa.Connection) -> dict[str, datetime]:
    """Return since when each component stands on the page, by key."""
    table = tables.status_component
    return {row.key: row.since for row in conn.execute(sa.select(table.c.key, table.c.since))}


def _said(bulletin: Bulletin) -> dict[str, str]:
    last = bulletin.last
    return {"stage": last.stage.value, "level": last.level.value, "text": last.text}


def _columns(bulletin: Bulletin) -> dict[str, object]:
    return {
        "id": bulletin.id,
        "incident": bulletin.incident,
        "resolved_at": bulletin.resolved_at,
        "body": encode(bulletin),
    }


def _bulletin(body: object) -> Bulletin:
    return decode(Bulletin, body, where="bulletin")
