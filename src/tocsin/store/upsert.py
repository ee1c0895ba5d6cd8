"""Insert-or-replace and insert-or-ignore, which SQL leaves to each dialect."""

from collections.abc import Mapping, Sequence
from functools import cache

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite


def upsert(conn: sa.Connection, table: sa.Table, rows: Sequence[Mapping[str, object]]) -> None:
    """Insert `rows`; where the primary key stands already, replace the columns that are given."""
    if not rows:
        return
    conn.execute(_replacing(conn.dialect.name, table, tuple(rows[0])), list(rows))


def insert_or_ignore(
    conn: sa.Connection, table: sa.Table, rows: Sequence[Mapping[str, object]]
) -> None:
    """Insert those of `rows` that break no unique constraint."""
    if rows:
        conn.execute(_ignoring(conn.dialect.name, table), list(rows))


# to say a statement takes longer than to run it: each is said once
@cache
def _replacing(dialect: str, table: sa.Table, names: tuple[str, ...]) -> sa.Insert:
    insert = _insert(dialect, table)
    keys = [column.name for column in table.primary_key]
    given = {name: insert.excluded[name] for name in names if name not in keys}
    return insert.on_conflict_do_update(index_elements=keys, set_=given)


@cache
def _ignoring(dialect: str, table: sa.Table) -> sa.Insert:
    return _insert(dialect, table).on_conflict_do_nothing()


def _insert(dialect: str, table: sa.Table) -> sqlite.Insert | postgresql.Insert:
    return (sqlite if dialect == "sqlite" else postgresql).insert(table)
