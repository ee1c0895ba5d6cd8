"""A lake with predictions and outcomes to be counted."""

from datetime import timedelta
from functools import cache
from pathlib import Path

from tests.fresh import fresh
from tests.profile.rows import LENDING, START, lake_rows, spec_of, table
from tocsin.base.spans import Span
from tocsin.engine import local
from tocsin.ingest.rows import OUTCOMES
from tocsin.jobs import profile as duty
from tocsin.jobs.rings import Rings
from tocsin.lake.committer import Committer
from tocsin.lake.delta import Lake
from tocsin.oncall.policy import Contact, Policy, Step
from tocsin.profile.cell import Cells
from tocsin.profile.cells import cells
from tocsin.profile.kernel import profile
from tocsin.profile.spec import Spec
from tocsin.store import profiles, systems
from tocsin.store.unit import Database

NOW = START + timedelta(days=11)
ALWAYS = Span(START - timedelta(days=1), NOW)
_CONTACT = Contact("lending", "console", "-")
_POLICY = Policy("p", (Step(timedelta(0), (_CONTACT,)),), (_CONTACT,))

RAW = table(600, seed=7)
SPEC = spec_of(RAW)
ROWS = lake_rows(RAW, SPEC)


@cache
def expected(spec: Spec = SPEC) -> Cells:
    """What a single look at all rows with all labels counts."""
    return cells(profile(ROWS.append_column("label_at", ROWS["at"]), spec), spec)


def rings_at(folder: Path, url: str | None = None) -> Rings:
    """Return the rings over a database and the lake in `folder`; the system is declared.

    Args:
        folder: where the lake is.
        url: of the database; None: a SQLite file in the folder.
    """
    database = fresh(url or f"sqlite:///{folder}/tocsin.db")
    with database.unit("test", NOW) as unit:
        systems.save(unit, LENDING, SPEC, [], 0, "0" * 64)
    return rings_of(database, folder)


def rings_of(database: Database, folder: Path) -> Rings:
    """Return the rings over `database` and the lake in `folder`."""
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


def stored(rings: Rings) -> Cells:
    """Return what has been counted."""
    with rings.database.reading() as conn:
        return profiles.cells(conn, SPEC, ALWAYS)


def count_until_done(rings: Rings) -> None:
    """Run the duty until the watermarks have reached the lake, and once more for nothing."""
    for _ in range(20):
        if not behind(rings):
            break
        duty.run(rings, NOW)
    assert not behind(rings)
    duty.run(rings, NOW)


def behind(rings: Rings) -> bool:
    """Whether the lake has versions that are not counted."""
    with rings.database.reading() as conn:
        return any(
            profiles.watermark(conn, "lending", table) < rings.lake.version("lending", table)
            for table in ("predictions", "outcomes")
        )
