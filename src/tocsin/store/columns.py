"""The kinds of column that the tables are made of, the same on both databases.

Instants are aware UTC; whole numbers have 64 bits.
"""

from datetime import datetime
from typing import Any

import sqlalchemy as sa

from tocsin.store.instant import Instant

naming = {
    "pk": "pk_%(table_name)s",
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "fk": "fk_%(table_name)s_%(column_0_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
}
"""How constraints and indexes are called."""
metadata = sa.MetaData(naming_convention=naming)
"""All tables."""

# A whole number that counts rows in order of insertion.  SQLite counts only in INTEGER columns.
_SEQUENCE = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def table(name: str, comment: str, *parts: sa.Column[Any] | sa.Index | sa.Constraint) -> sa.Table:
    """Return a table; its comment begins with the room that it belongs to."""
    return sa.Table(name, metadata, *parts, comment=comment)


def text(name: str, *, key: bool = False, null: bool = False) -> sa.Column[str]:
    """Return a column of text; `key`: part of the primary key, `null`: may be absent."""
    return sa.Column(name, sa.Text, primary_key=key, nullable=null)


def number(name: str, *, key: bool = False, null: bool = False) -> sa.Column[int]:
    """Return a column of whole numbers that the writer gives."""
    return sa.Column(name, sa.BigInteger, primary_key=key, nullable=null, autoincrement=False)


def at(name: str, *, key: bool = False, null: bool = False) -> sa.Column[datetime]:
    """Return a column of instants."""
    return sa.Column(name, Instant, primary_key=key, nullable=null)


def json(name: str, *, null: bool = False) -> sa.Column[Any]:
    """Return a column of JSON documents."""
    return sa.Column(name, sa.JSON(none_as_null=True), nullable=null)


def as_bytes(name: str) -> sa.Column[bytes]:
    """Return a column of packed bytes."""
    return sa.Column(name, sa.LargeBinary, nullable=False)


def sequence(name: str = "seq") -> sa.Column[int]:
    """Return a primary key that counts rows in order of insertion."""
    return sa.Column(name, _SEQUENCE, primary_key=True, autoincrement=True)
