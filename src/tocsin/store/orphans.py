"""Orphans: outcomes whose prediction has not come yet."""

from collections.abc import Mapping, Sequence
from typing import Any

import sqlalchemy as sa

from tocsin.profile.spec import Spec
from tocsin.store import tables
from tocsin.store.unit import Unit
from tocsin.store.upsert import upsert

_ROWS_AT_ONCE = 500  # below every database's limit of parameters in one statement


def waiting(conn: sa.Connection, spec: Spec) -> list[dict[str, Any]]:
    """Return the outcomes that wait for their prediction, as rows of the lake's outcome schema."""
    table = tables.orphan_outcome
    query = sa.select(table.c.id, table.c.at, table.c.received_at, table.c.label)
    mine = (table.c.system == spec.system, table.c.spec_hash == spec.hash)
    found = conn.execute(query.where(*mine).order_by(table.c.received_at, table.c.id))
    return [dict(row) for row in found.mappings()]


def save(unit: Unit, spec: Spec, add: Sequence[Mapping[str, Any]], drop: Sequence[str]) -> None:
    """Keep the outcomes in `add` (rows of `ingest.rows.OUTCOMES`) and forget the ids in `drop`."""
    table = tables.orphan_outcome
    for k in range(0, len(drop), _ROWS_AT_ONCE):
        some = drop[k : k + _ROWS_AT_ONCE]
        mine = (table.c.system == spec.system, table.c.spec_hash == spec.hash)
        unit.conn.execute(sa.delete(table).where(*mine, table.c.id.in_(some)))
    columns, of = (
        ("id", "at", "received_at", "label"),
        {"system": spec.system, "spec_hash": spec.hash},
    )
    rows = [{**of, **{name: row[name] for name in columns}} for row in add]
    upsert(unit.conn, table, rows)
