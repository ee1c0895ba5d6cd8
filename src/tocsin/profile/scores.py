"""Scores against outcomes, read off one cell: ranking, calibration, losses, any threshold.

The cell holds the scores of rows whose outcome is yes, and those of rows whose outcome is no, in a
hundred bins (`layout.score_edges`).  What happens at a border is exact; the order of rows within a
bin is not known, and each function tells what that can cost.  NaN where a class is lacking.
"""

import numpy as np
from numpy.typing import NDArray
from scipy import special

from tocsin.base.errors import BadInput
from tocsin.profile.cell import Counts
from tocsin.profile.layout import LOSS_UNITS, SCORE_UNITS, Layout, score_edges
from tocsin.profile.measures import share
from tocsin.profile.spec import SCORE_BINS

Floats = NDArray[np.float64]


def confusions(layout: Layout, counts: Counts) -> Counts:
    """Return what every border of the score histogram would do as the threshold; exact.

    Returns:
        Shape (101, 4): true positives, false positives, true negatives and false negatives if
        scores at and above the border got a yes.  No score is above the last one, 1, but those of
        exactly 1 belong to the bin below: there nobody gets a yes.
    """
    positive, negative = _classes(layout, counts)
    tp, fp = _from_above(positive), _from_above(negative)
    return np.stack([tp, fp, fp[0] - fp, tp[0] - tp], axis=-1)


def confusion_at(layout: Layout, counts: Counts, threshold: float) -> tuple[int, int, int, int]:
    """Return tp, fp, tn and fn if scores at and above `threshold` got a yes.

    Exact if the threshold is a border.  Else it is moved down to the next one, so that tp and fp
    are too high by at most what `confusion_bin_error` tells, fn and tn too low by the same.
    """
    place = _place(layout, threshold)
    tp, fp, tn, fn = confusions(layout, counts)[max(place, 0)].tolist()
    return tp, fp, tn, fn


def confusion_bin_error(layout: Layout, counts: Counts, threshold: float) -> tuple[int, int]:
    """Return by how many yes and no rows `confusion_at` can be off: those in the cut bin."""
    place, edges = _place(layout, threshold), score_edges(layout.spec)
    if not 0 <= place < SCORE_BINS or threshold == edges[place]:
        return 0, 0
    positive, negative = _classes(layout, counts)
    return int(positive[place]), int(negative[place])


def auc(layout: Layout, counts: Counts) -> float:
    """Return the area under the ROC curve, 0-1: ties within a bin count half.

    At most `auc_bin_error` away from the value on the raw scores.
    Source: Hanley and McNeil (1982), Radiology 143, 29-36.
    """
    positive, negative = _classes(layout, counts)
    below = np.cumsum(negative) - negative / 2
    return share(float((positive * below).sum()), float(positive.sum()) * float(negative.sum()))


def auc_bin_error(layout: Layout, counts: Counts) -> float:
    """Return how far `auc` can be off through binning: half the share of pairs within one bin."""
    positive, negative = _classes(layout, counts)
    pairs = float(positive.sum()) * float(negative.sum())
    return share(float((positive.astype(float) * negative).sum()) / 2, pairs)


def precision_recall(layout: Layout, counts: Counts) -> tuple[Floats, Floats, Floats]:
    """Return points of the precision-recall curve: precision, recall and threshold.

    Each of shape (P,), 0-1, thresholds rising; borders above which no row of known outcome scored
    are left out.  Every point lies exactly on the curve of the raw scores.
    """
    tp, fp, _, fn = confusions(layout, counts).T.astype(float)
    some = tp + fp > 0
    with np.errstate(invalid="ignore"):
        found = tp / (tp + fn)
    return tp[some] / (tp + fp)[some], found[some], score_edges(layout.spec)[some]


def average_precision(layout: Layout, counts: Counts) -> float:
    """Return the precision at each yes row's score, averaged over those rows, 0-1.

    As scikit-learn's `average_precision_score`, scores within a bin taken as ties.  At most
    `average_precision_bin_error` away from the value on the raw scores.
    """
    positive, _ = _classes(layout, counts)
    tp, fp, _, _ = confusions(layout, counts)[:-1].T.astype(float)
    gained = positive * (tp / np.maximum(tp + fp, 1.0))
    return share(float(gained.sum()), float(positive.sum()))


