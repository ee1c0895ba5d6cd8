"""What the clock of each host showed when it was last looked at, beside one that nobody can set."""

from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa

from tocsin.store import tables
from tocsin.store.steady import Steady
from tocsin.store.unit import Unit, in_unit
from tocsin.store.upsert import upsert


@dataclass(frozen=True, slots=True)
class Sighting:
    """One look at a host's clock; `steady` is None where the machine tells no such thing."""

    shown: datetime
    steady: Steady | None


def last(conn: sa.Connection, host: str) -> Sighting | None:
    """Return the last look at a host's clock; in a unit it is locked."""
    table = tables.host_clock
    query = sa.select(table).where(table.c.host == host)
    row = conn.execute(query.with_for_update() if in_unit(conn) else query).one_or_none()
    if row is None:
        return None
    steady = Steady(row.boot, timedelta(milliseconds=row.since_ms)) if row.boot else None
    return Sighting(row.shown, steady)


def saw(unit: Unit, host: str, steady: Steady | None) -> None:
    """Record what the clock of a host shows now."""
    since_ms = steady and steady.since // timedelta(milliseconds=1)
    row = {"host": host, "shown": unit.now, "boot": steady and steady.boot, "since_ms": since_ms}
    upsert(unit.conn, tables.host_clock, [row])
