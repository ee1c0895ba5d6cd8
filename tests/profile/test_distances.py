from collections.abc import Callable
from functools import partial
from typing import Any, cast

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from scipy import stats
from scipy.spatial.distance import jensenshannon

from tests.profile.cases import SEEDS, SHAPES, Floats, numbers
from tests.profile.rows import lake_rows, replaced, spec_of, table
from tocsin.profile import distances, kernel, measures
from tocsin.profile.cells import cells
from tocsin.profile.layout import layout_of
from tocsin.profile.spec import NumericBins

KS = cast("Callable[..., Any]", stats.ks_2samp)
WASSERSTEIN = cast("Callable[..., float]", stats.wasserstein_distance)
JENSEN_SHANNON = cast("Callable[..., float]", jensenshannon)
COUNTS = hnp.arrays(np.int64, 12, elements=st.integers(0, 50)).filter(lambda a: a.sum() > 0)
GRID = NumericBins("x", tuple(np.arange(11.0).tolist()), 1e-6)
Distance = Callable[[Floats, Floats], Floats]
ON_GRID: tuple[Distance, ...] = (
    partial(distances.wasserstein, bins=GRID),
    partial(distances.wasserstein_bin_error, bins=GRID),
)
CASES = [(shape, n, seed) for shape in SHAPES for n in (3, 60, 2000) for seed in SEEDS]


def binned(usual: Floats, current: Floats) -> tuple[Floats, Floats, NumericBins]:
    """Return the shares of both on the grid of the first."""
    cell = numbers(usual)
    parts = [
        distances.shares(measures.histogram(one.layout, one.counts, "f_x"))
        for one in (cell, numbers(current, usual))
    ]
    return parts[0], parts[1], cell.grid


def drawn(shape: str, n: int, seed: int) -> tuple[Floats, Floats]:
    """Return two samples; the second moved a little, and all within the first one's range."""
    r = np.random.default_rng([seed, n])
    usual, moved = SHAPES[shape](r, n), SHAPES[shape](r, n)
    moved = moved + 0.3 * (np.quantile(usual, 0.75) - np.quantile(usual, 0.25))
    return usual, np.clip(moved, usual.min(), usual.max())


@pytest.mark.parametrize(("shape", "n", "seed"), CASES)
def test_the_kolmogorov_smirnov_statistic_is_within_its_bound_of_scipy(
    shape: str, n: int, seed: int
) -> None:
    usual, current = drawn(shape, n, seed)
    p, q, _ = binned(usual, current)
    exact = float(KS(usual, current).statistic)
    found = float(distances.ks(p, q))
    assert found <= exact + 1e-12
    assert exact <= found + float(distances.ks_bin_error(p, q)) + 1e-12


@pytest.mark.parametrize(("shape", "n", "seed"), CASES)
def test_the_wasserstein_distance_is_within_its_bound_of_scipy(
    shape: str, n: int, seed: int
) -> None:
    usual, current = drawn(shape, n, seed)
    p, q, grid = binned(usual, current)
    bound = float(distances.wasserstein_bin_error(p, q, grid))
    exact = WASSERSTEIN(usual, current)
    assert float(distances.wasserstein(p, q, grid)) == pytest.approx(exact, abs=bound + 1e-9)


def test_a_shift_of_a_smooth_feature_is_told_in_its_unit() -> None:
    r = np.random.default_rng(1)
    usual, current = r.normal(40, 10, 20_000), r.normal(43, 10, 20_000)
    p, q, grid = binned(usual, current)
    assert float(distances.wasserstein(p, q, grid)) == pytest.approx(3, abs=0.2)
    assert float(distances.ks(p, q)) == pytest.approx(float(KS(usual, current).statistic), abs=0.01)


@settings(max_examples=200, deadline=None)
@given(COUNTS, COUNTS)
def test_divergences_equal_scipy_on_the_same_bins(a: Any, b: Any) -> None:
    p, q = distances.shares(a), distances.shares(b)
    exact = JENSEN_SHANNON(p, q, base=2)
    assert float(distances.js_distance(p, q)) == pytest.approx(exact, abs=1e-7)
    smooth = [distances.shares(one, pseudocount=0.5) for one in (a, b)]
    entropy = float(stats.entropy(smooth[0], smooth[1]) + stats.entropy(smooth[1], smooth[0]))
    assert float(distances.psi(smooth[0], smooth[1])) == pytest.approx(entropy, abs=1e-12)


@settings(max_examples=100, deadline=None)
@given(COUNTS, COUNTS)
def test_distances_are_symmetric_none_of_itself_and_never_larger_on_coarser_bins(
    a: Any, b: Any
) -> None:
    p, q = distances.shares(a), distances.shares(b)
    for distance in (distances.ks, distances.js_distance, ON_GRID[0]):
        assert float(distance(p, q)) == pytest.approx(float(distance(q, p)), abs=1e-12)
        assert float(distance(p, p)) == 0
    starts = distances.deciles(a, most=4)
    coarse = [distances.shares(np.add.reduceat(one, starts)) for one in (a, b)]
    for distance in (distances.ks, distances.js_divergence):
        assert distance(coarse[0], coarse[1]) <= distance(p, q) + 1e-12


def test_a_bin_that_is_empty_on_one_side_makes_psi_infinite_without_a_pseudocount() -> None:
    a, b = np.array([5, 0]), np.array([3, 2])
    assert np.isinf(distances.psi(distances.shares(a), distances.shares(b)))
    smooth = (distances.shares(a, 0.5), distances.shares(b, 0.5))
    assert np.isfinite(distances.psi(*smooth))


def test_no_rows_are_at_no_distance_that_could_be_told() -> None:
    none, some = distances.shares(np.zeros(12)), distances.shares(np.ones(12))
    for distance in (
        distances.ks,
        distances.ks_bin_error,
        distances.psi,
        distances.js_divergence,
        distances.js_distance,
        *ON_GRID,
    ):
        assert np.isnan(distance(none, some))


def test_many_cells_are_compared_at_once_and_categories_too() -> None:
    usual = table(3000, 1)
    spec = spec_of(usual)
    layout = layout_of(spec)
    purpose = replaced(usual, "purpose", ["car", "plane", "phone"] * 1000)
    both = [
        next(
            counts
            for key, counts in cells(kernel.profile(lake_rows(raw, spec), day), day).items()
            if key.slice == ""
        )
        for day in (spec,)
        for raw in (usual.slice(0, 12), purpose.slice(0, 12))
    ]
    hist = measures.histogram(layout, np.stack(both), "f_purpose")
    assert hist.sum(-1).tolist() == [12, 12]
    assert hist[1, -1] == 4  # planes were never seen
    p = distances.shares(hist)
    found = distances.js_distance(p, p[::-1])
    assert found.shape == (2,)
    assert found[0] == found[1] == pytest.approx(JENSEN_SHANNON(p[0], p[1], base=2))


def test_deciles_hold_about_a_tenth_each() -> None:
    hist = np.full(130, 7)
    coarse = np.add.reduceat(hist, distances.deciles(hist))
    assert coarse.tolist() == [91] * 10
    assert distances.deciles(np.zeros(5)).tolist() == [0]
