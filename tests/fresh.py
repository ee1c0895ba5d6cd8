"""Fresh databases: most tests want one, and migrating takes long; it is done once and copied."""

import tempfile
from functools import cache
from pathlib import Path

import psycopg
from sqlalchemy import URL, make_url

from tocsin.store.unit import Database

_MIGRATED = "migrated"
"""The database of a server that the others are copies of; nobody is connected to it."""


def fresh(url: str, *, busy_s: float = 10.0) -> Database:
    """Make a database in this release's form at an address: a copy of one made before.

    A SQLite file that is there already was made here, and is opened as it is.
    """
    place = make_url(url)
    if place.get_backend_name() == "postgresql":
        server = place.set(database="postgres")
        _migrate_on(server)
        _create(server, f"{place.database} TEMPLATE {_MIGRATED}")
    elif place.database is not None and not (path := Path(place.database)).exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(_migrated())
    return Database(url, busy_s=busy_s)


def empty(url: str, *, busy_s: float = 10.0) -> Database:
    """Make a database without tables at an address."""
    place = make_url(url)
    if place.get_backend_name() == "postgresql":
        _create(place.set(database="postgres"), f"{place.database}")
    return Database(url, busy_s=busy_s)


@cache
def _migrated() -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "migrated.db"
        database = Database(f"sqlite:///{path}")
        database.migrate()
        database.close()  # the last connection takes the journal into the file
        return path.read_bytes()


@cache
def _migrate_on(server: URL) -> None:
    database = empty(_address(server.set(database=_MIGRATED)))
    database.migrate()
    database.close()


def _create(server: URL, what: str) -> None:
    with psycopg.connect(_address(server), autocommit=True) as conn:
        conn.execute(f"CREATE DATABASE {what}".encode())


def _address(place: URL) -> str:
    return place.render_as_string(hide_password=False)
