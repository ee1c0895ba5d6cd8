"""Made-up KPIs with the seasons, wobble, memory and trend of real ones.

Hours of a day, fewer and better visits at weekends; log-normal wobble that remembers (AR 1) on
rates and volumes; beta-binomial dispersion; a trend a day; from `faulty_from` days on a drop.
"""

from dataclasses import dataclass

import numpy as np

from tocsin.detect.series import Series
from tocsin.detect.tails import Numbers
from tocsin.ingest.kpi import DAY_S, WEEK_S, KpiKind

START_S = 2600 * WEEK_S  # a Thursday
WEEKEND = (2, 3)


@dataclass(frozen=True)
class Traffic:
    """How one KPI behaves; `per_day` is how many rows come a day, 5 % of which succeed."""

    kind: KpiKind
    per_day: float = 5000
    days: int = 118
    rho: float = 0.0
    """Intraclass correlation of a bucket's rows."""
    memory: float = 0.0
    """Autocorrelation of one hour with the next."""
    wobble: float = 0.0
    """Standard deviation of the remembered wobble, relative."""
    trend: float = 0.0
    """Growth a day, relative."""
    faulty_from: float | None = None
    drop: float = 0.15
    every_s: int = 3600


def series(traffic: Traffic, seed: int) -> Series:
    """Return the buckets of one run."""
    r = np.random.default_rng(seed)
    size = traffic.days * DAY_S // traffic.every_s
    age_s = np.arange(size, dtype=np.float64) * traffic.every_s
    start_s: Numbers = START_S + age_s
    wave = 2 * np.pi * (start_s % DAY_S) / DAY_S
    weekend = np.isin((start_s // DAY_S).astype(int) % 7, WEEKEND)
    wobble = np.zeros(size)
    if traffic.wobble:
        shocks = r.normal(size=size) * traffic.wobble * np.sqrt(1 - traffic.memory**2)
        for place in range(1, size):
            wobble[place] = traffic.memory * wobble[place - 1] + shocks[place]
    growth = np.exp(traffic.trend * age_s / DAY_S)
    fault = np.ones(size)
    if traffic.faulty_from is not None:
        fault[age_s >= traffic.faulty_from * DAY_S] = 1 - traffic.drop
    usual = traffic.per_day * traffic.every_s / DAY_S
    volume = usual * (1 + 0.6 * np.sin(wave)) * np.where(weekend, 0.7, 1.0)
    match traffic.kind:
        case KpiKind.SUM:
            total = r.poisson(volume * growth * np.exp(wobble) * fault)
            return Series(start_s, total.astype(float), np.ones(size))
        case KpiKind.RATE:
            n = r.poisson(volume)
            share = 0.05 * (1 + 0.25 * np.sin(wave + 1)) * np.where(weekend, 1.15, 1.0)
            share = np.clip(share * np.exp(wobble) * growth * fault, 1e-4, 0.9)
            if traffic.rho:
                spread = 1 / traffic.rho - 1
                share = r.beta(share * spread, (1 - share) * spread)
            return Series(start_s, r.binomial(n, share).astype(float), n.astype(float))
        case KpiKind.MEAN:
            amount = 10 + 3 * np.sin(wave) - 2 * weekend + r.normal(size=size) + 5 * wobble
            return Series(start_s, amount * growth * fault, np.ones(size))
