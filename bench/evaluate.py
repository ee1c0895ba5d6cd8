"""What one look costs: 500 monitors × 60 slices, with 90 days of hourly profiles behind it.

    python bench/evaluate.py [--days N]

A binary system of 41 numeric and 32 categorical features, 30 segments and 29 channels, so 60 slices
with everyone.  Its reference is 60,000 rows of 30 days.  One day of 24 hours is counted; the stored
rows of the 89 days before it are copies of that day's, as SQLite keeps them.  A look reads the
database and judges, as the `detect` duty has it done: windows are days, looked at once an hour.

Cost is linear: the same with half the features, with half the segments, and with half the days.
"""

import argparse
import tempfile
import time
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from statistics import median

import numpy as np
import pyarrow as pa
import sqlalchemy as sa

from tocsin.base.spans import Span
from tocsin.detect.budget import Budget
from tocsin.detect.evaluate import harm_monitors, other_monitors
from tocsin.detect.finding import Finding
from tocsin.detect.terms import Terms
from tocsin.ingest.rows import INSTANT
from tocsin.ingest.system import Columns, System
from tocsin.ingest.tabular import from_table
from tocsin.jobs import evaluation
from tocsin.profile.blocks import tallies
from tocsin.profile.kernel import profile
from tocsin.profile.learn import learn
from tocsin.profile.spec import Spec
from tocsin.store import epochs, profiles, systems, tables
from tocsin.store.unit import Database

DAY, HOUR = timedelta(days=1), timedelta(hours=1)
TODAY = datetime(2026, 11, 1, tzinfo=UTC)
SYSTEM = System(
    name="bench",
    columns=Columns(id="id", time="at", score="score", prediction="yes", label="label"),
    slices=("segment", "channel"),
)
ROWS_A_DAY = 72_000
LOOKS = 5


@dataclass(frozen=True)
class Cost:
    """Of one look: monitors of one slice, slices, hours, findings, and seconds."""

    monitors: int
    slices: int
    hours: int
    findings: int
    first_s: float
    wall_s: float
    cpu_s: float


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--days", type=int, default=90)
    days = parser.parse_args().days
    print(f"{'monitors':>8} {'slices':>6} {'hours':>6} {'first s':>8} {'wall s':>7} {'CPU s':>7}")
    for features, segments, length in (
        (73, 30, days),
        (36, 30, days),
        (73, 15, days),
        (73, 30, days // 2),
    ):
        with tempfile.TemporaryDirectory() as folder:
            one = measured(Path(folder), features, segments, length)
        print(
            f"{one.monitors:8} {one.slices:6} {one.hours:6} {one.first_s:8.2f} {one.wall_s:7.2f}"
            f" {one.cpu_s:7.2f}   {one.findings:,} findings"
        )


def measured(folder: Path, features: int, segments: int, days: int) -> Cost:
    """Return what a look at a system of this size costs, the first and the median of the next."""
    database = Database(f"sqlite:///{folder}/tocsin.db")
    database.migrate()
    reference = raw(TODAY - 130 * DAY, 30 * DAY, 60_000, features, segments)
    spec = learn(reference, SYSTEM)
    rows = from_table(reference, spec.schema, SYSTEM, TODAY).table
    with database.unit("bench", TODAY) as unit:
        cut = [tally for _, tally in tallies(rows, spec)]
        systems.save(unit, SYSTEM, spec, cut, rows.num_rows, "")
    fill(database, spec, raw(TODAY - DAY, DAY, ROWS_A_DAY, features, segments), days)
    with database.unit("bench", TODAY) as unit:
        stamp = epochs.close(unit, spec)
    budget = Budget.of(1.0, 3600)
    terms = Terms(
        system=SYSTEM,
        reference_sha256="",
        budget=budget,
        window=Span(TODAY - DAY, TODAY),
        history_from=TODAY - days * DAY,
        now=TODAY,
        last_at=TODAY,
    )
    walls, cpus, found = list[float](), list[float](), list[Finding]()
    for _ in range(LOOKS + 1):
        wall_s, cpu_s = time.perf_counter(), time.process_time()
        with database.reading() as conn:
            stored = systems.get(conn, "bench")
            found = evaluation.evaluated(conn, stored, terms, stamp)
        walls.append(time.perf_counter() - wall_s)
        cpus.append(time.process_time() - cpu_s)
    slices = len(spec.slices) + 1
    monitors = (harm_monitors(spec, SYSTEM) + other_monitors(spec, SYSTEM)).total // slices
    return Cost(
        monitors, slices, 24 * days, len(found), walls[0], median(walls[1:]), median(cpus[1:])
    )


def fill(database: Database, spec: Spec, day: pa.Table, days: int) -> None:
    """Count `day`, hour by hour, and let it have been the same on each of the days before."""
    rows = from_table(day, spec.schema, SYSTEM, TODAY).table
    with database.unit("bench", TODAY) as unit:
        profiles.advance(unit, spec, moves={}, delta=profile(rows, spec))
        for table in (tables.profile, tables.tally):
            copies = [dict(row) for row in unit.conn.execute(sa.select(table)).mappings()]
            for back in range(1, days):
                unit.conn.execute(
                    sa.insert(table),
                    [row | {"bucket": row["bucket"] - back * DAY} for row in copies],
                )


def raw(start: datetime, length: timedelta, n: int, features: int, segments: int) -> pa.Table:
    """Return `n` decisions as a service's own table has them."""
    r = np.random.default_rng(n)
    score = r.random(n)
    numeric = features * 4 // 7
    columns: dict[str, object] = {
        "id": [str(k) for k in range(n)],
        "at": pa.array([start + k * length / n for k in range(n)], INSTANT),
        "score": score,
        "yes": score >= 0.5,
        "label": r.random(n) < score,
        "segment": np.char.add("segment-", r.integers(0, segments, n).astype(str)),
        "channel": np.char.add("channel-", r.integers(0, segments - 1, n).astype(str)),
    }
    columns |= {f"x{k}": r.normal(size=n) for k in range(numeric)}
    columns |= {f"c{k}": r.choice(list("abcdefgh"), n) for k in range(features - numeric)}
    return pa.table(columns)


if __name__ == "__main__":
    main()
