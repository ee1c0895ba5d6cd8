"""Measures read off one cell: rates, and the means, quantiles and extremes of numbers.

Counts give rates exactly.  What comes from a histogram is exact up to the width of its bins; each
function tells its bound.  A measure that cannot be said, for want of rows, is NaN.  Scores against
outcomes are in `scores`, a regression's errors in `regression`, two cells compared in `distances`.
"""

import math

import numpy as np
from numpy.typing import NDArray

from tocsin.profile import sketch
from tocsin.profile.cell import Counts, Marks
from tocsin.profile.layout import SQUARE_UNITS, Layout, score_edges
from tocsin.profile.spec import LATENCY_EDGES_MS, NumericBins


def share(k: float, n: float) -> float:
    """Return k / n, or NaN where n is 0.

    >>> share(1, 4), share(0, 0)
    (0.25, nan)
    """
    return k / n if n else math.nan


def selection_rate(layout: Layout, counts: Counts) -> float:
    """Return the share of answers that say yes, 0-1; exact."""
    return share(layout.one(counts, "n_positive"), layout.one(counts, "n_prediction"))


def confusion(layout: Layout, counts: Counts) -> tuple[int, int, int, int]:
    """Return true positives, false positives, true negatives and false negatives; exact."""
    tp, fp, tn, fn = (layout.one(counts, name) for name in ("tp", "fp", "tn", "fn"))
    return tp, fp, tn, fn


def accuracy(layout: Layout, counts: Counts) -> float:
    """Return the share of right answers among those whose outcome is known, 0-1; exact."""
    tp, fp, tn, fn = confusion(layout, counts)
    return share(tp + tn, tp + fp + tn + fn)


def precision(layout: Layout, counts: Counts) -> float:
    """Return the share of yes answers that were right, 0-1; exact."""
    tp, fp, _, _ = confusion(layout, counts)
    return share(tp, tp + fp)


def recall(layout: Layout, counts: Counts) -> float:
    """Return the share of those who deserved a yes that got it, 0-1; exact.

    Also called the true-positive rate.
    """
    tp, _, _, fn = confusion(layout, counts)
    return share(tp, tp + fn)


def f1(layout: Layout, counts: Counts) -> float:
    """Return the harmonic mean of precision and recall, 2 tp / (2 tp + fp + fn), 0-1; exact.

    Source: van Rijsbergen (1979), Information Retrieval, chapter 7.
    """
    tp, fp, _, fn = confusion(layout, counts)
    return share(2 * tp, 2 * tp + fp + fn)


def false_positive_rate(layout: Layout, counts: Counts) -> float:
    """Return the share of those who deserved a no that got a yes, 0-1; exact."""
    _, fp, tn, _ = confusion(layout, counts)
    return share(fp, fp + tn)


def histogram(layout: Layout, counts: Counts, column: str) -> Counts:
    """Return how a column's values are spread: what `distances` compares.

    Args:
        layout: of the cells.
        counts: vectors of cells, shape (..., width).
        column: "score", "estimate", "error" or "f_" and the name of a numeric view or category.

    Returns:
        Shape (..., bins): a grid's values below, within and above it (B + 2); a category's values,
        then all others, then unseen ones (K + 2); or 100 bins of scores.  Missing, invalid and
        mistyped values have no place here.

    Raises:
        KeyError: the spec has no such column.
    """
    if column == "score":
        parts = ("score_hist",)
    elif f"{column}.hist" in layout.places:
        parts = tuple(f"{column}.{part}" for part in ("under", "hist", "over"))
    else:
        parts = tuple(f"{column}.{part}" for part in ("counts", "other", "unseen"))
    return np.concatenate([layout.get(counts, part) for part in parts], axis=-1)


def present(layout: Layout, counts: Counts, feature: str) -> int:
    """Return how many rows hold a usable value of a numeric feature; exact."""
    return int(histogram(layout, counts, f"f_{feature}").sum())


def mean(layout: Layout, counts: Counts, bins: NumericBins) -> float:
    """Return a numeric feature's mean, in its unit; off by at most half a `bins.unit`.

    Values more than 2**36 units away from the centre enter as if they were that far.
    """
    return grid_mean(layout, counts, f"f_{bins.name}", bins)


