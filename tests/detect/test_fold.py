from dataclasses import replace

import numpy as np
import pytest

from tests.detect.crossing import CROSSED, SPEC, look_at, people
from tests.detect.looks import alarms
from tests.detect.test_search import REFERENCE, which, wrong
from tests.profile.rows import lake_rows
from tocsin.base.slices import Slice
from tocsin.detect.apart import apart
from tocsin.detect.baseline import Baseline
from tocsin.detect.budget import Budget
from tocsin.detect.evaluate import evaluate
from tocsin.detect.finding import Finding, Layer, Verdict
from tocsin.detect.fold import folded
from tocsin.detect.performance import performance
from tocsin.profile.blocks import blocks
from tocsin.profile.window import add

BUDGET = Budget(1.0, 30.0)


def judged(raw: object) -> list[Finding]:
    now = add(blocks(lake_rows(raw, SPEC, CROSSED), SPEC, 1))  # pyright: ignore[reportArgumentType]
    usual = Baseline.of(blocks(lake_rows(REFERENCE, SPEC, CROSSED), SPEC))
    return evaluate(now, usual, SPEC, CROSSED, BUDGET, now=None)


def keys(found: list[Finding], layer: Layer = Layer.PERFORMANCE) -> set[tuple[str, str]]:
    return {(f.measure, f.slice.key) for f in alarms(found) if f.layer is layer}


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_a_fault_of_one_combination_is_one_alarm(seed: int) -> None:
    raw = people(8000, 300 + seed)
    hit = which(raw, ("sex", "f"), ("age_band", "18-25"))
    found = judged(wrong(raw, hit, 0.6, seed))
    accuracy = {key for key in keys(found) if key[0] == "accuracy"}
    assert accuracy == {("accuracy", "age_band=18-25&sex=f")}
    single = look_at(wrong(raw, hit, 0.6, seed), REFERENCE)
    assert len(keys(performance(single))) > 1  # what would have been told without


def test_two_faults_of_their_own_are_both_told() -> None:
    raw = people(8000, 5)
    hit = which(raw, ("sex", "f")) | which(raw, ("age_band", "over 60"))
    found = keys(judged(wrong(raw, hit, 0.5, 5)))
    assert {("accuracy", "sex=f"), ("accuracy", "age_band=over 60")} <= found


def test_a_cause_that_no_alarm_tells_folds_nothing() -> None:
    raw = people(8000, 6)
    here = look_at(wrong(raw, which(raw, ("sex", "f")), 0.5, 6), REFERENCE)
    found = performance(here)
    women = next(s for s in here.slices if s.key == "sex=f")
    silent = [f for f in found if f.slice != women or f.verdict is not Verdict.ALARM]
    assert folded(here, here, silent, [women]) == silent
    assert len(alarms(folded(here, here, found, [women]))) < len(alarms(found))
    blind = replace(here, window=replace(here.window, leaves=None))
    assert folded(blind, blind, found, [women]) == found


def test_slices_that_moved_apart_only_by_a_told_cause_are_facts() -> None:
    raw = people(8000, 7)
    young_women = Slice.of({"sex": "f", "age_band": "18-25"})
    hit = which(raw, ("sex", "f"), ("age_band", "18-25"))
    open_ = replace(CROSSED, protected=())
    here = replace(look_at(wrong(raw, hit, 0.6, 7), REFERENCE), system=open_)
    found = apart(here, here, [])
    assert "age_band=18-25" in {f.slice.key for f in found}
    cause = replace(found[0], measure="accuracy", slice=young_women)
    assert alarms(folded(here, here, [*found, cause], [young_women])) == [cause]
    own = wrong(raw, which(raw, ("sex", "f")), 0.6, 7)
    everywhere = replace(look_at(own, REFERENCE), system=open_)
    (women,) = apart(everywhere, everywhere, [])
    assert women.slice.key == "sex=f"
    kept = folded(everywhere, everywhere, [women, cause], [young_women])
    assert alarms(kept) == [women, cause]


def test_healthy_decisions_keep_every_finding() -> None:
    here = look_at(people(2000, 8), REFERENCE)
    found = performance(here)
    assert folded(here, here, found, []) == found
    assert np.isfinite([f.value for f in found if f.verdict is Verdict.OK]).all()
