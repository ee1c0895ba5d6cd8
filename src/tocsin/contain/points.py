"""Harm in points: what an odds ratio means at the champion's own rate, and how much proof it takes.

    harm = ω p / (1 - p + ω p) - p            p the champion's rate, ω the odds ratio, in shares 0-1

Sign: above 0 is worse, whichever way the rate must go for that (`Worse`).
"""

import math
from dataclasses import dataclass
from enum import StrEnum

import numpy as np

from tocsin.contain.odds import Odds, Tables, ceiling, odds
from tocsin.contain.verify import Rate

_MOST_TIMES = 4096
"""What takes more rows than so many times those there are is not to be had."""
_STEPS = 8
"""Bisections by which the number of rows is narrowed down: to 1 % within a doubling."""


class Worse(StrEnum):
    """Which way a rate must go to be harm."""

    UP = "up"
    DOWN = "down"
    BOTH = "both"


@dataclass(frozen=True, slots=True)
class Harm:
    """The candidate's rate beside the champion's, and what is known of the odds between them."""

    worse: Worse
    candidate: Rate
    champion: Rate
    known: Odds

    @property
    def usual(self) -> float:
        """The champion's rate, 0-1; never quite 0 or 1."""
        return (self.champion.k + 0.5) / (self.champion.n + 1)

    @property
    def likeliest(self) -> float:
        """Points of harm that are likeliest; below 0 it is better."""
        moved_by = moved(self.usual, self.known.ratio)
        return {Worse.UP: moved_by, Worse.DOWN: -moved_by}.get(self.worse, abs(moved_by))

    def interval(self, alpha: float) -> tuple[float, float]:
        """Return the points of harm that stay possible at all looks together, at 1 - `alpha`."""
        low, high = (moved(self.usual, ratio) for ratio in self.known.interval(alpha / 2))
        k, n = self.candidate.k, self.candidate.n
        low, high = max(low, -ceiling(n - k, n, alpha / 2)), min(high, ceiling(k, n, alpha / 2))
        if self.worse is Worse.UP:
            return low, high
        if self.worse is Worse.DOWN:
            return -high, -low
        return max(0.0, low, -high), max(abs(low), abs(high))


def moved(usual: float, ratio: float) -> float:
    """Return how far a share moves when its odds are multiplied.

    >>> round(moved(0.1, 2.0), 4), moved(0.1, 1.0), moved(0.1, math.inf)
    (0.0818, 0.0, 0.9)
    """
    if math.isinf(ratio):
        return 1 - usual
    return ratio * usual / (1 - usual + ratio * usual) - usual


def times_needed(harm: Harm, borne: float, alpha: float) -> float | None:
    """Return how many times the rows of both it takes until no more harm than `borne` is possible.

    A forecast, not a promise: it takes it that both go on at the rates they have shown, in the
    proportion and with the clumps they have shown.

    Args:
        harm: as it is known now.
        borne: in shares, 0-1.
        alpha: of the interval that must end below it.

    Returns:
        At least 1; None: no number of rows is enough, or none that is to be had.
    """
    if harm.likeliest >= borne or not harm.candidate.n or not harm.champion.n:
        return None
    if _possible(harm, _MOST_TIMES, alpha) >= borne:
        return None
    low, high = 1.0, 1.0
    while _possible(harm, high, alpha) >= borne:
        low, high = high, 2 * high
    for _ in range(_STEPS if high > low else 0):
        middle = math.sqrt(low * high)
        if _possible(harm, middle, alpha) >= borne:
            low = middle
        else:
            high = middle
    return high


def _possible(harm: Harm, times: float, alpha: float) -> float:
    """Return the most harm possible after so many times the rows, as one table.

    What clumps are charged makes rows fewer: a likelihood to the power 1/φ is that of n/φ rows.
    """
    usual = harm.usual
    rates = (usual + moved(usual, harm.known.ratio), usual)
    counts = [harm.candidate.n, harm.champion.n]
    n = [np.array([count * times / harm.known.phi]).round() for count in counts]
    tables = Tables(np.round(n[0] * rates[0]), n[0], np.round(n[1] * rates[1]), n[1])
    candidate = Rate(round(harm.candidate.k * times), round(harm.candidate.n * times))
    champion = Rate(round(harm.champion.k * times), round(harm.champion.n * times))
    return Harm(harm.worse, candidate, champion, odds(tables)).interval(alpha)[1]
