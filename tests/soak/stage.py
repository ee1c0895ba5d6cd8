"""One run's processes, clock and database; everything that goes wrong is done from here."""

import os
import signal
import socket
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Self, TypeVar

import numpy as np
import pyarrow as pa
from pyarrow import csv

from tests.forks import forking
from tests.soak.child import CLOCK, UP, Life, clock, serve
from tests.soak.plan import Jump, Plan
from tests.soak.provider import SMS, TIMEOUT_S
from tocsin.base.errors import Conflict, Unavailable
from tocsin.cli.wiring import Role
from tocsin.config.load import load
from tocsin.incident import lifecycle
from tocsin.incident.incident import Severity
from tocsin.ingest.outside import OutsideAlert
from tocsin.oncall.policy import Policy
from tocsin.store import incidents, outside
from tocsin.store.unit import Database
from tocsin.web import moves

T = TypeVar("T")
_PATIENCE_S = 60.0
DECLARATION = """\
version: 1
systems:
  loans:
    reference: reference.csv
    columns: {{id: id, time: at, score: score, prediction: approved}}
    features: [income]
    bucket: 1d
  fraud:
    reference: reference.csv
    columns: {{id: id, time: at, score: score, prediction: approved}}
    features: [income]
    bucket: 1d
notifiers:
  hook:
    kind: webhook
    settings: {{url: "{url}/hook", secret: sixteen characters, timeout_s: "{timeout_s}"}}
  sms:
    kind: sms
    settings:
      {{url: "{url}{sms}", body: "To={{address}}&Text={{text}}", receipt: sid,
       timeout_s: "{timeout_s}"}}
people:
  first: [{{channel: hook}}]
  second: [{{channel: hook}}]
  head: [{{channel: sms, address: "+15005550006"}}, {{channel: hook}}]
  boss: [{{channel: hook}}, {{channel: sms, address: "+15005550007"}}]
schedules:
  desk:
    time_zone: Europe/Berlin
    layers:
      - {{participants: [first, second], every: 1h, start: 2026-01-01, hand_off: "{hand_off}"}}
  nobody:
    time_zone: Europe/Berlin
    layers: [{{participants: [first], start: 2090-01-01}}]
escalation:
  loans:
    steps:
      - {{notify: [{{schedule: desk}}]}}
      - {{after: 2s, notify: [{{schedule: nobody}}]}}
      - {{after: 4s, notify: [{{person: head}}]}}
    repeat_every: 10s
    repeats: 1
    catch_all: [{{person: boss}}]
"""


def declaration(url: str, now: datetime) -> str:
    """Return a configuration that pages by `url`; the hand-off may fall into the run."""
    hand_off = f"{now + timedelta(minutes=1):%H:%M}"
    return DECLARATION.format(url=url, sms=SMS, timeout_s=TIMEOUT_S, hand_off=hand_off)


@dataclass(frozen=True, slots=True)
class Opened:
    """An incident, when it was declared or first seen, and when another system told of it."""

    id: str
    at_s: float
    told_s: float | None = None


