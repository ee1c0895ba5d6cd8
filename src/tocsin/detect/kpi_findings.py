"""KPI findings: what the last closed bucket of a watched KPI means for people.

An alarm speaks of the stretch that proves it: of the hour that was farthest out, or of all buckets
since the evidence began to gather.  Effects are relative: 0.1 is a tenth more than expected.
"""

import math
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import numpy as np

from tocsin.base.phrases import number, percent
from tocsin.base.spans import Span
from tocsin.detect.finding import Finding, Layer, Level, Verdict
from tocsin.detect.kpi import LAG_DAYS, PAST_DAYS, Test, Watched
from tocsin.detect.sudden import Burst
from tocsin.detect.sustained import FEWEST_DAYS, SURE, Run
from tocsin.detect.tails import Numbers
from tocsin.ingest.kpi import DAY_S, Kpi, KpiKind, Way

_SAID = {
    Test.SUDDEN: "what the days before let expect",
    Test.SUSTAINED: "what the weeks before let expect",
    Test.LONG_RUN: f"what its first {PAST_DAYS} days let expect",
}


@dataclass(frozen=True, slots=True)
class Stretch:
    """Some buckets together: their value and the expected one, relative effect, n and span."""

    value: float
    expected: float
    effect: float
    n: int
    span: Span


def findings(watched: Watched) -> list[Finding]:
    """Return what each test says at the end of the last bucket; series of no bucket say nothing."""
    if not len(watched.series):
        return []
    return [_sudden(watched), *(_slow(watched, test) for test in watched.enough)]


def stretch(watched: Watched, first: int, end: int, test: Test = Test.SUDDEN) -> Stretch:
    """Return the buckets from `first` up to `end` as one."""
    kpi, some = watched.kpi, watched.series.cut(first, end)
    value, expected = some.value(kpi.kind), _expected(watched, first, end, test)
    known = ~(np.isnan(value) | np.isnan(expected))
    weight = np.ones(len(some)) if kpi.kind is KpiKind.SUM else some.n
    weight = np.where(known, weight, 0.0)
    total = max(float(weight.sum()), 1e-300)
    seen = float((np.nan_to_num(value) * weight).sum()) / total
    foretold = float((np.nan_to_num(expected) * weight).sum()) / total
    day = watched.day(end - 1)
    unit = abs(foretold) if kpi.scales or day is None else float(day.fit.unit(some.start_s)[0])
    n = len(some) if kpi.kind is KpiKind.SUM else int(some.n.sum())
    return Stretch(
        value=seen,
        expected=foretold,
        effect=(seen - foretold) / max(unit, 1e-300),
        n=n,
        span=Span(instant(some.start_s[0]), instant(some.start_s[-1] + kpi.every_s)),
    )


@dataclass(frozen=True, slots=True)
class LinePoint:
    """One bucket as it is drawn; `low` and `high` are where it may lie without an alarm."""

    at: datetime
    value: float
    expected: float
    low: float
    high: float
    n: float


def line(watched: Watched, most: int) -> list[LinePoint]:
    """Return the last `most` buckets at most, oldest first; NaN where nothing was judged."""
    series = watched.series
    first = max(0, len(series) - most)
    value, low, high = series.value(watched.kpi.kind), watched.far.low, watched.far.high
    if watched.kpi.kind is KpiKind.RATE:
        low, high = np.clip(low, 0.0, 1.0), np.clip(high, 0.0, 1.0)
    columns = (value, watched.expected, low, high, series.n)
    return [
        LinePoint(instant(start_s), *row)
        for start_s, *row in zip(
            series.start_s[first:].tolist(),
            *(column[first:].tolist() for column in columns),
            strict=True,
        )
    ]


def _expected(watched: Watched, first: int, end: int, test: Test) -> Numbers:
    """Return what a test expects of some buckets, each by the day's own past."""
    expected = watched.expected[first:end].copy()
    if test is Test.SUDDEN:
        return expected
    for day in watched.days:
        if day.end > first and day.place < end:
            low, high = max(day.place, first), min(day.end, end)
            part = slice(low - first, high - first)
            by = day.slow.get(test)
            starts = watched.series.start_s[low:high]
            expected[part] = np.nan if by is None else by[0].expected(starts)
    return expected


def alarms(watched: Watched) -> list[tuple[datetime, Finding, datetime | None]]:
    """Return every alarm of the past, oldest first: when it was raised, what it says, its end."""
    start_s, every_s = watched.series.start_s.tolist(), watched.kpi.every_s

    def closes(place: int | None) -> datetime | None:
        return None if place is None else instant(start_s[place] + every_s)

    found = [(burst.first, _burst(watched, burst), burst.end) for burst in watched.bursts]
    for test, runs in watched.runs.items():
        found += [(run.first, _run(watched, test, run), run.end) for run in runs]
    found.sort(key=lambda one: (one[0], one[1].key))
    return [(instant(start_s[first] + every_s), said, closes(end)) for first, said, end in found]


def _sudden(watched: Watched) -> Finding:
    last = len(watched.series) - 1
    if np.isnan(watched.far.share[last]):
        return _insufficient(watched, Test.SUDDEN)
    open_ = next((burst for burst in watched.bursts if burst.end is None), None)
    return _burst(watched, open_ or Burst(last, last, None), alarm=open_ is not None)


