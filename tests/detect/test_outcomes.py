from dataclasses import replace

import numpy as np
import pytest

from tests.detect.counted import SPEC
from tests.detect.looks import alarms, look
from tests.detect.scored import Truth, baseline, hidden, window
from tests.profile.rows import LENDING
from tocsin.detect.budget import Budget
from tocsin.detect.evaluate import evaluate
from tocsin.detect.finding import Layer, Level, Verdict
from tocsin.detect.outcomes import outcomes
from tocsin.ingest.system import Risk

SLICES = 6
GOVERNMENT = "employer=government"


@pytest.mark.parametrize("wobble", [0.0, 0.1])
def test_without_change_alarms_are_no_more_frequent_than_stated(wobble: float) -> None:
    alpha, beyond, tried = 0.02, 0, 0
    truth = Truth(bias={"government": -0.8}, wobble=wobble)
    for seed in range(8):
        r = np.random.default_rng(seed)
        known = baseline(500, r, truth)
        for _ in range(12):
            found = outcomes(look(window(500, r, truth), known, alpha), fixed=False)
            beyond += sum(f.evidence > -np.log10(alpha) for f in found)  # however small
            tried += SLICES
    assert tried > 500
    assert beyond / tried <= alpha


def test_outcomes_that_moved_in_one_slice_are_found_there() -> None:
    for seed in range(5):
        r = np.random.default_rng(seed)
        sick = window(3000, r, Truth(bias={"government": 1.0}))
        found = alarms(outcomes(look(sick, baseline(1000, r), 1e-5), fixed=False))
        assert max(found, key=lambda f: f.evidence).slice.key == GOVERNMENT
        assert {f.layer for f in found} == {Layer.DRIFT}
        assert found[0].alpha == 1e-5
        assert "of known outcomes were 'true' for" in found[0].why


def test_both_ways_are_drift() -> None:
    r = np.random.default_rng(1)
    known = baseline(1000, r)
    for bias, sign in ((0.6, 1), (-0.6, -1)):
        (one,) = [
            f
            for f in alarms(
                outcomes(look(window(3000, r, Truth(bias={"": bias})), known), fixed=False)
            )
            if not f.slice.conditions
        ]
        assert np.sign(one.value - one.baseline) == sign


def test_outcomes_still_coming_in_are_not_judged_unless_they_are_as_complete_as_they_get() -> None:
    r = np.random.default_rng(2)
    known, early = baseline(1000, r), window(3000, r, Truth(bias={"": 1.0}, known=0.5))
    (one,) = outcomes(look(early, known), fixed=False)
    assert one.verdict is Verdict.INSUFFICIENT
    assert "early ones are others than late ones" in one.why
    assert alarms(outcomes(look(early, known), fixed=True))
    mute = outcomes(look(hidden(early), known), fixed=True)
    assert {f.verdict for f in mute} == {Verdict.INSUFFICIENT}
    unknown = baseline(100, r, Truth(known=0.0))
    assert outcomes(look(early, unknown), fixed=True) == []


def test_outcomes_that_moved_as_scores_foretold_are_a_ticket_and_no_page() -> None:
    r = np.random.default_rng(3)
    others = window(4000, r, Truth(centre=0.5, spread=2.2))  # other people, equally foretold
    found = evaluate(others, baseline(2000, r), SPEC, LENDING, Budget(1, 30), now=None)
    (one,) = [f for f in found if f.measure == "outcome_rate" and not f.slice.conditions]
    assert one.verdict is Verdict.ALARM
    harmed = [f for f in found if f.verdict is Verdict.ALARM and f.layer != Layer.DRIFT]
    assert {f.measure for f in harmed} <= {"selection_rate"}  # which by itself is one
    calm = evaluate(
        others, baseline(2000, r), SPEC, replace(LENDING, risk=Risk.LOW), Budget(1, 30), now=None
    )
    assert {f.level for f in calm if f.measure == "outcome_rate"} <= {Level.TICKET, Level.INFO}
