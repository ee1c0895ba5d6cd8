from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tocsin.profile.edges import LEVELS, MOST_BINS, bins

LARGEST = 1e300
amounts = st.floats(-LARGEST, LARGEST)
columns = st.one_of(
    st.lists(amounts, min_size=1, max_size=200),
    st.lists(st.sampled_from([-0.0, 0.0, 5e-324, 1.0, 1e300]), min_size=1, max_size=200),
    st.lists(st.integers(-9, 9).map(float), min_size=1, max_size=200),
)


@given(columns)
def test_borders_rise_are_finite_and_hold_every_value(values: list[float]) -> None:
    edges = bins("x", np.array(values)).edges
    assert all(a < b and np.isfinite(b - a) for a, b in pairwise(edges))
    assert edges[0] == min(values)
    assert max(values) < edges[-1] <= np.nextafter(max(values), np.inf)
    assert len(edges) - 1 <= len(LEVELS) <= MOST_BINS


@given(columns, st.randoms(use_true_random=False))
def test_the_order_of_the_reference_does_not_matter(values: list[float], random: object) -> None:
    before = bins("x", np.array(values))
    random.shuffle(values)  # pyright: ignore[reportAttributeAccessIssue] - a Random
    # as text, since 0.0 == -0.0 but the hash of a spec tells them apart
    assert repr(bins("x", np.array(values))) == repr(before)


@given(columns)
def test_the_centre_is_a_value_amid_the_values(values: list[float]) -> None:
    centre = bins("x", np.array(values)).centre
    assert centre in values
    assert 2 * sum(value < centre for value in values) <= len(values)
    assert 2 * sum(value > centre for value in values) <= len(values)


@given(columns)
def test_sums_keep_six_digits_of_the_span(values: list[float]) -> None:
    found = bins("x", np.array(values))
    span = found.edges[-1] - found.edges[0]
    assert np.isfinite(1 / found.unit)
    if span > 1e-290 and min(values) < max(values):
        assert span / found.unit * (1 + 1e-9) >= 1e6
        assert span / found.unit <= 1e7 * (1 + 1e-9)


@given(st.integers(65, 3000), st.integers(0, 99))
def test_no_bin_holds_more_than_a_sixty_fourth_and_the_tails_are_finer(n: int, seed: int) -> None:
    values = np.random.default_rng(seed).normal(size=n)
    hist, _ = np.histogram(values, bins("x", values).edges)
    assert hist.sum() == n
    assert hist.max() <= (n - 1) / 64 + 1
    assert hist[0] <= n / 2000 + 1


@pytest.mark.parametrize("mass", [0.0, -3.0, 1e300, 5e-324])
def test_a_value_that_fills_a_quantile_has_a_bin_of_its_own(mass: float) -> None:
    values = np.random.default_rng(1).normal(size=1000)
    values[:40] = mass
    found = bins("x", values)
    place = found.edges.index(mass)
    assert found.edges[place + 1] == np.nextafter(mass, np.inf)


@pytest.mark.parametrize("value", [0.0, 5.0, -1e300, 5e-324])
def test_a_constant_column_is_one_bin(value: float) -> None:
    found = bins("x", np.full(50, value))
    assert found.edges == (value, np.nextafter(value, np.inf))
    assert found.centre == value


def test_no_value_at_all_still_gives_a_grid() -> None:
    assert bins("x", np.zeros(0)).edges == (0.0, 1.0)


def test_values_beyond_the_largest_border_are_outside_rather_than_overflowing() -> None:
    found = bins("x", np.array([-1.7e308, 1.7e308]))
    assert found.edges[0] == -LARGEST
    assert found.edges[-1] == np.nextafter(LARGEST, np.inf)