@dataclass
class Stage:
    """The set-up of one run."""

    folder: Path
    plan: Plan
    url: str
    database_url: str
    opened: list[Opened] = field(default_factory=list[Opened])
    starts: list[float] = field(default_factory=list[float])
    """When a process was started, again or for the first time."""
    crashes: list[float] = field(default_factory=list[float])
    database_crashes: list[float] = field(default_factory=list[float])
    jumps: list[Jump] = field(default_factory=list[Jump])
    """Those done, at the instants at which they were."""
    told_s: float | None = None
    """When the alert of another system was in the database."""
    taken: dict[str, tuple[float, float]] = field(default_factory=dict[str, tuple[float, float]])
    """Between which instants somebody took an incident, by its id."""

    def __post_init__(self) -> None:
        now = datetime.now(UTC)
        (self.folder / "tocsin.yaml").write_text(declaration(self.url, now))
        (self.folder / "data").mkdir()
        self._offset_s = 0.0
        (self.folder / CLOCK).write_text("0")
        (self.folder / UP).touch()
        _reference(self.folder / "reference.csv")
        self.policy = _policy(self.folder / "tocsin.yaml")
        self.database = Database(self.database_url)
        self.database.migrate()
        self._context = forking()
        self._calm = threading.Event()
        self.calm_at = now
        self._over = threading.Event()
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self._port = int(free.getsockname()[1])
        self._threads = [
            threading.Thread(target=self._keep_alive, args=(k,)) for k in range(self.plan.workers)
        ]
        self._threads.append(threading.Thread(target=self._watch))

    def __enter__(self) -> Self:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        for thread in self._threads:
            thread.join()
        self.database.close()

    def now(self) -> datetime:
        """Return what the server's clock shows."""
        return clock(self.folder)

    def ups(self) -> list[float]:
        """Return when processes began to work: a little after their start."""
        return [float(line) for line in (self.folder / UP).read_text().split()]

    def declare(self) -> Opened:
        """Open a grave incident, once the database takes it."""
        return _patiently(self._declare)

    def tell(self) -> None:
        """Take what another system tells of an alert, as our door for such does."""
        alert = OutsideAlert(
            system="fraud",
            source="alertmanager",
            fingerprint="f1",
            rule="Errors",
            title="fraud: errors",
            firing=True,
        )

        def take() -> None:
            with self.database.unit("alertmanager", self.now()) as unit:
                outside.take(unit, [alert])

        _patiently(take)
        self.told_s = time.monotonic()

    def take(self) -> None:
        """Acknowledge the first incident that was declared."""

        def acknowledge() -> None:
            with self.database.unit("first", self.now()) as unit:
                moves.acknowledge(unit, self.opened[0].id)

        began_s = time.monotonic()
        first = self.opened[0].id
        _patiently(acknowledge)
        self.taken[first] = (began_s, time.monotonic())

    def jump(self, by_s: float) -> None:
        """Put the server's clock forward or back."""
        self._offset_s += by_s
        draft = self.folder / "clock.draft"
        draft.write_text(str(self._offset_s))
        draft.rename(self.folder / CLOCK)
        self.jumps.append(Jump(time.monotonic(), by_s))

    def crash_database(self, crash: Callable[[], None]) -> None:
        """Let the database crash; it is back when this returns."""
        self.database_crashes.append(time.monotonic())
        crash()
        self.database_crashes.append(time.monotonic())

    def calm(self) -> None:
        """From now on nothing goes wrong any more."""
        self._calm.set()
        self.calm_at = self.now()

    def _declare(self) -> Opened:
        now = self.now()
        with self.database.unit("lending", now) as unit:
            incident, entries = lifecycle.open_(
                id=unit.new_id("inc"),
                number=incidents.next_number(unit),
                system="loans",
                title="loans: wrong denials",
                severity=Severity.SEV1,
                severity_why="somebody said so",
                now=now,
                entry_ids=[unit.new_id("ent")],
            )
            incidents.add(unit, incident, entries, self.policy, fault_from=None)
        opened = Opened(incident.id, time.monotonic())
        self.opened.append(opened)
        return opened

    def _watch(self) -> None:
        """See when the alert of another system has opened an incident."""
        while not self._over.wait(0.1):
            if self.told_s is None:
                continue
            with suppress(Unavailable), self.database.reading() as conn:
                found = incidents.open_ones(conn, "fraud")
                if found:
                    self.opened.append(Opened(found[0].id, time.monotonic(), self.told_s))
                    return

    def _keep_alive(self, worker: int) -> None:
        """Start a process whenever there is none, until the run is over."""
        life = 0
        while not self._over.is_set():
            process = self._start(worker, life)
            while process.is_alive() and not self._over.is_set():
                process.join(0.05)
            if process.is_alive():
                _kill(process)
                return
            self.crashes.append(time.monotonic())
            self._over.wait(self.plan.pause_s(worker, life))
            life += 1

    def _start(self, worker: int, life: int) -> BaseProcess:
        told = Life(
            folder=str(self.folder),
            port=self._port,
            role=Role.ALL if self.plan.workers == 1 else Role.WORKER,
            database=None if self.database_url.startswith("sqlite") else self.database_url,
            dies_at=0 if self._calm.is_set() else self.plan.dies_at(worker, life),
            lookup_s=self.plan.lookup_s,
            seed=f"{self.plan.seed}/{worker}/{life}",
        )
        self.starts.append(time.monotonic())
        process = self._context.Process(target=serve, args=(told,))
        process.start()
        return process


def _patiently(act: Callable[[], T]) -> T:
    """Do it once the database takes it."""
    end_s = time.monotonic() + _PATIENCE_S
    while True:
        try:
            return act()
        except (Unavailable, Conflict):
            if time.monotonic() > end_s:
                raise
            time.sleep(0.1)


def _kill(process: BaseProcess) -> None:
    if process.pid is not None:
        with suppress(ProcessLookupError):
            os.kill(process.pid, signal.SIGKILL)
    process.join(10)


def _policy(file: Path) -> Policy:
    config = load(
        file.read_text(), str(file), {}, read=lambda name: (file.parent / name).read_text()
    )
    return config.policies["loans"]


def _reference(file: Path, rows: int = 400) -> None:
    rng = np.random.default_rng(7)
    at = np.datetime64("2026-10-01", "us") + np.arange(rows) * np.timedelta64(60, "m")
    score = rng.random(rows)
    table = pa.table(
        {
            "id": [f"r{k}" for k in range(rows)],
            "at": at,
            "income": rng.lognormal(10, 1, rows),
            "score": score,
            "approved": score >= 0.5,
        }
    )
    csv.write_csv(table, file)
