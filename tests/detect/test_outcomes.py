"""What becomes of people, by itself and against what their scores promised."""

from dataclasses import replace

import numpy as np
import pytest

from tests.detect.counted import LAYOUT, SPEC
from tests.detect.looks import look
from tests.detect.scored import Truth, baseline, hidden, window
from tests.profile.rows import LENDING
from tocsin.base.slices import EVERYONE, Slice
from tocsin.detect import outcomes as room
from tocsin.detect.baseline import Baseline
from tocsin.detect.budget import Budget
from tocsin.detect.evaluate import evaluate
from tocsin.detect.finding import Finding, Layer, Level, Verdict
from tocsin.detect.outcomes import outcomes, promised
from tocsin.ingest.system import Risk

SELF = Slice.of({"employer": "self"})


def alarmed(found: list[Finding], measure: str) -> list[Slice]:
    return [f.slice for f in found if f.measure == measure and f.verdict is Verdict.ALARM]


@pytest.mark.parametrize("seed", range(3))
def test_scores_that_mean_something_else_are_a_broken_calibration(seed: int) -> None:
    r = np.random.default_rng(seed)
    usual = baseline(1000, r)
    found = outcomes(look(window(4000, r, Truth(bias={"": -0.5})), usual), fixed=False)
    assert EVERYONE in alarmed(found, "calibration")
    assert EVERYONE in alarmed(found, "outcome_rate")
    one = next(f for f in found if f.measure == "calibration")
    assert one.layer is Layer.PERFORMANCE
    assert one.value < one.baseline
    assert "where their scores promised" in one.why


@pytest.mark.parametrize("seed", range(3))
def test_people_with_other_scores_have_other_outcomes_and_keep_the_calibration(seed: int) -> None:
    r = np.random.default_rng(seed)
    found = outcomes(look(window(4000, r, Truth(centre=-0.6)), baseline(1000, r)), fixed=False)
    assert EVERYONE in alarmed(found, "outcome_rate")
    assert alarmed(found, "calibration") == []


@pytest.mark.parametrize("seed", range(3))
def test_a_slice_whose_scores_lie_is_named(seed: int) -> None:
    r = np.random.default_rng(seed)
    found = outcomes(
        look(window(6000, r, Truth(bias={"self": -1.0})), baseline(1000, r)), fixed=False
    )
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
                found = outcomes(
                    look(window(n, r, Truth(wobble=wobble)), usual, alpha=0.05), fixed=False
                )
                for name in false:
                    false[name] += len(alarmed(found, name))
                asked += 6  # everyone, three employers, two sexes
    for name, alarms in false.items():
        assert alarms <= 0.05 * asked + 3 * np.sqrt(0.05 * asked), name


@pytest.mark.parametrize(("n", "least"), [(1000, 3), (4000, 9), (20000, 9)])
def test_power_against_scores_that_promise_ten_points_too_little(n: int, least: int) -> None:
    hit = 0
    for seed in range(10):
        r = np.random.default_rng(seed)
        found = outcomes(
            look(window(n, r, Truth(bias={"": 0.6})), baseline(1000, r), 1e-5), fixed=False
        )
        hit += EVERYONE in alarmed(found, "calibration")
    assert hit >= least


def test_everyone_is_promised_what_their_employers_are() -> None:
    r, biased = np.random.default_rng(5), Truth(bias={"government": -0.8, "self": 0.5})
    others = replace(biased, mix={"private": 0.1, "self": 0.1, "government": 0.8})
    found = outcomes(look(window(4000, r, others), baseline(2000, r, biased)), fixed=False)
    assert EVERYONE not in alarmed(found, "calibration")
    mean = next(f for f in found if f.measure == "calibration")
    assert mean.baseline < 0.42  # everyone's own curve would promise more


