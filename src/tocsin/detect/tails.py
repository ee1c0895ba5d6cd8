"""Tails: how unlikely a deviation is, in the far tails where normal approximations lie.

Everything is in terms of an exponent E >= 0, the cost of a deviation in nats: half a squared
z-score where the normal holds, n·KL(p_hat || p) for a share (Chernoff's bound, valid for every n).

    p = exp(-E)                       dispersion known (none beyond chance)
    p = (1 + 2E/nu) ** (-nu/2)        dispersion estimated with nu degrees of freedom (Student)

so that a monitor whose wobble was learnt from twenty blocks does not claim a one-in-a-billion
certainty that twenty blocks cannot give.  These are bounds, some ten times too wide; where many
rows make scores normal, `of_squares` is exact: Fisher's tail, and Student's for one score, whose
inverse is `student`.
Source: Chernoff (1952), Ann. Math. Stat. 23, 493-507; Hoeffding (1963), JASA 58, 13-30.
"""

import math

import numpy as np
from numpy.typing import NDArray
from scipy import special, stats

Numbers = NDArray[np.float64]
MOST = 1e100
"""Nats beyond which nothing is surer."""
_HALVINGS = 36  # to a few parts in 10**11


def binary_kl(p: Numbers, q: Numbers) -> Numbers:
    """Return KL(p || q) of two coins in nats, >= 0; infinite where q rules out what p shows."""
    return np.asarray(special.rel_entr(p, q) + special.rel_entr(1.0 - p, 1.0 - q), np.float64)


def exponent(alpha: float | Numbers, dof: Numbers) -> Numbers:
    """Return the E whose tail is `alpha`, for each number of degrees of freedom (inf: known).

    Both may be arrays that broadcast together.

    >>> exponent(1e-9, np.array([np.inf, 30.0])).round(1).tolist()
    [20.7, 44.7]
    """
    needed = -np.log(alpha)
    finite = np.isfinite(dof)
    nu = np.where(finite, dof, 1.0)
    with np.errstate(over="ignore"):  # very few degrees of freedom: nothing is enough
        student = nu / 2 * np.expm1(2 * needed / nu)
    return np.where(finite, student, needed)


def student(alpha: float | Numbers, dof: Numbers) -> Numbers:
    """Return the E whose tail, both sides together, is `alpha` where scores are normal.

    Not a bound, as `exponent` is: for limits at everyday error rates, not for far tails.

    >>> student(1e-3, np.array([np.inf, 30.0])).round(1).tolist()
    [5.4, 6.6]
    """
    return np.asarray(stats.t.isf(np.asarray(alpha) / 2, dof) ** 2 / 2, np.float64)


def evidence(cost: Numbers, dof: Numbers) -> Numbers:
    """Return -log10 of the tail probability of `cost`, the inverse of `exponent`; always finite.

    What has no variance at all costs infinitely much, and counts as `MOST`.
    """
    finite = np.isfinite(dof)
    nu, cost = np.where(finite, dof, 1.0), np.minimum(cost, MOST)
    return np.where(finite, nu / 2 * np.log1p(2 * cost / nu), cost) / math.log(10)


def of_squares(total: Numbers, terms: Numbers, dof: Numbers) -> Numbers:
    """Return -log10 of the chance that squared z-scores add up to `total` or more, at most 300.

    The other two are bounds; this is exact for independent normal scores.  Of one term it is
    Student's tail to both sides.

    Args:
        total: the sum, >= 0.
        terms: how many were added, >= 1.
        dof: degrees of freedom of the variance that all were divided by; infinite: it is known.

    >>> chance = of_squares(np.array([4.0, 4.0]), np.array([1, 1]), np.array([np.inf, 10.0]))
    >>> (10 ** -chance).round(3).tolist()
    [0.046, 0.073]
    """
    finite = np.isfinite(dof)
    student = special.fdtrc(terms, np.where(finite, dof, 1.0), total / terms)
    chance = np.where(finite, student, special.chdtrc(terms, total))
    return np.asarray(-np.log10(np.maximum(chance, 1e-300)), np.float64)


def two_samples(p: Numbers, n: Numbers, q: Numbers, m: Numbers) -> Numbers:
    """Return the cost of two shares being one: half the likelihood-ratio statistic.

    Args:
        p: share in the first sample of `n` (effective) rows; NaN where n is 0.
        n: rows of the first sample, >= 0.
        q: share in the second sample of `m` rows.
        m: rows of the second sample.
    """
    total = n + m
    with np.errstate(invalid="ignore", divide="ignore"):
        joint = np.where(total > 0, (n * p + m * q) / total, np.nan)
        cost = n * binary_kl(p, joint) + m * binary_kl(q, joint)
    return np.where(np.isfinite(cost), np.maximum(cost, 0.0), 0.0)


def limits(p: Numbers, n: Numbers, cost: Numbers) -> tuple[Numbers, Numbers]:
    """Return the lowest and highest share from which seeing `p` in `n` rows costs at most `cost`.

    Where dispersion is known this covers the truth with probability >= 1 - 2·exp(-cost) for every
    n and every share (Chernoff); n may be an effective size, not whole.

    >>> low, high = limits(np.array([0.0]), np.array([30.0]), np.array([3.0]))
    >>> [round(float(x[0]), 4) for x in (low, high)]
    [0.0, 0.0952]
    """
    far = np.stack([np.zeros_like(p, np.float64), np.ones_like(p, np.float64)])
    near, away = np.stack([p, p]).astype(np.float64), far
    for _ in range(_HALVINGS):
        middle = (near + away) / 2
        inside = n * binary_kl(p, middle) <= cost
        near, away = np.where(inside, middle, near), np.where(inside, away, middle)
    # the ends themselves are allowed where nothing contradicts them: p = 0 allows the truth 0
    with np.errstate(invalid="ignore"):  # no rows times an impossible end: the end is near anyway
        low, high = np.where(n * binary_kl(p, far) <= cost, far, near)
    return low, high


def limits_of_both(
    first: tuple[Numbers, Numbers], second: tuple[Numbers, Numbers], cost: Numbers
) -> tuple[tuple[Numbers, Numbers], tuple[Numbers, Numbers]]:
    """Return the limits of two shares per entry, each given as (share, rows), in one go."""
    p, n = (np.stack(pair) for pair in zip(first, second, strict=True))
    low, high = limits(p, n, cost)
    return (low[0], high[0]), (low[1], high[1])
