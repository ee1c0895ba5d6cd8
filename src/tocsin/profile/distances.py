"""How far apart two distributions are: of two cells, over the same bins.

Every function takes shares p and q of shape (..., m) over the same m bins, in order, each summing
to 1, as `shares(measures.histogram(...))` gives them, and returns shape (...).  NaN shares, those
of no rows, give NaN.  What falls together in one bin cannot be told apart; each function tells
what that can cost.
"""

import math

import numpy as np
from numpy.typing import NDArray
from scipy import special

from tocsin.profile.spec import NumericBins

Floats = NDArray[np.float64]
Numbers = NDArray[np.integer] | Floats


def shares(counts: Numbers, pseudocount: float = 0.0) -> Floats:
    """Return counts, shape (..., m), as shares of their sum; NaN where there are no rows.

    Args:
        counts: >= 0.
        pseudocount: added to every bin first, >= 0; half a row keeps `psi` finite.

    >>> shares(np.array([[1, 3], [0, 0]])).tolist()
    [[0.25, 0.75], [nan, nan]]
    """
    some = counts + pseudocount
    none = counts.sum(-1, keepdims=True) == 0
    return np.where(none, np.nan, some / np.where(none, 1.0, some.sum(-1, keepdims=True)))


def deciles(counts: Numbers, most: int = 10) -> NDArray[np.intp]:
    """Return where coarse bins begin: neighbours put together into about a tenth of the rows each.

    Args:
        counts: fine bins of the reference, shape (m,).
        most: how many coarse bins there may be.

    Returns:
        Shape (k,), k <= most, rising from 0; for `np.add.reduceat` on the counts of any cell.

    >>> deciles(np.array([1, 1, 1, 1]), most=2).tolist()
    [0, 2]
    """
    middle = (np.cumsum(counts) - counts / 2) / max(counts.sum(), 1)
    group = np.minimum((middle * most).astype(int), most - 1)
    return np.unique(group, return_index=True)[1]


def ks(p: Floats, q: Floats) -> Floats:
    """Return the Kolmogorov-Smirnov statistic, the largest difference of the shares below, 0-1.

    Never above the raw values' one, and at most `ks_bin_error` below it.
    Source: Smirnov (1948), Ann. Math. Stat. 19, 279-281.

    >>> float(ks(np.array([0.5, 0.5, 0.0]), np.array([0.25, 0.25, 0.5])))
    0.5
    """
    return np.abs(np.cumsum(p - q, -1)).max(-1)


def ks_bin_error(p: Floats, q: Floats) -> Floats:
    """Return how far below the raw values' statistic `ks` can be.

    Within a bin the difference is largest if all of one side's values come before the other's.
    """
    below_p, below_q = np.cumsum(p, -1), np.cumsum(q, -1)
    within = np.maximum(below_p - (below_q - q), below_q - (below_p - p)).max(-1)
    return np.asarray(np.maximum(within - ks(p, q), 0.0), np.float64)


def wasserstein(p: Floats, q: Floats, bins: NumericBins) -> Floats:
    """Return how far a value has to move on average to turn p into q, in the feature's unit.

    Values are taken to lie amid their bins, those outside the grid on its outermost borders.  Off
    by at most `wasserstein_bin_error`, but for what lies outside the grid.
    Source: Vallender (1974), Theory Probab. Appl. 18, 784-786: the area between the two shares
    below.

    Args:
        p: shares below, within and above the grid, shape (..., B + 2).
        q: the same.
        bins: the grid.
    """
    edges = np.array(bins.edges)
    at = np.concatenate([edges[:1], edges[:-1] / 2 + edges[1:] / 2, edges[-1:]])
    return np.asarray(np.abs(np.cumsum(p - q, -1)[..., :-1]) @ np.diff(at), np.float64)


def wasserstein_bin_error(p: Floats, q: Floats, bins: NumericBins) -> Floats:
    """Return how far `wasserstein` can be off: half a bin's width for each value on either side."""
    return np.asarray((p + q)[..., 1:-1] @ np.diff(np.array(bins.edges)) / 2, np.float64)


def psi(p: Floats, q: Floats) -> Floats:
    """Return the population stability index in nats, >= 0; exact for these bins.

        PSI = sum over bins of (q - p) ln(q / p)

    It depends on the bins (take `deciles`), and on the rows: chance alone adds about
    (m - 1) (1/n + 1/N).  Infinite where a bin is empty on one side; a pseudocount avoids that.
    Source: Jeffreys (1946), Proc. R. Soc. A 186, 453-461.

    >>> round(float(psi(np.array([0.9, 0.1]), np.array([0.6, 0.4]))), 3)
    0.538
    """
    return np.asarray((special.rel_entr(p, q) + special.rel_entr(q, p)).sum(-1), np.float64)


def js_divergence(p: Floats, q: Floats) -> Floats:
    """Return the Jensen-Shannon divergence in bits, 0-1; exact for these bins.

    Finer bins never make it smaller, so that it is never above that of the raw values.
    Source: Lin (1991), IEEE Trans. Inf. Theory 37, 145-151.
    """
    middle = (p + q) / 2
    nats = (special.rel_entr(p, middle) + special.rel_entr(q, middle)).sum(-1) / 2
    return np.asarray(nats / math.log(2), np.float64)


def js_distance(p: Floats, q: Floats) -> Floats:
    """Return the Jensen-Shannon distance, the root of the divergence, 0-1; exact for these bins.

    Source: Endres and Schindelin (2003), IEEE Trans. Inf. Theory 49, 1858-1860.

    >>> float(js_distance(np.array([1.0, 0.0]), np.array([0.0, 1.0])))
    1.0
    """
    return np.sqrt(np.maximum(js_divergence(p, q), 0.0))
