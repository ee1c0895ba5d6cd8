from dataclasses import replace

import numpy as np
import pytest

from tests.detect.counted import LAYOUT, SPEC
from tests.detect.looks import alarms, look
from tests.detect.scored import Truth, baseline, hidden, window
from tests.profile.rows import LENDING
from tocsin.detect.baseline import Baseline
from tocsin.detect.budget import Budget
from tocsin.detect.evaluate import evaluate
from tocsin.detect.finding import Finding, Layer, Level, Verdict
from tocsin.detect.miscalibration import miscalibration, promised
from tocsin.ingest.system import Risk

BIASED = Truth(bias={"government": -0.8, "self": 0.5})
GOVERNMENT = "employer=government"


def of(findings: list[Finding], slice_: str = "") -> Finding:
    return next(f for f in findings if f.slice.key == slice_)


@pytest.mark.parametrize(
    ("truth", "now"),
    [
        (BIASED, BIASED),
        (replace(BIASED, wobble=0.1, drawn=0.1), replace(BIASED, wobble=0.1, drawn=0.1)),
        (BIASED, replace(BIASED, centre=-0.8, spread=1.2)),
    ],
    ids=["only chance", "wobbling", "other scores that mean the same"],
)
def test_without_change_alarms_are_no_more_frequent_than_stated(truth: Truth, now: Truth) -> None:
    alpha, beyond, tried = 0.02, 0, 0
    for seed in range(8):
        r = np.random.default_rng(seed)
        known = baseline(500, r, truth)
        for _ in range(12):
            found = miscalibration(look(window(500, r, now), known, alpha), fixed=False)
            beyond += sum(f.evidence > -np.log10(alpha) for f in found)  # however small
            tried += len(found)
    assert tried > 500
    assert beyond / tried <= alpha


def test_scores_that_mean_something_else_in_one_slice_are_found_there() -> None:
    for seed in range(5):
        r = np.random.default_rng(seed)
        sick = window(3000, r, replace(BIASED, bias={"government": 0.4, "self": 0.5}))
        found = alarms(miscalibration(look(sick, baseline(1000, r, BIASED), 1e-5), fixed=False))
        assert max(found, key=lambda f: f.evidence).slice.key == GOVERNMENT
        assert {(f.layer, f.alpha) for f in found} == {(Layer.PERFORMANCE, 1e-5)}


@pytest.mark.parametrize(("n", "least"), [(1000, 3), (4000, 9), (20000, 9)])
def test_power_against_a_shift_of_everyone(n: int, least: int) -> None:
    hit = 0
    for seed in range(10):
        r = np.random.default_rng(seed)
        sick = window(n, r, Truth(bias={"": 0.6}))  # some 10 points more yes than promised
        hit += of(miscalibration(look(sick, baseline(1000, r), 1e-5), fixed=False)).verdict == (
            Verdict.ALARM
        )
    assert hit >= least


def test_the_numbers_are_observed_and_expected_outcomes() -> None:
    r = np.random.default_rng(4)
    one, known = window(3000, r, Truth(bias={"": 0.5})), baseline(1000, r)
    seen = look(one, known)
    found = of(miscalibration(seen, fixed=False), GOVERNMENT)
    cell, row = one.cells[GOVERNMENT], seen.slices.index(found.slice)
    yes, no = (LAYOUT.get(cell, name).astype(float) for name in ("pos_hist", "neg_hist"))
    expected = promised(seen, row, yes + no).sum()
    assert found.value == pytest.approx(yes.sum() / (yes + no).sum())
    assert found.baseline == pytest.approx(expected / (yes + no).sum())
    assert found.effect == pytest.approx((yes.sum() - expected) / found.n)
    low, high = found.interval
    assert low < found.effect < high
    assert "were 'true' in" in found.why


def test_everyone_is_promised_what_their_employers_are() -> None:
    r = np.random.default_rng(5)
    others = replace(BIASED, mix={"private": 0.1, "self": 0.1, "government": 0.8})
    found = miscalibration(look(window(4000, r, others), baseline(2000, r, BIASED)), fixed=False)
    assert alarms([of(found)]) == []
    mean = of(found)
    assert mean.value < 0.45  # everyone's own curve would promise more


def test_outcomes_still_coming_in_and_strange_scores_are_not_judged() -> None:
    r = np.random.default_rng(6)
    known, early = baseline(1000, r), window(3000, r, Truth(bias={"": 1.0}, known=0.5))
    (one,) = miscalibration(look(early, known), fixed=False)
    assert one.verdict is Verdict.INSUFFICIENT
    assert "outcomes_after" in one.why
    assert alarms(miscalibration(look(early, known), fixed=True))
    assert of(miscalibration(look(hidden(early), known), fixed=True)).verdict == "insufficient"
    narrow = baseline(1000, r, Truth(centre=-3.0, spread=0.4))
    strange = of(miscalibration(look(window(3000, r), narrow), fixed=True))
    assert strange.verdict is Verdict.INSUFFICIENT
    assert "where the reference knows fewer than" in strange.why
    unknown = baseline(100, r, Truth(known=0.0))
    assert miscalibration(look(early, unknown), fixed=True) == []


def test_a_reference_without_times_is_not_known_to_wobble() -> None:
    r = np.random.default_rng(7)
    known = baseline(1000, r)
    untimed = Baseline(known.total, known.blocks, timed=False)
    sick = window(3000, r, Truth(bias={"": 1.0}))
    assert alarms(miscalibration(look(sick, untimed), fixed=False))


def test_it_pages_as_harm_and_not_where_the_risk_is_low() -> None:
    r = np.random.default_rng(8)
    sick, known = window(4000, r, Truth(bias={"": 0.8})), baseline(2000, r)
    for risk, level in ((Risk.HIGH, Level.PAGE), (Risk.LOW, Level.TICKET)):
        system = replace(LENDING, risk=risk)
        found = evaluate(sick, known, SPEC, system, Budget(1, 30), now=None)
        assert of([f for f in found if f.measure == "miscalibration"]).level is level
