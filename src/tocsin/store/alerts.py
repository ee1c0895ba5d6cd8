"""Alerts: one row per episode of an alarming monitor."""

from collections.abc import Collection, Sequence

import sqlalchemy as sa

from tocsin.alert.state import AlertState, StoredAlert
from tocsin.store import tables
from tocsin.store.codec import encode, read
from tocsin.store.unit import Unit, in_unit
from tocsin.store.upsert import upsert


def save(unit: Unit, alerts: Sequence[StoredAlert]) -> None:
    """Insert or replace `alerts`; an episode is named by its fingerprint and its start."""
    rows = [
        {
            "fingerprint": alert.fingerprint,
            "started_at": alert.started_at,
            "system": alert.system,
            "state": alert.state.value,
            "incident": alert.incident,
            "body": encode(alert),
        }
        for alert in alerts
    ]
    upsert(unit.conn, tables.alert, rows)


def firing(conn: sa.Connection, system: str) -> list[StoredAlert]:
    """Return the alerts of `system` that are not resolved, pending ones included, oldest first."""
    table = tables.alert
    unresolved = table.c.state != AlertState.RESOLVED.value
    return _alerts(conn, sa.and_(table.c.system == system, unresolved))


def of_incident(conn: sa.Connection, incident: str) -> list[StoredAlert]:
    """Return every alert that was grouped under `incident` (its id), oldest first."""
    return _alerts(conn, tables.alert.c.incident == incident)


def fingerprints(conn: sa.Connection, incident: str) -> frozenset[str]:
    """Return the fingerprints of the alerts that were grouped under `incident` (its id).

    Never waits for who is changing them: to be read by who holds the incident, which `alert.look`
    locks after its alerts.
    """
    table = tables.alert
    query = sa.select(table.c.fingerprint).where(table.c.incident == incident)
    return frozenset(conn.execute(query).scalars())


def grouped(conn: sa.Connection, incident: str) -> list[StoredAlert]:
    """Return the alerts that were grouped under `incident`, oldest first; never waits, as above."""
    return _alerts(conn, tables.alert.c.incident == incident, locked=False)


def of_incidents(conn: sa.Connection, ids: Collection[str]) -> dict[str, list[StoredAlert]]:
    """Return the alerts that were grouped under each of some incidents, oldest first."""
    found: dict[str, list[StoredAlert]] = {id_: [] for id_ in ids}
    for alert in _alerts(conn, tables.alert.c.incident.in_(found)):
        found[alert.incident or ""].append(alert)
    return found


def _alerts(
    conn: sa.Connection, condition: sa.ColumnElement[bool], *, locked: bool = True
) -> list[StoredAlert]:
    table = tables.alert
    order = (table.c.started_at, table.c.fingerprint)
    query = sa.select(sa.cast(table.c.body, sa.Text)).where(condition).order_by(*order)
    if locked and in_unit(conn):  # who saves them decides on what stands now: a merge may move them
        query = query.with_for_update()
    return [read(StoredAlert, text, "alert") for text in conn.execute(query).scalars()]
