import numpy as np

from tests.detect.counted import Truth, baseline, window
from tests.detect.looks import alarms, look, without_labels
from tocsin.detect.finding import Verdict
from tocsin.detect.performance import decided, performance

GOVERNMENT = "employer=government"


def test_every_slice_is_reported_whether_it_alarms_or_not() -> None:
    r = np.random.default_rng(1)
    found = decided(look(window(2000, r), baseline(2000, r)))
    rates = {f.slice.key for f in found if f.measure == "selection_rate"}
    assert rates == {"", "sex=f", "sex=m", GOVERNMENT, "employer=private", "employer=self"}
    assert alarms(found) == []


def test_selection_moves_are_alarms_both_ways() -> None:
    r = np.random.default_rng(1)
    usual = baseline(2000, r)
    for selected in (0.1, 0.7):
        sick = window(2000, r, Truth(faults={GOVERNMENT: {"selected": selected}}))
        found = [f for f in alarms(decided(look(sick, usual))) if f.slice.key == GOVERNMENT]
        assert [f.measure for f in found] == ["selection_rate"]
        assert found[0].effect > 0.2


def test_wrong_decisions_in_one_slice_are_found_there_first() -> None:
    r = np.random.default_rng(1)
    sick = window(3000, r, Truth(faults={GOVERNMENT: {"right": 0.5}}))
    found = [
        f for f in alarms(performance(look(sick, baseline(3000, r)))) if f.measure == "accuracy"
    ]
    assert max(found, key=lambda f: f.evidence).slice.key == GOVERNMENT


def test_before_outcomes_arrive_only_decisions_are_judged() -> None:
    r = np.random.default_rng(1)
    one = look(without_labels(window(2000, r)), baseline(2000, r))
    judged = {f.measure for f in decided(one) if f.verdict is not Verdict.INSUFFICIENT}
    assert judged == {"selection_rate"}
    found = performance(one)
    assert {f.verdict for f in found} == {Verdict.INSUFFICIENT}
    assert {f.measure for f in found} == {"accuracy", "precision", "recall"}
