from dataclasses import replace

import pytest

from tests.profile.rows import LENDING
from tocsin.base.slices import EVERYONE, Slice
from tocsin.detect.finding import Finding, Layer, Level, Verdict
from tocsin.detect.levels import levelled
from tocsin.ingest.system import Risk

NORTH, WOMEN = Slice.of({"region": "north"}), Slice.of({"sex": "f"})
LOW = replace(LENDING, risk=Risk.LOW)


def said(
    layer: Layer,
    measure: str,
    slice_: Slice = EVERYONE,
    *,
    column: str | None = None,
    verdict: Verdict = Verdict.ALARM,
    evidence: float = 20.0,
    effect: float = 0.3,
) -> Finding:
    return Finding(
        layer=layer,
        measure=measure,
        column=column,
        slice=slice_,
        value=0.1,
        baseline=0.4,
        effect=effect,
        interval=(effect - 0.1, effect + 0.1),
        threshold=0.02,
        n=300,
        n_baseline=3000,
        verdict=verdict,
        level=Level.INFO,
        why="",
        evidence=evidence,
    )


MISSING = said(Layer.QUALITY, "missing", NORTH, column="income")
SHIFTED = said(Layer.PERFORMANCE, "selection_rate", NORTH)


@pytest.mark.parametrize("layer", [Layer.QUALITY, Layer.DRIFT])
def test_moved_inputs_alone_never_page(layer: Layer) -> None:
    (one,) = levelled([replace(MISSING, layer=layer)], LENDING)
    assert one.level is Level.TICKET


def test_moved_inputs_page_where_the_same_people_are_harmed() -> None:
    assert {f.level for f in levelled([MISSING, SHIFTED], LENDING)} == {Level.PAGE}
    elsewhere = replace(SHIFTED, slice=WOMEN)
    levels = {f.measure: f.level for f in levelled([MISSING, elsewhere], LENDING)}
    assert levels == {"missing": Level.TICKET, "selection_rate": Level.PAGE}


def test_a_slice_that_moves_no_more_than_everyone_is_left_out_but_not_the_other_way() -> None:
    whole = said(Layer.DRIFT, "outcome_rate", effect=0.3)
    same = said(Layer.DRIFT, "outcome_rate", NORTH, effect=0.2)
    other = replace(same, value=0.6)
    assert [f.slice for f in levelled([whole, same], LENDING)] == [EVERYONE]
    assert len(levelled([whole, other], LENDING)) == 2


def test_estimated_harm_makes_pages_of_inputs_and_a_withdrawn_estimate_does_not() -> None:
    harm = said(Layer.PERFORMANCE, "estimated_accuracy", NORTH)
    assert {f.level for f in levelled([MISSING, harm], LENDING)} == {Level.PAGE}
    assert {f.level for f in levelled([MISSING, harm], LOW)} == {Level.TICKET}
    withdrawn = replace(harm, verdict=Verdict.INSUFFICIENT)
    levels = {f.measure: f.level for f in levelled([MISSING, withdrawn], LENDING)}
    assert levels["missing"] is Level.TICKET


def test_harm_to_everyone_makes_pages_of_every_input() -> None:
    harm = said(Layer.PERFORMANCE, "accuracy")
    assert {f.level for f in levelled([MISSING, harm], LENDING)} == {Level.PAGE}


@pytest.mark.parametrize(
    ("finding", "high", "low"),
    [
        (SHIFTED, Level.PAGE, Level.TICKET),
        (said(Layer.FAIRNESS, "tpr_gap", WOMEN), Level.PAGE, Level.TICKET),
        (said(Layer.PERFORMANCE, "estimated_accuracy"), Level.PAGE, Level.TICKET),
        (said(Layer.HEALTH, "error_share"), Level.PAGE, Level.TICKET),
        (said(Layer.HEALTH, "slow_share"), Level.TICKET, Level.TICKET),
        (said(Layer.HEALTH, "silence"), Level.PAGE, Level.PAGE),
        (said(Layer.HEALTH, "volume"), Level.PAGE, Level.PAGE),
    ],
    ids=lambda f: getattr(f, "measure", str(f)),
)
def test_harm_pages_unless_the_risk_is_low(finding: Finding, high: Level, low: Level) -> None:
    assert levelled([finding], LENDING)[0].level is high
    assert levelled([finding], LOW)[0].level is low


def test_more_decisions_than_usual_are_a_ticket() -> None:
    more = replace(said(Layer.HEALTH, "volume"), value=9.0)
    assert levelled([more], LENDING)[0].level is Level.TICKET


@pytest.mark.parametrize("verdict", [Verdict.OK, Verdict.INSUFFICIENT])
def test_what_is_no_alarm_is_information(verdict: Verdict) -> None:
    quiet = said(Layer.PERFORMANCE, "accuracy", verdict=verdict)
    assert levelled([quiet], LENDING)[0].level is Level.INFO


def test_pages_come_first_then_evidence() -> None:
    weak = replace(SHIFTED, evidence=5.0)
    drift = said(Layer.DRIFT, "jsd", WOMEN, column="income", evidence=900.0)
    quiet = said(Layer.HEALTH, "error_share", verdict=Verdict.OK, evidence=0.5)
    order = [f.measure for f in levelled([quiet, drift, weak, MISSING], LENDING)]
    assert order == ["missing", "selection_rate", "jsd", "error_share"]


def test_slices_that_only_move_with_everyone_are_told_once() -> None:
    whole = said(Layer.DRIFT, "jsd", column="income", effect=0.3)
    echo = replace(whole, slice=NORTH, effect=0.33, interval=(0.2, 0.4))
    own = replace(whole, slice=WOMEN, effect=0.9, interval=(0.7, 1.0))
    assert {f.slice for f in levelled([whole, echo, own], LENDING)} == {EVERYONE, WOMEN}
