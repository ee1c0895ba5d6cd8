"""Odds: how much likelier something is under the candidate than under the champion, at any look.

Both serve at the same time, so each bucket of time is a table of its own: `k1` of `n1` of the
candidate's decisions beside `k0` of `n0` of the champion's.  Given `k1 + k0`, chance alone gives
`k1` Fisher's noncentral hypergeometric law, which depends on nothing but the odds ratio ω: traffic,
weather and the share of the canary may change from bucket to bucket as they like.

    L(θ)  = Π over buckets of P(k1 | k1 + k0; θ)                    θ = ln ω
    E(θ)  = ∫ L(t) N(t; 0, SPREAD²) dt / L(θ)

While θ holds, E(θ) is a non-negative martingale of mean 1 over whole buckets, so the chance that
it *ever* reaches 1/α is at most α (Ville).  All θ with E(θ) < 1/α are therefore an interval that
holds the true one at all looks together with a chance of at least 1 - α.

Decisions that come in clumps (one caller, many rows) make buckets disagree more than chance does.
L is raised to the power 1/φ then, φ being Pearson's χ² of the buckets over its degrees of freedom.

Sources: Fisher (1935), J. R. Stat. Soc. 98, 39-82; Robbins (1970), Ann. Math. Stat. 41, 1397-1409;
Daniels (1954), Ann. Math. Stat. 25, 631-650 (the sum over large tables).
"""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import brentq
from scipy.special import betaln, gammaln, logsumexp, xlog1py, xlogy

SPREAD = 0.5
"""Standard deviation of ln ω before anything is seen: half as many again is an ordinary change."""
FURTHEST = 5.0
"""Odds ratios beyond e^±5 are not told apart."""
_COARSE, _FINE = 81, 161
"""Values of θ on which L is laid out: to find its peak, and around it."""
_STEP = 2 * FURTHEST / (_COARSE - 1)
_REACH = 10.0
"""Standard errors to either side that are laid out."""
_EXACT = 16.0
"""Tables whose variance is below this are summed; larger ones taken as normal around the mode."""
_FEWEST_TABLES = 8
"""Tables from which on their disagreement is charged."""

Numbers = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Tables:
    """Buckets side by side, arrays (B,) of whole numbers: `k` of `n` of either arm."""

    k1: Numbers
    n1: Numbers
    k0: Numbers
    n0: Numbers

    def telling(self) -> "Tables":
        """Return the tables that can tell anything: both arms decided, and not all alike."""
        k, n = self.k1 + self.k0, self.n1 + self.n0
        tells = (self.n1 > 0) & (self.n0 > 0) & (k > 0) & (k < n)
        return Tables(self.k1[tells], self.n1[tells], self.k0[tells], self.n0[tells])


@dataclass(frozen=True, slots=True)
class Odds:
    """What tables say of the odds ratio; arrays (G,) over values of θ, the peak well inside."""

    at: Numbers
    likely: Numbers
    """ln L, charged for clumps."""
    mixed: float
    """ln of the integral of L over the prior."""
    phi: float
    """What the tables' disagreement was charged, >= 1."""

    @property
    def ratio(self) -> float:
        """The likeliest odds ratio; 1 while nothing was seen."""
        return math.exp(float(self.at[int(np.argmax(self.likely - 1e-12 * self.at**2))]))

    def interval(self, alpha: float) -> tuple[float, float]:
        """Return the interval that may be looked at after every bucket, of odds ratios.

        Args:
            alpha: chance that it ever fails to hold the true ratio, 0-1.
        """
        least = self.mixed + math.log(alpha)
        held = np.flatnonzero(self.likely > least)
        low, high = _ends(self.at, self.likely - least, int(held[0]), int(held[-1]))
        return math.exp(low), math.exp(high)


def odds(tables: Tables) -> Odds:
    """Return what is known of the odds ratio.

    Args:
        tables: one for each bucket that both arms served, whole ones only.
    """
    some = tables.telling()
    at = np.linspace(-FURTHEST, FURTHEST, _COARSE)
    likely, phi = np.zeros(_COARSE), 1.0
    if len(some.k1):
        likely = _ln_likelihood(some, at)
        best = float(at[int(np.argmax(likely))])
        phi = _disagreement(some, best)
        # the peak may be far narrower than a step: lay it out once more, as far as it reaches
        reach = _REACH * math.sqrt(phi / float(_variance(some, best).sum())) + 2 * _STEP
        if reach < FURTHEST:
            at = np.linspace(best - reach, best + reach, _FINE)
            likely = _ln_likelihood(some, at)
    likely = likely / phi
    prior = -0.5 * (at / SPREAD) ** 2 - math.log(SPREAD * math.sqrt(2 * math.pi))
    mixed = float(logsumexp(likely + prior)) + math.log(at[1] - at[0])
    return Odds(at, likely, mixed, phi)


