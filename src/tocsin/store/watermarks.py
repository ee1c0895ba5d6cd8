"""How far the lake has been counted, for those who rearrange it."""

from dataclasses import dataclass

import sqlalchemy as sa

from tocsin.store import profiles, tables
from tocsin.store.unit import in_unit


@dataclass(frozen=True, slots=True)
class Marks:
    """The watermarks of one lake table: the present spec's, and all, of replaced specs as well."""

    counted: int
    """-1: nothing yet."""
    every: tuple[int, ...]


def marks(conn: sa.Connection, system: str, table: str) -> Marks:
    """Return the watermarks of one of a system's lake tables.

    In a unit they stay as they are until it ends: whoever counts waits.
    """
    if in_unit(conn):
        named = sa.select(tables.system.c.name).where(tables.system.c.name == system)
        conn.execute(named.with_for_update())
    column = tables.watermark.c
    query = sa.select(column.version).where(column.system == system, column.lake_table == table)
    every = tuple(sorted(conn.execute(query).scalars()))
    return Marks(profiles.watermark(conn, system, table), every)
