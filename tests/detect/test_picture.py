from dataclasses import replace

import pytest

from tests.detect.compared import FAULTY, FEW, HEALTHY
from tocsin.base.slices import EVERYONE, Slice
from tocsin.detect.finding import Finding, Layer, Verdict
from tocsin.detect.picture import GROUPS, Picture, picture


def found(measure: str, column: str | None = None, slice_: Slice = EVERYONE) -> Finding:
    (one,) = [
        f for f in FAULTY.findings if (f.measure, f.column, f.slice) == (measure, column, slice_)
    ]
    return one


OF_EFFECT = {"distinct", "repeated", "association", "conditional_shift"}
"""Measures of everyone's marks, of which no share can be drawn by slice."""


def drawn(finding: Finding) -> Picture:
    return picture(FAULTY.look, finding)


@pytest.mark.parametrize("one", FAULTY.findings, ids=lambda f: f.key)
def test_what_is_drawn_of_a_finding_is_its_own_number(one: Finding) -> None:
    if one.verdict is Verdict.INSUFFICIENT:
        return
    shown = drawn(one)
    own = [g for g in shown.groups if g.slice == one.slice]
    if one.measure in {"jsd", "scale", "constant"}:
        assert sum(bar.now for bar in shown.bars) == pytest.approx(1.0)
        assert sum(bar.was for bar in shown.bars) == pytest.approx(1.0)
    elif one.measure == "calibration":
        assert 0 < len(shown.bars) <= 10
        assert all(bar.low <= bar.high for bar in shown.bars)
    elif one.measure in OF_EFFECT:
        assert shown == Picture(finding=one)  # no share of rows: the effect alone is drawn
    elif one.layer is Layer.FAIRNESS:
        assert [g.slice.conditions[0][0] for g in shown.groups[1:]] == ["sex", "sex"]
    else:
        assert own[0].now == pytest.approx(one.value, rel=1e-14)
        assert own[0].was == pytest.approx(one.baseline, rel=1e-14)
        assert own[0].low <= own[0].now <= own[0].high
        assert own[0].n == one.n
        assert len(shown.blocks) == 20


def test_blocks_wobble_around_the_reference() -> None:
    (own, *_) = drawn(found("accuracy")).groups
    assert min(own.blocks) < own.was < max(own.blocks)


def test_the_gap_of_a_group_is_the_difference_of_the_shares_drawn() -> None:
    women = Slice.of({"sex": "f"})
    one = found("selection_rate_gap", slice_=women)
    shares = {g.slice.label: g.now for g in drawn(one).groups}
    assert shares["sex=m"] - shares["sex=f"] == pytest.approx(one.value)


def test_slices_beside_the_own_are_of_the_same_attribute_and_few() -> None:
    government = Slice.of({"employer": "government"})
    shown = drawn(found("accuracy", slice_=government))
    assert [g.slice.label for g in shown.groups[:2]] == ["everyone", "employer=government"]
    assert len(shown.groups) == 4
    assert len(drawn(found("accuracy")).groups) <= GROUPS


def test_what_this_room_does_not_know_has_an_effect_and_no_picture() -> None:
    strange = replace(found("accuracy"), measure="happiness")
    assert drawn(strange) == Picture(finding=strange)
    elsewhere = replace(found("accuracy"), slice=Slice.of({"sex": "f", "employer": "self"}))
    assert drawn(elsewhere) == Picture(finding=elsewhere)


def test_few_rows_are_no_error() -> None:
    for one in FEW.findings:
        assert picture(FEW.look, one).finding is one


def test_every_healthy_finding_has_a_picture() -> None:
    for one in HEALTHY.findings:
        shown = picture(HEALTHY.look, one)
        alone = one.measure in OF_EFFECT or one.verdict is Verdict.INSUFFICIENT
        assert shown.groups or shown.bars or alone