def ceiling(k: int, n: int, alpha: float) -> float:
    """Return the highest rate that `k` of `n` leave possible, at all looks together.

    The odds of what hardly ever happens say nothing; a rate itself is bounded by how many saw none
    of it.  Beta-binomial mixture with Jeffreys' prior over the binomial law (Robbins 1970).

    >>> round(ceiling(0, 4_000, 0.05), 4), ceiling(0, 0, 0.05), ceiling(5, 5, 0.05)
    (0.0019, 1.0, 1.0)
    """
    if k >= n:
        return 1.0
    mixed = betaln(k + 0.5, n - k + 0.5) - betaln(0.5, 0.5) + math.log(alpha)

    def held(p: float) -> float:
        return float(xlogy(k, p) + xlog1py(n - k, -p) - mixed)

    return float(brentq(held, max(k / n, 1e-12), 1 - 1e-12, xtol=1e-9))


def _ends(at: Numbers, above: Numbers, first: int, last: int) -> tuple[float, float]:
    """Return where `above` crosses 0 outside of first..last, on straight lines between its places.

    What is still held at the very end of the layout has no limit there.
    """

    def crossing(out: int, within: int) -> float:
        part = above[out] / (above[out] - above[within])
        return float(at[out] + part * (at[within] - at[out]))

    low = crossing(first - 1, first) if first > 0 else -math.inf
    high = crossing(last + 1, last) if last < len(at) - 1 else math.inf
    return low, high


def _ln_likelihood(tables: Tables, at: Numbers) -> Numbers:
    """Return ln L at each of `at`, up to a constant."""
    small = _variance(tables, 0.0) < _EXACT
    found = at * tables.k1.sum() - _saddle(_only(tables, ~small), at)
    for k1, n1, k0, n0 in _rows(_only(tables, small)):
        found -= _summed(k1 + k0, n1, n0, at)
    return found


def _summed(k: float, n1: float, n0: float, at: Numbers) -> Numbers:
    """Return ln of the sum over all that `k1` may be, of its chances at each of `at`."""
    j = np.arange(max(0.0, k - n0), min(k, n1) + 1)
    ways = -gammaln(j + 1) - gammaln(n1 - j + 1) - gammaln(k - j + 1) - gammaln(n0 - k + j + 1)
    return logsumexp(ways - logsumexp(ways) + at[:, None] * j, axis=1)


def _saddle(tables: Tables, at: Numbers) -> Numbers:
    """Return the same for large tables, all together, by the normal law around the mode."""
    if not len(tables.k1):
        return np.zeros_like(at)
    k, n1, n0 = tables.k1 + tables.k0, tables.n1, tables.n0

    def height(theta: Numbers) -> Numbers:
        j = _mode(k, n1, n0, np.exp(theta)[:, None])
        rest = [j, n1 - j, k - j, n0 - k + j]
        spread = -0.5 * np.log(sum(1 / (one + 0.5) for one in rest))
        return theta[:, None] * j - sum(gammaln(one + 1) for one in rest) + spread

    return (height(at) - height(np.zeros(1))).sum(1)


def _mode(k: Numbers, n1: Numbers, n0: Numbers, ratio: Numbers | float) -> Numbers:
    """Return the likeliest `k1`, not whole: where j (n0-k+j) = ω (n1-j) (k-j)."""
    b = n0 - k + ratio * (n1 + k)
    c = ratio * n1 * k
    a = 1.0 - ratio
    return 2 * c / (b + np.sqrt(np.maximum(b * b + 4 * a * c, 0.0)))


def _variance(tables: Tables, theta: float) -> Numbers:
    """Return the variance of each table's `k1`, shape (B,)."""
    k, n1, n0 = tables.k1 + tables.k0, tables.n1, tables.n0
    j = _mode(k, n1, n0, math.exp(theta))
    parts = (j, n1 - j, k - j, n0 - k + j)
    return 1 / np.sum([1 / np.maximum(part, 1e-9) for part in parts], axis=0)


def _disagreement(tables: Tables, theta: float) -> float:
    """Return Pearson's χ² of the tables around one odds ratio over its degrees of freedom, >= 1."""
    if len(tables.k1) < _FEWEST_TABLES:
        return 1.0
    k, n1, n0 = tables.k1 + tables.k0, tables.n1, tables.n0
    away = tables.k1 - _mode(k, n1, n0, math.exp(theta))
    return max(1.0, float((away**2 / _variance(tables, theta)).sum() / (len(k) - 1)))


def _only(tables: Tables, those: NDArray[np.bool_]) -> Tables:
    return Tables(tables.k1[those], tables.n1[those], tables.k0[those], tables.n0[those])


def _rows(tables: Tables) -> list[tuple[float, float, float, float]]:
    columns = (tables.k1, tables.n1, tables.k0, tables.n0)
    return [tuple(row) for row in np.stack(columns, axis=1).tolist()]
