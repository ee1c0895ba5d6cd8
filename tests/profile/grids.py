"""Grids and values that try to lead a look-up astray."""

import numpy as np
from hypothesis import strategies as st

from tocsin.profile.edges import bins
from tocsin.profile.grid import Floats
from tocsin.profile.spec import NumericBins

ODD = (0.0, -0.0, 5e-324, -5e-324, 1e-45, 1e38, -1e38, 3.5e38, 1.79e308, -1.79e308)
borders = st.one_of(
    st.floats(-1e300, 1e300), st.floats(-1, 1), st.floats(-1e-40, 1e-40), st.integers(-9, 9)
).map(float)


@st.composite
def grids(draw: st.DrawFn) -> NumericBins:
    """Draw a grid: borders of very different sizes, around any centre, or learnt from values."""
    if draw(st.booleans()):
        scale = 10.0 ** draw(st.integers(-300, 290))
        random = np.random.default_rng(draw(st.integers(0, 999)))
        return bins("x", random.standard_cauchy(300) * scale)
    edges = sorted(draw(st.lists(borders, min_size=2, max_size=40, unique=True)))
    centre = draw(st.one_of(st.sampled_from(edges), borders))
    return NumericBins("x", tuple(edges), 10.0 ** draw(st.integers(-300, 290)), centre)


def around(grid: NumericBins) -> Floats:
    """Return doubles at and beside every border, at and beside steps of the table, and odd ones."""
    steps = np.arange(0, 1 << 16, 97).astype(np.uint32) << np.uint32(16)
    with np.errstate(invalid="ignore"):
        near = steps.view(np.float32).astype(np.float64) + grid.centre
    at = np.concatenate([np.array(grid.edges), near[np.isfinite(near)], ODD])
    with np.errstate(over="ignore"):
        beside = np.concatenate([at, np.nextafter(at, np.inf), np.nextafter(at, -np.inf)])
    return beside[np.isfinite(beside)]


def sought(grid: NumericBins, values: Floats) -> "np.ndarray[tuple[int], np.dtype[np.intp]]":
    """Return each finite value's bin by binary search; B is below the grid, B + 1 above it."""
    borders_below, last = np.searchsorted(grid.edges, values, side="right"), len(grid.edges) - 1
    return np.concatenate([[last], np.arange(last), [last + 1]])[borders_below]
