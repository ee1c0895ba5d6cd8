"""Burn rates: the recipe at any period, out of reach at no target, and seldom wrong."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tocsin.detect.burn import DAY_S, HOUR_S, RECIPE, Pair, Tally, burnt, pairs
from tocsin.detect.finding import Level

PAIR = Pair(Level.PAGE, HOUR_S, 300, 14.4)


@pytest.mark.parametrize(
    ("days", "page", "ticket"),
    [
        (30, [14.4, 6.0], [3.0, 1.0]),
        (28, [13.44, 5.6], [2.8, 1.0]),
        (7, [3.36, 1.4], [1.0]),
        (90, [43.2, 18.0], [9.0, 3.0]),
    ],
)
def test_rates_scale_with_the_period(days: int, page: list[float], ticket: list[float]) -> None:
    found = pairs(days * DAY_S, 0.999, 300)
    assert [p.rate for p in found if p.level is Level.PAGE] == pytest.approx(page)
    assert [p.rate for p in found if p.level is Level.TICKET] == pytest.approx(ticket, rel=1e-3)
    assert [p.long_s for p in found][:2] == [HOUR_S, 6 * HOUR_S]
    assert [p.short_s for p in found][:2] == [300, 1800]


@given(st.floats(0.01, 0.9999), st.integers(1, 90), st.sampled_from([5, 300, HOUR_S, DAY_S]))
def test_no_pair_is_out_of_reach_or_below_what_matters(
    target: float, days: int, bucket_s: int
) -> None:
    for pair in pairs(days * DAY_S, target, bucket_s):
        all_bad = 1 / (1 - target)
        assert 1 <= pair.rate <= max(1.0, all_bad)
        assert pair.rate < all_bad
        assert pair.long_s % bucket_s == pair.short_s % bucket_s == 0
        assert 0 < pair.short_s <= pair.long_s


def test_where_a_rate_is_out_of_reach_the_window_grows_and_keeps_its_worth() -> None:
    period = 30 * DAY_S
    for target in (0.8, 0.9, 0.95):
        for pair, (_, _, part) in zip(pairs(period, target, 300), RECIPE, strict=True):
            assert pair.rate * pair.long_s / period == pytest.approx(part, rel=0.02)
            assert pair.rate <= max(1.0, 0.5 / (1 - target))


def test_one_bad_call_of_two_is_no_fire() -> None:
    said = burnt(PAIR, Tally(1, 2), Tally(1, 1), budget=0.001, alpha=1e-4)
    assert said.long == pytest.approx(500)
    assert not said.fires
    assert burnt(PAIR, Tally(100, 200), Tally(10, 20), budget=0.001, alpha=1e-4).fires


def test_both_windows_must_burn() -> None:
    assert burnt(PAIR, Tally(40, 1000), Tally(4, 100), budget=0.001, alpha=1e-4).fires
    assert not burnt(PAIR, Tally(40, 1000), Tally(0, 100), budget=0.001, alpha=1e-4).fires
    assert not burnt(PAIR, Tally(4, 1000), Tally(4, 100), budget=0.001, alpha=1e-4).fires


@pytest.mark.parametrize("seed", [1, 2, 3])
@pytest.mark.parametrize(("budget", "n"), [(0.01, 60), (0.01, 2000), (0.1, 200), (0.4, 100)])
def test_while_the_objective_is_met_a_look_fires_as_seldom_as_stated(
    seed: int, budget: float, n: int
) -> None:
    """The hardest case that keeps the promise: the whole budget is used, just not more."""
    alpha, looks = 0.02, 4000
    r = np.random.default_rng(seed)
    bad = r.binomial(n, budget, looks)
    short = r.binomial(bad, 1 / 12)
    easy = Pair(Level.TICKET, DAY_S, 2 * HOUR_S, 1.0)
    fired = sum(
        burnt(easy, Tally(float(k), n), Tally(float(s), n / 12), budget, alpha).fires
        for k, s in zip(bad.tolist(), short.tolist(), strict=True)
    )
    assert fired <= alpha * looks + 3 * (alpha * looks) ** 0.5


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_the_interval_of_a_burn_rate_holds_the_truth(seed: int) -> None:
    r = np.random.default_rng(seed)
    truth, budget, looks = 0.05, 0.01, 1000
    missed = 0
    for k in r.binomial(400, truth, looks).tolist():
        low, high = burnt(PAIR, Tally(float(k), 400), Tally(1, 30), budget, 1e-4).interval
        missed += not low <= truth / budget <= high
    assert missed <= 3
