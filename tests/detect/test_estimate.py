import re
from dataclasses import replace

import numpy as np
import pytest

from tests.detect.counted import LAYOUT, SPEC
from tests.detect.looks import alarms, look
from tests.detect.scored import Truth, baseline, hidden, realised, window
from tests.detect.test_levels import said
from tests.profile.rows import LENDING
from tocsin.detect.baseline import Baseline
from tocsin.detect.budget import Budget
from tocsin.detect.estimate import estimates
from tocsin.detect.evaluate import evaluate
from tocsin.detect.finding import INVALID, Finding, Layer, Level, Verdict
from tocsin.profile.window import Window

BIASED = Truth(bias={"government": -0.8, "self": 0.5})
SHIFTED = replace(
    BIASED, centre=-0.8, spread=1.2, mix={"private": 0.3, "self": 0.1, "government": 0.6}
)
ALL = {"estimated_accuracy", "estimated_precision", "estimated_recall", "estimated_auc"}


def ends(finding: Finding) -> tuple[float, float]:
    """Return the range that a sentence tells, as shares."""
    low, high = re.findall(r"\(([\d.]+) % to ([\d.]+) %, 95 %", finding.why)[0]
    return float(low) / 100 - 0.0005, float(high) / 100 + 0.0005


def everyone(findings: list[Finding]) -> dict[str, Finding]:
    return {f.measure: f for f in findings if not f.slice.conditions}


@pytest.mark.parametrize(
    ("usual", "now", "n"),
    [(BIASED, BIASED, 2000), (BIASED, SHIFTED, 2000), (BIASED, SHIFTED, 300)],
    ids=["unmoved", "shifted", "shifted and small"],
)
def test_the_range_holds_what_outcomes_show_as_often_as_it_says(
    usual: Truth, now: Truth, n: int
) -> None:
    held = tried = 0
    for seed in range(12):
        r = np.random.default_rng(seed)
        known = baseline(500, r, usual)
        for _ in range(5):
            one = window(n, r, now)
            found = estimates(look(hidden(one), known), moved={"employer"})
            for f in found:
                if f.verdict is Verdict.INSUFFICIENT or f.measure == "estimated_auc":
                    continue
                low, high = ends(f)
                shown = realised(one, f.slice.key)[f.measure.removeprefix("estimated_")]
                held, tried = held + (low <= shown <= high), tried + 1
    assert tried > 300
    assert held / tried > 0.93  # 95 % stated; the same baseline makes five windows err together


def test_without_change_alarms_are_no_more_frequent_than_stated() -> None:
    alpha, beyond, tried = 0.02, 0, 0
    truth = Truth(bias={"government": -0.8}, wobble=0.1, drawn=0.1)
    for seed in range(8):
        r = np.random.default_rng(seed)
        known = baseline(500, r, truth)
        for _ in range(12):
            found = estimates(look(hidden(window(500, r, truth)), known, alpha))
            judged = [f for f in found if f.verdict is not Verdict.INSUFFICIENT]
            beyond += sum(f.interval[0] > 0 for f in judged)  # as if nothing were too small
            tried += len(judged)
    assert tried > 1000
    assert beyond / tried <= alpha


def test_harm_by_a_change_of_people_is_found_before_outcomes() -> None:
    r = np.random.default_rng(1)
    known = baseline(1000, r, BIASED)
    harder = replace(SHIFTED, centre=0.0, spread=0.8)
    found = everyone(estimates(look(hidden(window(4000, r, harder)), known), moved={"employer"}))
    assert found.keys() == ALL
    assert found["estimated_accuracy"].verdict is Verdict.ALARM
    assert found["estimated_accuracy"].effect > 0.05


def test_a_fall_that_does_not_matter_is_no_alarm() -> None:
    r = np.random.default_rng(1)
    moved = window(100_000, r, Truth(centre=0.15))
    found = estimates(look(hidden(moved), baseline(5000, r)))
    assert alarms(found) == []


def test_known_outcomes_are_judged_instead() -> None:
    r = np.random.default_rng(1)
    known = baseline(1000, r)
    assert estimates(look(window(2000, r), known)) == []
    part = estimates(look(window(2000, r, Truth(known=0.5)), known))
    assert everyone(part).keys() == ALL


def test_a_changed_meaning_is_not_seen_until_outcomes_show_it() -> None:
    r = np.random.default_rng(1)
    known, turned = baseline(1000, r), Truth(bias={"": -1.0})
    blind = everyone(estimates(look(hidden(window(2000, r, turned)), known)))
    assert blind["estimated_accuracy"].verdict is Verdict.OK
    told = everyone(estimates(look(window(2000, r, replace(turned, known=0.2)), known)))
    assert told.keys() == {"estimated_accuracy"}
    assert told["estimated_accuracy"].verdict is Verdict.INSUFFICIENT
    assert f"{INVALID} outcomes contradict it" in told["estimated_accuracy"].why


def test_broken_inputs_withdraw_the_estimate_for_the_same_people() -> None:
    r = np.random.default_rng(1)
    one = look(hidden(window(2000, r)), baseline(1000, r))
    fault = said(Layer.QUALITY, "missing", one.slices[3], column="income")
    found = estimates(one, faults=[fault])
    assert {f.slice for f in found if INVALID in f.why} == {one.slices[3]}


def test_a_mix_that_moves_withdraws_the_slices_of_other_attributes() -> None:
    r = np.random.default_rng(1)
    known = baseline(1000, r, BIASED)
    found = estimates(look(hidden(window(4000, r, SHIFTED)), known), moved={"employer", "sex"})
    withdrawn = {f.slice.key for f in found if INVALID in f.why}
    assert withdrawn == {"sex=f", "sex=m"}


def test_a_reference_without_outcomes_allows_no_estimate() -> None:
    r = np.random.default_rng(1)
    mute = Baseline.of([hidden(block) for block in baseline(500, r).blocks])
    (one,) = estimates(look(hidden(window(2000, r)), mute))
    assert one.why.endswith("the reference knows no outcomes that tell what scores mean.")


def test_a_reference_without_scores_says_nothing() -> None:
    r = np.random.default_rng(1)
    assert (
        estimates(look(_unscored(window(500, r)), Baseline.of([_unscored(window(500, r))]))) == []
    )


def test_few_scores_are_insufficient() -> None:
    r = np.random.default_rng(1)
    found = everyone(estimates(look(hidden(window(10, r)), baseline(500, r))))
    assert found["estimated_accuracy"].verdict is Verdict.INSUFFICIENT
    assert "scores in the window, 30 needed" in found["estimated_accuracy"].why


def test_moved_inputs_page_where_estimated_harm_does() -> None:
    r = np.random.default_rng(1)
    known, budget = baseline(2000, r), Budget(1, 30)
    sick = hidden(window(5000, r, Truth(centre=0.0, spread=0.3)))
    found = evaluate(sick, known, SPEC, LENDING, budget, now=None)
    harm = everyone(found)["estimated_accuracy"]
    assert (harm.verdict, harm.level) == (Verdict.ALARM, Level.PAGE)
    drift = next(f for f in found if f.column == "score" and not f.slice.conditions)
    assert drift.level is Level.PAGE


def _unscored(one: Window) -> Window:
    cells = {key: counts.copy() for key, counts in one.cells.items()}
    for counts in cells.values():
        for name in ("score_hist", "pos_hist", "neg_hist"):
            LAYOUT.get(counts, name)[...] = 0
    return replace(one, cells=cells)
