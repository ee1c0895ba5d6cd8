"""What one cell tells of a regression: its answers, and how far they were from the outcomes.

An error is outcome minus answer, in the outcome's unit.  Errors have a grid of their own,
`Spec.error`; below, `unit` and `centre` are that grid's.  Each function is NaN where no outcome
of an answered row is known.  Errors more than 2**36 units away enter as if they were that far.

The coefficient of determination is not told: it needs the outcomes' own spread, which a cell does
not count.
"""

from tocsin.profile.cell import Counts
from tocsin.profile.layout import SQUARE_UNITS, Layout
from tocsin.profile.measures import (
    grid_mean,
    grid_moments,
    grid_quantile,
    histogram,
    root,
    share,
)
from tocsin.profile.spec import NumericBins


def estimate_quantile(layout: Layout, counts: Counts, q: float) -> float:
    """Return the q-quantile of the answers; as exact as `measures.quantile`."""
    return grid_quantile(layout, counts, "estimate", _grid(layout.spec.estimate), q)


def error_quantile(layout: Layout, counts: Counts, q: float) -> float:
    """Return the q-quantile of the errors; as exact as `measures.quantile`."""
    return grid_quantile(layout, counts, "error", _grid(layout.spec.error), q)


def bias(layout: Layout, counts: Counts) -> float:
    """Return the mean error: above 0 where answers are too low; off by at most half a `unit`."""
    return grid_mean(layout, counts, "error", _grid(layout.spec.error))


def mae(layout: Layout, counts: Counts) -> float:
    """Return the mean absolute error, >= 0; off by at most half a `unit`."""
    n = int(histogram(layout, counts, "error").sum())
    return _grid(layout.spec.error).unit * share(layout.one(counts, "error.abs"), n)


def rmse(layout: Layout, counts: Counts) -> float:
    """Return the root of the mean squared error, >= 0.

    The mean square is s**2 + 2 centre (bias - centre) + centre**2 with s**2 the mean square about
    the grid's centre.  It is off by at most u (s + u / 4) + |centre| `unit`, where u =
    `SQUARE_UNITS` * `unit`; errors more than 2**18 u from the centre enter as if that far.
    """
    bins = _grid(layout.spec.error)
    away, square = grid_moments(layout, counts, "error")
    centre = bins.centre / bins.unit / SQUARE_UNITS
    about_zero = square + 2 * centre * (away / SQUARE_UNITS) + centre * centre
    return SQUARE_UNITS * bins.unit * root(about_zero)


def _grid(bins: NumericBins | None) -> NumericBins:
    assert bins is not None, "only a regression has answers and errors"
    return bins
