"""What it costs to count one more hour: the first of a system, and the 2,160th (90 days later).

    python bench/incremental.py [--hours N] [--rows N]

One realistic system: 20 numeric and 10 categorical features, a slice of 50 segments, a protected
attribute of 5 groups.  Five hours are counted at the start and five at the end, each of `--rows`
predictions, then of outcomes of the hour before (time-sortable ids) and of any time (random ids).

The history between is synthesised: its profiles are stored rows copied from the first hour's, one
closed epoch an hour; its lake versions are real files of a few hundred rows each.
"""

import argparse
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from statistics import median

import numpy as np
import pyarrow as pa
import sqlalchemy as sa

from tocsin.base.spans import Span
from tocsin.engine import local
from tocsin.ingest.rows import INSTANT, OUTCOMES
from tocsin.ingest.system import Columns, System
from tocsin.ingest.tabular import from_table
from tocsin.jobs import profile as duty
from tocsin.jobs.rings import Rings
from tocsin.lake.committer import Committer
from tocsin.lake.delta import Lake
from tocsin.oncall.policy import Contact, Policy, Step
from tocsin.profile.learn import learn
from tocsin.profile.spec import Spec
from tocsin.store import epochs, profiles, systems, tables
from tocsin.store.unit import Database

START = datetime(2026, 8, 1, tzinfo=UTC)
HOUR = timedelta(hours=1)
SYSTEM = System(
    name="bench",
    columns=Columns(id="id", time="at", score="score", prediction="yes", label="label"),
    slices=("segment",),
    protected=("group",),
)
_NOBODY = Contact("nobody", "console", "")
_POLICY = Policy("bench", (Step(timedelta(0), (_NOBODY,)),), (_NOBODY,))
HISTORY_ROWS = 200
"""Rows of one hour of the synthesised history."""
MEASURED = 5


@dataclass(frozen=True)
class Cost:
    """CPU and wall seconds of one call."""

    cpu_s: float
    wall_s: float


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--hours", type=int, default=2160)
    parser.add_argument("--rows", type=int, default=10_000)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        rings, spec = begin(Path(folder))
        first = [measured(rings, spec, hour, given.rows) for hour in range(MEASURED)]
        age(rings, spec, range(MEASURED, given.hours - MEASURED))
        last = [
            measured(rings, spec, hour, given.rows)
            for hour in range(given.hours - MEASURED, given.hours)
        ]
    names = ("predictions of one hour", "outcomes of the hour before", "outcomes of any hour")
    print(f"{'':32}{'hour 1':>22}{f'hour {given.hours}':>22}{'ratio':>14}   (CPU s / wall s)")
    for k, name in enumerate(names):
        a, b = middle([one[k] for one in first]), middle([one[k] for one in last])
        print(
            f"{name:32}{a.cpu_s:>14.3f} /{a.wall_s:6.3f}{b.cpu_s:>14.3f} /{b.wall_s:6.3f}"
            f"{b.cpu_s / a.cpu_s:>8.2f} /{b.wall_s / a.wall_s:5.2f}"
        )


def begin(folder: Path) -> tuple[Rings, Spec]:
    """Return the rings over a new system."""
    database = Database(f"sqlite:///{folder}/tocsin.db")
    database.migrate()
    reference = raw(0, 20_000)
    spec = learn(reference, SYSTEM)
    with database.unit("bench", START) as unit:
        systems.save(unit, SYSTEM, spec, (), reference.num_rows, "")
    lake = Lake(str(folder / "lake"))
    rings = Rings(
        database=database,
        lake=lake,
        committer=Committer(lake),
        engine_run=local.run,
        notifiers={},
        clock=lambda: START,
        base_url="",
        secret=b"-",
        policy=_POLICY,
    )
    return rings, spec


