"""Measures read off one cell: rates, accuracy, precision, recall, AUC, means and quantiles.

Counts give rates and confusion measures exactly.  What comes from a histogram is exact up to the
width of its bins; each function tells its bound.  A measure that cannot be said is NaN.
"""

import math

import numpy as np
from numpy.typing import NDArray

from tocsin.profile.cell import Counts
from tocsin.profile.layout import SQUARE_UNITS, Layout, score_edges
from tocsin.profile.spec import LATENCY_EDGES_MS, NumericBins


def share(k: float, n: float) -> float:
    """Return k / n, or NaN where n is 0.

    >>> share(1, 4), share(0, 0)
    (0.25, nan)
    """
    return k / n if n else math.nan


def selection_rate(layout: Layout, counts: Counts) -> float:
    """Return the share of answers that say yes, 0-1."""
    return share(layout.one(counts, "n_positive"), layout.one(counts, "n_prediction"))


def accuracy(layout: Layout, counts: Counts) -> float:
    """Return the share of right answers among those whose outcome is known, 0-1."""
    tp, fp, tn, fn = confusion(layout, counts)
    return share(tp + tn, tp + fp + tn + fn)


def precision(layout: Layout, counts: Counts) -> float:
    """Return the share of yes answers that were right, 0-1."""
    tp, fp, _, _ = confusion(layout, counts)
    return share(tp, tp + fp)


def recall(layout: Layout, counts: Counts) -> float:
    """Return the share of those who deserved a yes that got it, 0-1: the true-positive rate."""
    tp, _, _, fn = confusion(layout, counts)
    return share(tp, tp + fn)


def false_positive_rate(layout: Layout, counts: Counts) -> float:
    """Return the share of those who deserved a no that got a yes, 0-1."""
    _, fp, tn, _ = confusion(layout, counts)
    return share(fp, fp + tn)


def confusion(layout: Layout, counts: Counts) -> tuple[int, int, int, int]:
    """Return true positives, false positives, true negatives and false negatives."""
    tp, fp, tn, fn = (layout.one(counts, name) for name in ("tp", "fp", "tn", "fn"))
    return tp, fp, tn, fn


def auc(layout: Layout, counts: Counts) -> float:
    """Return the area under the ROC curve, 0-1: ties within a bin count half.

    At most `auc_bin_error` away from the value on the raw scores.
    """
    positive = layout.get(counts, "pos_hist").astype(float)
    negative = layout.get(counts, "neg_hist").astype(float)
    pairs = positive.sum() * negative.sum()
    if pairs == 0:
        return math.nan
    below = np.cumsum(negative) - negative
    return float((positive * (below + negative / 2)).sum() / pairs)


def auc_bin_error(layout: Layout, counts: Counts) -> float:
    """Return how far `auc` can be off through binning: half the share of pairs within one bin."""
    positive = layout.get(counts, "pos_hist").astype(float)
    negative = layout.get(counts, "neg_hist").astype(float)
    return share(float((positive * negative).sum()) / 2, float(positive.sum() * negative.sum()))


def mean(layout: Layout, counts: Counts, bins: NumericBins) -> float:
    """Return a numeric feature's mean; off by at most half a `unit` from the mean of the rows.

    Values more than 2**36 units away from the centre enter as if they were that far.
    """
    n = present(layout, counts, bins.name)
    if n == 0:
        return math.nan
    return bins.centre + bins.unit * layout.one(counts, f"f_{bins.name}.sum") / n


def variance(layout: Layout, counts: Counts, bins: NumericBins) -> float:
    """Return a numeric feature's variance (of the n rows themselves, not an estimate with n - 1).

    Each value is rounded to `SQUARE_UNITS` units, so that the standard deviation s is off by at
    most half of those; values more than 2**18 of them from the centre enter as if that far.
    """
    n = present(layout, counts, bins.name)
    if n == 0:
        return math.nan
    unit = SQUARE_UNITS * bins.unit
    from_centre = mean(layout, counts, bins) - bins.centre
    square = layout.one(counts, f"f_{bins.name}.sum2") * unit**2 / n
    return max(0.0, square - from_centre**2)


def present(layout: Layout, counts: Counts, feature: str) -> int:
    """Return how many rows hold a usable value of a numeric feature."""
    name = f"f_{feature}"
    inside = int(layout.get(counts, f"{name}.hist").sum())
    return inside + layout.one(counts, f"{name}.under") + layout.one(counts, f"{name}.over")


def quantile(layout: Layout, counts: Counts, bins: NumericBins, q: float) -> float:
    """Return the q-quantile of a numeric feature, 0 <= q <= 1; off by at most its bin's width.

    Below and above the grid the outermost border is returned.
    """
    return _grid_quantile(layout, counts, f"f_{bins.name}", bins, q)


def estimate_quantile(layout: Layout, counts: Counts, q: float) -> float:
    """Return the q-quantile of a regression's answers; as exact as `quantile`."""
    bins = layout.spec.estimate
    assert bins is not None, "only a regression has estimates"
    return _grid_quantile(layout, counts, "estimate", bins, q)


def _grid_quantile(layout: Layout, counts: Counts, name: str, bins: NumericBins, q: float) -> float:
    hist = np.concatenate(
        [
            layout.get(counts, f"{name}.under"),
            layout.get(counts, f"{name}.hist"),
            layout.get(counts, f"{name}.over"),
        ]
    )
    borders = np.array([bins.edges[0], *bins.edges, bins.edges[-1]])
    return _quantile(hist, borders, q)


def score_quantile(layout: Layout, counts: Counts, q: float) -> float:
    """Return the q-quantile of the scores, 0-1; off by at most one bin of about 0.01."""
    return _quantile(layout.get(counts, "score_hist"), score_edges(layout.spec), q)


def latency_ms(layout: Layout, counts: Counts, q: float) -> float:
    """Return the q-quantile of the latency in milliseconds; bins are a third wide at most."""
    borders = np.array([LATENCY_EDGES_MS[0], *LATENCY_EDGES_MS, LATENCY_EDGES_MS[-1]])
    return _quantile(layout.get(counts, "latency_hist"), borders, q)


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
