"""KPIs: reported pieces, each kept with the epoch in which it came.

A piece is never changed: what was known at the end of an epoch can be read for ever.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime

import sqlalchemy as sa

from tocsin.base.spans import Span
from tocsin.detect.kpi_findings import LinePoint
from tocsin.detect.series import Row
from tocsin.ingest.kpi import KpiRow
from tocsin.profile.spec import Spec
from tocsin.store import epochs, tables
from tocsin.store.codec import decode, encode
from tocsin.store.epochs import Stamp
from tocsin.store.unit import Unit
from tocsin.store.upsert import insert_or_ignore

_AT_ONCE = 5000


def add(unit: Unit, spec: Spec, rows: Sequence[KpiRow]) -> int:
    """Keep `rows` of the system of `spec`; return how many were new.

    A source's second word on the same instant of a KPI is ignored.

    Raises:
        Conflict: the spec was replaced.
    """
    epochs.lock(unit.conn, spec)
    epoch, table = epochs.present(unit.conn, spec), tables.kpi_value
    count = sa.select(sa.func.count()).where(table.c.system == spec.system)
    before = unit.conn.execute(count).scalar_one()
    kept = [
        {
            "system": spec.system,
            "kpi": row.kpi,
            "at": row.at,
            "source": row.source,
            "body": [row.total, row.n],
            "spec_hash": spec.hash,
            "epoch": epoch,
        }
        for row in rows
    ]
    for start in range(0, len(kept), _AT_ONCE):
        insert_or_ignore(unit.conn, table, kept[start : start + _AT_ONCE])
    return int(unit.conn.execute(count).scalar_one()) - int(before)


def between(
    conn: sa.Connection, system: str, kpi: str, span: Span, as_of: Stamp | None = None
) -> list[Row]:
    """Return the pieces of a KPI whose instants lie in `span`, oldest first.

    Args:
        conn: where to read.
        system: its name.
        kpi: the KPI's name.
        span: of instants.
        as_of: only what was known at the end of this epoch; None: all.
    """
    table = tables.kpi_value
    query = (
        sa.select(table.c.at, table.c.body)
        .where(table.c.system == system, table.c.kpi == kpi)
        .where(table.c.at >= span.start, table.c.at < span.end)
        .order_by(table.c.at, table.c.source)
    )
    if as_of is not None:  # what came under an earlier spec was known before
        known = (table.c.spec_hash != as_of.spec_hash) | (table.c.epoch <= as_of.epoch)
        query = query.where(known)
    return [
        Row(row.at.timestamp(), float(row.body[0]), float(row.body[1]))
        for row in conn.execute(query)
    ]


def keep_lines(unit: Unit, system: str, lines: Mapping[str, Sequence[LinePoint]]) -> None:
    """Keep each KPI's line; lines of KPIs that are not among them are forgotten."""
    table = tables.kpi_line
    unit.conn.execute(sa.delete(table).where(table.c.system == system))
    rows = [
        {"system": system, "kpi": kpi, "at": unit.now, "body": encode(tuple(points))}
        for kpi, points in lines.items()
    ]
    if rows:
        unit.conn.execute(sa.insert(table), rows)


def lines(conn: sa.Connection, system: str) -> dict[str, tuple[LinePoint, ...]]:
    """Return each KPI's line as last judged, by the KPI's name."""
    table = tables.kpi_line
    query = sa.select(table.c.kpi, table.c.body).where(table.c.system == system)
    return {
        kpi: decode(tuple[LinePoint, ...], body, where=f"line of {kpi}")
        for kpi, body in conn.execute(query.order_by(table.c.kpi))
    }


def forget(unit: Unit, system: str, before: datetime) -> None:
    """Drop the pieces of instants before `before`."""
    table = tables.kpi_value
    unit.conn.execute(sa.delete(table).where(table.c.system == system, table.c.at < before))