def raw(hour: int, n: int) -> pa.Table:
    """Return `n` decisions of one hour as a service's own table has them."""
    r = np.random.default_rng(hour)
    score = r.random(n)
    at = [START + hour * HOUR + k * HOUR / n for k in range(n)]
    columns: dict[str, object] = {
        "id": [f"{r.bytes(8).hex()}-{hour}-{k}" for k in range(n)],
        "at": pa.array(at, INSTANT),
        "score": score,
        "yes": score >= 0.5,
        "label": r.random(n) < score,
        "segment": np.char.add("segment-", r.integers(0, 50, n).astype(str)),
        "group": r.choice(list("abcde"), n),
    }
    columns |= {f"x{k}": r.normal(size=n) for k in range(20)}
    columns |= {f"c{k}": r.choice(list("abcdefgh"), n) for k in range(10)}
    return pa.table(columns)


def rows_of(spec: Spec, hour: int, n: int) -> pa.Table:
    """Return the rows of one hour as the lake keeps them, labels beside."""
    accepted = from_table(raw(hour, n), spec.schema, SYSTEM, START + (hour + 1) * HOUR)
    assert not accepted.rejected
    return accepted.table


def age(rings: Rings, spec: Spec, hours: range) -> None:
    """Let hours pass: stored rows copied from the first hour's, lake versions of a few rows."""
    with rings.database.reading() as conn:
        cells = profiles.cells(conn, spec, Span(START, START + HOUR))
    for hour in hours:
        rows = rows_of(spec, hour, HISTORY_ROWS)
        rings.lake.append("bench", "predictions", rows.drop_columns(["label"]))
        outcomes(rings, rows)
    table = tables.profile
    with rings.database.unit("bench", START) as unit:
        start = epochs.present(unit.conn, spec)
        query = sa.select(table).where(table.c.bucket == START, table.c.since == 0)
        copies = [dict(row) for row in unit.conn.execute(query).mappings()]
        assert len(copies) == len(cells)
        for k, hour in enumerate(hours):
            seen = {"bucket": START + hour * HOUR, "epoch": start + k, "since": start + k}
            unit.conn.execute(sa.insert(table), [row | seen for row in copies])
            epochs.close(unit, spec)
        for name in ("predictions", "outcomes"):
            marks = tables.watermark
            version = rings.lake.version("bench", name)
            unit.conn.execute(
                sa.update(marks).where(marks.c.lake_table == name).values(version=version)
            )


def measured(rings: Rings, spec: Spec, hour: int, n: int) -> tuple[Cost, Cost, Cost]:
    """Return the cost of counting an hour, its outcomes, and outcomes of any hour."""
    rows = rows_of(spec, hour, n)
    rings.lake.append("bench", "predictions", rows.drop_columns(["label"]))
    counted = cost(rings)
    outcomes(rings, rows.slice(0, n // 2))
    fresh = cost(rings)
    r = np.random.default_rng(hour)
    some = sorted({int(r.integers(0, max(1, hour - MEASURED))) for _ in range(100)})
    late = [rows_of(spec, one, n if one < MEASURED else HISTORY_ROWS) for one in some]
    at_most = 2000 // len(some)  # as many in all, whether of a few hours or of a hundred
    picked = [part.slice(part.num_rows // 2).slice(0, at_most) for part in late]
    outcomes(rings, pa.concat_tables(picked))
    anywhere = cost(rings)
    with rings.database.unit("detect", START, quiet=True) as unit:
        epochs.close(unit, spec)
    return counted, fresh, anywhere


def outcomes(rings: Rings, rows: pa.Table) -> None:
    """Append the outcomes of some rows."""
    part = rows.select(["id", "at", "received_at", "label"]).cast(OUTCOMES)
    rings.lake.append("bench", "outcomes", part)


def cost(rings: Rings) -> Cost:
    """Return the cost of one round of the duty."""
    wall_s, cpu_s = time.perf_counter(), time.process_time()
    duty.run(rings, START)
    return Cost(time.process_time() - cpu_s, time.perf_counter() - wall_s)


def middle(costs: list[Cost]) -> Cost:
    """Return the median of each kind of seconds."""

    def of(value: Callable[[Cost], float]) -> float:
        return median(value(one) for one in costs)

    return Cost(of(lambda one: one.cpu_s), of(lambda one: one.wall_s))


if __name__ == "__main__":
    main()
