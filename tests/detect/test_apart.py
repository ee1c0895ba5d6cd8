"""Slices that moved apart from the others, where everybody's rates wobble together."""

from dataclasses import replace

import numpy as np
import pytest

from tests.detect.counted import LAYOUT, SHARES, Truth, baseline, window
from tests.detect.looks import alarms, look
from tests.profile.rows import LENDING
from tocsin.base.slices import parse
from tocsin.detect import apart as room
from tocsin.detect import performance
from tocsin.detect.apart import MEASURES, apart, monitors, plain, rates, remains
from tocsin.detect.finding import Finding, Verdict
from tocsin.detect.look import Look

SWAY = Truth(rho=0.01)
"""A standard deviation of five points in everybody's share of yes, four in accuracy."""
LOST = replace(SWAY, shifts={"employer=self": {"right": -0.12, "selected": -0.15}})


def at(truth: Truth, seed: int, n: int = 4000, alpha: float = 1e-3) -> Look:
    r = np.random.default_rng(seed)
    usual = baseline(n, r, SWAY)
    return look(window(n, r, truth), usual, alpha)


def told(seen: Look) -> list[Finding]:
    return apart(seen, seen, [])


@pytest.mark.parametrize("seed", range(5))
def test_a_slice_that_fell_behind_is_found_though_everybody_sways(seed: int) -> None:
    found = told(at(LOST, seed))
    assert {(f.measure, f.slice.key) for f in found} == {
        ("accuracy_apart", "employer=self"),
        ("selection_rate_apart", "employer=self"),
    }
    for one in found:
        assert one.verdict is Verdict.ALARM
        assert one.effect == pytest.approx(abs(one.value - one.baseline))
        assert one.interval[0] < one.effect < one.interval[1]
        assert "had it moved as the others did" in one.why


def test_its_own_rate_tells_it_less_often() -> None:
    behind = {"accuracy_apart": 0, "accuracy": 0}
    for seed in range(20):
        seen = at(LOST, seed)
        own = alarms(performance.performance(seen))
        behind["accuracy"] += any(f.slice.key == "employer=self" for f in own)
        behind["accuracy_apart"] += any(f.measure == "accuracy_apart" for f in told(seen))
    assert behind["accuracy_apart"] >= behind["accuracy"] + 10


@pytest.mark.parametrize("truth", [Truth(), SWAY, Truth(rho=0.002)])
@pytest.mark.parametrize("n", [300, 3000])
def test_without_change_alarms_are_no_more_frequent_than_stated(
    truth: Truth, n: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(performance, "SELECTED", 0.0)
    monkeypatch.setattr(performance, "RIGHT", 0.0)
    alpha, false, asked = 0.02, 0, 0
    for seed in range(3):
        r = np.random.default_rng(seed)
        usual = baseline(n, r, truth)
        for _ in range(60):
            false += len(told(look(window(n, r, truth), usual, alpha)))
            asked += monitors(LAYOUT, LENDING)
    assert asked == 3 * 60 * 6
    assert false <= alpha * asked + 3 * np.sqrt(alpha * asked)


def test_the_slice_that_stays_where_all_others_move_is_not_at_fault() -> None:
    moved = {key: {"selected": 0.25} for key in SHARES if key != "employer=self"}
    found = told(at(Truth(faults=moved), 3))
    assert "employer=self" not in {f.slice.key for f in found}


def test_better_answers_are_no_alarm_but_more_yeses_are() -> None:
    better = replace(SWAY, shifts={"employer=self": {"right": 0.15, "selected": 0.2}})
    assert {f.measure for f in told(at(better, 4))} == {"selection_rate_apart"}


def test_what_the_rate_tells_itself_is_not_told_again() -> None:
    r = np.random.default_rng(1)
    seen = look(window(4000, r, replace(LOST, rho=0.0)), baseline(4000, r))
    own = [*performance.decided(seen), *performance.performance(seen)]
    assert {f.measure for f in alarms(own)} >= {"accuracy", "selection_rate"}
    assert apart(seen, seen, own) == []


def test_few_rows_tell_nothing() -> None:
    assert told(at(LOST, 1, n=100)) == []


def test_a_slice_whose_yeses_are_too_rare_to_show_their_clumps_is_not_judged() -> None:
    rare = Truth(faults={"employer=self": {"selected": 0.001}})
    often = Truth(faults={"employer=self": {"selected": 0.2}})
    r = np.random.default_rng(6)
    now, usual = window(4000, r, often), baseline(1000, r, rare)
    seen = look(now, usual)
    assert "selection_rate_apart" not in {f.measure for f in told(seen)}
    own = alarms(performance.decided(seen))
    assert "employer=self" in {f.slice.key for f in own}  # its own rate tells it


def test_groups_of_protected_attributes_are_left_to_fairness() -> None:
    assert monitors(LAYOUT, LENDING) == 2 * len(SHARES)
    nobody = replace(LENDING, protected=("sex", "employer"))
    assert monitors(LAYOUT, nobody) == 0
    seen = at(LOST, 1)
    assert told(replace(seen, system=nobody)) == []
    everybody = replace(LENDING, protected=())
    found = told(replace(seen, system=everybody))  # the same baseline, asked of others too
    assert {f.slice.key for f in found} == {f.slice.key for f in told(seen)} != set()


def test_an_alarm_remains_only_where_its_own_people_still_show_it() -> None:
    seen = at(LOST, 2)
    said = next(f for f in told(seen) if f.measure == "accuracy_apart")
    row, total = seen.slices.index(parse("employer=self")), float(seen.current[0, 0])
    rate = next(rate for rate in rates(LAYOUT) if rate.measure == "accuracy")
    n = float(seen.current[row, list(rate.of)].sum())
    k = float(seen.current[row, list(rate.yes)].sum())
    everyone = float(seen.current[0, list(rate.yes)].sum())
    assert remains(seen, said, (k, n), (everyone, total))
    as_the_others = (everyone - k) / (total - n)
    assert not remains(seen, said, (n * as_the_others, n), (total * as_the_others, total))


def test_every_measure_has_its_rate() -> None:
    assert [plain(name) for name in MEASURES] == ["selection_rate", "accuracy", "hit_rate"]
    assert plain("accuracy") == "accuracy"
    assert [rate.measure for rate in rates(LAYOUT)] == ["selection_rate", "accuracy"]
    assert room.MEASURES is MEASURES
