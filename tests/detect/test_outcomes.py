"""What becomes of people, by itself and against what their scores promised."""

import numpy as np
import pytest

from tests.detect.looks import look
from tests.detect.scored import Truth, baseline, hidden, window
from tocsin.base.slices import EVERYONE, Slice
from tocsin.detect import outcomes as room
from tocsin.detect.baseline import Baseline
from tocsin.detect.finding import Finding, Layer, Verdict
from tocsin.detect.outcomes import outcomes

SELF = Slice.of({"employer": "self"})


def alarmed(found: list[Finding], measure: str) -> list[Slice]:
    return [f.slice for f in found if f.measure == measure and f.verdict is Verdict.ALARM]


@pytest.mark.parametrize("seed", range(3))
def test_scores_that_mean_something_else_are_a_broken_calibration(seed: int) -> None:
    r = np.random.default_rng(seed)
    usual = baseline(1000, r)
    found = outcomes(look(window(4000, r, Truth(bias={"": -0.5})), usual))
    assert EVERYONE in alarmed(found, "calibration")
    assert EVERYONE in alarmed(found, "outcome_rate")
    one = next(f for f in found if f.measure == "calibration")
    assert one.layer is Layer.PERFORMANCE
    assert one.value < one.baseline
    assert "where their scores promised" in one.why


@pytest.mark.parametrize("seed", range(3))
def test_people_with_other_scores_have_other_outcomes_and_keep_the_calibration(seed: int) -> None:
    r = np.random.default_rng(seed)
    found = outcomes(look(window(4000, r, Truth(centre=-0.6)), baseline(1000, r)))
    assert EVERYONE in alarmed(found, "outcome_rate")
    assert alarmed(found, "calibration") == []


@pytest.mark.parametrize("seed", range(3))
def test_a_slice_whose_scores_lie_is_named(seed: int) -> None:
    r = np.random.default_rng(seed)
    found = outcomes(look(window(6000, r, Truth(bias={"self": -1.0})), baseline(1000, r)))
    strongest = max((f for f in found if f.measure == "calibration"), key=lambda f: f.evidence)
    assert strongest.slice == SELF


@pytest.mark.parametrize("wobble", [0.0, 0.15])
def test_the_stated_rate_holds(wobble: float, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(room, "MOVED", 0.0)
    false, asked = {"calibration": 0, "outcome_rate": 0}, 0
    for seed in range(12):
        r = np.random.default_rng(seed)
        usual = baseline(800, r, Truth(wobble=wobble))
        for n in (150, 800, 2500):
            for _ in range(4):
                found = outcomes(look(window(n, r, Truth(wobble=wobble)), usual, alpha=0.05))
                for name in false:
                    false[name] += len(alarmed(found, name))
                asked += 6  # everyone, three employers, two sexes
    for name, alarms in false.items():
        assert alarms <= 0.05 * asked + 3 * np.sqrt(0.05 * asked), name


def test_without_outcomes_nothing_is_said() -> None:
    r = np.random.default_rng(1)
    usual = baseline(500, r)
    mute = Baseline.of([hidden(block) for block in usual.blocks])
    assert outcomes(look(window(500, r), mute)) == []
    late = outcomes(look(hidden(window(500, r)), usual))
    assert {f.verdict for f in late} == {Verdict.INSUFFICIENT}
