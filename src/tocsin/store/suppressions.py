"""Why nobody was called: one row per episode of an alert and thing that kept it quiet."""

from collections.abc import Sequence

import sqlalchemy as sa

from tocsin.alert.quiet import Suppressed
from tocsin.store import tables
from tocsin.store.codec import decode, encode
from tocsin.store.unit import Unit
from tocsin.store.upsert import upsert


def save(unit: Unit, rows: Sequence[Suppressed]) -> None:
    """Insert or replace `rows`; one is named by its episode, its reason and its instant."""
    keys = ("fingerprint", "started_at", "reason", "by", "at", "system", "over_at")
    values = [{name: getattr(row, name) for name in keys} | {"body": encode(row)} for row in rows]
    upsert(unit.conn, tables.suppressed, values)


def lasting(conn: sa.Connection, system: str) -> list[Suppressed]:
    """Return what is kept quiet of `system` and has not ended, oldest first."""
    table = tables.suppressed
    query = sa.select(table.c.body).where(table.c.system == system, table.c.over_at.is_(None))
    return _rows(conn, query.order_by(table.c.at, table.c.fingerprint))


def recent(conn: sa.Connection, system: str, limit: int) -> list[Suppressed]:
    """Return the newest `limit` rows of `system`, ended or not, newest first."""
    table = tables.suppressed
    query = sa.select(table.c.body).where(table.c.system == system)
    return _rows(conn, query.order_by(table.c.at.desc(), table.c.fingerprint).limit(limit))


def _rows(conn: sa.Connection, query: sa.Select[tuple[object]]) -> list[Suppressed]:
    bodies = conn.execute(query).scalars()
    return [decode(Suppressed, body, where="suppressed alert") for body in bodies]
