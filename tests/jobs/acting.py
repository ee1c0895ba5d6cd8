"""Acts in a real process that is killed (SIGKILL) at a chosen step of applying or reverting.

One run applies a directive, lets it end, and takes it back.  Steps are passed right before and
right after every commit and every write to the setting; a clean run tells which there are.  Nothing
of this is known to the product: database and actuator are wrapped here.
"""

import os
import signal
from collections.abc import Callable, Generator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path

from typing_extensions import override

from tests.forks import forking
from tests.fresh import fresh
from tests.jobs.dial import FIRST, Dial, directive, outlet
from tests.jobs.scene import NOW, POLICY, no_engine
from tests.store.examples import SPEC
from tocsin.contain.apply import revert
from tocsin.ingest.system import Risk, System
from tocsin.jobs import act
from tocsin.jobs.rings import Rings
from tocsin.lake.committer import Committer
from tocsin.lake.delta import Lake
from tocsin.store import acts, containment, systems
from tocsin.store.unit import Database, Unit

LEASE = timedelta(seconds=30)
_COMMITS, _WRITES = 6, 2
"""Applying and reverting: claim, intent, end each; one write each."""
BOUNDARIES = [
    *(f"{when} commit {k}" for k in range(1, _COMMITS + 1) for when in ("before", "after")),
    *(f"{when} write {k}" for k in range(1, _WRITES + 1) for when in ("before", "after")),
]
Pass = Callable[[str], None]


@dataclass(frozen=True)
class Plan:
    """What one process is to do, and where it is to die; empty: nowhere."""

    folder: Path
    dies: str = ""


class Killed:
    """A setting and a database, worked on by a process that dies, then by one that lives."""

    def __init__(self, folder: Path) -> None:
        """Make both, with a directive in force."""
        self._plan = Plan(folder)
        (folder / "dial").write_text(FIRST)
        database = fresh(f"sqlite:///{folder}/tocsin.db")
        with database.unit("test", NOW) as unit:
            system = System(name="loans", risk=Risk.HIGH)
            systems.save(unit, system, SPEC, [], 0, "0" * 64)
            containment.add_directives(unit, [directive("dir_1", NOW, None)])
        database.close()
        self._context = forking()

    def dies(self, boundary: str) -> bool:
        """Let one process work until it dies at `boundary`; return whether it did."""
        plan = replace(self._plan, dies=boundary)
        process = self._context.Process(target=_work, args=(plan,))
        process.start()
        process.join(300)
        assert process.exitcode in (0, -signal.SIGKILL), process.exitcode
        return process.exitcode != 0

    def finish(self) -> tuple[list[str], str, int]:
        """Work to the end here; return the acts' phases, the setting, and all that was written."""
        _work(self._plan, later=LEASE + timedelta(seconds=1))
        database = Database(f"sqlite:///{self._plan.folder}/tocsin.db")
        with database.reading() as conn:
            tip = acts.tip(conn, "dial")
            found = containment.of_system(conn, "loans")
        assert tip is not None
        assert found[0].reverted_at is not None
        with database.reading() as conn:
            phases = [row.act.phase.value for row in acts.every(conn, "dial")]
        database.close()
        writes = (self._plan.folder / "writes").read_text().splitlines()
        assert len(set(writes)) == 2
        return phases, (self._plan.folder / "dial").read_text(), len(writes)


class _Doomed(Database):
    """Passes a step before and after every commit of the duty."""

    passing: Pass

    @override
    @contextmanager
    def unit(self, actor: str, now: datetime, *, quiet: bool = False) -> Generator[Unit]:
        with super().unit(actor, now, quiet=quiet) as unit:
            yield unit
            if actor == "tocsin":
                self.passing("before commit")
        if actor == "tocsin":
            self.passing("after commit")


def _work(plan: Plan, later: timedelta = timedelta(0)) -> None:
    """Apply, end and take back, as far as it is not done."""
    counts = {"commit": 0, "write": 0}

    def passing(name: str) -> None:
        when, _, what = name.partition(" ")
        counts[what] += when == "before"
        if f"{when} {what} {counts[what]}" == plan.dies:
            os.kill(os.getpid(), signal.SIGKILL)

    database = _Doomed(f"sqlite:///{plan.folder}/tocsin.db")
    database.passing = passing
    dial = Dial(plan.folder / "dial")

    dial.passing = lambda name: passing(name.replace("the ", ""))
    plain = dial.write

    def write(value: str, expecting: str, key: str) -> None:
        with (plan.folder / "writes").open("a") as log:
            log.write(f"{key}\n")
        plain(value, expecting, key)

    dial.write = write  # pyright: ignore[reportAttributeAccessIssue] - keeps a log beside
    lake = Lake(str(plan.folder / "lake"))
    now = [NOW + later]
    rings = Rings(
        database=database,
        lake=lake,
        committer=Committer(lake),
        engine_run=no_engine,
        notifiers={},
        clock=lambda: now[0],
        base_url="http://localhost:8470",
        secret=b"a secret of this installation",
        policy=POLICY,
        actuators={"dial": outlet(dial)},
        lease=LEASE,
    )
    act.run(rings, now[0])
    now[0] += LEASE * 2
    act.run(rings, now[0])
    with database.reading() as conn:
        (one,) = containment.of_system(conn, "loans")
    if one.in_force(now[0]):
        with database.unit("aspen", now[0]) as unit:
            containment.save_directive(unit, revert(one, now[0]))
    for _ in range(3):
        act.run(rings, now[0])
        now[0] += LEASE * 2
    rings.committer.close()
    database.close()
