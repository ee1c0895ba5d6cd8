import math
from collections.abc import Callable
from typing import cast

import numpy as np
import pytest
from sklearn import metrics

from tests.profile.cases import SEEDS, SHAPES, Floats, decisions, numbers
from tests.profile.rows import spec_of, table
from tocsin.profile import measures
from tocsin.profile.layout import SQUARE_UNITS, layout_of
from tocsin.profile.spec import LATENCY_EDGES_MS

SPEC = spec_of(table(500, 3))
LAYOUT = layout_of(SPEC)
QS = (0.0, 0.01, 0.25, 0.5, 0.9, 0.999, 1.0)
ORACLES = {
    measures.precision: cast("Callable[..., float]", metrics.precision_score),
    measures.recall: cast("Callable[..., float]", metrics.recall_score),
    measures.f1: cast("Callable[..., float]", metrics.f1_score),
}


def ulp(*values: Floats) -> float:
    """Return what rounding alone may cost where these values are added up."""
    return 8 * max(float(np.spacing(np.abs(v).max())) for v in values)


def test_an_empty_cell_has_no_measures() -> None:
    zero, marks = LAYOUT.zero(), numbers(np.empty(0), np.arange(30.0)).marks
    read = (measures.selection_rate, measures.accuracy, measures.precision, measures.recall)
    assert all(math.isnan(measure(LAYOUT, zero)) for measure in (*read, measures.f1))
    assert math.isnan(measures.mean(LAYOUT, zero, SPEC.numeric[0]))
    assert math.isnan(measures.variance(LAYOUT, zero, SPEC.numeric[0]))
    assert math.isnan(measures.quantile(LAYOUT, zero, SPEC.numeric[0], 0.5))
    assert math.isnan(measures.latency_ms(LAYOUT, zero, 0.5))
    layout = numbers(np.arange(30.0)).layout
    assert math.isnan(measures.lowest(layout, marks, "x"))
    assert math.isnan(measures.highest(layout, marks, "x"))
    assert measures.distinct(layout, marks, "x") == 0


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("n", [1, 3, 1000])
def test_rates_equal_scikit_learn_exactly(seed: int, n: int) -> None:
    r = np.random.default_rng(seed)
    score, truth = r.random(n), r.random(n) < r.random()
    cell = decisions(score, truth, threshold=0.37)
    answer = score >= 0.37
    found = measures.confusion(cell.layout, cell.counts)
    matrix = metrics.confusion_matrix(truth, answer, labels=[False, True])
    assert found == (matrix[1, 1], matrix[0, 1], matrix[0, 0], matrix[1, 0])
    assert measures.selection_rate(cell.layout, cell.counts) == answer.mean()
    assert measures.accuracy(cell.layout, cell.counts) == (answer == truth).mean()
    for ours, oracle in ORACLES.items():
        exact = oracle(truth, answer, zero_division=np.nan)
        assert ours(cell.layout, cell.counts) == pytest.approx(exact, rel=1e-15, nan_ok=True)
    wrong = answer[~truth].mean() if (~truth).any() else math.nan
    rate = measures.false_positive_rate(cell.layout, cell.counts)
    assert rate == pytest.approx(wrong, rel=1e-15, nan_ok=True)


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("n", [1, 2, 7, 2000])
@pytest.mark.parametrize("shape", SHAPES)
def test_means_variances_and_quantiles_are_within_their_bounds(
    shape: str, n: int, seed: int
) -> None:
    values = SHAPES[shape](np.random.default_rng(seed), n)
    cell = numbers(values)
    layout, counts, grid = cell.layout, cell.counts, cell.grid
    away, w = values - grid.centre, (SQUARE_UNITS + 1) * grid.unit
    s = math.sqrt(float((away**2).mean()))
    mean = measures.mean(layout, counts, grid)
    assert mean == pytest.approx(values.mean(), abs=grid.unit / 2 + ulp(values))
    bound = w * (s + w / 4) + ulp(away**2)
    assert measures.variance(layout, counts, grid) == pytest.approx(away.var(), abs=bound)
    edges = np.array(grid.edges)
    for q in QS:
        exact = float(np.quantile(values, q, method="inverted_cdf"))
        place = int(np.searchsorted(edges, exact, side="right")) - 1
        width = float(edges[place + 1] - edges[place])
        found = measures.quantile(layout, counts, grid, q)
        assert found == pytest.approx(exact, abs=width * (1 + 1e-12))
    assert measures.present(layout, counts, "x") == n
    assert measures.lowest(layout, cell.marks, "x") == values.min()
    assert measures.highest(layout, cell.marks, "x") == values.max()


