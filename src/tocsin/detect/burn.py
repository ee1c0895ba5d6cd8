"""Burn: how fast an error budget is being used up, over two windows at once.

    burn rate = share of bad events / (1 - target)         1: the budget lasts just the period

    asks for   long window   short, 1/12   part of the budget   burn rate at 30 days
    page       1 h           5 min         2 %                  14.4
    page       6 h           30 min        5 %                  6
    ticket     1 d           2 h           10 %                 3
    ticket     3 d           6 h           10 %                 1

A pair fires where both windows burn faster than its rate: the long one says that it matters, the
short one that it goes on.  Rates scale with the period: period × part / long window.  Two ends
bound them.  Below 1 there is nothing to warn of.  And no burn can exceed 1 / (1 - target), where
every event is bad: at a target of 90 % that is 10, so the pair of 14.4 could never fire.  So no
rate is asked for beyond half of the possible; the window grows instead, until it is worth the same
part of the budget.  Objectives of AI systems live in that range.

Few events prove little: one bad call of two burns a budget of 0.1 % at a rate of 500.  So a pair
fires only if, beside that, the long window's events rule out at the look's error rate that the
objective is being met (Chernoff's bound).  What an alarm states is that rate: the chance of one
while bad events are within the budget and come by chance.
Source: Beyer et al. (2018), The Site Reliability Workbook, chapter 5, table 5-8.
"""

import math
from dataclasses import dataclass

import numpy as np

from tocsin.detect import tails
from tocsin.detect.finding import Level
from tocsin.detect.look import SURELY

HOUR_S, DAY_S = 3600, 86400
RECIPE = (
    (Level.PAGE, HOUR_S, 0.02),
    (Level.PAGE, 6 * HOUR_S, 0.05),
    (Level.TICKET, DAY_S, 0.10),
    (Level.TICKET, 3 * DAY_S, 0.10),
)
"""What is asked for, the long window, the part of the budget that it may use."""
SHORT = 12
"""A short window is this part of the long one."""
POSSIBLE = 0.5
"""The part of the highest possible burn rate that is asked for at most."""


@dataclass(frozen=True, slots=True)
class Pair:
    """Two windows in seconds, and the burn rate that both must exceed."""

    level: Level
    long_s: int
    short_s: int
    rate: float


@dataclass(frozen=True, slots=True)
class Tally:
    """Events of one window: how many were bad, of how many."""

    bad: float
    n: float

    @property
    def share(self) -> float:
        """The share of bad events; NaN without events."""
        return self.bad / self.n if self.n > 0 else math.nan


@dataclass(frozen=True, slots=True)
class Burnt:
    """What one pair shows: burn rates of both windows, of the long one with its interval.

    `evidence` is -log10 of the chance of so many bad events where the objective is met.
    """

    pair: Pair
    long: float
    short: float
    interval: tuple[float, float]
    n: int
    evidence: float
    fires: bool

    @property
    def severity(self) -> tuple[bool, float]:
        """What the worst of several pairs has most of."""
        return self.fires, self.long / self.pair.rate


def pairs(period_s: int, target: float, bucket_s: int) -> tuple[Pair, ...]:
    """Return the pairs of one objective; windows are whole buckets, at least one.

    Args:
        period_s: length of the objective's period.
        target: the share of events that must be good, above 0 and below 1.
        bucket_s: length of the buckets that events are counted in.

    >>> [(p.long_s // 3600, round(p.rate, 2)) for p in pairs(30 * 86400, 0.999, 300)]
    [(1, 14.4), (6, 6.0), (24, 3.0), (72, 1.0)]
    >>> [(p.long_s // 3600, round(p.rate, 2)) for p in pairs(30 * 86400, 0.9, 3600)]
    [(3, 4.8), (7, 5.0), (24, 3.0), (72, 1.0)]
    """
    most = max(1.0, POSSIBLE / (1.0 - target))
    found: dict[tuple[Level, int], Pair] = {}
    for level, asked_s, part in RECIPE:
        wanted = min(max(period_s * part / asked_s, 1.0), most)
        long_s = _whole(period_s * part / wanted, bucket_s)
        rate = min(max(period_s * part / long_s, 1.0), most)
        pair = Pair(level, long_s, _whole(long_s / SHORT, bucket_s), rate)
        found.setdefault((level, long_s), pair)
    return tuple(found.values())


def proof(tally: Tally, budget: float) -> tuple[float, tuple[float, float]]:
    """Return what so many bad events cost where the objective is met, and their burn rate's ends.

    Args:
        tally: at least one event.
        budget: the share of events that may be bad, above 0 and below 1.

    Returns:
        Chernoff's exponent, in nats, and the interval that misses the truth at `look.SURELY`.
    """
    share, n = np.array([tally.share]), np.array([tally.n])
    kl = float(tails.binary_kl(share, np.array([budget]))[0])
    low, high = tails.limits(share, n, np.array([-math.log(SURELY / 2)]))
    cost = tally.n * kl if tally.share > budget else 0.0
    return cost, (float(low[0]) / budget, float(high[0]) / budget)


def burnt(pair: Pair, long: Tally, short: Tally, budget: float, alpha: float) -> Burnt:
    """Return what the two windows of `pair` show.

    Args:
        pair: which windows.
        long: the long window's events, at least one.
        short: the short window's.
        budget: the share of events that may be bad, above 0 and below 1.
        alpha: chance of an alarm while the objective is met.
    """
    cost, ends = proof(long, budget)
    rates = (long.share / budget, short.share / budget)
    return Burnt(
        pair=pair,
        long=rates[0],
        short=rates[1],
        interval=ends,
        n=int(long.n),
        evidence=cost / math.log(10),
        fires=min(rates) > pair.rate and cost >= -math.log(alpha),
    )


def _whole(length_s: float, bucket_s: int) -> int:
    return max(1, round(length_s / bucket_s)) * bucket_s
