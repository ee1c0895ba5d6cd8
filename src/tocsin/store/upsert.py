"""Insert-or-replace and insert-or-ignore, which SQL leaves to each dialect."""

from collections.abc import Mapping, Sequence

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite


def upsert(conn: sa.Connection, table: sa.Table, rows: Sequence[Mapping[str, object]]) -> None:
    """Insert `rows`; where the primary key stands already, replace the columns that are given."""
    if not rows:
        return
    insert = _insert(conn, table)
    keys = [column.name for column in table.primary_key]
    given = {name: insert.excluded[name] for name in rows[0] if name not in keys}
    conn.execute(insert.on_conflict_do_update(index_elements=keys, set_=given), list(rows))


def insert_or_ignore(
    conn: sa.Connection, table: sa.Table, rows: Sequence[Mapping[str, object]]
) -> None:
    """Insert those of `rows` that break no unique constraint."""
    if rows:
        conn.execute(_insert(conn, table).on_conflict_do_nothing(), list(rows))


def _insert(conn: sa.Connection, table: sa.Table) -> sqlite.Insert | postgresql.Insert:
    return (sqlite if conn.dialect.name == "sqlite" else postgresql).insert(table)
