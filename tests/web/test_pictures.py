import json
from dataclasses import replace

import pytest

from tests.detect.compared import FAULTY, FEW
from tests.detect.test_bars import moved
from tocsin.base.slices import Slice
from tocsin.detect.check import Comparison
from tocsin.detect.finding import Level
from tocsin.detect.picture import Picture, picture
from tocsin.web.charts import to_svg
from tocsin.web.palette import PAPER, config
from tocsin.web.pictures import LETTERS, drawn, drawn_small, picture_charts

NASTY = "</svg><script>alert(1)</script>"


def first(check: Comparison = FAULTY) -> Picture:
    return picture(check.look, check.findings[0])


def test_a_share_is_drawn_by_slice_and_with_what_decided() -> None:
    shares, effect = drawn(first())
    assert "government" in shares
    assert "20.9 %" in shares
    assert PAPER["harm"] in shares
    assert "matters beyond 2.0 %" in effect


@pytest.mark.parametrize("column", ["income", "education_years", "purpose", "score"])
def test_distributions_are_drawn_at_both_sizes(column: str) -> None:
    one = picture(FAULTY.look, moved(FAULTY, column))
    assert len(drawn(one)) == 2
    (small,) = drawn_small(one)
    assert len(small) < 8000


def test_colour_means_that_it_alarms() -> None:
    page = first()
    ticket = replace(page, finding=replace(page.finding, level=Level.TICKET))
    assert PAPER["harm"] not in "".join(drawn(ticket))
    assert PAPER["at-risk"] in "".join(drawn(ticket))
    quiet = picture(FAULTY.look, moved(FAULTY, "income"))
    assert PAPER["harm"] not in "".join(drawn(quiet))


def test_what_cannot_be_judged_has_no_effect_to_draw() -> None:
    lone = Picture(finding=first(FEW).finding)
    assert picture_charts(lone) == []
    assert drawn_small(lone) == []


def test_every_style_that_a_chart_names_exists() -> None:
    styles = set(config()["style"])
    for one in FAULTY.findings:
        for spec in picture_charts(picture(FAULTY.look, one)):
            assert {layer["mark"]["style"] for layer in spec["layer"]} <= styles


def test_names_from_data_are_text_and_short() -> None:
    page = first()
    groups = [replace(g, slice=Slice.of({NASTY: NASTY})) for g in page.groups]
    bars = tuple(
        replace(bar, label=NASTY, tick=NASTY)
        for bar in picture(FAULTY.look, moved(FAULTY, "purpose")).bars
    )
    for one in (replace(page, groups=tuple(groups)), Picture(finding=page.finding, bars=bars)):
        spec = picture_charts(one)[0]
        assert "labelExpr" not in json.dumps(spec)  # no expression is made of data
        svg = to_svg(spec)
        assert "<script" not in svg
        assert "&lt;/svg&gt;" in svg
        assert NASTY[: LETTERS + 1] not in svg
