"""Signs of life: when each stage of the flow last ran, for each system."""

from collections.abc import Container
from datetime import datetime, timedelta

import sqlalchemy as sa

from tocsin.detect.stages import LEAST, SERVING, Freshness, Stage, freshness
from tocsin.store import systems, tables
from tocsin.store.unit import Unit
from tocsin.store.upsert import upsert


def beat(unit: Unit, stage: str, system: str = "", note: str = "", *, ok: bool = True) -> None:
    """Record that `stage` ran now.

    Args:
        unit: where to write; a quiet one, if nothing else is written.
        stage: its name.
        system: for which system; empty: for all.
        note: one line for people, without secrets.
        ok: whether it succeeded; a failure is counted, a success sets the count to zero.
    """
    before = get(unit.conn, stage, system)
    row = {
        "stage": stage,
        "system": system,
        "at": unit.now,
        "note": note,
        "failures": 0 if ok else (before.failures if before else 0) + 1,
        "ok_at": unit.now if ok else (before.ok_at if before else None),
    }
    upsert(unit.conn, tables.stage, [row])


def get(conn: sa.Connection, stage: str, system: str = "") -> Stage | None:
    """Return the last sign of life of one stage; None before the first."""
    table = tables.stage
    query = sa.select(table).where(table.c.stage == stage, table.c.system == system)
    row = conn.execute(query).mappings().one_or_none()
    return None if row is None else Stage(**row)


def every(conn: sa.Connection) -> list[Stage]:
    """Return the last sign of life of every stage and system; what others ask is no stage."""
    table = tables.stage
    query = sa.select(table).where(table.c.stage != SERVING)
    found = conn.execute(query.order_by(table.c.stage, table.c.system))
    return [Stage(**row) for row in found.mappings()]


def fresh(
    conn: sa.Connection, now: datetime, declared: Container[str], *, least: timedelta = LEAST
) -> list[Freshness]:
    """Return of every stage whether it is fresh.

    Args:
        conn: where to read.
        now: the instant of looking.
        declared: systems that the configuration declares, the others are left out; empty: all.
        least: what every stage may be silent for.
    """
    buckets = systems.buckets(conn)
    if declared:
        buckets = {name: bucket for name, bucket in buckets.items() if name in declared}
    return freshness(every(conn), buckets, now, least=least)
