import numpy as np
import pytest

from tests.detect.counted import Truth, baseline, window
from tests.detect.looks import alarms, look
from tocsin.detect.compared import comparisons
from tocsin.detect.finding import Finding, Level, Verdict
from tocsin.detect.four_fifths import ratios


def said(
    women: float, usual: float | None = None, n: int = 3000, alpha: float = 1e-3, seed: int = 1
) -> list[Finding]:
    """Return what the rule says where 40 % of men get a yes and so many women."""
    r = np.random.default_rng(seed)
    truth, before = (Truth(faults={"sex=f": {"selected": p}}) for p in (women, usual or women))
    at = look(window(n, r, truth), baseline(1500, r, before), alpha)
    return [finding for one in comparisons(at) for finding in ratios(at, one)]


def of_women(found: list[Finding]) -> Finding:
    (one,) = [f for f in found if f.slice.key == "sex=f"]
    return one


@pytest.mark.parametrize(
    ("share", "n", "state"),
    [(0.2, 3000, "violation"), (0.4, 3000, "pass"), (0.33, 300, "undetermined")],
)
def test_the_rule_has_three_states(share: float, n: int, state: str) -> None:
    assert f"four-fifths rule: {state}" in of_women(said(share, 0.4, n)).why


def test_a_violation_that_appeared_is_an_alarm_for_the_group_that_suffers_it() -> None:
    (one,) = alarms(said(0.2, 0.4))
    assert one.slice.key == "sex=f"
    assert one.value == pytest.approx(0.5, abs=0.08)
    assert one.interval[0] > one.threshold == 0.0


def test_a_violation_that_the_reference_has_too_is_a_fact_and_no_alarm() -> None:
    one = of_women(said(0.2))
    assert (one.verdict, one.level) == (Verdict.OK, Level.INFO)
    assert "violation, as in the reference" in one.why


def test_too_few_decisions_are_insufficient() -> None:
    assert {f.verdict for f in said(0.2, 0.4, n=40)} == {Verdict.INSUFFICIENT}


def test_where_nobody_gets_a_yes_there_is_no_ratio() -> None:
    r = np.random.default_rng(1)
    none = Truth(selected=0.0)
    at = look(window(500, r, none), baseline(500, r))
    assert [f for one in comparisons(at) for f in ratios(at, one)] == []


def test_a_group_without_any_yes_is_a_violation() -> None:
    r = np.random.default_rng(1)
    never = Truth(faults={"sex=f": {"selected": 0.0}})
    at = look(window(2000, r, never), baseline(500, r))
    found = [f for one in comparisons(at) for f in ratios(at, one)]
    (one,) = alarms(found)
    assert (one.slice.key, one.value) == ("sex=f", 0.0)


@pytest.mark.parametrize("n", [100, 400, 3000])
def test_at_exactly_four_fifths_alarms_are_no_more_frequent_than_stated(n: int) -> None:
    alpha, rounds = 0.05, 150
    false = sum(
        len(alarms(said(0.32, 0.4, n, alpha, seed)))  # 0.32 is 4/5 of 0.4
        for seed in range(rounds)
    )
    assert false <= alpha * rounds
