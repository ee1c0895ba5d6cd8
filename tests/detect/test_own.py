"""Monitors of one's own: they say what was asked for, and how often their rule would have."""

import math
from dataclasses import replace

import numpy as np
import pytest

from tests.detect.counted import LAYOUT, SPEC, Truth, baseline, window
from tests.detect.looks import look
from tests.profile.rows import LENDING
from tocsin.base.errors import BadInput
from tocsin.detect.budget import Asked, Budget
from tocsin.detect.evaluate import evaluate, harm_monitors, other_monitors
from tocsin.detect.finding import Finding, Layer, Level, Verdict
from tocsin.detect.own import Past, findings, measured, names
from tocsin.ingest.monitor import Monitor
from tocsin.ingest.system import Risk
from tocsin.profile.measures import accuracy

GAPS = Monitor(name="gaps", measure="missing", column="income", above=0.2, pages=True)
RIGHT = Monitor(name="right", measure="accuracy", k_sigma=3.0)
WEEK = Monitor(name="week", measure="selection_rate", previous_s=7 * 86400, least=0.05)


def said(monitor: Monitor, truth: Truth, past: Past | None = None, seed: int = 1) -> Finding:
    r = np.random.default_rng(seed)
    one = look(window(3000, r, truth), baseline(2000, r))
    (found,) = findings(one, one, [monitor], {monitor.name: past} if past else {})
    return found


def before(truth: Truth, count: int = 20, who: str = "") -> Past:
    r = np.random.default_rng(5)
    some = [window(3000, r, truth, day=-k).cells[who] for k in range(1, count + 1)]
    return Past(windows=some, ago=some[6] if count > 6 else None)


def test_a_fixed_bound_alarms_beyond_it_and_says_how_often_it_would_have() -> None:
    past = before(Truth(missing=0.05))
    quiet = said(GAPS, Truth(missing=0.1), past)
    assert (quiet.verdict, quiet.level) == (Verdict.OK, Level.INFO)
    assert "not above 20.0 %" in quiet.why
    loud = said(GAPS, Truth(missing=0.3), past)
    assert (loud.verdict, loud.level, loud.layer) == (Verdict.ALARM, Level.PAGE, Layer.QUALITY)
    assert loud.value == pytest.approx(0.3, abs=0.03)
    assert 0 < loud.interval[0] < loud.effect < loud.interval[1]
    assert "so it was in 0 of the 20 windows before" in loud.why
    assert loud.alpha is None, "a fixed bound has no error rate"


def test_both_ends_of_a_bound_are_watched() -> None:
    within = Monitor(name="share", measure="selection_rate", above=0.6, below=0.2)
    assert said(within, Truth(selected=0.4)).verdict is Verdict.OK
    high, low = said(within, Truth(selected=0.7)), said(within, Truth(selected=0.1))
    assert (high.verdict, high.baseline) == (Verdict.ALARM, 0.6)
    assert (low.verdict, low.baseline) == (Verdict.ALARM, 0.2)
    assert low.effect > 0
    assert high.effect > 0


def test_k_sigma_compares_with_the_windows_before() -> None:
    past = before(Truth(right=0.8))
    quiet, loud = said(RIGHT, Truth(right=0.8), past), said(RIGHT, Truth(right=0.7), past)
    assert quiet.verdict is Verdict.OK
    assert (loud.verdict, loud.threshold, loud.n_baseline) == (Verdict.ALARM, 3.0, 20)
    values = np.array([accuracy(LAYOUT, counts) for counts in past.windows])
    away = abs(loud.value - values.mean()) / values.std(ddof=1)
    assert loud.effect == pytest.approx(away)


def test_k_sigma_of_few_windows_is_not_judged() -> None:
    found = said(RIGHT, Truth(right=0.5), before(Truth(), count=5))
    assert found.verdict is Verdict.INSUFFICIENT
    assert "5 windows before, 8 needed" in found.why


