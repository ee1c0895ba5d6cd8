from dataclasses import replace

import numpy as np
import pytest

from tests.detect.counted import LAYOUT, Truth, baseline, window
from tests.detect.crossing import CROSSED, look_at, people
from tests.detect.crossing import SPEC as CROSSING
from tests.detect.looks import alarms, look
from tests.profile.rows import LENDING, replaced
from tocsin.detect import fairness as room
from tocsin.detect.fairness import fairness, monitors
from tocsin.detect.finding import Finding, Level, Verdict


def found(truth: Truth, usual: Truth | None = None, n: int = 3000) -> list[Finding]:
    r = np.random.default_rng(1)
    return fairness(look(window(n, r, truth), baseline(3000, r, usual or Truth())))


def test_a_gap_that_opens_against_a_group_is_an_alarm_for_that_group() -> None:
    one, duty = alarms(found(Truth(faults={"sex=f": {"selected": 0.2}})))
    assert (one.measure, one.slice.key) == ("selection_rate_gap", "sex=f")
    assert (duty.measure, duty.slice.key) == ("selection_rate_ratio", "sex=f")
    assert one.effect == pytest.approx(0.2, abs=0.05)


def test_a_gap_that_the_reference_has_too_is_information_and_no_alarm() -> None:
    always = Truth(faults={"sex=f": {"selected": 0.2}})
    every = found(always, always)
    assert alarms(every) == []
    (fact,) = [f for f in every if f.measure == "selection_rate_difference"]
    assert fact.level is Level.INFO
    assert fact.value == pytest.approx(0.2, abs=0.05)


def test_errors_that_fall_on_one_group_are_found_in_its_rates() -> None:
    measures = {f.measure for f in alarms(found(Truth(faults={"sex=m": {"right": 0.5}})))}
    assert {"tpr_gap", "fpr_gap"} <= measures


@pytest.mark.parametrize("rho", [0.0, 0.002])
def test_without_change_alarms_are_no_more_frequent_than_stated(
    rho: float, monkeypatch: pytest.MonkeyPatch
) -> None:

    monkeypatch.setattr(room, "GAP", 0.0)
    alpha, false = 0.02, 0
    for seed in range(3):
        r = np.random.default_rng(seed)
        usual = baseline(500, r, Truth(rho=rho))
        for _ in range(80):
            false += len(alarms(fairness(look(window(500, r, Truth(rho=rho)), usual, alpha))))
    assert false <= alpha * 240 * 6


def test_a_small_group_is_insufficient() -> None:
    small = found(Truth(), n=40)
    gaps = [f for f in small if f.measure.endswith(("_gap", "_ratio"))]
    assert gaps
    assert {f.verdict for f in gaps} == {Verdict.INSUFFICIENT}


def test_without_protected_attributes_nothing_is_said() -> None:

    r = np.random.default_rng(1)
    one = look(window(500, r), baseline(500, r), system=replace(LENDING, protected=()))
    assert fairness(one) == []
    assert LAYOUT.spec.slices


def test_a_fault_that_only_a_combination_shows_is_found_there() -> None:
    usual = people(20_000, 1)
    hit = alarms(fairness(look_at(people(8000, 2, hurt=0.2), usual)))
    gaps = {f.slice.key for f in hit if f.measure == "selection_rate_gap"}
    assert gaps == {"age_band=18-25&sex=f", "age_band=over 60&sex=m"}
    assert alarms(fairness(look_at(people(8000, 3), usual))) == []


def test_a_combination_that_its_part_tells_as_well_is_left_out() -> None:
    r = np.random.default_rng(5)
    raw = people(8000, 4)
    women = np.array(raw["sex"].to_pylist()) == "f"
    fewer = np.array(raw["approved"].to_pylist()) & (~women | (r.random(8000) < 0.5))
    hit = alarms(fairness(look_at(replaced(raw, "approved", fewer.tolist()), people(20_000, 1))))
    gaps = {f.slice.key for f in hit if f.measure == "selection_rate_gap"}
    assert gaps == {"sex=f"}


def test_combinations_alarm_no_more_often_than_stated_without_change(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(room, "GAP", 0.0)
    alpha, rounds, false = 0.02, 12, 0
    for seed in range(3):
        usual = people(4000, 100 + seed)
        for k in range(rounds):
            at = look_at(people(1500, 1000 * (seed + 1) + k), usual, alpha)
            false += sum(len(f.slice.conditions) == 2 for f in alarms(fairness(at)))
    assert false <= alpha * 6 * 6 * 3 * rounds  # six groups, six monitors each


def test_a_baseline_outlives_a_change_of_who_is_protected() -> None:
    here = look_at(people(8000, 2, hurt=0.2), people(20_000, 1))
    women = replace(here, system=replace(CROSSED, protected=("sex",)))
    blind = replace(here, window=replace(here.window, leaves=None))
    judged = {f.slice.key for f in fairness(women) if f.measure.endswith("_gap")}
    assert judged == {"sex=f", "sex=m"}
    assert all(len(f.slice.conditions) < 2 for f in fairness(blind))
    gaps = {f.slice.key for f in alarms(fairness(here)) if f.measure == "selection_rate_gap"}
    assert gaps == {"age_band=18-25&sex=f", "age_band=over 60&sex=m"}


def test_a_combination_of_few_people_is_insufficient_and_says_so() -> None:
    every = fairness(look_at(people(600, 5, rare=True), people(2000, 6, rare=True)))
    few = [f for f in every if f.slice.key == "age_band=18-25&sex=f"]
    assert few
    assert {f.verdict for f in few} == {Verdict.INSUFFICIENT}
    assert "30 needed" in few[0].why


def test_the_budget_counts_every_group_and_combination() -> None:
    assert monitors(LAYOUT.spec, LENDING) == 6 * 2
    assert monitors(CROSSING, CROSSED) == 6 * (2 + 3 + 6)
