from dataclasses import replace

import numpy as np
import pytest

from tests.detect.counted import LAYOUT, Truth, baseline, window
from tests.detect.looks import alarms, look
from tests.profile.rows import LENDING
from tocsin.detect import fairness as room
from tocsin.detect.fairness import difference, fairness, ratio
from tocsin.detect.finding import Finding, Level, Verdict

# Fairlearn's user guide, 18 decisions in groups a, b and c (fairlearn.org, "metrics")
TPR = (0.5, 0.6, 0.4)
FPR = (1.0, 0.0, 0.666667)
SELECTED = (0.75, 0.5, 0.5)


@pytest.mark.parametrize(
    ("rates", "apart"), [(TPR, 0.2), (FPR, 1.0), (SELECTED, 0.25)], ids=["tpr", "fpr", "selected"]
)
def test_differences_are_fairlearns(rates: tuple[float, ...], apart: float) -> None:
    assert difference(rates) == pytest.approx(apart)


def test_the_ratio_is_fairlearns() -> None:
    assert ratio(TPR) == pytest.approx(0.666667, abs=1e-6)
    assert np.isnan(ratio([0.0, 0.0]))


def found(truth: Truth, usual: Truth | None = None, n: int = 3000) -> list[Finding]:
    r = np.random.default_rng(1)
    return fairness(look(window(n, r, truth), baseline(3000, r, usual or Truth())))


def test_a_gap_that_opens_against_a_group_is_an_alarm_for_that_group() -> None:
    (one,) = alarms(found(Truth(faults={"sex=f": {"selected": 0.2}})))
    assert (one.measure, one.slice.key) == ("selection_rate_gap", "sex=f")
    assert one.effect == pytest.approx(0.2, abs=0.05)


def test_a_gap_that_the_reference_has_too_is_information_and_no_alarm() -> None:
    always = Truth(faults={"sex=f": {"selected": 0.2}})
    every = found(always, always)
    assert alarms(every) == []
    (state,) = [f for f in every if f.measure == "selection_rate_ratio"]
    assert state.level is Level.INFO
    assert "four-fifths rule: violation" in state.why


def test_equal_groups_pass_the_four_fifths_rule() -> None:
    (state,) = [f for f in found(Truth()) if f.measure == "selection_rate_ratio"]
    assert "four-fifths rule: pass" in state.why


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
    gaps = [f for f in small if f.measure.endswith("_gap")]
    assert gaps
    assert {f.verdict for f in gaps} == {Verdict.INSUFFICIENT}


def test_without_protected_attributes_nothing_is_said() -> None:

    r = np.random.default_rng(1)
    one = look(window(500, r), baseline(500, r), system=replace(LENDING, protected=()))
    assert fairness(one) == []
    assert LAYOUT.spec.slices