def _burst(watched: Watched, burst: Burst, *, alarm: bool = True) -> Finding:
    far, place = watched.far, burst.peak
    told = stretch(watched, max(0, place - int(far.length[place]) + 1), place + 1)
    signed = float(far.effect[place])
    effect = _sign(watched.kpi, signed) * signed
    allowed = float(far.allowed[place])
    evidence = float(far.share[place]) * -math.log10(watched.alpha)
    facts = (effect, (effect - allowed, effect + allowed), evidence)
    return _finding(watched, Test.SUDDEN, told, facts, alarm=alarm)


def _slow(watched: Watched, test: Test) -> Finding:
    last = len(watched.series) - 1
    day = watched.day(last)
    if day is None or test not in day.slow:
        return _insufficient(watched, test)
    open_ = next((run for run in watched.runs[test] if run.end is None), None)
    if open_ is not None:
        return _run(watched, test, open_)
    start_s = watched.series.start_s
    day_before_s = float(start_s[-1]) + watched.kpi.every_s - DAY_S
    since = int(np.searchsorted(start_s, day_before_s))
    return _run(watched, test, Run(-1, since, last, last, None), alarm=False)


def _run(watched: Watched, test: Test, run: Run, *, alarm: bool = True) -> Finding:
    end = run.peak + 1
    told = stretch(watched, run.since, end, test)
    day = watched.day(end - 1)
    assert day is not None
    fitted, wobbled = day.slow[test]
    some = watched.series.cut(run.since, end)
    unit = fitted.unit(some.start_s)
    information = unit**2 / fitted.variance(some.start_s, some.n) / wobbled.phi
    half = math.sqrt(2 * math.log(watched.enough[test]) / float(information.sum()))
    half += SURE * wobbled.level / float(unit.mean())
    effect = {0: 1.0, 1: -1.0}.get(run.side, _sign(watched.kpi, told.effect)) * told.effect
    near = effect - half
    if alarm:  # this much the detector itself has proven
        near = max(near, math.nextafter(watched.kpi.least, math.inf))
    evidence = math.log10(max(1.0, float(watched.gathered[test][run.peak])))
    facts = (effect, (near, max(near, effect + half)), evidence)
    return _finding(watched, test, told, facts, alarm=alarm)


def _finding(
    watched: Watched,
    test: Test,
    told: Stretch,
    facts: tuple[float, tuple[float, float], float],
    *,
    alarm: bool,
) -> Finding:
    kpi, (effect, interval, evidence) = watched.kpi, facts
    day = watched.day(len(watched.series) - 1)
    return Finding(
        layer=Layer.KPI,
        measure=f"{kpi.kind}_{test}",
        column=kpi.name,
        value=told.value,
        baseline=told.expected,
        effect=effect,
        interval=interval,
        threshold=kpi.least,
        n=told.n,
        n_baseline=0 if day is None else len(day.fit.residual),
        verdict=Verdict.ALARM if alarm else Verdict.OK,
        level=Level.TICKET if alarm else Level.INFO,
        why=_why(kpi, test, told),
        evidence=evidence,
        window=told.span,
    )


def _why(kpi: Kpi, test: Test, told: Stretch) -> str:
    value, expected = (_quantity(kpi, one) for one in (told.value, told.expected))
    moved = f"{percent(abs(told.effect))} {'above' if told.effect > 0 else 'below'}"
    by = _SAID[test]
    since = f"{told.span.start:%Y-%m-%d %H:%M}"
    return f"{kpi.name} since {since} UTC is {value}, {moved} {by} ({expected}); n {told.n:,}."


def _insufficient(watched: Watched, test: Test) -> Finding:
    kpi, nan = watched.kpi, float("nan")
    start_s = watched.series.start_s
    days = (start_s[-1] + kpi.every_s - start_s[0]) / DAY_S
    needs = {
        Test.SUDDEN: f"{number(kpi.learn_s / DAY_S)} days of it",
        Test.SUSTAINED: f"{number(max(kpi.learn_s / DAY_S, FEWEST_DAYS) + LAG_DAYS)} days of it",
        Test.LONG_RUN: f"more than {PAST_DAYS} days of it",
    }[test]
    return Finding(
        layer=Layer.KPI,
        measure=f"{kpi.kind}_{test}",
        column=kpi.name,
        value=nan,
        baseline=nan,
        effect=nan,
        interval=(nan, nan),
        threshold=kpi.least,
        n=len(start_s),
        n_baseline=0,
        verdict=Verdict.INSUFFICIENT,
        level=Level.INFO,
        why=f"{kpi.name} cannot be judged ({test.value.replace('_', ' ')}): it is known for"
        f" {number(round(days, 1))} days, and {needs} are needed.",
        window=Span(instant(start_s[0]), instant(start_s[-1] + kpi.every_s)),
    )


def _sign(kpi: Kpi, effect: float) -> float:
    if kpi.watch is Way.BOTH:
        return -1.0 if effect < 0 else 1.0
    return 1.0 if kpi.watch is Way.UP else -1.0


def _quantity(kpi: Kpi, value: float) -> str:
    return percent(value, 2) if kpi.kind is KpiKind.RATE else number(value)


def instant(seconds: float) -> datetime:
    """Return the instant so many seconds after the beginning of 1970."""
    return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(seconds=float(seconds))
