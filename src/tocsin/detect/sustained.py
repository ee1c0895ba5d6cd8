"""Sustained: many small deviations of one direction add up, however often they are looked at.

A Shiryaev-Roberts e-detector: per bucket and effect d (relative, in units u of the KPI)

    rates, sums    L = (q / edge)^(x / phi) · exp(-n (q - edge) / phi)      q = edge · (1 + d)^±1
    means          L = exp(d·u·(x - edge) / V - (d·u)² / 2V)                V = variance · phi
    M = (1 + M) · L      E = mean of M over the effects      alarm from E = A

phi is the dispersion of whole days, so that autocorrelation and overdispersion are charged; `edge`
is the expected value moved by the smallest change of interest and by two standard errors of the
baseline.  Under no change the expectation of E grows by at most one a bucket: a threshold of A
gives at most one false alarm in A buckets on average, however often it is looked at.  What is
estimated (phi, the baseline) makes this nominal; `tests/detect/test_kpi.py` holds it in simulation.
Source: Shin, Ramdas & Rinaldo (2024), NEJSDS (e-detectors); Roberts (1966), Technometrics 8.
"""

import math
from dataclasses import dataclass, replace

import numpy as np

from tocsin.detect.season import Fit
from tocsin.detect.series import Series
from tocsin.detect.sudden import sums
from tocsin.detect.tails import Numbers
from tocsin.ingest.kpi import DAY_S, KpiKind

AFTER_DAYS = (0.125, 0.5, 2.0, 8.0, 24.0)
"""Effects are those that would be proven after so many days."""
FEWEST_DAYS = 7
PRIOR_DAYS = 14
MEDIAN = 1.2533
"""How much wider a median scatters than a mean, of normal deviations."""
SURE = 2.0
"""Standard errors by which the baseline may be wrong."""
FAR = 3.0
"""Standard errors at which one deviation is cut off: what lies farther is `sudden`."""
_REMEMBERS = 0.35
NOTHING = -50.0
"""log L that takes away whatever was gathered."""
_CAP = 100.0  # evidence beyond this much of the threshold would only delay the end of an alarm


@dataclass(frozen=True, slots=True)
class Wobble:
    """The past's: variance of a day's standardised sum, its upper limit, and the level's error."""

    phi: float
    level: float
    """Standard error of the level, in the KPI's unit."""
    bias: float
    """Mean of the past's deviations, cut off at `FAR`, in standard errors: medians are no means."""


def wobble(fit: Fit) -> Wobble | None:
    """Return how much whole days of the past wobble; None where there are too few of them."""
    k = max(1, DAY_S // fit.kpi.every_s)
    length = len(fit.residual) // k
    if length < FEWEST_DAYS:
        return None
    tail = slice(len(fit.residual) - length * k, None)
    days = sums(fit.residual[tail], fit.weight[tail], k)[k - 1 :: k]
    days = days[np.isfinite(days)]
    if len(days) < FEWEST_DAYS:
        return None
    spread = max(1.4826 * float(np.median(np.abs(days))), 1e-12)
    held = np.clip(days, -3 * spread, 3 * spread)
    buckets = np.clip(fit.residual, *np.quantile(fit.residual, [0.02, 0.98]))
    chance, d = float(np.mean(buckets**2)), len(days)
    variance = float(np.mean(held**2))
    if variance < chance * (1 + 2 * math.sqrt(2 / d)):  # not surely more than single buckets say
        variance = max((PRIOR_DAYS * chance + d * variance) / (PRIOR_DAYS + d), chance)
    lag = float(np.mean(held[1:] * held[:-1]) / max(np.mean(held**2), 1e-300))
    lag = min(lag, 0.9)
    memory = (1 + lag) / (1 - lag) if lag > _REMEMBERS else 1.0
    information = float(np.sum(fit.weight**2))
    phi = max(variance * memory, fit.flat**2)
    bias = float(np.mean(np.clip(fit.residual / math.sqrt(phi), -FAR, FAR)))
    return Wobble(phi, MEDIAN * math.sqrt(phi / information), bias)


def steps(fit: Fit, wobbled: Wobble, new: Series, threshold: float) -> Numbers:
    """Return log L of `new` buckets, up and down, by effect: shape (T, 2, effects).

    Args:
        fit: what is expected of them.
        wobbled: of the same past.
        new: buckets after it.
        threshold: A, from which evidence is an alarm.
    """
    kpi = fit.kpi
    expected, unit = fit.expected(new.start_s), fit.unit(new.start_s)
    v = fit.variance(new.start_s, new.n) * wobbled.phi
    margin = SURE * wobbled.level + kpi.least * unit
    daily = float(np.median(unit**2 / v)) * DAY_S / kpi.every_s
    effects = np.sqrt(2 * math.log(threshold) / (daily * np.array(AFTER_DAYS)))
    log_l = np.empty((len(new), 2, len(effects)))
    for side, sign in enumerate((1.0, -1.0)):
        if kpi.scales:
            n = np.ones(len(new)) if kpi.kind is KpiKind.SUM else new.n
            most = n * np.maximum(expected + sign * margin, 1e-3 * unit)
            moved = sign * np.log1p(effects)
            told = new.total[:, None] * moved - most[:, None] * np.expm1(moved)
            log_l[:, side] = told / wobbled.phi
        else:
            far = sign * (new.value(kpi.kind) - expected) / np.sqrt(v)
            near = np.clip(far, -FAR, FAR) - sign * wobbled.bias - margin / np.sqrt(v)
            size = (unit / np.sqrt(v))[:, None] * effects
            log_l[:, side] = np.nan_to_num(near[:, None] * size - size**2 / 2)
    return np.clip(log_l, NOTHING, -NOTHING)


@dataclass(frozen=True, slots=True)
class Run:
    """One alarm of a side, 0 up or 1 down, in buckets.

    Raised at `first`, most evident at `peak`, over at `end` (None: it lasts); `since` is where the
    change likeliest began.
    """

    side: int
    since: int
    first: int
    peak: int
    end: int | None


def gathered(log_l: Numbers, threshold: float) -> tuple[Numbers, list[Run]]:
    """Return E after each bucket, shape (T, 2), and the alarms that it gives.

    An alarm lasts until its evidence has fallen to the square root of the threshold; the detector
    then begins anew.  A bucket that tells nothing (NaN) changes nothing.
    """
    held, best = np.zeros(log_l.shape[1:]), np.zeros(log_l.shape[1:])
    began = np.zeros(log_l.shape[1:], np.intp)
    e, over, open_ = np.zeros(log_l.shape[:2]), list[Run](), dict[int, Run]()
    growth = np.exp(log_l)
    for place in range(len(log_l)):
        if np.isnan(growth[place, 0, 0]):
            continue
        held = np.minimum((1 + held) * growth[place], threshold * _CAP)
        best = best + log_l[place]  # of each effect, the sum since it was last of no use
        began[best <= 0] = place + 1
        best = np.maximum(best, 0.0)
        for side, now in enumerate(held.mean(1).tolist()):
            e[place, side] = now
            run = open_.get(side)
            if run is None and now >= threshold:
                since = min(int(began[side, held[side].argmax()]), place)
                open_[side] = Run(side, since, place, place, None)
            elif run is not None and now < math.sqrt(threshold):
                over.append(replace(run, end=place))
                del open_[side]
                held[side], best[side], began[side] = 0.0, 0.0, place + 1
            elif run is not None and now >= e[run.peak, side]:
                open_[side] = replace(run, peak=place)
    return e, sorted([*over, *open_.values()], key=lambda run: run.first)
