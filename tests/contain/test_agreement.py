"""Agreement: the textbook's kappa, an oracle's, and an interval that holds what it promises."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import (
    cohen_kappa_score,  # pyright: ignore[reportUnknownVariableType] - sklearn is untyped
)

from tocsin.contain.agreement import agreement

ANSWER = st.sampled_from(["yes", "no", "perhaps"])


@given(st.lists(st.tuples(ANSWER, ANSWER), min_size=2, max_size=60))
def test_kappa_is_scikit_learns(pairs: list[tuple[str, str]]) -> None:
    found = agreement(pairs)
    if len({one for pair in pairs for one in pair}) == 1:
        assert math.isnan(found.kappa)
        return
    first, second = zip(*pairs, strict=True)
    assert found.kappa == pytest.approx(cohen_kappa_score(first, second), abs=1e-12)
    assert found.kappa_interval[0] <= found.kappa <= found.kappa_interval[1]


def test_nothing_is_said_of_no_pairs() -> None:
    found = agreement([])
    assert (found.n, found.interval) == (0, (0.0, 1.0))
    assert math.isnan(found.share)
    assert math.isnan(found.kappa)


def test_where_all_agree_the_interval_still_says_how_few_they_were() -> None:
    few = agreement([("yes", "yes")] * 5 + [("no", "no")] * 5)
    many = agreement([("yes", "yes")] * 500 + [("no", "no")] * 500)
    assert few.kappa == many.kappa == 1.0
    assert few.kappa_interval[0] < 0.5
    assert many.kappa_interval[0] > 0.98


@pytest.mark.parametrize("n", [20, 100])
@pytest.mark.parametrize("table", [[[45, 5], [5, 45]], [[80, 4], [4, 12]], [[30, 20], [20, 30]]])
def test_the_interval_holds_the_true_kappa_as_often_as_it_says(
    n: int, table: list[list[int]]
) -> None:
    shares = np.array(table, float) / np.sum(table)
    agreed, chance = np.trace(shares), float(shares.sum(1) @ shares.sum(0))
    true = (agreed - chance) / (1 - chance)
    rng = np.random.default_rng(n)
    held = told = 0
    for counts in rng.multinomial(n, shares.ravel(), 400):
        names = [("a", "a"), ("a", "b"), ("b", "a"), ("b", "b")]
        found = agreement([pair for pair, k in zip(names, counts, strict=True) for _ in range(k)])
        if not math.isnan(found.kappa):
            told += 1
            held += found.kappa_interval[0] <= true <= found.kappa_interval[1]
    assert held / told > 0.91  # 95 % less three standard errors of 400 runs
