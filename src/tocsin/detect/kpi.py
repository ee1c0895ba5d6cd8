"""KPI: rates, means and sums against their season, level and trend.

Every day is judged by what was known before it, always from the kept past alone, so that late
values are judged as if they had come in time and a finding can be computed again.

    sudden       a bucket, or some hours, against the last 28 days' worth of past     `sudden`
    sustained    evidence gathered over days, against what was known 3 days before    `sustained`
    long_run     the same, against the first 28 days of what is kept: what creeps

Half of the KPI's part of the alarm budget goes to `sudden`, a quarter to each of the others.  Known
incidents are left out of the past.  Nothing is judged before `learn_s`, nor by too short a past.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

import numpy as np

from tocsin.detect import sudden, sustained
from tocsin.detect.season import Fit, fit
from tocsin.detect.series import Series
from tocsin.detect.sudden import Burst, Far
from tocsin.detect.sustained import Run, Wobble, wobble
from tocsin.detect.tails import Numbers
from tocsin.ingest.kpi import DAY_S, Kpi, Way

PAST_DAYS, LAG_DAYS = 28, 3
FEWEST, FEWEST_DAILY = 24, 7
"""Buckets of past below which nothing is judged; of buckets as long as a day."""
QUIET_S, QUIET_BUCKETS = 21600, 3
"""How long it must be quiet until a sudden alarm is over: the longer of the two."""
_MONTH_S = 30 * DAY_S
_LEAST_THRESHOLD = 20.0


class Test(StrEnum):
    """The three questions that are asked of one KPI."""

    SUDDEN = "sudden"
    SUSTAINED = "sustained"
    LONG_RUN = "long_run"


PARTS = {Test.SUDDEN: 0.5, Test.SUSTAINED: 0.25, Test.LONG_RUN: 0.25}
"""How the tests share the KPI's part of the budget."""


@dataclass(frozen=True, slots=True)
class Day:
    """What was learnt before the buckets from `place` up to `end`, which it judges.

    `slow` holds what the slow tests judge by: the past of three days before, and the first past.
    """

    place: int
    end: int
    fit: Fit
    slow: Mapping[Test, tuple[Fit, Wobble]]


@dataclass(frozen=True, eq=False)
class Watched:
    """What became of a KPI: arrays of shape (T,), NaN where nothing was judged."""

    kpi: Kpi
    series: Series
    alpha: float
    """Error rate of one bucket of `sudden`."""
    enough: Mapping[Test, float]
    """How much evidence makes an alarm of a slow test."""
    days: tuple[Day, ...]
    expected: Numbers
    far: Far
    bursts: tuple[Burst, ...]
    gathered: Mapping[Test, Numbers]
    """Evidence of each slow test after each bucket."""
    runs: Mapping[Test, tuple[Run, ...]]

    def day(self, place: int) -> Day | None:
        """Return what the bucket at `place` was judged by; None: it was not."""
        return next((day for day in self.days if day.place <= place < day.end), None)

    def raised(self) -> list[tuple[int, Test]]:
        """Return every alarm: the bucket at whose end it was raised, and by which test."""
        found = [(burst.first, Test.SUDDEN) for burst in self.bursts]
        found += [(run.first, test) for test, runs in self.runs.items() for run in runs]
        return sorted(found)


def watch(
    kpi: Kpi,
    series: Series,
    false_per_month: float,
    masked: Sequence[tuple[float, float]] = (),
) -> Watched:
    """Judge every bucket of `series` by what came before it.

    Args:
        kpi: what is watched.
        series: its closed buckets, in order.
        false_per_month: false alarms a month that this KPI may raise, > 0.
        masked: incidents, as start and end in seconds since 1970, that teach nothing.
    """
    looks, size = _MONTH_S / kpi.every_s, len(series)
    alpha = min(0.05, false_per_month * PARTS[Test.SUDDEN] / looks)
    slow = [test for test in Test if test is not Test.SUDDEN]
    sides = 2 if kpi.watch is Way.BOTH else 1
    enough = {t: max(looks * sides / false_per_month / PARTS[t], _LEAST_THRESHOLD) for t in slow}
    days = tuple(_days(kpi, series, masked))
    expected, far = np.full(size, np.nan), Far.of(size)
    log_l = {test: np.full((size, 2, len(sustained.AFTER_DAYS)), np.nan) for test in slow}
    for day in days:
        here = slice(day.place, day.end)
        expected[here] = day.fit.expected(series.start_s[here])
        far.put(day.place, sudden.far(day.fit, series, day.place, day.end, alpha))
        for test, by in day.slow.items():
            log_l[test][here] = _told(kpi, series.cut(day.place, day.end), by, enough[test])
    gathered, runs = dict[Test, Numbers](), dict[Test, tuple[Run, ...]]()
    for test in slow:
        evidence, found = sustained.gathered(log_l[test], enough[test])
        gathered[test], runs[test] = evidence.max(1), tuple(found)
    quiet_s = max(QUIET_S, QUIET_BUCKETS * kpi.every_s)
    bursts = tuple(sudden.bursts(far.share, series.start_s, quiet_s))
    return Watched(kpi, series, alpha, enough, days, expected, far, bursts, gathered, runs)


def _days(kpi: Kpi, series: Series, masked: Sequence[tuple[float, float]]) -> Iterator[Day]:
    """Yield the days that can be judged, oldest first."""
    known = ~np.isnan(series.value(kpi.kind))
    for start_s, end_s in masked:
        known &= ~((series.start_s >= start_s) & (series.start_s < end_s))
    fewest = FEWEST if kpi.every_s < DAY_S else FEWEST_DAILY
    place = int(np.searchsorted(series.start_s, _begins_s(series) + kpi.learn_s))
    learnt: list[tuple[int, Fit, Wobble | None]] = []
    first: tuple[Fit, Wobble] | None = None
    while place < len(series):
        now_s = float(series.start_s[place])
        today = int(now_s // DAY_S)
        end = int(np.searchsorted(series.start_s, (today + 1) * DAY_S))
        places = np.flatnonzero(known[:place])[-PAST_DAYS * DAY_S // kpi.every_s :]
        if len(places) >= fewest:
            fitted = fit(kpi, series.take(places))
            learnt.append((today, fitted, wobble(fitted)))
            before = next((one for one in reversed(learnt) if one[0] <= today - LAG_DAYS), None)
            slow = dict[Test, tuple[Fit, Wobble]]()
            if before is not None and before[2] is not None:
                slow[Test.SUSTAINED] = before[1], before[2]
            if first is not None:
                slow[Test.LONG_RUN] = first
            yield Day(place, end, fitted, slow)
            whole = now_s - _begins_s(series) >= PAST_DAYS * DAY_S
            if first is None and whole and learnt[-1][2] is not None:
                first = fitted, learnt[-1][2]
        place = end


def _begins_s(series: Series) -> float:
    return float(series.start_s[0]) if len(series) else 0.0


def _told(kpi: Kpi, new: Series, by: tuple[Fit, Wobble], enough: float) -> Numbers:
    """Return what one day tells a slow test, only on the sides that are watched."""
    log_l = sustained.steps(*by, new, enough)
    log_l[np.isnan(new.value(kpi.kind))] = np.nan
    if kpi.watch is not Way.BOTH:
        log_l[:, 1 if kpi.watch is Way.UP else 0] = sustained.NOTHING
    return log_l
