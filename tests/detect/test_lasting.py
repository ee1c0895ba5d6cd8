from dataclasses import replace

import numpy as np
import pytest

from tests.detect.counted import LAYOUT, SPEC, Truth, baseline, window
from tests.detect.looks import alarms, look
from tocsin.detect.baseline import Baseline
from tocsin.detect.budget import Alphas
from tocsin.detect.finding import Finding
from tocsin.detect.lasting import WINDOWS, joined, lasting, monitors, past
from tocsin.detect.performance import rates
from tocsin.detect.rates import judge
from tocsin.profile.window import Window

GOVERNMENT = "employer=government"


def found(windows: list[Window], usual: Baseline, alpha: float = 1e-4) -> list[Finding]:
    """Return what lasts at the end of `windows`, oldest first."""
    here = replace(
        look(windows[-1], usual, alpha),
        lasting_harm=Alphas.alike(alpha),
        lasting_other=Alphas.alike(alpha),
    )
    return lasting(here, past(here, iter(windows[-2::-1])))


def alone(windows: list[Window], usual: Baseline, alpha: float = 1e-4) -> list[Finding]:
    """Return what any of the windows shows by itself."""
    every = (look(one, usual, alpha) for one in windows)
    return [f for one in every for f in alarms(judge(one, rates(LAYOUT), "performance"))]


@pytest.mark.parametrize("rho", [0.0, 0.003])
def test_without_change_alarms_are_no_more_frequent_than_stated(rho: float) -> None:
    alpha, false, looked = 0.02, 0, 0
    for seed in range(4):
        r = np.random.default_rng([seed, 7])
        usual = baseline(400, r, Truth(rho=rho))
        days = [window(300, r, Truth(rho=rho), day) for day in range(60)]
        on: set[str] = set()
        for day in range(3, 60):
            said = {f.key for f in found(days[: day + 1], usual, alpha)}
            false += len(said - on)
            looked += sum(asked.total for asked in monitors(SPEC))
            on = said
    assert looked > 20_000
    assert false <= alpha * looked


@pytest.mark.parametrize("rho", [0.0, 0.003])
def test_a_small_lasting_fault_of_one_slice_is_found_where_no_window_shows_it(rho: float) -> None:
    fault = Truth(rho=rho, faults={GOVERNMENT: {"right": 0.7}})
    hits = 0
    for seed in range(5):
        r = np.random.default_rng([seed, 11])
        usual = baseline(2000, r, Truth(rho=rho))
        days = [window(500, r, Truth(rho=rho), day) for day in range(15)]
        days += [window(500, r, fault, 15 + day) for day in range(30)]
        assert not [f for f in alone(days, usual, 1e-6) if f.measure == "accuracy"]
        said = [f for f in found(days, usual, 1e-6) if f.slice.key == GOVERNMENT]
        accuracy = [f for f in said if f.measure == "accuracy"]
        hits += len(accuracy)
        for one in accuracy:
            assert one.window is not None
            assert 10 <= (one.window.start - days[0].span.start).days <= 20
            assert one.interval[0] > one.threshold
            assert one.method == "lasting"
    assert hits >= 4


def test_what_is_over_is_not_told_however_long_it_lasted() -> None:
    r = np.random.default_rng(3)
    usual = baseline(2000, r)
    fault = Truth(faults={GOVERNMENT: {"right": 0.6}})
    days = [window(500, r, fault, day) for day in range(20)]
    assert any(f.slice.key == GOVERNMENT for f in found(days, usual))
    days += [window(3000, r, Truth(), 20)]
    assert found(days, usual) == []


def test_windows_whose_outcomes_are_still_coming_in_tell_nothing_of_accuracy() -> None:
    r = np.random.default_rng(4)
    usual = baseline(2000, r)
    days = [window(500, r, Truth(faults={GOVERNMENT: {"right": 0.6}}), day) for day in range(20)]
    for one in days:
        for counts in one.cells.values():
            LAYOUT.get(counts, "n_labelled")[...] //= 2
    assert {f.measure for f in found(days, usual)} & {"accuracy", "precision", "recall"} == set()


def test_of_two_findings_of_one_monitor_the_window_s_own_alarm_stays() -> None:
    r = np.random.default_rng(5)
    usual = baseline(2000, r)
    days = [window(2000, r, Truth(faults={GOVERNMENT: {"right": 0.5}}), day) for day in range(9)]
    here = look(days[-1], usual)
    now = judge(here, rates(LAYOUT), "performance")
    more = found(days, usual)
    both = joined(now, more)
    assert len({f.key for f in both}) == len(both)
    mine = {f.key: f for f in alarms(now)}
    assert mine
    assert all(f.method == "window" for f in both if f.key in mine)


def test_two_windows_are_too_few_and_no_more_than_sixty_are_read() -> None:
    r = np.random.default_rng(6)
    usual = baseline(2000, r)
    fault = Truth(faults={GOVERNMENT: {"right": 0.3}})
    assert found([window(500, r, fault, day) for day in range(2)], usual) == []
    one = window(50, r)
    here = look(one, usual)
    assert len(past(here, (one for _ in range(200))).spans) == WINDOWS
