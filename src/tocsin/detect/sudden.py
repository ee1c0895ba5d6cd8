"""Sudden: one bucket, or one stretch of a few hours, is farther out than its past ever is.

The past's residuals are summed over the same stretches.  Beyond their 98th percentile q, on the
side in question, the tail is taken to fall exponentially:

    p(deviation > x) = 0.02 ** (x / q)        evidence = -ln p = x / q · ln 50

which lies above a normal tail and above most that a bounded or a bursty number shows; tails heavier
than exponential (see `docs/limits.md`) give more false alarms than stated.  Deviations of one
stretch are never assumed independent of the next: what is bounded is the expected number of
stretches beyond the threshold (linearity of expectation), so autocorrelation inflates nothing.
"""

import math
from dataclasses import dataclass, fields, replace

import numpy as np

from tocsin.detect import tails
from tocsin.detect.season import Fit
from tocsin.detect.series import Series
from tocsin.detect.tails import Numbers
from tocsin.ingest.kpi import Way

BEYOND = 0.02
NATS = -math.log(BEYOND)
STRETCHES_S = (0, 3600, 21600)
"""A bucket, an hour, six hours."""
_NORMAL = 2.054  # the standard normal's 98th percentile
_UNDER = 0.999


@dataclass(frozen=True, eq=False)
class Far:
    """How far out each bucket is, or the hours that end with it; arrays of shape (T,).

    Of the lengths that are looked at it is the one that is farthest out, `length` in buckets.
    `effect` and `allowed`, what would be no alarm, are relative to the KPI; `share` is the evidence
    over what is needed.  NaN: not judged.
    """

    share: Numbers
    effect: Numbers
    allowed: Numbers
    length: Numbers
    low: Numbers
    """Where one bucket alone would be no alarm, from here up to `high`, in the KPI's unit."""
    high: Numbers

    @classmethod
    def of(cls, size: int) -> "Far":
        """Return `size` buckets that are not judged."""
        return cls(*np.full((len(fields(cls)), size), np.nan))

    def put(self, place: int, some: "Far") -> None:
        """Write `some` buckets in from `place` on."""
        for field in fields(self):
            part: Numbers = getattr(some, field.name)
            getattr(self, field.name)[place : place + len(part)] = part


def lengths(every_s: int) -> list[int]:
    """Return the stretches that are looked at, in buckets; each is a test of its own."""
    return sorted({max(1, s // every_s) for s in STRETCHES_S})


def far(fit: Fit, series: Series, place: int, end: int, alpha: float) -> Far:
    """Return how far out the buckets from `place` up to `end` are.

    Args:
        fit: what is expected of them.
        series: these buckets, and those before for the hours that reach back.
        place: the first that is judged.
        end: the first that is not.
        alpha: error rate of one bucket, all lengths and sides together.
    """
    kpi, some = fit.kpi, lengths(fit.kpi.every_s)
    start = max(0, place - some[-1] + 1)
    new, here = series.cut(start, end), slice(place - start, None)
    weight = 1 / np.sqrt(fit.variance(new.start_s, new.n))
    expected, unit = fit.expected(new.start_s), fit.unit(new.start_s)
    residual = (new.value(kpi.kind) - expected) * weight
    sides = 2 if kpi.watch is Way.BOTH else 1
    rows = np.full((4, len(some), end - place), np.nan)
    low, high = expected, expected
    for row, k in enumerate(some):
        dof = np.array([max(2.0, len(fit.residual) / k)])
        needed = float(tails.exponent(alpha / len(some) / sides, dof)[0]) / NATS
        beyond = quantiles(fit, k)
        deviation, error = sums(residual, weight, k), errors(weight, k)
        allowed = needed * np.where(deviation > 0, *beyond)
        share = np.nan_to_num(np.abs(deviation) / allowed)
        if kpi.watch is not Way.BOTH:
            share[deviation < 0 if kpi.watch is Way.UP else deviation > 0] = 0.0
        size = error / unit
        small = (np.abs(deviation) - allowed) * size <= kpi.least
        share[small] = np.minimum(share[small], _UNDER)  # sure, but not of what matters
        rows[:, row] = np.stack([share, deviation * size, allowed * size, np.full_like(share, k)])[
            :, here
        ]
        if k == some[0]:
            low, high = expected - beyond[1] * needed * error, expected + beyond[0] * needed * error
    best = rows[0].argmax(0)
    share, effect, allowed, length = rows[:, best, np.arange(end - place)]
    return Far(share, effect, allowed, length, low[here], high[here])


def sums(residual: Numbers, weight: Numbers, k: int) -> Numbers:
    """Return the mean deviation, weighed by information, of the `k` buckets up to each.

    Args:
        residual: in units of the standard error, shape (T,).
        weight: one over the standard error, shape (T,).
        k: buckets.
    """
    information = np.concatenate([[0.0], np.cumsum(weight**2)])
    score = np.concatenate([[0.0], np.cumsum(np.nan_to_num(residual) * weight)])
    end = np.arange(1, len(residual) + 1)
    start = np.maximum(end - k, 0)
    with np.errstate(invalid="ignore", divide="ignore"):
        return (score[end] - score[start]) / np.sqrt(information[end] - information[start])


def quantiles(fit: Fit, k: int) -> tuple[float, float]:
    """Return the 98th percentile of deviations up and down, never less than a normal spread's."""
    seen = sums(fit.residual, fit.weight, k)
    seen = seen[np.isfinite(seen)]
    spread = 1.4826 * float(np.median(np.abs(seen)))
    least = max(_NORMAL * spread, fit.flat)
    up, down = np.quantile(seen, [1 - BEYOND, BEYOND])
    return max(float(up), least), max(-float(down), least)


def errors(weight: Numbers, k: int) -> Numbers:
    """Return the standard error of the weighed mean of the `k` buckets up to each."""
    information = np.concatenate([[0.0], np.cumsum(weight**2)])
    end = np.arange(1, len(weight) + 1)
    return 1 / np.sqrt(information[end] - information[np.maximum(end - k, 0)])


@dataclass(frozen=True, slots=True)
class Burst:
    """One sudden alarm: raised at bucket `first`, farthest out at `peak`, over at `end`."""

    first: int
    peak: int
    end: int | None


def bursts(share: Numbers, start_s: Numbers, quiet_s: float) -> list[Burst]:
    """Return the alarms: each lasts until nothing was beyond for `quiet_s` seconds."""
    found: list[Burst] = []
    open_: Burst | None = None
    last_s = -math.inf
    for place in np.flatnonzero(share >= 1).tolist():
        if open_ is not None and start_s[place] - last_s <= quiet_s:
            peak = place if share[place] > share[open_.peak] else open_.peak
            open_ = replace(open_, peak=peak)
        else:
            if open_ is not None:
                found.append(replace(open_, end=int(np.searchsorted(start_s, last_s + quiet_s))))
            open_ = Burst(place, place, None)
        last_s = start_s[place]
    if open_ is not None:
        end = int(np.searchsorted(start_s, last_s + quiet_s))
        found.append(replace(open_, end=end) if end < len(start_s) else open_)
    return found
