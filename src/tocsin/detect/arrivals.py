"""Arrivals: decisions an hour, of everyone and of every slice, against the hour of the week.

What is expected of a bucket comes from the four weeks before it: medians of the same hour of
earlier days or weeks, with their trend (see `season`).  The last bucket, and the last hour and six
hours, are an alarm where they are farther out than the past ever is (see `sudden`), and surely by a
tenth: a noon at 60 % is, a quiet night is not.  A slice of which nothing comes is found that way
too, where something should have come.  How soon depends on how much hours wobble by themselves: by
2 %, a noon at 60 % is found in its own hour; by 5 %, within six.

A slice that moves as everyone does is not told again.  Nothing is judged before a week of buckets,
nor slices of which less than one decision in two buckets comes.
"""

import math
from dataclasses import dataclass

from tocsin.base.phrases import number, percent
from tocsin.detect import sudden
from tocsin.detect.finding import Finding, Layer, Verdict
from tocsin.detect.kpi_findings import instant
from tocsin.detect.look import Judged, Look, Subject, finding
from tocsin.detect.season import fit
from tocsin.detect.series import Series
from tocsin.detect.tails import Numbers
from tocsin.ingest.kpi import WEEK_S, Kpi, KpiKind

PAST_DAYS = 28
MEASURE = "hourly_volume"
TENTH = 0.1
FEWEST = 0.5
"""Decisions a bucket, on average, below which a slice is not judged."""


@dataclass(frozen=True, slots=True, eq=False)
class Arrivals:
    """Buckets side by side, the last one the look's own.

    start_s: shape (T,), seconds since 1970.  counts: shape (T, slices + 1), everyone first.
    """

    start_s: Numbers
    counts: Numbers


def arrivals(look: Look, seen: Arrivals | None) -> list[Finding]:
    """Return whether about as many decisions came as at this hour; of slices only what is amiss."""
    every_s = look.system.bucket_s
    if seen is None or (len(seen.start_s) - 1) * every_s < WEEK_S:
        return []
    whole = _judge(look, seen, 0)
    found = [whole]
    for row in range(1, seen.counts.shape[1]):
        if seen.counts[:, row].mean() >= FEWEST:
            one = _judge(look, seen, row)
            if one.verdict is Verdict.ALARM and not _alike(one, whole):
                found.append(one)
    return found


def _alike(one: Finding, whole: Finding) -> bool:
    """Return whether a slice moves no more, surely, and the same way as everyone who moved."""
    same = (one.value < one.baseline) == (whole.value < whole.baseline)
    return whole.verdict is Verdict.ALARM and same and one.interval[0] <= whole.effect


def _judge(look: Look, seen: Arrivals, row: int) -> Finding:
    counts, last = seen.counts[:, row], len(seen.start_s) - 1
    kpi = Kpi(name=MEASURE, kind=KpiKind.SUM, least=TENTH, every_s=look.system.bucket_s)
    series = Series(seen.start_s, counts, counts)
    expected = fit(kpi, series.cut(0, last))
    subject = Subject(Layer.HEALTH, MEASURE, None, look.slices[row])
    alpha = look.alphas(subject.layer).of(subject.slice)
    far = sudden.far(expected, series, last, last + 1, alpha)
    size, allowed = abs(float(far.effect[0])), float(far.allowed[0])
    first = last + 1 - int(far.length[0])
    n, usual = counts[first:].mean(), expected.expected(seen.start_s[first:]).mean()
    share = float(far.share[0])
    judged = Judged(
        value=float(n),
        baseline=float(usual),
        effect=size,
        interval=(size - allowed, size + allowed),
        threshold=TENTH,
        n=int(counts[first:].sum()),
        n_baseline=int(counts[:first].sum()),
        evidence=max(0.0, share * -math.log10(alpha)),
        proven=share >= 1,
    )
    word = "fewer" if n < usual else "more"
    why = (
        f"{number(float(n))} decisions a bucket arrived for {subject.slice.label} since"
        f" {instant(seen.start_s[first]):%Y-%m-%d %H:%M} UTC, {percent(size, 0)} {word} than these"
        f" hours let expect ({number(float(usual))})."
    )
    return finding(look, subject, judged, why)
