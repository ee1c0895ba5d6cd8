import math

import numpy as np
import pytest
from scipy.stats import nchypergeom_fisher

from tocsin.contain.odds import Tables, odds


def tables(*rows: tuple[int, int, int, int]) -> Tables:
    """Return tables of (k1, n1, k0, n0)."""
    k1, n1, k0, n0 = np.array(rows, float).T
    return Tables(k1, n1, k0, n0)


@pytest.mark.parametrize(
    "row",
    [(3, 20, 5, 100), (0, 8, 3, 90), (8, 8, 40, 90), (30, 100, 25, 120), (70, 1000, 500, 9000)],
)
def test_the_likelihood_is_fishers(row: tuple[int, int, int, int]) -> None:
    told = odds(tables(row))
    k1, n1, k0, n0 = row
    fisher = [
        float(nchypergeom_fisher.logpmf(k1, n1 + n0, n1, k1 + k0, math.exp(t))) for t in told.at
    ]
    ours = told.likely - told.likely.max()
    near = np.array(fisher) > max(fisher) - 10
    assert ours[near] == pytest.approx((np.array(fisher) - max(fisher))[near], abs=5e-3)


def test_nothing_seen_says_nothing() -> None:
    told = odds(tables((0, 0, 3, 10), (0, 5, 0, 9), (4, 4, 9, 9)))
    low, high = told.interval(0.05)
    assert (told.ratio, low, high) == (1.0, 0.0, math.inf)


def test_none_of_many_rules_out_more_and_not_less() -> None:
    low, high = odds(tables(*[(0, 200, 20, 200)] * 4)).interval(0.05)
    assert low == 0.0
    assert high < 0.3


@pytest.mark.parametrize(("seed", "ratio"), [(1, 1.0), (2, 1.0), (3, 1.6), (4, 0.7)])
def test_all_looks_together_hold_the_truth(seed: int, ratio: float) -> None:
    """The base rate and the canary's share wander; the interval is looked at after every table."""
    rng, missed = np.random.default_rng(seed), 0
    for _ in range(30):
        p = rng.beta(2, 20, 16)
        n1, n0 = rng.integers(5, 80, 16), rng.integers(200, 400, 16)
        k1 = rng.binomial(n1, ratio * p / (1 - p + ratio * p))
        whole = np.stack([k1, n1, rng.binomial(n0, p), n0], axis=1)
        looks = [odds(tables(*map(tuple, whole[: b + 1]))).interval(0.1) for b in range(0, 16, 3)]
        missed += any(not low <= ratio <= high for low, high in looks)
    assert missed <= 3  # 10 % stated


def test_a_ramp_in_bad_weather_is_no_harm() -> None:
    """Shares added up would say 3 : 1, since most of the canary's rows came in the bad hours."""
    calm, storm = (2, 100, 200, 10_000), (800, 4_000, 1_000, 5_000)
    low, high = odds(tables(*[calm] * 5, *[storm] * 5)).interval(0.05)
    assert low < 1 < high < 1.15


def test_clumps_are_charged() -> None:
    """Calls in clumps of 20 that fail together: without the charge most looks would be wrong."""
    rng, missed = np.random.default_rng(7), 0
    phis: list[float] = []
    for _ in range(60):
        k1, k0 = 20 * rng.binomial(5, 0.2, 40), 20 * rng.binomial(45, 0.2, 40)
        told = odds(tables(*[(a, 100, b, 900) for a, b in zip(k1, k0, strict=True)]))
        low, high = told.interval(0.1)
        missed += not low <= 1 <= high
        phis.append(told.phi)
    assert missed <= 6
    assert 14 < np.median(phis) < 26
