"""Intervals: of a share, of the difference and ratio of two shares, of an AUC.

`wilson` and `ratio` are for showing (95 %); `difference` carries the alarms and takes its limits
from `tails.limits`, which hold in the far tails too.
Source: Wilson (1927), JASA 22, 209-212; Newcombe (1998), Stat. Med. 17, 873-890 (square-and-add);
DeLong, DeLong & Clarke-Pearson (1988), Biometrics 44, 837-845.
"""

import math

import numpy as np
from scipy import stats

from tocsin.detect.tails import Numbers


def wilson(k: float, n: float, confidence: float = 0.95) -> tuple[float, float]:
    """Return Wilson's score interval of the share k / n; (0, 1) where n is 0.

    >>> [round(x, 3) for x in wilson(8, 10)]
    [0.49, 0.943]
    """
    if n <= 0:
        return 0.0, 1.0
    z = float(stats.norm.isf((1 - confidence) / 2))
    p = k / n
    centre = (p + z * z / (2 * n)) / (1 + z * z / n)
    half = z / (1 + z * z / n) * math.sqrt(p * (1 - p) / n + z * z / (4 * n * n))
    low = 0.0 if k <= 0 else max(0.0, centre - half)
    return low, 1.0 if k >= n else min(1.0, centre + half)


def difference(
    p: Numbers, p_limits: tuple[Numbers, Numbers], q: Numbers, q_limits: tuple[Numbers, Numbers]
) -> tuple[Numbers, Numbers]:
    """Return limits of p - q from the limits of each, by square-and-add.

    Each side adds the two distances in the worse directions like legs of a right angle, which is
    what the exponents of two independent samples do near their joint optimum.
    """
    d = p - q
    low = d - np.hypot(p - p_limits[0], q_limits[1] - q)
    high = d + np.hypot(p_limits[1] - p, q - q_limits[0])
    return np.maximum(low, -1.0), np.minimum(high, 1.0)


def ratio(
    k1: float, n1: float, k2: float, n2: float, confidence: float = 0.95
) -> tuple[float, float]:
    """Return limits of (k1/n1) / (k2/n2), by square-and-add of logarithms of Wilson's limits.

    (0, inf) where k2 is 0.

    >>> [round(x, 2) for x in ratio(30, 100, 60, 100)]
    [0.35, 0.7]
    """
    if k2 <= 0 or n1 <= 0:
        return 0.0, math.inf
    (low1, high1), (low2, high2) = wilson(k1, n1, confidence), wilson(k2, n2, confidence)
    p1, p2 = k1 / n1, k2 / n2
    if k1 <= 0:
        return 0.0, high1 / low2
    r = math.log(p1 / p2)
    low = r - math.hypot(math.log(p1 / low1), math.log(high2 / p2))
    high = r + math.hypot(math.log(high1 / p1), math.log(p2 / low2))
    return math.exp(low), math.exp(high)


def auc_and_variance(positive: Numbers, negative: Numbers) -> tuple[Numbers, Numbers]:
    """Return the AUC and its variance (DeLong's) from score histograms.

    Args:
        positive: counts of true positives' scores, shape (..., B).
        negative: the same of negatives, same shape.

    Returns:
        Two arrays of shape (...), NaN where a class has fewer than two rows.
    """
    n1, n0 = positive.sum(-1), negative.sum(-1)
    below = np.cumsum(negative, -1) - negative / 2
    above = positive.sum(-1, keepdims=True) - np.cumsum(positive, -1) + positive / 2
    with np.errstate(invalid="ignore", divide="ignore"):
        of_positive = below / n0[..., None]
        of_negative = above / n1[..., None]
        auc = (positive * of_positive).sum(-1) / n1
        spread1 = (positive * (of_positive - auc[..., None]) ** 2).sum(-1) / (n1 - 1)
        spread0 = (negative * (of_negative - auc[..., None]) ** 2).sum(-1) / (n0 - 1)
        variance = spread1 / n1 + spread0 / n0
    usable = (n1 >= 2) & (n0 >= 2)
    return np.where(usable, auc, np.nan), np.where(usable, variance, np.nan)
