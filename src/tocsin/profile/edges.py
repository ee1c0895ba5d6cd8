"""The grid of a numeric column: borders at the reference's quantiles, finer in the tails.

A value that alone fills a quantile (a point mass, such as zero income) gets a bin of its own.
"""

import numpy as np
from numpy.typing import NDArray

from tocsin.profile.spec import NumericBins

Floats = NDArray[np.float64]

_TAIL = (0.0, 0.0005, 0.001, 0.0025, 0.005, 0.01)
LEVELS = np.unique([*_TAIL, *np.linspace(0.0, 1.0, 65)[1:-1], *(1 - np.array(_TAIL))])
"""Quantiles at which borders are sought: sixty-fourths, and the tails to half a thousandth."""
MOST_BINS = 2 * len(LEVELS)
_LARGEST = 1e300
"""Borders stay this side of the largest double, so that their differences are finite."""
_DIGITS = 6
"""Decimal digits that sums keep of the span of the values."""


def bins(name: str, values: Floats) -> NumericBins:
    """Return the grid learnt from the finite `values`, of any number and order.

    The last border is above the largest value, so that no value of the reference within 1e300 of
    zero is outside.
    """
    if values.size == 0:
        return NumericBins(name, (0.0, 1.0), 1e-6)
    # minus zero is zero, or the order of the two would show in the hash of the spec
    ordered = np.clip(np.sort(values + 0.0), -_LARGEST, _LARGEST)
    edges = _edges(ordered)
    # of a value that never varied only the size can tell how finely others should be added up
    varied = ordered[0] < ordered[-1]
    span = edges[-1] - edges[0] if varied else abs(ordered[0]) or 1.0
    unit = float(f"1e{int(np.floor(np.log10(span))) - _DIGITS}") if span > 1e-290 else 1e-300
    return NumericBins(name, tuple(edges.tolist()), unit, float(ordered[ordered.size // 2]))


def _edges(ordered: Floats) -> Floats:
    """Return strictly increasing borders: quantiles, and both sides of point masses."""
    cuts = ordered[(LEVELS * (ordered.size - 1)).round().astype(int)]
    distinct, times = np.unique(cuts, return_counts=True)
    masses = distinct[times > 1]
    above = np.nextafter(np.concatenate([masses, ordered[-1:]]), np.inf)
    return np.unique(np.concatenate([distinct[:-1], masses, above]))