def average_precision_bin_error(layout: Layout, counts: Counts) -> float:
    """Return how far `average_precision` can be off through binning, 0-1.

    Of a bin with a yes rows and b no rows below A and B others, the best order puts the yes rows
    on top, all tied: a (A + a) / (A + a + B); the worst puts them last, one by one: the sum over
    i = 1..a of (A + i) / (A + i + B + b) = a - C (H(A + a + C) - H(A + C)) with C = B + b and H
    the harmonic numbers.
    """
    positive, negative = _classes(layout, counts)
    tp, fp, _, _ = confusions(layout, counts)[:-1].T.astype(float)
    rows = np.maximum(tp + fp, 1.0)
    tied = positive * tp / rows
    best = positive * tp / np.maximum(rows - negative, 1.0)
    first = tp - positive + fp
    harmonic = np.asarray(special.digamma(tp + fp + 1) - special.digamma(first + 1), np.float64)
    worst = positive - fp * harmonic
    total = float(positive.sum())
    return share(max(float((best - tied).sum()), float((tied - worst).sum())), total)


def log_loss(layout: Layout, counts: Counts) -> float:
    """Return the mean of -ln(score given to what came true), in nats, 0-16.2.

    Scores are kept 1e-7 off 0 and 1.  Off by at most 2**-25 nats through rounding.
    Source: Good (1952), J. R. Stat. Soc. B 14, 107-114.
    """
    return share(layout.one(counts, "loss_sum") / LOSS_UNITS, _scored(layout, counts))


def brier(layout: Layout, counts: Counts) -> float:
    """Return the mean squared distance of the score from the outcome (0 or 1), 0-1.

    Off by at most 2**-31 through rounding.  Source: Brier (1950), Mon. Weather Rev. 78, 1-3.
    """
    return share(layout.one(counts, "brier_sum") / SCORE_UNITS, _scored(layout, counts))


def calibration(layout: Layout, counts: Counts, bins: int = 10) -> tuple[Floats, Floats, Counts]:
    """Return how often the outcome was yes, and how often the scores promised it.

    Args:
        layout: of the cell.
        counts: one cell.
        bins: how many bins of equal width the scores are put into, a divisor of 100.

    Returns:
        Shape (bins,) each: the share of yes outcomes, exact; the mean score, off by at most
        `score_bin_error`; the rows.  The shares are NaN in an empty bin.

    Raises:
        BadInput: `bins` does not divide 100.
    """
    if bins < 1 or SCORE_BINS % bins:
        raise BadInput(f"{bins} bins do not divide {SCORE_BINS}", do="ask for 5, 10 or 20")
    positive, negative = _classes(layout, counts)
    edges = score_edges(layout.spec)
    starts = np.arange(0, SCORE_BINS, SCORE_BINS // bins)
    rows = positive + negative
    n = np.add.reduceat(rows, starts)
    with np.errstate(invalid="ignore"):
        observed = np.add.reduceat(positive, starts) / n
        promised = np.add.reduceat(rows * (edges[:-1] + edges[1:]) / 2, starts) / n
    return observed, promised, n


def calibration_error(layout: Layout, counts: Counts, bins: int = 10) -> float:
    """Return the expected calibration error: |observed - promised| averaged over the rows, 0-1.

    Off by at most `score_bin_error` from the same bins of the raw scores.
    Source: Naeini, Cooper and Hauskrecht (2015), AAAI 29, 2901-2907.

    Raises:
        BadInput: `bins` does not divide 100.
    """
    observed, promised, n = calibration(layout, counts, bins)
    return share(float(np.nansum(n * np.abs(observed - promised))), int(n.sum()))


def score_bin_error(layout: Layout) -> float:
    """Return half the widest bin of scores: 0.005, or up to 0.01 beside a moved border."""
    return float(np.diff(score_edges(layout.spec)).max()) / 2


def _classes(layout: Layout, counts: Counts) -> tuple[Counts, Counts]:
    """Return the score histograms of yes rows and of no rows."""
    return layout.get(counts, "pos_hist"), layout.get(counts, "neg_hist")


def _scored(layout: Layout, counts: Counts) -> int:
    """Return how many rows have a score and a known outcome."""
    return sum(int(hist.sum()) for hist in _classes(layout, counts))


def _from_above(hist: Counts) -> Counts:
    """Return how many rows lie at and above each border, shape (101,)."""
    return np.append(np.cumsum(hist[::-1])[::-1], 0)


def _place(layout: Layout, threshold: float) -> int:
    """Return the bin that a threshold cuts; 100 above 1, where nobody scores, -1 below 0."""
    if threshold == 1.0:
        return SCORE_BINS - 1  # scores of exactly 1 are in the last bin
    return int(np.searchsorted(score_edges(layout.spec), threshold, side="right")) - 1
