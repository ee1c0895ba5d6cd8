import math

import numpy as np
import pytest

from tocsin.base.errors import BadInput
from tocsin.contain.verify import Rate
from tocsin.diagnose.blast import blast
from tocsin.ingest.system import Impact

MONEY = Impact(unit="loan decision", cost_per_error=1_000.0, currency="EUR")


def test_wrong_decisions_are_the_excess_over_the_baseline_and_cost_money() -> None:
    reach = blast(1_000, Rate(300, 600), Rate(1_000, 10_000), MONEY, by_outcomes=True)
    assert reach.wrong == pytest.approx(400)
    assert reach.cost == pytest.approx(400_000)
    assert reach.interval[0] < 400 < reach.interval[1]
    assert "wrong beyond the usual" in reach.text


def test_a_turned_selection_rate_is_not_called_an_error() -> None:
    reach = blast(100, Rate(20, 100), Rate(6_000, 10_000), MONEY, by_outcomes=False)
    assert reach.wrong == pytest.approx(40)
    assert "answered unlike usual" in reach.text


def test_without_counts_nothing_is_said() -> None:
    reach = blast(12, Rate(0, 0), Rate(1, 10), MONEY, by_outcomes=True)
    assert math.isnan(reach.cost)
    assert "cannot be said yet" in reach.text


def test_the_interval_reaches_down_to_none_when_none_is_possible() -> None:
    reach = blast(100, Rate(11, 100), Rate(1_000, 10_000), MONEY, by_outcomes=True)
    assert reach.interval[0] == 0.0


def test_the_interval_holds_the_truth_as_often_as_it_says() -> None:
    rng = np.random.default_rng(3)
    held = 0
    for _ in range(1_000):
        incident = Rate(int(rng.binomial(120, 0.4)), 120)
        baseline = Rate(int(rng.binomial(2_000, 0.1)), 2_000)
        low, high = blast(1_000, incident, baseline, MONEY, by_outcomes=True).interval
        held += low <= 300 <= high
    assert 930 <= held <= 970


def test_a_negative_number_of_decisions_is_refused() -> None:
    with pytest.raises(BadInput, match="-1"):
        blast(-1, Rate(1, 2), Rate(1, 2), MONEY, by_outcomes=True)


def test_a_measure_of_some_decisions_counts_only_those() -> None:
    everyone = blast(1000, Rate(20, 100), Rate(600, 1000), Impact(), by_outcomes=True)
    third = blast(1000, Rate(20, 100), Rate(600, 1000), Impact(), by_outcomes=True, eligible=0.3)
    assert everyone.wrong == pytest.approx(400)
    assert third.wrong == pytest.approx(120)
    assert third.interval[1] == pytest.approx(0.3 * everyone.interval[1])
