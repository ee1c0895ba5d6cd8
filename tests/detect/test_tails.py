import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from tocsin.detect import tails


@given(st.floats(1e-12, 0.05), st.floats(2, 1e6))
def test_exponent_and_evidence_undo_each_other(alpha: float, dof: float) -> None:
    for nu in (dof, math.inf):
        cost = tails.exponent(alpha, np.array([nu]))
        assert tails.evidence(cost, np.array([nu]))[0] == pytest.approx(-math.log10(alpha))


@pytest.mark.parametrize("dof", [3.0, 1e8, math.inf])
def test_evidence_is_finite_where_nothing_varies(dof: float) -> None:
    sure, surer = tails.evidence(np.array([1e6, np.finfo(float).max]), np.array([dof, dof]))
    assert sure < surer < math.inf
    assert tails.evidence(np.array([np.inf]), np.array([dof]))[0] == surer


def test_few_degrees_of_freedom_ask_for_more() -> None:
    few, many, known = tails.exponent(1e-6, np.array([10.0, 1000.0, np.inf]))
    assert few > many > known


def test_the_student_tail_covers_a_t_distribution() -> None:
    for nu in (5.0, 20.0, 100.0):
        for t in (3.0, 6.0, 12.0):
            ours = 10 ** -tails.evidence(np.array([t * t / 2]), np.array([nu]))[0]
            assert ours >= float(stats.t.sf(t, nu))


@pytest.mark.parametrize("dof", [3.0, 19.0, 200.0, math.inf])
def test_sums_of_squares_are_found_as_often_as_said(dof: float) -> None:
    r, n = np.random.default_rng(5), 200_000
    scale = 1.0 if math.isinf(dof) else np.sqrt(r.chisquare(dof, (n, 1)) / dof)
    total = ((r.normal(size=(n, 4)) / scale) ** 2).sum(-1)
    chance = 10 ** -tails.of_squares(total, np.array(4), np.array(dof))
    for alpha in (0.1, 0.01, 0.001):
        assert (chance <= alpha).mean() == pytest.approx(alpha, abs=5 * math.sqrt(alpha / n))


def test_a_sum_far_out_has_an_end() -> None:
    assert tails.of_squares(np.array([1e9]), np.array([1]), np.array([math.inf])) == 300


@pytest.mark.parametrize("p", [0.001, 0.05, 0.5, 0.93])
@pytest.mark.parametrize("n", [30, 300])
@pytest.mark.parametrize("alpha", [1e-2, 1e-5, 1e-9])
def test_limits_cover_the_truth_exactly_as_promised(p: float, n: int, alpha: float) -> None:
    k = np.arange(n + 1)
    cost = np.full(n + 1, -math.log(alpha))
    low, high = tails.limits(k / n, np.full(n + 1, float(n)), cost)
    missed = (low > p) | (high < p)
    assert float(stats.binom.pmf(k, n, p)[missed].sum()) <= 2 * alpha


def test_limits_are_the_shares_that_cost_just_so_much() -> None:
    p, n = np.array([0.2]), np.array([50.0])
    for limit in tails.limits(p, n, np.array([3.0])):
        assert (n * tails.binary_kl(p, limit))[0] == pytest.approx(3.0)


def test_two_equal_samples_cost_nothing_and_empty_ones_neither() -> None:
    p = np.array([0.3, np.nan])
    n = np.array([100.0, 0.0])
    assert tails.two_samples(p, n, np.array([0.3, 0.3]), np.array([50.0, 50.0])).tolist() == [0, 0]


def test_two_samples_cost_half_the_likelihood_ratio_statistic() -> None:
    table = np.array([[30, 70], [55, 45]])
    g = stats.chi2_contingency(table, correction=False, lambda_="log-likelihood").statistic
    cost = tails.two_samples(
        np.array([0.3]), np.array([100.0]), np.array([0.55]), np.array([100.0])
    )
    assert cost[0] == pytest.approx(float(g) / 2)
