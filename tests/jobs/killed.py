"""The paging path in a real process that is killed (SIGKILL) at a chosen boundary.

One run is: escalate (one commit for the clock, one per incident), claim (one commit), and per page
a send and a commit of its receipt.  With two incidents that makes six commits and two sends; the
process can die right before and right after each of them.  Nothing of this is known to the product:
the database and the notifier are wrapped here.
"""

import os
import signal
from collections import Counter
from collections.abc import Callable, Generator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

import httpx
from typing_extensions import override

from tests.forks import forking
from tests.fresh import fresh
from tests.jobs.scene import NOW, no_engine
from tocsin.alert.notice import Notice
from tocsin.alert.ports import Notifier, Receipt
from tocsin.incident import lifecycle
from tocsin.incident.incident import EntryKind, Severity
from tocsin.integrations.webhook import Settings, Webhook
from tocsin.jobs import oncall
from tocsin.jobs.rings import Rings
from tocsin.lake.committer import Committer
from tocsin.lake.delta import Lake
from tocsin.oncall.policy import Contact, Policy, Step
from tocsin.store import incidents, pages
from tocsin.store.pages import PageState
from tocsin.store.unit import Database, Unit

BOUNDARIES = [
    *(f"{when} commit {k}" for k in range(1, 7) for when in ("before", "after")),
    *(f"{when} send {k}" for k in (1, 2) for when in ("before", "after")),
]
LEASE = timedelta(seconds=30)
BETWEEN_RUNS = LEASE + timedelta(seconds=1)
_MINUTE = timedelta(minutes=1)
_POLICY = Policy(
    "lending",
    (
        Step(timedelta(0), (Contact("lending", "hook", ""),)),
        Step(5 * _MINUTE, (Contact("duty", "hook", ""),)),
    ),
    catch_all=(Contact("boss", "hook", ""),),
    repeat_every=10 * _MINUTE,
)
Die = Callable[[str], None]


@dataclass(frozen=True)
class Plan:
    """What one process is to do, and where it is to die."""

    folder: str
    url: str
    now: datetime
    boundary: str | None = None


class Doomed(Database):
    """Dies right before or right after a commit."""

    def __init__(self, url: str, die: Die) -> None:
        super().__init__(url)
        self._die, self._n = die, 0

    @override
    @contextmanager
    def unit(self, actor: str, now: datetime, *, quiet: bool = False) -> Generator[Unit]:
        self._n += 1
        k = self._n
        with super().unit(actor, now, quiet=quiet) as unit:
            yield unit
            self._die(f"before commit {k}")
        self._die(f"after commit {k}")


class Deadly:
    """A notifier that dies right before or right after a send."""

    def __init__(self, inner: Notifier, die: Die) -> None:
        self._inner, self._die, self._n = inner, die, 0

    def send(self, notice: Notice) -> Receipt:
        self._n += 1
        k = self._n
        self._die(f"before send {k}")
        receipt = self._inner.send(notice)
        self._die(f"after send {k}")
        return receipt


class Crash:
    """Runs the paging path again and again in processes that die; keeps count and time."""

    def __init__(self, folder: Path, url: str) -> None:
        self._folder, self._url = str(folder), url
        self._now = NOW
        self.deaths = 0
        self.database = fresh(f"sqlite:///{folder}/tocsin.db")
        self._context = forking()

    def declare(self, n: int = 2) -> None:
        """Open `n` grave incidents."""
        for _ in range(n):
            with self.database.unit("lending", self._now) as unit:
                incident, entries = lifecycle.open_(
                    id=unit.new_id("inc"),
                    number=incidents.next_number(unit),
                    system="loans",
                    title="loans: wrong denials",
                    severity=Severity.SEV1,
                    severity_why="somebody said so",
                    now=self._now,
                    entry_ids=[unit.new_id("ent")],
                )
                incidents.add(unit, incident, entries, _POLICY, fault_from=None)

    def run(self, boundary: str) -> None:
        """Let one process work; it dies at `boundary`, if it comes that far."""
        plan = Plan(self._folder, self._url, self._now, boundary)
        process = self._context.Process(target=_work, args=(plan,))
        process.start()
        process.join(300)
        assert process.exitcode in (0, -signal.SIGKILL), process.exitcode
        self.deaths += process.exitcode != 0
        self._now += BETWEEN_RUNS

    def finish(self) -> None:
        """Do what a worker that nobody kills does next; a new process would only cost time."""
        _work(Plan(self._folder, self._url, self._now))
        self._now += BETWEEN_RUNS

    def judge(self, received: Sequence[str]) -> None:
        """Assert that nothing was lost and little doubled; `received` are keys as they arrived."""
        with self.database.reading() as conn:
            everything = incidents.recent(conn, 1000)
            rows = [row for one in everything for row in pages.of_incident(conn, one.id)]
            told = Counter(
                entry.facts["page"]
                for one in everything
                for entry in incidents.timeline(conn, one.id)
                if entry.kind == EntryKind.PAGE
            )
            assert pages.unguarded(conn, self._now) == []
        last_run_at = self._now - BETWEEN_RUNS
        due = [row for row in rows if row.due_at <= last_run_at]
        assert len(due) >= len(everything) > 0
        arrived = Counter(received)
        for row in due:
            assert arrived[row.key] >= 1, f"{row.key} was lost"
            assert row.state == PageState.ACCEPTED
            assert told[row.id] == 1
        assert set(arrived) <= {row.key for row in rows}
        assert len(received) - len(arrived) <= self.deaths
        self.database.close()


def _work(plan: Plan) -> None:
    """Run the paging duties in this process."""

    def die(boundary: str) -> None:
        if boundary == plan.boundary:
            os.kill(os.getpid(), signal.SIGKILL)

    # without authorities: reading them takes longer than all the rest, and nothing here is https
    with httpx.Client(verify=False) as client:
        settings = Settings(url=plan.url, secret="a secret of sixteen characters", timeout_s=30)
        lake = Lake(f"{plan.folder}/lake")
        rings = Rings(
            database=Doomed(f"sqlite:///{plan.folder}/tocsin.db", die),
            lake=lake,
            committer=Committer(lake),
            engine_run=no_engine,
            notifiers={"hook": Deadly(Webhook(settings, client), die)},
            clock=lambda: plan.now,
            base_url="http://localhost:8470",
            secret=b"a secret of this installation",
            policy=_POLICY,
            worker=f"worker-{os.getpid()}",
            lease=LEASE,
        )
        oncall.escalate(rings, plan.now)
        for _ in range(20):  # a round sends as many as there are threads
            if _anything_due(rings.database, plan.now):
                oncall.deliver(rings, plan.now)


def _anything_due(database: Database, now: datetime) -> bool:
    with database.reading() as conn:
        return bool(pages.overdue(conn, now + timedelta(microseconds=1)))
