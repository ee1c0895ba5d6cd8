"""Alerts of other systems: what was last heard of each."""

from collections.abc import Sequence
from datetime import timedelta

import sqlalchemy as sa

from tocsin.alert.outside import Heard, heard
from tocsin.alert.state import AlertState
from tocsin.ingest.outside import OutsideAlert
from tocsin.store import tables
from tocsin.store.codec import encode, read
from tocsin.store.unit import Unit
from tocsin.store.upsert import upsert

KEPT = timedelta(days=7)
"""How long one that is over is remembered, to tell its repeats."""


def take(unit: Unit, alerts: Sequence[OutsideAlert]) -> int:
    """Keep what was delivered, in order; return how many said something new."""
    table, new = tables.outside_alert, 0
    for alert in alerts:
        before = _heard(unit.conn, alert)
        after = heard(before, alert, unit.now)
        if after != before:
            new += 1
            upsert(unit.conn, table, [_columns(after)])
            act = "outside.firing" if after.alert.firing else "outside.resolved"
            unit.audit(act, after.fingerprint, system=alert.system, source=alert.source)
    old = (table.c.state == AlertState.RESOLVED.value) & (table.c.changed_at < unit.now - KEPT)
    unit.conn.execute(sa.delete(table).where(old))
    return new


def firing(conn: sa.Connection, system: str) -> list[Heard]:
    """Return the outside alerts of `system` that fire."""
    table = tables.outside_alert
    query = (
        sa.select(sa.cast(table.c.body, sa.Text))
        .where(table.c.system == system, table.c.state == AlertState.FIRING.value)
        .order_by(table.c.source, table.c.fingerprint)
    )
    return [read(Heard, text, "outside alert") for text in conn.execute(query).scalars()]


def marks(conn: sa.Connection) -> dict[str, object]:
    """Return by system what differs as soon as one of its outside alerts said something new."""
    table = tables.outside_alert
    query = sa.select(
        table.c.system,
        sa.func.max(table.c.changed_at),
        sa.func.count(),
        sa.func.count().filter(table.c.state == AlertState.FIRING.value),
    ).group_by(table.c.system)
    return {system: tuple(facts) for system, *facts in conn.execute(query)}


def _heard(conn: sa.Connection, alert: OutsideAlert) -> Heard | None:
    table = tables.outside_alert
    query = sa.select(sa.cast(table.c.body, sa.Text)).where(
        table.c.system == alert.system,
        table.c.source == alert.source,
        table.c.fingerprint == alert.fingerprint,
    )
    text = conn.execute(query.with_for_update()).scalar_one_or_none()
    return None if text is None else read(Heard, text, "outside alert")


def _columns(one: Heard) -> dict[str, object]:
    return {
        "system": one.alert.system,
        "source": one.alert.source,
        "fingerprint": one.alert.fingerprint,
        "state": (AlertState.FIRING if one.alert.firing else AlertState.RESOLVED).value,
        "changed_at": one.changed_at,
        "body": encode(one),
    }
