"""Harm in points, and how many rows prove that there is no more of it."""

import numpy as np
import pytest

from tocsin.contain.odds import Tables, odds
from tocsin.contain.points import Harm, Worse, moved, times_needed
from tocsin.contain.verify import Rate


def harm(  # noqa: PLR0917 - a table
    worse: Worse, k1: float, n1: float, k0: float, n0: float, buckets: int = 1
) -> Harm:
    """Return the harm of rates that are the same in every bucket."""
    parts = [np.full(buckets, round(x / buckets), np.float64) for x in (k1, n1, k0, n0)]
    sums = [int(part.sum()) for part in parts]
    known = odds(Tables(parts[0], parts[1], parts[2], parts[3]))
    return Harm(worse, Rate(sums[0], sums[1]), Rate(sums[2], sums[3]), known)


def test_harm_is_above_0_whichever_way_the_rate_must_go_for_it() -> None:
    more = (2_400, 20_000, 2_000, 20_000)
    assert harm(Worse.UP, *more).likeliest == pytest.approx(0.02, abs=2e-3)
    assert harm(Worse.DOWN, *more).likeliest == pytest.approx(-0.02, abs=2e-3)
    assert harm(Worse.BOTH, *more).likeliest == pytest.approx(0.02, abs=2e-3)
    low, high = harm(Worse.UP, *more).interval(0.05)
    assert harm(Worse.DOWN, *more).interval(0.05) == (-high, -low)
    assert 0 < low < 0.02 < high
    assert moved(0.2, 0.0) == pytest.approx(-0.2)


@pytest.mark.parametrize("worse", Worse)
@pytest.mark.parametrize(
    ("k1", "n1", "k0", "n0", "buckets"),
    [
        (100, 1_000, 400, 4_000, 1),
        (101, 1_000, 98, 1_000, 1),
        (1_010, 10_080, 9_990, 100_080, 24),
        (12, 3_000, 12, 3_000, 1),
        (0, 500, 0, 500, 1),
    ],
)
def test_so_many_times_the_rows_prove_it_and_clearly_fewer_do_not(  # noqa: PLR0917 - a table
    worse: Worse, k1: float, n1: float, k0: float, n0: float, buckets: int
) -> None:
    borne, alpha = 0.01, 0.05
    times = times_needed(harm(worse, k1, n1, k0, n0, buckets), borne, alpha)
    assert times is not None
    for part, proven in ((1.2, True), (0.7, False)):
        f = max(1.0, times * part)
        later = harm(worse, k1 * f, n1 * f, k0 * f, n0 * f, buckets)
        if f > 1 or proven:
            assert (later.interval(alpha)[1] < borne) is proven


def test_no_number_of_rows_proves_what_is_not_so() -> None:
    worse = harm(Worse.UP, 120, 1_000, 100, 1_000)
    assert worse.likeliest > 0.01
    assert times_needed(worse, 0.01, 0.05) is None
    assert times_needed(harm(Worse.UP, 0, 0, 100, 1_000), 0.01, 0.05) is None
    border = harm(Worse.UP, 1_099, 10_000, 1_000, 10_000)  # a hair below what is borne
    assert times_needed(border, border.likeliest + 1e-7, 0.05) is None


def test_what_is_proven_needs_no_more() -> None:
    proven = harm(Worse.UP, 10_000, 100_000, 10_000, 100_000)
    assert times_needed(proven, 0.01, 0.05) == 1.0


def test_clumps_take_more_rows() -> None:
    n, fifty, rate = np.full(48, 500.0), np.full(48, 50.0), Rate(2_400, 24_000)

    def swinging(by: float) -> Harm:
        k = fifty + by * np.resize([1.0, -1.0], 48)
        return Harm(Worse.UP, rate, rate, odds(Tables(k, n, fifty, n)))

    steady, clumped = swinging(7.0), swinging(20.0)
    assert clumped.known.phi > 3 * steady.known.phi
    first, second = (times_needed(one, 0.01, 0.05) for one in (steady, clumped))
    assert first is not None
    assert second is not None
    assert second / first == pytest.approx(clumped.known.phi / steady.known.phi, rel=0.2)
