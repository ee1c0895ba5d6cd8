import math

import numpy as np
import pytest
from scipy import stats

from tocsin.detect import intervals


@pytest.mark.parametrize(("k", "n"), [(0, 10), (3, 10), (10, 10), (500, 1000)])
def test_wilson_equals_scipy(k: int, n: int) -> None:
    theirs = stats.binomtest(k, n).proportion_ci(method="wilson")
    assert intervals.wilson(k, n) == pytest.approx((theirs.low, theirs.high), abs=1e-9)


def test_wilson_of_nothing_is_everything() -> None:
    assert intervals.wilson(0, 0) == (0.0, 1.0)


def test_difference_is_newcombes_worked_example() -> None:
    # Newcombe (1998), table II (a): 56/70 - 48/80, method 10: 0.0524 to 0.3339
    p, q = np.array([56 / 70]), np.array([48 / 80])
    ends = [tuple(np.array([x]) for x in intervals.wilson(k, n)) for k, n in ((56, 70), (48, 80))]
    low, high = intervals.difference(p, (ends[0][0], ends[0][1]), q, (ends[1][0], ends[1][1]))
    assert (low[0], high[0]) == pytest.approx((0.0524, 0.3339), abs=1e-4)


def test_a_ratio_covers_the_truth_about_as_often_as_it_says() -> None:
    r = np.random.default_rng(1)
    covered = 0
    for _ in range(2000):
        k1, k2 = r.binomial(80, 0.3), r.binomial(60, 0.5)
        low, high = intervals.ratio(k1, 80, k2, 60)
        covered += low <= 0.6 <= high
    assert 0.935 <= covered / 2000 <= 0.975


def test_a_ratio_over_nothing_is_unbounded() -> None:
    assert intervals.ratio(5, 10, 0, 10) == (0.0, math.inf)
    low, high = intervals.ratio(0, 100, 50, 100)
    assert low == 0
    assert high < 0.1


def test_auc_and_its_variance_equal_delongs_on_the_rows() -> None:
    r = np.random.default_rng(2)
    yes, no = r.integers(3, 10, 60), r.integers(0, 8, 90)
    placements = (yes[:, None] > no).astype(float) + 0.5 * (yes[:, None] == no)
    variance = placements.mean(1).var(ddof=1) / 60 + placements.mean(0).var(ddof=1) / 90
    found = intervals.auc_and_variance(
        np.bincount(yes, minlength=10).astype(float), np.bincount(no, minlength=10).astype(float)
    )
    assert found[0] == pytest.approx(placements.mean())
    assert found[1] == pytest.approx(variance)


def test_an_auc_needs_two_of_each_class() -> None:
    auc, variance = intervals.auc_and_variance(np.array([1.0, 0.0]), np.array([5.0, 5.0]))
    assert np.isnan(auc)
    assert np.isnan(variance)
