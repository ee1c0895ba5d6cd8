"""A stage for duties: a real database, a clock that moves when told, and inboxes that may fail."""

import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pyarrow as pa

from tests.fresh import fresh
from tests.store.examples import SPEC
from tocsin.alert.notice import Notice
from tocsin.alert.ports import DeliveryError, Reason, Receipt
from tocsin.detect.finding import Finding
from tocsin.detect.stages import SERVING
from tocsin.incident import lifecycle
from tocsin.incident.incident import Incident, Severity
from tocsin.ingest.system import Risk, System
from tocsin.jobs.rings import Kernel, Rings
from tocsin.lake.committer import Committer
from tocsin.lake.delta import Lake
from tocsin.oncall.policy import Contact, Policy, Step
from tocsin.profile.cell import Profile
from tocsin.profile.spec import Spec
from tocsin.store import findings, incidents, stages, systems
from tocsin.store.steady import Steady
from tocsin.store.unit import Database, Unit

NOW = datetime(2026, 11, 20, 14, 5, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
SECOND = timedelta(seconds=1)
LENDING = Contact("lending", "mail", "lending@example.org")
DUTY = Contact("duty", "hook", "")
BOSS = Contact("boss", "mail", "boss@example.org")
POLICY = Policy(
    "lending",
    (Step(timedelta(0), (LENDING,)), Step(5 * MINUTE, (DUTY,))),
    catch_all=(BOSS,),
    repeat_every=10 * MINUTE,
    repeats=1,
)


@dataclass
class Clock:
    """Stands still until time passes, or somebody sets it."""

    now: datetime = NOW
    since: timedelta = timedelta(0)

    def __call__(self) -> datetime:
        return self.now

    def steady(self) -> Steady:
        return Steady("boot", self.since)

    def move(self, by: timedelta) -> datetime:
        self.since += by
        return self.set(by)

    def set(self, by: timedelta) -> datetime:
        self.now += by
        return self.now


@dataclass
class Inbox:
    """A `Notifier` that keeps what it takes; `faults` are raised first, one per send."""

    channel: str
    taken: list[Notice] = field(default_factory=list[Notice])
    faults: list[Exception] = field(default_factory=list[Exception])
    broken: Exception | None = None
    gate: threading.Event | None = None
    on_take: Callable[[], None] | None = None

    def send(self, notice: Notice) -> Receipt:
        if self.gate is not None:
            assert self.gate.wait(300)
        if self.faults:
            raise self.faults.pop(0)
        if self.broken is not None:
            raise self.broken
        self.taken.append(notice)
        if self.on_take is not None:
            self.on_take()
        return Receipt(self.channel, notice.key)


def fault(*, retryable: bool) -> DeliveryError:
    return DeliveryError("receiver said no", retryable=retryable, reason=Reason.SERVER)


def no_engine(_tables: Iterable[pa.Table], _spec: Spec, _kernel: Kernel) -> Profile:
    raise AssertionError("no duty under test counts rows")


@dataclass
class Scene:
    """What a test plays with."""

    database: Database
    clock: Clock
    mail: Inbox
    hook: Inbox
    rings: Rings

    def observe(self, *seen: Finding, system: str = "loans") -> None:
        """Let detection have said exactly `seen` now."""
        with self.database.unit("detect", self.clock()) as unit:
            findings.save(unit, system, self.clock(), seen, whole=True)

    def declare(self, *names: str, risk: Risk = Risk.HIGH) -> None:
        with self.database.unit("test", self.clock()) as unit:
            for name in names:
                system = System(name=name, risk=risk)
                systems.save(unit, system, SPEC, [], 0, "0" * 64)
                stages.beat(unit, SERVING, name)  # a guard asks what is in force

    def storm(self, number: int) -> None:
        """Let so many incidents be opened at once, without any page yet."""
        with self.database.unit("lending", self.clock()) as unit:
            for _ in range(number):
                self._open(unit, Severity.SEV3)

    def declare_incident(self, severity: Severity = Severity.SEV1) -> Incident:
        """Let somebody open an incident by hand, without any page yet."""
        with self.database.unit("lending", self.clock()) as unit:
            return self._open(unit, severity)

    def _open(self, unit: Unit, severity: Severity) -> Incident:
        incident, entries = lifecycle.open_(
            id=unit.new_id("inc"),
            number=incidents.next_number(unit),
            system="loans",
            title="loans: wrong denials",
            severity=severity,
            severity_why="somebody said so",
            now=self.clock(),
            entry_ids=[unit.new_id("ent")],
            actor="lending",
        )
        incidents.add(unit, incident, entries, self.rings.policy, fault_from=None)
        return incident


def scene(folder: Path, policy: Policy = POLICY) -> Iterator[Scene]:
    """Yield a scene with the system `loans`; close it afterwards."""
    database = fresh(f"sqlite:///{folder}/tocsin.db")
    clock, mail, hook = Clock(), Inbox("smtp"), Inbox("webhook")
    lake = Lake(str(folder / "lake"))
    committer = Committer(lake)
    rings = Rings(
        database=database,
        lake=lake,
        committer=committer,
        engine_run=no_engine,
        notifiers={"mail": mail, "hook": hook},
        clock=clock,
        base_url="http://localhost:8470",
        secret=b"a secret of this installation",
        policy=policy,
    )
    one = Scene(database, clock, mail, hook, rings)
    one.declare("loans")
    yield one
    committer.close()
    database.close()


def keys(notices: Sequence[Notice]) -> list[str]:
    """Return the pages' keys without the incident's id."""
    return [notice.key.partition("/")[2] for notice in notices]