def variance(layout: Layout, counts: Counts, bins: NumericBins) -> float:
    """Return a numeric feature's variance (of the n rows themselves, not an estimate with n - 1).

    With w = (`SQUARE_UNITS` + 1) * `bins.unit` and s the root of the mean squared distance from the
    grid's centre, off by at most w (s + w / 4): each distance is rounded to `SQUARE_UNITS` units
    before it is squared.  Values more than 2**18 of those from the centre enter as if that far.
    """
    away, square = grid_moments(layout, counts, f"f_{bins.name}")
    deviation = SQUARE_UNITS * bins.unit * root(square - (away / SQUARE_UNITS) ** 2)
    return deviation * deviation


def quantile(layout: Layout, counts: Counts, bins: NumericBins, q: float) -> float:
    """Return the q-quantile of a numeric feature, 0 <= q <= 1: at least q of the rows are below it.

    Off by at most its bin's width from the smallest value of which that is true (NumPy's
    `inverted_cdf`).  Where that value is outside the grid, the outermost border is returned.
    """
    return grid_quantile(layout, counts, f"f_{bins.name}", bins, q)


def score_quantile(layout: Layout, counts: Counts, q: float) -> float:
    """Return the q-quantile of the scores, 0-1; as `quantile`, a bin is about 0.01 wide."""
    return _quantile(layout.get(counts, "score_hist"), score_edges(layout.spec), q)


def latency_ms(layout: Layout, counts: Counts, q: float) -> float:
    """Return the q-quantile of the latency in milliseconds; as `quantile`.

    A bin reaches from x to 10**(1/8) x, so that it is off by 34 % at most; below 0.01 ms and above
    100 s those borders are returned.
    """
    borders = np.array([LATENCY_EDGES_MS[0], *LATENCY_EDGES_MS, LATENCY_EDGES_MS[-1]])
    return _quantile(layout.get(counts, "latency_hist"), borders, q)


def lowest(layout: Layout, marks: Marks, feature: str) -> float:
    """Return the smallest finite value of a numeric feature; exact, NaN where there was none."""
    value = float(marks.lowest[_columns(layout).index(feature)])
    return math.nan if math.isinf(value) else value


def highest(layout: Layout, marks: Marks, feature: str) -> float:
    """Return the largest finite value of a numeric feature; exact, NaN where there was none."""
    value = float(marks.highest[_columns(layout).index(feature)])
    return math.nan if math.isinf(value) else value


def distinct(layout: Layout, marks: Marks, feature: str) -> float:
    """Return about how many distinct values a feature had; 0 where there was none.

    Relative standard error 6.5 %, see `sketch`.
    """
    return sketch.distinct(marks.registers[_columns(layout).index(feature)])


def grid_mean(layout: Layout, counts: Counts, name: str, bins: NumericBins) -> float:
    """Return the mean of the values counted at `name` on the grid `bins`; see `mean`."""
    return bins.centre + bins.unit * grid_moments(layout, counts, name)[0]


def grid_moments(layout: Layout, counts: Counts, name: str) -> tuple[float, float]:
    """Return the mean distance from the grid's centre, in units, and the mean squared one.

    The latter counts in squares of `SQUARE_UNITS` units; its root is off by at most half of those.
    """
    n = int(histogram(layout, counts, name).sum())
    return share(layout.one(counts, f"{name}.sum"), n), share(layout.one(counts, f"{name}.sum2"), n)


def root(square: float) -> float:
    """Return the root of what is not below 0 but for rounding; NaN stays NaN."""
    return math.sqrt(float(np.maximum(square, 0.0)))


def grid_quantile(layout: Layout, counts: Counts, name: str, bins: NumericBins, q: float) -> float:
    """Return the q-quantile of the values counted at `name` on the grid `bins`; see `quantile`."""
    borders = np.array([bins.edges[0], *bins.edges, bins.edges[-1]])
    return _quantile(histogram(layout, counts, name), borders, q)


def _columns(layout: Layout) -> list[str]:
    """Return the names of the columns that have marks, in their order."""
    return [one.name for one in (*layout.spec.numeric, *layout.spec.categorical)]


def _quantile(hist: Counts, borders: NDArray[np.float64], q: float) -> float:
    """Return the q-quantile of a histogram of B bins with B+1 borders, linear within a bin."""
    total = int(hist.sum())
    if total == 0:
        return math.nan
    upto = np.cumsum(hist)
    rank = q * total
    place = int(np.searchsorted(upto, rank, side="left"))
    while hist[place] == 0:  # rank 0 before the first filled bin
        place += 1
    within = (rank - (upto[place] - hist[place])) / hist[place]
    low, high = borders[place], borders[place + 1]
    return float(low + (high - low) * min(1.0, max(0.0, within)))
