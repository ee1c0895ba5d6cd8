"""The profile duty in a real process that is killed (SIGKILL) at a chosen step of its way.

Steps are passed at every commit (before the unit, inside it with everything written, after it) and
in between (a table read, a batch counted).  A clean run tells how many there are; any of them can
be the last.  Nothing of this is known to the product: database and engine are wrapped here.
"""

import os
import shutil
import signal
import time
from collections.abc import Callable, Generator, Iterable, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import pairwise
from pathlib import Path

import numpy as np
import pyarrow as pa
from typing_extensions import override

from tests.forks import forking
from tests.jobs import counting
from tests.jobs.counting import NOW, ROWS, SPEC
from tocsin.engine import local
from tocsin.ingest.rows import OUTCOMES
from tocsin.jobs import profile as duty
from tocsin.jobs import rollup
from tocsin.jobs.rings import Kernel
from tocsin.jobs.worker import Worker
from tocsin.lake.delta import Lake
from tocsin.profile.cell import Cells, Profile
from tocsin.profile.cells import without_features
from tocsin.profile.codec import pack, pack_tally
from tocsin.profile.kernel import profile
from tocsin.profile.merge import merge
from tocsin.profile.spec import Spec
from tocsin.store import epochs, orphans, profiles
from tocsin.store.unit import Database, Unit

Named = list[tuple[str, bytes]]
Canonical = tuple[Named, Named, tuple[int, int], list[str]]
"""Cells, tallies, watermarks, and the outcomes that wait."""
Pass = Callable[[str], None]


@dataclass(frozen=True)
class Plan:
    """What one process is to do, and the number of the step at which it is to die; 0: never."""

    folder: str
    url: str
    dies_at: int = 0
    age: timedelta = timedelta(0)
    """How much later than the counts it is, for the roll-up."""
    leased: bool = False
    """Whether it works as a worker does, only while it holds the lease on the duty."""


def fill(lake: Lake, seed: int, cuts: int = 3) -> Profile:
    """Append a mix of rows, early, late and lost outcomes; return what all of it counts to.

    Args:
        lake: where to append.
        seed: which mix.
        cuts: how many times the predictions are cut; each piece is one version.
    """
    r = np.random.default_rng(seed)
    n = 40 * cuts
    rows = ROWS.slice(int(r.integers(0, ROWS.num_rows - n)), n)
    ends = [0, *sorted(r.choice(np.arange(1, n), cuts, replace=False).tolist()), n]
    order: list[int] = r.permutation(n).tolist()
    shuffled = rows.take(order)
    parts = [shuffled.slice(a, b - a) for a, b in pairwise(ends)]
    again = parts[int(r.integers(len(parts)))].slice(0, 3)  # sent twice, stored twice
    known = rows.slice(0, int(n * 0.8))  # of the rest no outcome ever comes
    appends: list[tuple[str, pa.Table]] = [("predictions", part) for part in (*parts, again)]
    appends += [("outcomes", known.slice(k, 40)) for k in range(0, known.num_rows, 40)]
    strangers = ROWS.slice(0, 5).set_column(0, "id", pa.array([f"stranger-{k}" for k in range(5)]))
    appends.append(("outcomes", strangers))
    order = r.permutation(len(appends)).tolist()
    for table, part in (appends[k] for k in order):
        if table == "predictions":
            lake.append("lending", "predictions", part.drop_columns(["label"]))
        else:
            outcome = part.select(["id", "at", "received_at", "label"]).cast(OUTCOMES)
            lake.append("lending", "outcomes", outcome)
    unlabelled = rows.slice(known.num_rows)
    counted = [
        known.append_column("label_at", known["at"]),
        *(part.drop_columns(["label"]) for part in (unlabelled, again)),
    ]
    total: Profile = {}
    for part in counted:
        total = merge(total, profile(part, SPEC))
    return total


