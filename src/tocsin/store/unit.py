"""The database and the one unit of work: the only place that commits.

    with database.unit("worker", now) as unit:      all of it, or none of it
        incidents.save(unit, incident, [entry])
    with database.reading() as conn:                one consistent picture, nothing can be written
        incidents.open_ones(conn)

SQLite: WAL, synchronous=FULL (a commit is on the disk when it returns), BEGIN IMMEDIATE for units.
PostgreSQL: READ COMMITTED for units, whose queries lock the rows they decide on; REPEATABLE READ
for reading.  A unit's audit rows are chained at its very end, under a lock on the chain's head, so
that two writers never fork the chain and never wait for one another while they work.
"""

import os
import secrets
import threading
import time
from base64 import urlsafe_b64encode
from collections.abc import Callable, Generator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy import event, exc

from tocsin.base.errors import BadInput, Unavailable
from tocsin.base.ids import make_id
from tocsin.store import audit, schema, tables
from tocsin.store.failures import in_our_words

Entropy = Callable[[int], int]
"""Takes a number of bits, returns that many random ones: `secrets.randbits`."""

_UNIT = "tocsin_unit"
_SECRET_BITS = 256
_LOOK_S = 0.25  # how often a waiting page looks for the commits of other processes


@dataclass(slots=True)
class Unit:
    """One transaction of one actor at one instant; handed out by `Database.unit`."""

    conn: sa.Connection
    actor: str
    now: datetime
    entropy: Entropy = field(repr=False)
    quiet: bool = False
    """Whether it wakes nobody; who finds out late that nothing has changed may still say so."""
    audited: list[audit.Act] = field(default_factory=list[audit.Act])

    def new_id(self, prefix: str) -> str:
        """Return a fresh id such as `inc_01m7wm…`, sortable by this unit's instant."""
        return make_id(prefix, self.now, self.entropy(40))

    def new_secret(self) -> str:
        """Return 256 random bits as 43 characters that fit a URL."""
        raw = self.entropy(_SECRET_BITS).to_bytes(_SECRET_BITS // 8, "big")
        return urlsafe_b64encode(raw).decode().rstrip("=")

    @contextmanager
    def part(self) -> Generator[None]:
        """Make a block a part of its own: if it raises, it alone is undone, and the rest stands."""
        audited = len(self.audited)
        try:
            with self.conn.begin_nested():
                yield
        except BaseException:
            del self.audited[audited:]
            raise

    def audit(self, action: str, subject: str, /, **facts: str) -> None:
        """Record that the actor did `action` to `subject`; chained when the unit commits."""
        self.audited.append(audit.Act(self.now, self.actor, action, subject, facts))


class Database:
    """Records in one SQLite file or one PostgreSQL database; safe to share between threads.

    Args:
        url: `sqlite:///path/to/file` or `postgresql://user:password@host/name`.
        entropy: source of ids and secrets.
        busy_s: how long a writer waits for another before it gives up with `Unavailable`.

    Raises:
        BadInput: another kind of URL, or SQLite in memory (it would be lost with the process).
        Unavailable: the file cannot be made.
    """

    def __init__(
        self, url: str, *, entropy: Entropy = secrets.randbits, busy_s: float = 10.0
    ) -> None:
        self.url = _parsed(url)
        self._entropy, self._busy_s = entropy, busy_s
        self._sqlite = self.url.get_backend_name() == "sqlite"
        # SQLite's writers queue here instead of polling the file's lock against one another
        self._turn = threading.Lock()
        self._mine = threading.local()
        self._news = threading.Condition()
        self._seen, self._looked_at_s = 0, 0.0
        if self._sqlite:
            self._create_file()
            self._engine = sa.create_engine(self.url, pool_size=16, max_overflow=48)
            event.listen(self._engine, "connect", self._on_connect)
            event.listen(self._engine, "begin", _begin_sqlite)
            self._readers = self._engine
        else:
            self._engine = sa.create_engine(
                self.url,
                pool_size=16,
                max_overflow=48,
                pool_pre_ping=True,
                connect_args={"connect_timeout": max(2, round(busy_s))},
            )
            self._readers = self._engine.execution_options(
                isolation_level="REPEATABLE READ", postgresql_readonly=True
            )
        self._writers = self._engine.execution_options(**{_UNIT: True})

    def migrate(self) -> None:
        """Bring the tables to this release's form; safe to call from several processes at once.

        Raises:
            Unavailable: the database cannot be reached or written.
            Conflict: the database was written by a newer release.
        """
        with in_our_words(self.url), self._writers.begin() as conn:
            if not self._sqlite:
                conn.execute(sa.select(sa.func.pg_advisory_xact_lock(schema.LOCK)))
            schema.migrate(conn)

    @contextmanager
    def reading(self) -> Generator[sa.Connection]:
        """Yield a connection that sees one consistent picture and cannot write.

        Raises:
            Unavailable: the database cannot be reached.
        """
        with in_our_words(self.url), self._readers.connect() as conn:
            yield conn

    @contextmanager
    def unit(self, actor: str, now: datetime, *, quiet: bool = False) -> Generator[Unit]:
        """Yield one unit of work; it commits when the block ends and rolls back if it raises.

        Args:
            actor: who acts: a person's or a duty's name.
            now: the instant of everything in it, aware.
            quiet: nothing that people look at changes (leases, signs of life): wake nobody.

        Raises:
            Unavailable: busy, full, read-only or unreachable; nothing was changed.
            Conflict: somebody else wrote the same row first; nothing was changed.
        """
        if getattr(self._mine, "open", False):
            raise RuntimeError("a unit is already open in this thread; pass it on instead")
        with in_our_words(self.url), self._writing() as conn:
            unit = Unit(conn, actor, now, self._entropy, quiet)
            yield unit
            changes = audit.append(conn, unit.audited, 0 if unit.quiet else 1)
        if not unit.quiet:
            self._tell(changes)

    def changes(self) -> int:
        """Return how many units were committed, by all processes, since the database was made.

        Quiet units do not count.  The number only grows; `wait` takes it.
        """
        with self.reading() as conn:
            changes = conn.execute(sa.select(tables.head.c.changes)).scalar_one_or_none() or 0
        self._tell(changes)
        return changes

    def wait(self, after: int, timeout_s: float) -> int:
        """Return `changes()` as soon as it is above `after`, or when `timeout_s` have passed.

        Commits of this process wake at once, those of others within a quarter of a second.
        """
        until_s = time.monotonic() + timeout_s  # lint: clock it times a wait, no fact
        while True:
            with self._news:
                left_s = until_s - time.monotonic()  # lint: clock the same wait
                pause_s = max(0.0, min(_LOOK_S, left_s))
                if self._news.wait_for(lambda: self._seen > after, pause_s) or left_s <= 0:
                    return self._seen
                # many pages may wait; one look serves them all
                clock_s = time.monotonic()  # lint: clock the same wait
                look = clock_s - self._looked_at_s >= _LOOK_S
                if look:
                    self._looked_at_s = clock_s
            if look:
                self.changes()

    def close(self) -> None:
        """Give every connection back; the object is not used afterwards."""
        self._engine.dispose()

    @contextmanager
    def _writing(self) -> Generator[sa.Connection]:
        if self._sqlite and not self._turn.acquire(timeout=self._busy_s):
            raise Unavailable(f"database {self.url}: other writers keep it busy; try again")
        self._mine.open = True
        try:
            with self._writers.begin() as conn:
                yield conn
        finally:
            self._mine.open = False
            if self._sqlite:
                self._turn.release()

    def _tell(self, changes: int) -> None:
        with self._news:
            if changes > self._seen:
                self._seen = changes
                self._news.notify_all()

    def _create_file(self) -> None:
        """Make the file readable by its owner alone before SQLite makes it for everyone."""
        path = Path(self.url.database or "")
        try:
            path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))
        except OSError as error:
            raise Unavailable(
                f"database {path}: {error.strerror}; check the folder's owner and free space"
            ) from None

    def _on_connect(self, connection: Any, _record: object) -> None:  # noqa: ANN401 - a DBAPI connection has no type
        connection.isolation_level = None  # we say BEGIN ourselves
        for pragma in (
            f"busy_timeout = {round(self._busy_s * 1000)}",
            "journal_mode = WAL",
            "synchronous = FULL",
            "foreign_keys = ON",
            "cache_size = -16000",
        ):
            connection.execute(f"PRAGMA {pragma}").close()


def in_unit(conn: sa.Connection) -> bool:
    """Return whether `conn` belongs to a unit: then a query that decides should lock its rows."""
    return bool(conn.get_execution_options().get(_UNIT))


def _begin_sqlite(conn: sa.Connection) -> None:
    writes = in_unit(conn)
    conn.exec_driver_sql(f"PRAGMA query_only = {'OFF' if writes else 'ON'}")
    conn.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


def _parsed(text: str) -> sa.URL:
    do = "write sqlite:///path/to/file or postgresql://user@host/name"
    try:
        url = sa.make_url(text)
    except exc.ArgumentError:
        # the text may hold a password: not repeated
        raise BadInput("not a database URL", where="database", do=do) from None
    match url.get_backend_name():
        case "sqlite" if url.database and url.database != ":memory:":
            return url.set(drivername="sqlite+pysqlite")
        case "postgresql":
            return url.set(drivername="postgresql+psycopg")
        case kind:
            raise BadInput(f"{kind} without a file", where="database", do=do) from None
