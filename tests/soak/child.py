"""`tocsin up` in a process that dies (SIGKILL) at a chosen boundary of the paging path.

Boundaries are passed right before and right after every commit of the threads that page and that
hear of outside alerts, and right before and right after every send.  The product knows nothing of
this: its database, its send and its clock are wrapped, all else is the server as people run it.
"""

import os
import signal
import socket
import threading
import time
from collections.abc import Callable, Generator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any

from typing_extensions import override

from tocsin import app
from tocsin.alert.notice import Notice
from tocsin.alert.ports import Receipt
from tocsin.cli.wiring import Role, UpOptions
from tocsin.engine import local as local  # noqa: PLC0414 - loaded once, for all that are forked
from tocsin.jobs import oncall
from tocsin.jobs import worker as worker  # noqa: PLC0414 - the same
from tocsin.jobs.rings import Rings
from tocsin.lake import delta as delta  # noqa: PLC0414 - the same
from tocsin.oncall.person import Contact
from tocsin.store import unit as store
from tocsin.store.unit import Database, Unit
from tocsin.web import serving as serving  # noqa: PLC0414 - the same
from tocsin.web import site as site  # noqa: PLC0414 - the same

UP = "up"
"""A file: at which instants (of the machine's steady clock) a worker began to work."""
_THREADS = ("tocsin-hearing", "tocsin-paging", "tocsin-page")
CLOCK = "clock"
"""A file: by how many seconds the server's clock is wrong."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Life:
    """What one process is told."""

    folder: str
    port: int
    role: Role
    database: str | None
    dies_at: int
    lookup_s: float
    seed: str


def clock(folder: Path) -> datetime:
    """Return what a clock that jumps shows."""
    return datetime.now(UTC) + timedelta(seconds=float((folder / CLOCK).read_text()))


def serve(life: Life) -> None:
    """Run the server until it dies."""
    folder = Path(life.folder)
    log = os.open(folder / "log", os.O_WRONLY | os.O_APPEND | os.O_CREAT)
    os.dup2(log, 1)
    os.dup2(log, 2)
    app.clock = lambda: clock(folder)
    _tell_when_up(folder / UP)
    store.Database = _doomed(_Boundaries(life.dies_at))
    if life.lookup_s:
        _slow_names(Random(life.seed), life.lookup_s)
    app.serve(
        UpOptions(
            config=folder / "tocsin.yaml",
            data_dir=folder / "data",
            host="127.0.0.1",
            port=life.port,
            role=life.role,
            database=life.database,
            lake=None,
            base_url=None,
        )
    )


def warm() -> None:
    """Do nothing: by then all that servers need is loaded."""


def _tell_when_up(file: Path) -> None:
    start = worker.Worker.start

    def begin(self: worker.Worker) -> None:
        with file.open("a") as told:
            told.write(f"{time.monotonic()}\n")
        start(self)

    worker.Worker.start = begin


class _Boundaries:
    """Counts what the paging threads pass."""

    def __init__(self, dies_at: int) -> None:
        self._left, self._lock = dies_at, threading.Lock()

    def passed(self) -> None:
        if not threading.current_thread().name.startswith(_THREADS):
            return
        with self._lock:
            self._left -= 1
            if self._left == 0:
                os.kill(os.getpid(), signal.SIGKILL)


def _doomed(boundaries: _Boundaries) -> type[Database]:
    attempt = oncall.attempt

    def deadly(rings: Rings, contact: Contact, compose: Callable[[], Notice]) -> Receipt:
        boundaries.passed()
        receipt = attempt(rings, contact, compose)
        boundaries.passed()
        return receipt

    oncall.attempt = deadly

    class Doomed(Database):
        @override
        @contextmanager
        def unit(self, actor: str, now: datetime, *, quiet: bool = False) -> Generator[Unit]:
            with super().unit(actor, now, quiet=quiet) as unit:
                yield unit
                boundaries.passed()
            boundaries.passed()

    return Doomed


def _slow_names(random: Random, at_most_s: float) -> None:
    look_up, lock = socket.getaddrinfo, threading.Lock()

    def slowly(host: Any, *args: Any, **more: Any) -> Any:
        if host == "localhost":
            with lock:
                pause_s = random.uniform(0, at_most_s)
            time.sleep(pause_s)
        return look_up(host, *args, **more)

    socket.getaddrinfo = slowly
