"""The simulated system of the worlds: its decisions, counted by the real kernel.

One region's income arrives a thousand times too small from `ONSET` on.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from functools import lru_cache

import numpy as np
import pyarrow as pa

from tests.web.cast import NOW
from tocsin.base.spans import Span
from tocsin.detect.baseline import Baseline
from tocsin.detect.budget import Budget
from tocsin.detect.evaluate import evaluate
from tocsin.detect.finding import Finding
from tocsin.detect.sli import events
from tocsin.detect.slo import Objective, course_of
from tocsin.ingest.rows import INSTANT
from tocsin.ingest.slo import Slo
from tocsin.ingest.system import Columns, Impact, Risk, System
from tocsin.ingest.tabular import from_table
from tocsin.profile.blocks import blocks, tallies
from tocsin.profile.cell import Cells, Profile
from tocsin.profile.cells import cells
from tocsin.profile.kernel import profile
from tocsin.profile.layout import layout_of
from tocsin.profile.learn import learn
from tocsin.profile.leaves import add, leaves
from tocsin.profile.spec import Spec
from tocsin.profile.window import window

HOUR, MINUTE = timedelta(hours=1), timedelta(minutes=1)
DAYS = 8
ONSET = NOW - 185 * MINUTE
SLOS = (
    Slo(name="calls-30d", sli="availability", target=0.995),
    Slo(name="income-7d", sli="missing", column="income", target=0.98, period_s=7 * 86400),
    Slo(name="right-in-north", sli="accuracy", target=0.7, slice="region=north"),
)
REGIONS = ("north", "south", "east", "west")


def system(name: str = "loan-approval", owner: str = "lending") -> System:
    """Return the system that is watched."""
    return System(
        name=name,
        owner=owner,
        risk=Risk.HIGH,
        columns=Columns(
            id="id",
            time="at",
            score="score",
            prediction="approved",
            label="repaid",
            version="version",
        ),
        slices=("region", "channel"),
        protected=("sex", "age_band"),
        bucket_s=900,
        window_s=21600,
        slos=SLOS,
        impact=Impact(unit="loan decision", cost_per_error=1800.0),
    )


def decisions(
    seed: int, start: datetime, hours: int, regions: Sequence[str], *, faulty: bool
) -> pa.Table:
    """Return raw decisions, fewer at night; faulty: income in north comes in thousands."""
    r = np.random.default_rng(seed)
    hour_of = np.arange(hours)
    of_day = (start.hour + hour_of) % 24
    per_hour = r.poisson(200 + 320 * np.exp(-(((of_day - 13) / 5) ** 2)))
    if faulty:
        per_hour[60:65] = 0  # the feed was down one night
    at_hour = np.repeat(hour_of, per_hour)
    n = len(at_hour)
    offset = at_hour + r.random(n)
    weights = np.array([0.3, 0.3, 0.2, 0.2] if len(regions) == 4 else [1.0] * len(regions))
    region = r.choice(regions, n, p=weights / weights.sum())
    income = r.lognormal(10.2, 0.5, n)
    years = r.integers(6, 21, n).astype(float)
    truth = 0.9 * (np.log(income) - 10.2) + 0.14 * (years - 12) + 0.35
    seen = income.copy()
    onset = (ONSET - start) / HOUR
    hit = (region == "north") & (offset >= onset) if faulty else np.zeros(n, bool)
    seen[hit] /= 1000
    # from containment on, rules that do not look at income decide in north
    ruled = hit & (offset >= onset + 0.5)
    logit = truth + np.where(hit & ~ruled, -1.9, 0.0) + r.normal(0, 0.7, n)
    score = 1 / (1 + np.exp(-logit * 1.4))
    approved = score >= 0.5
    repaid = r.random(n) < 1 / (1 + np.exp(-truth * 1.9))
    missing = r.random(n) < np.where(hit, 0.09, 0.012)
    labelled = offset < hours - 30 if faulty else np.ones(n, bool)
    order = np.argsort(offset)
    at = [start + timedelta(hours=float(x)) for x in offset[order]]
    version = np.where(offset < hours - 60, "2026-10-02", "2026-11-18")
    table = {
        "id": [f"{seed}-{k}" for k in range(n)],
        "at": pa.array(at, INSTANT),
        "income": pa.array(seen[order], mask=missing[order]),
        "education_years": years[order],
        "purpose": r.choice(["car", "house", "phone"], n, p=[0.5, 0.3, 0.2]),
        "region": region[order],
        "channel": r.choice(["web", "branch", "partner"], n, p=[0.6, 0.3, 0.1]),
        "sex": r.choice(["f", "m"], n),
        "age_band": r.choice(["18–25", "26–40", "41–60", "over 60"], n, p=[0.1, 0.4, 0.4, 0.1]),
        "score": score[order],
        "approved": approved[order],
        "repaid": pa.array(repaid[order], mask=~labelled[order]),
        "version": version[order],
    }
    return pa.table(table)


class Counted:
    """A simulated system, counted once: its spec, its baseline and eight days of decisions."""

    def __init__(self, regions: Sequence[str], seed: int = 7) -> None:
        self.system = system()
        reference = decisions(seed, NOW - timedelta(days=60), 24 * 20, regions, faulty=False)
        current = decisions(seed + 1, NOW - timedelta(days=DAYS), 24 * DAYS, regions, faulty=True)
        self.spec: Spec = learn(reference, self.system)
        self.rows = reference.num_rows
        self.blocks = blocks(self._rows(reference), self.spec)
        self.baseline = [tally for _, tally in tallies(self._rows(reference), self.spec)]
        self.profile: Profile = profile(self._rows(current), self.spec)
        self.cells: Cells = cells(self.profile, self.spec)

    def _rows(self, raw: pa.Table) -> pa.Table:
        return from_table(raw, self.spec.schema, self.system, NOW + timedelta(days=1)).table

    def findings(self) -> list[Finding]:
        """Return what the measures say of the last six hours; alarms of performance page."""
        span = Span(ONSET - 30 * MINUTE, ONSET + 45 * MINUTE)
        people = [
            leaves(tally.outcomes, self.spec)
            for moment, tally in self.profile.items()
            if span.holds(moment.bucket)
        ]
        now = replace(window(self.cells, span), leaves=add(people))
        baseline, budget = Baseline.of(self.blocks), Budget(1.0, 720.0)
        return evaluate(
            now,
            baseline,
            self.spec,
            self.system,
            budget,
            now=NOW,
            last_at=NOW,
            objectives=[self._objective(slo) for slo in SLOS],
        )

    def _objective(self, slo: Slo) -> Objective:
        """Return what was counted for an objective up to two hours after the onset."""
        what, end = events(layout_of(self.spec), slo), ONSET + 125 * MINUTE
        counted: dict[datetime, tuple[float, float]] = {}
        for key, counts in self.cells.items():
            if key.slice == slo.slice and key.bucket < end:
                bad, n = what.bad_of(counts)
                was = counted.get(key.bucket, (0.0, 0.0))
                counted[key.bucket] = was[0] + bad, was[1] + n
        course, begun = course_of(counted), min(counted)
        return Objective(slo, self.system.bucket_s, begun, end, end, course, {})


@lru_cache(maxsize=2)
def counted(regions: Sequence[str] = REGIONS) -> Counted:
    """Return the simulated system with these regions."""
    return Counted(regions)
