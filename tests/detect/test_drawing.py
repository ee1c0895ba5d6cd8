import math
from dataclasses import replace

import pytest

from tests.detect.compared import FAULTY, FEW
from tocsin.base.slices import EVERYONE
from tocsin.detect.drawing import WIDE, drawing, quantity, strip
from tocsin.detect.finding import Verdict
from tocsin.detect.picture import Picture, picture

SILENT = [one for one in FEW.findings if one.verdict is Verdict.INSUFFICIENT]


def test_shares_are_percent_and_the_rest_plain() -> None:
    assert quantity("missing", 0.5) == "50.0 %"
    assert quantity("auc", 0.713) == "0.713"


def test_a_strip_is_as_wide_as_any_other_and_leaves_out_what_cannot_be_said() -> None:
    marks = [("─", -5.0, 50.0), ("●", math.nan, math.nan), ("│", 0.5, 0.5)]
    assert len(strip(0.0, 1.0, marks)) == WIDE
    assert "●" not in strip(0.0, 1.0, marks)
    assert len(strip(1.0, 1.0, [("●", 1.0, 1.0)])) == WIDE


def test_a_share_is_drawn_by_slice_with_its_numbers_in_full() -> None:
    lines = drawing(picture(FAULTY.look, FAULTY.findings[0]))
    text = "\n".join(lines)
    assert lines[0] == FAULTY.findings[0].why
    assert "› 95." in text
    assert f"value                     {FAULTY.findings[0].value!r}" in text
    assert "over 20 blocks" in text
    assert "spec " in text
    assert "sha256 " + "a" * 64 in text


def test_a_distribution_is_drawn_bar_by_bar() -> None:
    (one,) = [
        f
        for f in FAULTY.findings
        if (f.column, f.slice) == ("purpose", EVERYONE) and f.measure == "jsd"
    ]
    rows = [line for line in drawing(picture(FAULTY.look, one)) if line.startswith("car")]
    assert len(rows) == 1
    assert "█" in rows[0]
    assert "(was 49.6 %)" in rows[0]


@pytest.mark.parametrize("place", range(len(SILENT)))
def test_what_could_not_be_judged_is_drawn_without_an_effect(place: int) -> None:
    text = "\n".join(drawing(picture(FEW.look, SILENT[place])))
    assert "moved by" not in text
    assert "insufficient" in text


def test_an_interval_without_an_end_is_drawn_to_the_edge() -> None:
    endless = replace(FAULTY.findings[0], interval=(0.1, math.inf))
    text = "\n".join(drawing(Picture(finding=endless)))
    assert "from 10.0 % to –" in text


def test_a_kpi_is_told_in_its_own_unit() -> None:
    assert quantity("rate_sudden", 0.05) == "5.0 %"
    assert quantity("mean_sudden", 0.05) == "0.05"
