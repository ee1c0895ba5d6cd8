import re
from dataclasses import replace

import numpy as np
import pytest

from tests.detect.counted import LAYOUT
from tests.detect.looks import alarms, look
from tests.detect.scored import ABOVE, Truth, baseline, hidden, realised, window
from tests.profile.rows import LENDING
from tocsin.detect.baseline import Baseline
from tocsin.detect.finding import INVALID, Finding, Level, Verdict
from tocsin.detect.maturity import biases, known_shares, trusted
from tocsin.detect.performance import performance

WEEKLY = replace(LENDING, outcomes_after_s=7 * 86400)


def everyone(found: list[Finding]) -> Finding:
    return next(f for f in found if not f.slice.conditions)


def test_outcomes_still_coming_in_are_a_state_and_no_alarm() -> None:
    r = np.random.default_rng(1)
    usual = baseline(1000, r)
    for known, word in ((0.1, "still immature"), (1.0, "complete")):
        one = everyone(known_shares(look(window(2000, r, Truth(known=known)), usual), fixed=False))
        assert (one.verdict, one.level) == (Verdict.OK, Level.INFO)
        assert f"Outcomes are {word}: those of" in one.why


def test_how_soon_outcomes_were_known_is_told_where_it_is_counted() -> None:
    r = np.random.default_rng(1)
    aged = window(2000, r)
    LAYOUT.get(aged.cells[""], "pos_age")[...] = [0, 0, 0, 500, 900, 100, 0, 0, 0, 0, 0]
    one = everyone(known_shares(look(aged, baseline(1000, r)), fixed=False))
    assert "half of them within 7 d" in one.why


def test_outcomes_that_stay_away_are_a_ticket_once_they_should_be_there() -> None:
    r = np.random.default_rng(1)
    usual, lost = baseline(1000, r), window(2000, r, Truth(known=0.7))
    one = everyone(known_shares(look(lost, usual, system=WEEKLY), fixed=True))
    assert one.verdict is Verdict.ALARM
    assert "of decisions that are 7 d old are known" in one.why
    fine = window(2000, r)
    assert (
        everyone(known_shares(look(fine, usual, system=WEEKLY), fixed=True)).verdict is Verdict.OK
    )


def test_a_reference_without_outcomes_expects_none() -> None:
    r = np.random.default_rng(1)
    mute = Baseline.of([hidden(block) for block in baseline(500, r).blocks])
    one = look(window(500, r), mute)
    assert known_shares(one, fixed=False) == []
    assert biases(one) == []


@pytest.mark.parametrize("seed", range(3))
def test_outcomes_known_only_of_the_sure_are_found_and_corrected_for(seed: int) -> None:
    r = np.random.default_rng(seed)
    usual = baseline(1000, r)
    # the unsure are hardly ever told: outcomes flatter
    sure = np.abs(np.arange(100) - 49.5) > 25
    part = window(6000, r, Truth(known=np.where(sure, 0.6, 0.05)))
    one = everyone(biases(look(part, usual)))
    assert one.verdict is Verdict.ALARM
    flattering, right = realised(part)["accuracy"], realised(window(400_000, r))["accuracy"]
    assert flattering > right + 0.05
    words = re.findall(r"about ([\d.]+) % \(([\d.]+) % to ([\d.]+) %", one.why)[0]
    value, low, high = (float(x) / 100 for x in words)
    assert abs(value - right) < 0.03
    assert low < right < high
    withdrawn = trusted(performance(look(part, usual)), [one])
    accuracy = next(f for f in withdrawn if f.measure == "accuracy" and not f.slice.conditions)
    assert accuracy.verdict is Verdict.INSUFFICIENT
    assert INVALID in accuracy.why


def test_outcomes_missing_by_chance_bias_no_more_often_than_stated() -> None:
    alpha, wrong, tried = 0.05, 0, 0
    for seed in range(8):
        r = np.random.default_rng(seed)
        usual = baseline(500, r, Truth(drawn=0.1))
        for _ in range(10):
            part = window(1500, r, Truth(known=0.4, drawn=0.1))
            wrong += len(alarms(biases(look(part, usual, alpha))))
            tried += 6
    assert wrong <= tried * alpha


def test_a_choice_that_the_reference_makes_as_well_is_no_bias() -> None:
    r = np.random.default_rng(1)
    chosen = Truth(known=np.where(ABOVE, 0.9, 0.2))
    found = biases(look(window(6000, r, chosen), baseline(1000, r, chosen)))
    assert everyone(found).verdict is Verdict.OK
    assert (
        everyone(biases(look(window(6000, r, chosen), baseline(1000, r)))).verdict is Verdict.ALARM
    )