def test_the_promise_is_the_sum_over_scores() -> None:
    r = np.random.default_rng(4)
    one = window(6000, r, Truth(bias={"self": -1.0}))
    seen = look(one, baseline(1000, r))
    found = outcomes(seen, fixed=False)
    said = next(f for f in found if f.measure == "calibration" and f.slice == SELF)
    cell, row = one.cells[SELF.key], seen.slices.index(SELF)
    yes, no = (LAYOUT.get(cell, name).astype(float) for name in ("pos_hist", "neg_hist"))
    expected = promised(seen, row, yes + no).sum()
    assert said.value == pytest.approx(yes.sum() / said.n)
    assert said.baseline == pytest.approx(expected / said.n)
    assert said.interval[0] < said.effect < said.interval[1]


def test_outcomes_still_coming_in_are_not_judged_unless_they_are_as_complete_as_they_get() -> None:
    r = np.random.default_rng(2)
    usual, early = baseline(1000, r), window(3000, r, Truth(bias={"": 1.0}, known=0.5))
    found = outcomes(look(early, usual), fixed=False)
    assert {f.measure for f in found} == {"outcome_rate", "calibration"}
    assert {f.verdict for f in found} == {Verdict.INSUFFICIENT}
    assert all("early ones are others than late ones" in f.why for f in found)
    old = outcomes(look(early, usual), fixed=True)
    assert EVERYONE in alarmed(old, "outcome_rate")
    assert EVERYONE in alarmed(old, "calibration")


def test_scores_that_the_reference_hardly_knows_promise_nothing() -> None:
    r = np.random.default_rng(6)
    narrow = baseline(1000, r, Truth(centre=-3.0, spread=0.4))
    found = outcomes(look(window(3000, r), narrow), fixed=True)
    strange = next(f for f in found if f.measure == "calibration")
    assert strange.verdict is Verdict.INSUFFICIENT
    assert "where the reference knows fewer than" in strange.why


def test_outcomes_that_moved_as_scores_foretold_are_a_ticket() -> None:
    r = np.random.default_rng(3)
    others = window(4000, r, Truth(centre=0.5, spread=2.2))  # other people, equally foretold
    low = replace(LENDING, risk=Risk.LOW)
    found = evaluate(others, baseline(2000, r), SPEC, low, Budget(1, 30), now=None)
    assert EVERYONE in alarmed(found, "outcome_rate")
    assert EVERYONE not in alarmed(found, "calibration")
    assert {f.level for f in found if f.measure == "outcome_rate"} <= {Level.TICKET, Level.INFO}


def test_a_broken_calibration_pages_and_not_where_the_risk_is_low() -> None:
    r = np.random.default_rng(8)
    sick, usual = window(4000, r, Truth(bias={"": 0.8})), baseline(2000, r)
    for risk, level in ((Risk.HIGH, Level.PAGE), (Risk.LOW, Level.TICKET)):
        found = evaluate(sick, usual, SPEC, replace(LENDING, risk=risk), Budget(1, 30), now=None)
        one = next(f for f in found if (f.measure, f.slice) == ("calibration", EVERYONE))
        assert one.level is level


def test_a_slow_drift_of_outcomes_is_found_over_windows() -> None:
    r = np.random.default_rng(9)
    usual, moved = baseline(500, r), Truth(bias={"": 0.7})
    days = [window(150, r, moved, -day) for day in range(1, 20)]
    found = evaluate(
        window(150, r, moved), usual, SPEC, LENDING, Budget(1, 30), now=None, history=days
    )
    one = next(f for f in found if (f.measure, f.slice) == ("outcome_rate", EVERYONE))
    assert one.method == "lasting"
    assert one.verdict is Verdict.ALARM


def test_without_outcomes_nothing_is_said() -> None:
    r = np.random.default_rng(1)
    usual = baseline(500, r)
    mute = Baseline.of([hidden(block) for block in usual.blocks])
    assert outcomes(look(window(500, r), mute), fixed=False) == []
    late = outcomes(look(hidden(window(500, r)), usual), fixed=True)
    assert {f.verdict for f in late} == {Verdict.INSUFFICIENT}
