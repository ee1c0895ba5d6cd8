"""KPI findings: what the last closed bucket of a watched KPI means for people.

An alarm speaks of the stretch that proves it: of the hour that was farthest out, or of all buckets
since the evidence began to gather.  Effects are relative: 0.1 is a tenth more than expected.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import numpy as np

from tocsin.base.phrases import number, percent
from tocsin.base.spans import Span
from tocsin.detect import sudden, sustained
from tocsin.detect.finding import Finding, Layer, Level, Verdict
from tocsin.detect.kpi import PAST_DAYS, Test, Watched
from tocsin.detect.sustained import Run
from tocsin.ingest.kpi import DAY_S, Kpi, KpiKind, Way

_SAID = {
    Test.SUDDEN: "what the {days} days before let expect",
    Test.SUSTAINED: "what the {days} days before let expect",
    Test.LONG_RUN: "what the first {days} days let expect",
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
        span=Span(_at(some.start_s[0]), _at(some.start_s[-1] + kpi.every_s)),
    )


def _expected(watched: Watched, first: int, end: int, test: Test) -> np.ndarray:
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


def _sudden(watched: Watched) -> Finding:
    last = len(watched.series) - 1
    if np.isnan(watched.far.share[last]):
        return _insufficient(watched, Test.SUDDEN)
    open_ = next((burst for burst in watched.bursts if burst.end is None), None)
    place = last if open_ is None else open_.peak
    far = watched.far
    k = int(far.length[place])
    told = stretch(watched, max(0, place - k + 1), place + 1)
    sign = _sign(watched.kpi, told.effect)
    effect, allowed = sign * told.effect, float(far.allowed[place])
    evidence = max(0.0, float(far.share[place])) * -math.log10(watched.alpha)
    ends = (effect - allowed, effect + allowed)
    return _finding(watched, Test.SUDDEN, told, (effect, ends, evidence), alarm=open_ is not None)


def _slow(watched: Watched, test: Test) -> Finding:
    last = len(watched.series) - 1
    day = watched.day(last)
    by = None if day is None else day.slow.get(test)
    if by is None:
        return _insufficient(watched, test)
    open_ = next((run for run in watched.runs[test] if run.end is None), None)
    first = _day_before(watched) if open_ is None else open_.since
    told = stretch(watched, first, last + 1, test)
    sign = _sign(watched.kpi, told.effect) if open_ is None else _side(open_)
    fitted, wobbled = by
    some = watched.series.cut(first, last + 1)
    unit = fitted.unit(some.start_s)
    information = unit**2 / fitted.variance(some.start_s, some.n) / wobbled.phi
    half = math.sqrt(2 * math.log(watched.enough[test]) / float(information.sum()))
    half += sustained.SURE * wobbled.level / float(unit.mean())
    effect = sign * told.effect
    near = effect - half
    if open_ is not None:  # this much the detector itself has proven
        near = max(near, watched.kpi.least)
    gathered = max(1.0, float(watched.gathered[test][last]))
    facts = (effect, (near, effect + half), math.log10(gathered))
    return _finding(watched, test, told, facts, alarm=open_ is not None)


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
        measure=test.value,
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
    by = _SAID[test].format(days=PAST_DAYS)
    since = f"{told.span.start:%Y-%m-%d %H:%M}"
    return f"{kpi.name} since {since} UTC is {value}, {moved} {by} ({expected}); n {told.n:,}."


def _insufficient(watched: Watched, test: Test) -> Finding:
    kpi, nan = watched.kpi, float("nan")
    start_s = watched.series.start_s
    days = (start_s[-1] + kpi.every_s - start_s[0]) / DAY_S
    needs = {
        Test.SUDDEN: f"{number(kpi.learn_s / DAY_S)} days of it",
        Test.SUSTAINED: f"{number(kpi.learn_s / DAY_S + 3)} days of it, {sustained.FEWEST_DAYS} whole",
        Test.LONG_RUN: f"more than {PAST_DAYS} days of it",
    }[test]
    return Finding(
        layer=Layer.KPI,
        measure=test.value,
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
        window=Span(_at(start_s[0]), _at(start_s[-1] + kpi.every_s)),
    )


def _day_before(watched: Watched) -> int:
    start_s = watched.series.start_s
    return int(np.searchsorted(start_s, start_s[-1] + watched.kpi.every_s - DAY_S))


def _sign(kpi: Kpi, effect: float) -> float:
    if kpi.watch is Way.BOTH:
        return -1.0 if effect < 0 else 1.0
    return 1.0 if kpi.watch is Way.UP else -1.0


def _side(run: Run) -> float:
    return 1.0 if run.side == 0 else -1.0


def _quantity(kpi: Kpi, value: float) -> str:
    return percent(value, 2) if kpi.kind is KpiKind.RATE else number(value)


def _at(seconds: float) -> datetime:
    return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(seconds=float(seconds))
