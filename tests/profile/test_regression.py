import math
from collections.abc import Callable
from typing import cast

import numpy as np
import pytest
from sklearn import metrics

from tests.profile.cases import SEEDS, SHAPES, Counted, Floats, answers
from tests.profile.test_measures import ulp
from tocsin.profile import regression
from tocsin.profile.layout import SQUARE_UNITS
from tocsin.profile.spec import NumericBins

MAE = cast("Callable[..., float]", metrics.mean_absolute_error)
RMSE = cast("Callable[..., float]", metrics.root_mean_squared_error)


def drawn(shape: str, n: int, seed: int) -> tuple[Floats, Floats]:
    r = np.random.default_rng(seed)
    answer = SHAPES[shape](r, n)
    return answer, answer + r.standard_t(3, n) * 3 + 1


def grids(cell: Counted) -> tuple[NumericBins, NumericBins]:
    spec = cell.layout.spec
    assert spec.estimate is not None
    assert spec.error is not None
    return spec.estimate, spec.error


def hold(cell: Counted, answer: Floats, y: Floats) -> None:
    """Assert that every measure is within its bound of its oracle on the raw rows."""
    layout, counts, error = cell.layout, cell.counts, y - answer
    _, grid = grids(cell)
    half, rounding = grid.unit / 2, ulp(answer, y)
    found = regression.bias(layout, counts)
    assert found == pytest.approx(error.mean(), abs=half + rounding)
    assert regression.mae(layout, counts) == pytest.approx(MAE(y, answer), abs=half + rounding)
    u, s = SQUARE_UNITS * grid.unit, math.sqrt(float(((error - grid.centre) ** 2).mean()))
    bound = u * (s + u / 4) + abs(grid.centre) * grid.unit + ulp(error**2) + rounding
    square = regression.rmse(layout, counts) ** 2
    assert square == pytest.approx(RMSE(y, answer) ** 2, abs=bound)


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("n", [2, 8, 1500])
@pytest.mark.parametrize("shape", SHAPES)
def test_errors_are_within_their_bounds_of_scikit_learn(shape: str, n: int, seed: int) -> None:
    answer, y = drawn(shape, n, seed)
    hold(answers(answer, y), answer, y)


@pytest.mark.parametrize("shift", [-7.0, 0.5, 30.0])
def test_the_bounds_hold_where_errors_moved_away_from_their_grid(shift: float) -> None:
    usual = drawn("normal", 2000, 1)
    answer, y = drawn("normal", 500, 2)
    hold(answers(answer + shift, y, usual), answer + shift, y)


@pytest.mark.parametrize("seed", SEEDS)
def test_quantiles_of_answers_and_errors_are_within_a_bin(seed: int) -> None:
    answer, y = drawn("lognormal", 800, seed)
    cell = answers(answer, y)
    of_answer, of_error = grids(cell)
    for values, grid, quantile in (
        (answer, of_answer, regression.estimate_quantile),
        (y - answer, of_error, regression.error_quantile),
    ):
        edges = np.array(grid.edges)
        for q in (0.0, 0.05, 0.5, 0.95, 1.0):
            exact = float(np.quantile(values, q, method="inverted_cdf"))
            place = int(np.searchsorted(edges, exact, side="right")) - 1
            width = float(edges[place + 1] - edges[place])
            found = quantile(cell.layout, cell.counts, q)
            assert found == pytest.approx(exact, abs=width * (1 + 1e-12))


def test_without_outcomes_nothing_is_said_of_errors() -> None:
    layout = answers(*drawn("normal", 50, 1)).layout
    zero = layout.zero()
    read = (regression.bias, regression.mae, regression.rmse)
    assert all(math.isnan(measure(layout, zero)) for measure in read)
    assert math.isnan(regression.error_quantile(layout, zero, 0.5))
