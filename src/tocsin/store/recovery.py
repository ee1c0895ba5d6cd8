"""The last look at whether an incident's slice recovers: what people watch, look by look.

Verdicts are kept for good beside it (`containment.verifications`); this one is replaced.
"""

import sqlalchemy as sa

from tocsin.contain.verify import Verification
from tocsin.store import tables
from tocsin.store.codec import decode, encode
from tocsin.store.unit import Unit
from tocsin.store.upsert import upsert


def save(unit: Unit, look: Verification) -> None:
    """Keep `look` in place of the one before it."""
    row = {"incident": look.incident, "at": look.at, "body": encode(look)}
    upsert(unit.conn, tables.recovery_look, [row])


def get(conn: sa.Connection, incident: str) -> Verification | None:
    """Return the last look at the incident with this id; None before the first."""
    table = tables.recovery_look
    query = sa.select(table.c.body).where(table.c.incident == incident)
    body = conn.execute(query).scalar_one_or_none()
    if body is None:
        return None
    return decode(Verification, body, where=f"recovery of {incident}")
