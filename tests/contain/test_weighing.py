"""Weighing: no bias where the raw share is far off, an interval that keeps its promise."""

import math

import numpy as np
import pytest

from tocsin.contain.weighing import Judged, weigh


def test_nothing_is_said_of_nothing() -> None:
    found = weigh([])
    assert found.n == 0
    assert math.isnan(found.share)


def test_with_one_chance_for_all_it_is_the_plain_share() -> None:
    found = weigh([Judged(0.05, k < 3) for k in range(30)])
    assert (found.share, found.raw) == (0.1, 0.1)
    assert found.decisions == pytest.approx(600)


def test_an_interval_lies_within_0_and_1_and_around_the_share() -> None:
    for judged in ([Judged(1.0, False)], [Judged(1.0, True), Judged(0.1, True)]):
        low, high = weigh(judged).interval
        assert 0 <= low <= weigh(judged).share <= high <= 1


@pytest.mark.parametrize(("chance", "errors"), [(0.05, 0.1), (0.2, 0.02), (0.02, 0.3)])
def test_the_estimate_is_without_bias_and_the_interval_holds_the_truth(
    chance: float, errors: float
) -> None:
    """A slice of 300 in trouble is judged whole, 4,000 others by chance: what is the truth?"""
    rng = np.random.default_rng(round(1000 * chance))
    truth = (300 * 0.6 + 4000 * errors) / 4300
    shares: list[float] = []
    raws: list[float] = []
    held = 0
    for _ in range(300):
        routed = rng.random(300) < 0.6
        drawn = rng.random(4000) < chance
        others = (rng.random(4000) < errors)[drawn]
        found = weigh(
            [Judged(1.0, bool(wrong)) for wrong in routed]
            + [Judged(chance, bool(wrong)) for wrong in others]
        )
        shares.append(found.share)
        raws.append(found.raw)
        held += found.interval[0] <= truth <= found.interval[1]
    spread = float(np.std(shares)) / math.sqrt(300)
    assert abs(float(np.mean(shares)) - truth) < 4 * spread
    assert float(np.mean(raws)) - truth > 0.1  # the raw share is of those in trouble
    assert held / 300 > 0.91