@pytest.mark.parametrize("shift", [0.0, 3.0, -40.0])
def test_the_bound_of_the_variance_holds_far_from_the_centre_where_all_round_up(
    shift: float,
) -> None:
    grid = numbers(np.linspace(0, 10, 400)).grid
    u = SQUARE_UNITS * grid.unit
    values = np.asarray(grid.centre + u * (np.arange(-50, 50) + 0.51) + shift, np.float64)
    cell = numbers(values, np.linspace(0, 10, 400))
    w, s = u + grid.unit, math.sqrt(float(((values - grid.centre) ** 2).mean()))
    found = measures.variance(cell.layout, cell.counts, grid)
    assert found == pytest.approx(values.var(), abs=w * (s + w / 4))


@pytest.mark.parametrize("usual", [0.0, 3.0, -2e6, 1e-7, 1e300])
def test_where_a_feature_went_that_never_varied_in_the_reference_is_told(usual: float) -> None:
    moved = usual + np.array([5.0, 7.0]) * (abs(usual) or 1.0)
    cell = numbers(moved, np.full(30, usual))
    found = measures.mean(cell.layout, cell.counts, cell.grid)
    assert found == pytest.approx(moved.mean(), rel=1e-6)


@pytest.mark.parametrize("n", [1, 40, 700, 20_000])
def test_distinct_values_are_told_to_within_four_standard_errors(n: int) -> None:
    r = np.random.default_rng(n)
    values = r.permutation(np.tile(r.normal(0, 1, n), 3))
    cell = numbers(values)
    found = measures.distinct(cell.layout, cell.marks, "x")
    assert found == pytest.approx(n, rel=4 * 0.065, abs=0.5)


def test_a_histogram_holds_every_usable_value_in_order() -> None:
    values = np.array([-5.0, 0.0, 9.9, 50.0, 60.0, math.nan, math.inf])
    cell = numbers(values, np.linspace(0, 10, 400))
    hist = measures.histogram(cell.layout, cell.counts, "f_x")
    assert (hist[0], hist[1], hist[-1], hist.sum()) == (1, 1, 2, 5)
    zero = LAYOUT.zero()
    assert len(measures.histogram(LAYOUT, zero, "f_purpose")) == 3 + 2
    assert len(measures.histogram(LAYOUT, np.stack([zero, zero]), "score")[1]) == 100


@pytest.mark.parametrize("seed", SEEDS)
def test_latency_quantiles_are_within_a_bin_of_the_truth(seed: int) -> None:
    latency_ms = np.random.default_rng(seed).lognormal(2, 2, 5000)
    cell = LAYOUT.zero()
    places = np.searchsorted(np.array(LATENCY_EDGES_MS), latency_ms, side="right")
    LAYOUT.get(cell, "latency_hist")[...] = np.bincount(places, minlength=58)
    for q in (0.01, 0.5, 0.95, 0.999):
        exact = float(np.quantile(latency_ms, q, method="inverted_cdf"))
        assert measures.latency_ms(LAYOUT, cell, q) == pytest.approx(exact, rel=0.34)


@pytest.mark.parametrize("seed", SEEDS)
def test_score_quantiles_are_within_a_bin_of_the_truth(seed: int) -> None:
    score = np.random.default_rng(seed).beta(2, 5, 900)
    cell = decisions(score, score > 0.2)
    for q in QS:
        exact = float(np.quantile(score, q, method="inverted_cdf"))
        found = measures.score_quantile(cell.layout, cell.counts, q)
        assert found == pytest.approx(exact, abs=0.01 + 1e-12)