@pytest.mark.parametrize("seed", range(3))
def test_three_sigma_of_steady_windows_is_wrong_as_often_as_the_normal_says(seed: int) -> None:
    """0.27 % by the book; more by twenty windows' standard deviation (Student): about 0.8 %."""
    r = np.random.default_rng(seed)
    wrong = looks = 0
    for _ in range(15):
        all_of = [window(500, r, Truth()).cells[""] for _ in range(60)]
        for k in range(40):
            past = Past(windows=all_of[k + 1 : k + 21])
            one = look(replace(window(500, r), cells={"": all_of[k]}), baseline(100, r))
            (found,) = findings(one, one, [RIGHT], {"right": past})
            wrong += found.verdict is Verdict.ALARM
            looks += 1
    assert wrong / looks < 0.03


def test_a_previous_period_is_compared_with_itself() -> None:
    past = before(Truth(selected=0.4))
    assert said(WEEK, Truth(selected=0.42), past).verdict is Verdict.OK
    loud = said(WEEK, Truth(selected=0.5), past)
    assert (loud.verdict, loud.level) == (Verdict.ALARM, Level.TICKET)
    assert loud.baseline == pytest.approx(0.4, abs=0.03)
    never = said(WEEK, Truth(selected=0.5))
    assert never.verdict is Verdict.INSUFFICIENT
    assert "needs history" in never.why
    assert "earlier window" in said(WEEK, Truth(selected=0.5), Past()).why


def test_of_anything_but_a_share_the_change_is_relative() -> None:
    past = before(Truth())
    one = Monitor(name="number", measure="volume", previous_s=7 * 86400, least=0.5)
    assert said(one, Truth(), past).verdict is Verdict.OK
    r = np.random.default_rng(1)
    few = look(window(900, r), baseline(2000, r))
    (found,) = findings(few, few, [one], {"number": past})
    assert found.verdict is Verdict.ALARM
    assert found.effect == pytest.approx(1 - found.value / found.baseline)


def test_every_measure_that_is_named_can_be_asked_for() -> None:
    r = np.random.default_rng(3)
    one = look(window(3000, r), baseline(500, r))
    for name in names(LAYOUT):
        measure, _, column = name.partition(" of ")
        if measure == "mean":
            column = "income"
        asked = Monitor(name="x", measure=measure, column=column or None, above=1e9)
        (found,) = findings(one, one, [asked], {})
        if not measure.startswith(("latency", "saturated")):  # the scene tells neither
            assert math.isfinite(found.value), name


@pytest.mark.parametrize(
    ("monitor", "what"),
    [
        (Monitor(name="x", measure="karma", above=1), "karma is not counted"),
        (Monitor(name="x", measure="missing", above=1), "missing is not counted"),
        (Monitor(name="x", measure="mean", column="purpose", above=1), "mean of purpose"),
        (Monitor(name="x", measure="f1", slice="sea=north", above=1), "nobody is counted"),
        (Monitor(name="recall", measure="f1", above=1), "is the name of a measure"),
    ],
)
def test_what_is_not_counted_is_refused(monitor: Monitor, what: str) -> None:
    with pytest.raises(BadInput, match=what):
        measured(LAYOUT, monitor)


def test_own_monitors_stand_beside_the_automatic_ones_or_in_their_place() -> None:
    r = np.random.default_rng(2)
    sick, usual, budget = window(3000, r, Truth(missing=0.5)), baseline(2000, r), Budget(1, 30)
    both = replace(LENDING, monitors=(GAPS,), risk=Risk.LOW)
    found = evaluate(sick, usual, SPEC, both, budget, now=None)
    assert len({one.key for one in found}) == len(found)
    assert found[0].measure == "gaps"
    assert found[0].level is Level.PAGE, "as asked for, though drift and quality are tickets"
    assert any(one.measure == "missing" for one in found)
    alone = replace(both, auto=False)
    (only,) = evaluate(sick, usual, SPEC, alone, budget, now=None)
    assert only.measure == "gaps"
    assert harm_monitors(SPEC, alone) == other_monitors(SPEC, alone) == Asked()
