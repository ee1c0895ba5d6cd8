import numpy as np
from hypothesis import given, settings

from tests.profile.grids import around, grids, sought
from tocsin.profile.grid import tables
from tocsin.profile.loops import FARTHEST_STEP
from tocsin.profile.spec import NumericBins


@settings(deadline=None)
@given(grids())
def test_the_table_tells_the_bin_or_how_many_borders_surely_lie_below(grid: NumericBins) -> None:
    edges, table = tables(grid)
    values = around(grid)
    away = values - grid.centre
    values, away = (part[np.abs(away) < FARTHEST_STEP] for part in (values, away))
    steps = (away.astype(np.float32) + np.float32(0)).view(np.uint32) >> np.uint32(16)
    code = table[steps]
    told = code >= 0
    assert np.array_equal(code[told], sought(grid, values)[told])
    surely = -1 - code[~told]
    below = np.searchsorted(edges, values[~told], side="right")
    assert (surely <= below).all()
    # a border is left to be compared only where it lies in the value's own step
    assert (surely < len(edges)).all()
    own = (edges[surely] - grid.centre).astype(np.float32) + np.float32(0)
    assert np.array_equal(own.view(np.uint32) >> np.uint32(16), steps[~told])


@settings(deadline=None)
@given(grids())
def test_few_steps_are_left_to_be_compared(grid: NumericBins) -> None:
    edges, table = tables(grid)
    assert table.shape == (1 << 16,)
    assert np.count_nonzero(table < 0) <= len(edges)


def test_a_grid_is_prepared_once() -> None:
    grid = NumericBins("x", (0.0, 1.0), 1e-6)
    assert tables(grid) is tables(NumericBins("x", (0.0, 1.0), 1e-6))
