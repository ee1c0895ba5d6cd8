"""The latest diagnosis of each incident, and its ledger of affected decisions."""

from collections.abc import Sequence

import sqlalchemy as sa

from tocsin.diagnose.diagnosis import Diagnosis
from tocsin.diagnose.ledger import LedgerRow
from tocsin.store import tables
from tocsin.store.codec import decode, encode
from tocsin.store.unit import Unit
from tocsin.store.upsert import upsert


def save(unit: Unit, incident: str, diagnosis: Diagnosis) -> None:
    """Replace the diagnosis of the incident with this id."""
    row = {"incident": incident, "at": diagnosis.made_at, "body": encode(diagnosis)}
    upsert(unit.conn, tables.diagnosis, [row])


def get(conn: sa.Connection, incident: str) -> Diagnosis | None:
    """Return the latest diagnosis of the incident with this id; None before the first."""
    table = tables.diagnosis
    query = sa.select(table.c.body).where(table.c.incident == incident)
    body = conn.execute(query).scalar_one_or_none()
    return None if body is None else decode(Diagnosis, body, where=f"diagnosis of {incident}")


def save_ledger(unit: Unit, incident: str, rows: Sequence[LedgerRow]) -> None:
    """Add `rows` to the ledger of the incident with this id, or replace those that are there.

    Rows that are there and not in `rows` stay: a decision once named as harmed is not forgotten.
    """
    table = tables.ledger
    upsert(
        unit.conn,
        table,
        [
            {
                "incident": incident,
                "prediction_id": row.prediction_id,
                "at": row.at,
                "body": encode(row),
            }
            for row in rows
        ],
    )


def ledger(conn: sa.Connection, incident: str, limit: int, offset: int) -> list[LedgerRow]:
    """Return a page of the ledger of the incident with this id, oldest decision first."""
    table = tables.ledger
    query = (
        sa.select(table.c.body)
        .where(table.c.incident == incident)
        .order_by(table.c.at, table.c.prediction_id)
        .limit(limit)
        .offset(offset)
    )
    where = f"ledger of {incident}"
    return [decode(LedgerRow, body, where=where) for body in conn.execute(query).scalars()]


def ledger_count(conn: sa.Connection, incident: str) -> int:
    """Return how many decisions stand on the ledger of the incident with this id."""
    table = tables.ledger
    query = sa.select(sa.func.count()).select_from(table).where(table.c.incident == incident)
    return conn.execute(query).scalar_one()


def ledger_ids(conn: sa.Connection, incident: str) -> set[str]:
    """Return the ids of the decisions on the ledger of the incident with this id."""
    table = tables.ledger
    query = sa.select(table.c.prediction_id).where(table.c.incident == incident)
    return set(conn.execute(query).scalars())


def remedied(conn: sa.Connection, incident: str) -> int:
    """Return for how many decisions on the ledger a remedy is recorded."""
    table = tables.ledger
    done = table.c.body["remedy"].as_string() != ""
    query = sa.select(sa.func.count()).select_from(table).where(table.c.incident == incident, done)
    return conn.execute(query).scalar_one()
