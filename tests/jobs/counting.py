"""A lake with predictions and outcomes to be counted, and a worker that dies at a boundary.

    python -m tests.jobs.counting FOLDER BOUNDARY ROUND     count; die at BOUNDARY in round ROUND

The boundaries live here: the duty itself knows nothing of them.
"""

import os
import signal
import sys
from collections.abc import Callable, Generator, Iterable
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
from typing_extensions import override

from tests.profile.rows import LENDING, START, lake_rows, spec_of, table
from tocsin.base.spans import Span
from tocsin.engine import local
from tocsin.ingest.rows import OUTCOMES
from tocsin.jobs import profile as duty
from tocsin.jobs.rings import Kernel, Rings
from tocsin.lake.committer import Committer
from tocsin.lake.delta import Lake
from tocsin.oncall.policy import Contact, Policy, Step
from tocsin.profile.cell import Profile
from tocsin.profile.kernel import profile
from tocsin.profile.spec import Spec
from tocsin.store import profiles, systems
from tocsin.store.unit import Database, Unit

NOW = START + timedelta(days=11)
ALWAYS = Span(START - timedelta(days=1), NOW)
_CONTACT = Contact("lending", "console", "-")
_POLICY = Policy("p", (Step(timedelta(0), (_CONTACT,)),), (_CONTACT,))

RAW = table(600, seed=7)
SPEC = spec_of(RAW)
ROWS = lake_rows(RAW, SPEC)


def expected() -> Profile:
    """What a single look at all rows with all labels counts."""
    return profile(ROWS, SPEC)


def rings_at(folder: Path) -> Rings:
    """Return the rings over the database and lake in `folder`; the system is declared."""
    database = Database(f"sqlite:///{folder}/tocsin.db")
    database.migrate()
    with database.unit("test", NOW) as unit:
        systems.save(unit, LENDING, SPEC, [], 0, "0" * 64)
    lake = Lake(str(folder / "lake"))
    return Rings(
        database=database,
        lake=lake,
        committer=Committer(lake),
        engine_run=local.run,
        notifiers={},
        clock=lambda: NOW,
        base_url="http://localhost",
        secret=b"-",
        policy=_POLICY,
    )


def predict(lake: Lake, start: int, stop: int) -> None:
    """Append the predictions of some rows."""
    lake.append("lending", "predictions", ROWS.slice(start, stop - start).drop_columns(["label"]))


def label(lake: Lake, start: int, stop: int) -> None:
    """Append the outcomes of some rows."""
    part = ROWS.slice(start, stop - start).select(["id", "at", "received_at", "label"])
    lake.append("lending", "outcomes", part.cast(OUTCOMES))


def fill(lake: Lake) -> None:
    """Append everything: some labels come before their prediction, some long after."""
    label(lake, 0, 100)
    predict(lake, 0, 250)
    label(lake, 100, 300)
    predict(lake, 250, 450)
    predict(lake, 450, 600)
    label(lake, 300, 600)


def stored(rings: Rings) -> Profile:
    """Return what has been counted."""
    with rings.database.reading() as conn:
        return profiles.cells(conn, SPEC, ALWAYS)


def count_until_done(rings: Rings) -> None:
    """Run the duty until the watermarks have reached the lake."""
    for _ in range(20):
        duty.run(rings, NOW)


class _Deadly(Database):
    """Kills the process right after the commit of a chosen unit of the duty."""

    die: Callable[[], None]

    @override
    @contextmanager
    def unit(self, actor: str, now: datetime, *, quiet: bool = False) -> Generator[Unit]:
        with super().unit(actor, now, quiet=quiet) as unit:
            yield unit
        if actor == duty.ACTOR:
            self.die()


def main(folder: Path, boundary: str, round_: int) -> None:
    """Count, and die by SIGKILL at `boundary` when it is reached for the `round_`th time."""
    passes = {"left": round_}

    def at(place: str) -> None:
        if place == boundary:
            passes["left"] -= 1
            if passes["left"] == 0:
                os.kill(os.getpid(), signal.SIGKILL)

    def engine(tables: Iterable[pa.Table], spec: Spec, kernel: Kernel) -> Profile:
        def watched() -> Generator[pa.Table]:
            for one in tables:
                yield one
                at("reading")

        read = list(watched())
        at("read")
        counted = local.run(read, spec, kernel)
        at("counted")
        return counted

    real = profiles.advance

    def advance(unit: Unit, spec: Spec, **rest: Any) -> None:
        real(unit, spec, **rest)
        at("written")

    rings = rings_at(folder)
    database = _Deadly(f"sqlite:///{folder}/tocsin.db")
    database.die = lambda: at("committed")
    profiles.advance = advance
    duty.VERSIONS_AT_ONCE = 2
    count_until_done(
        Rings(
            database=database,
            lake=rings.lake,
            committer=rings.committer,
            engine_run=engine,
            notifiers={},
            clock=rings.clock,
            base_url="",
            secret=b"-",
            policy=_POLICY,
        )
    )


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2], int(sys.argv[3]))