class Killed:
    """One lake with one database, counted by processes that die."""

    def __init__(self, folder: Path, url: str) -> None:
        """Declare the system in the database at `url`; the lake is in `folder`."""
        self._folder, self._url = folder, url
        self.rings = counting.rings_at(folder, url)
        self._context = forking()

    def run(self, dies_at: int, age: timedelta | None = None) -> bool:
        """Let one process count, or roll up at this age; return whether it died on its way."""
        plan = Plan(str(self._folder), self._url, dies_at, age or timedelta(0))
        process = self._context.Process(target=roll_up if age else _work, args=(plan,))
        process.start()
        process.join(300)
        assert process.exitcode in (0, -signal.SIGKILL), process.exitcode
        return process.exitcode != 0

    def race(self, deaths: Sequence[int], *, leased: bool) -> None:
        """Let as many processes count at once as there are deaths; 0: one that lives.

        Args:
            deaths: the step at which each process dies.
            leased: whether they take turns by a lease.
        """
        processes = [
            self._context.Process(
                target=_work, args=(replace(self.plan, dies_at=step, leased=leased),)
            )
            for step in deaths
        ]
        for process in processes:
            process.start()
        for process in processes:
            process.join(300)
        codes = [process.exitcode for process in processes]
        assert codes == [-signal.SIGKILL if step else 0 for step in deaths]

    @property
    def plan(self) -> Plan:
        """What a process would do that nobody kills."""
        return Plan(str(self._folder), self._url)

    def steps(self) -> list[str]:
        """Count in this process, to the end; return the names of the steps that were passed."""
        return _work(self.plan)

    def canonical(self) -> Canonical:
        """Return all that is stored, as bytes that tell every difference."""
        with self.rings.database.reading() as conn:
            found = profiles.cells(conn, SPEC, counting.ALWAYS)
            tallies = profiles.tallies(conn, SPEC, counting.ALWAYS)
            marks = [profiles.watermark(conn, "lending", t) for t in ("predictions", "outcomes")]
            waiting = sorted(str(row["id"]) for row in orphans.waiting(conn, SPEC))
        return canonical(found), packed(tallies), (marks[0], marks[1]), waiting

    def close(self) -> None:
        """Let go of the database."""
        self.rings.database.close()


def canonical(found: Cells) -> Named:
    """Return cells as sorted keys and packed counts."""
    return sorted((repr(key), pack(counts)) for key, counts in found.items())


def packed(found: Profile) -> Named:
    """Return the outcomes and marks of a profile as sorted moments and packed tallies."""
    return sorted(
        (repr(moment), pack_tally(without_features(tally))) for moment, tally in found.items()
    )


def copied(template: Path, folder: Path) -> Path:
    """Return `folder` with the lake that rests in `template`."""
    shutil.copytree(template / "lake", folder / "lake")
    return folder


class _Doomed(Database):
    """Passes a step before, inside and after every unit that counts or closes."""

    passing: Pass

    @override
    @contextmanager
    def unit(self, actor: str, now: datetime, *, quiet: bool = False) -> Generator[Unit]:
        self.passing(f"{actor}: before the unit")
        with super().unit(actor, now, quiet=quiet) as unit:
            yield unit
            self.passing(f"{actor}: inside the unit")
        self.passing(f"{actor}: after the commit")


def _steps(plan: Plan) -> tuple[list[str], Pass]:
    """Return the list of steps that were passed, and what passes one or dies."""
    passed: list[str] = []

    def passing(name: str) -> None:
        passed.append(name)
        if len(passed) == plan.dies_at:
            os.kill(os.getpid(), signal.SIGKILL)

    return passed, passing


def roll_up(plan: Plan) -> list[str]:
    """Merge and drop old counts until nothing is due, at an instant that is later by `plan.age`."""
    passed, passing = _steps(plan)
    database = _Doomed(plan.url)
    database.passing = passing
    rings = counting.rings_of(database, Path(plan.folder))
    for k in range(10):
        rollup.run(rings, NOW + plan.age + k * timedelta(hours=1))
    database.close()
    return passed


def _work(plan: Plan) -> list[str]:
    """Count everything in portions of one version, closing an epoch after each."""
    passed, passing = _steps(plan)

    def engine(tables: Iterable[pa.Table], spec: Spec, kernel: Kernel) -> Profile:
        def watched() -> Generator[pa.Table]:
            for one in tables:
                yield one
                passing("a table read")

        counted = local.run(list(watched()), spec, kernel)
        passing("a batch counted")
        return counted

    database = _Doomed(plan.url)
    database.passing = passing
    rings = replace(
        counting.rings_of(database, Path(plan.folder)),
        engine_run=engine,
        clock=_fast,
        worker=f"worker-{os.getpid()}",
    )
    worker = Worker(rings, pipeline=[("profile", duty.run)]) if plan.leased else None
    portions, rounds = duty.VERSIONS_AT_ONCE, duty.ROUNDS_AT_ONCE
    duty.VERSIONS_AT_ONCE, duty.ROUNDS_AT_ONCE = 1, 1
    try:
        while counting.behind(rings):
            if worker is None:
                duty.run(rings, NOW)
            else:
                worker.once()
            with rings.database.unit("detect", NOW, quiet=True) as unit:
                epochs.close(unit, SPEC)
    finally:
        duty.VERSIONS_AT_ONCE, duty.ROUNDS_AT_ONCE = portions, rounds
    database.close()
    return passed


def _fast() -> datetime:
    """Return an instant on a clock that all processes share; a lease runs out within a second."""
    return NOW + timedelta(seconds=20 * time.monotonic())
