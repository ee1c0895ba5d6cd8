from dataclasses import replace

from tests.web.views.nouns import HOUR, NOW
from tocsin.base.slices import EVERYONE, Slice
from tocsin.base.spans import Span
from tocsin.contain.canary import Answer, Call, Canary, Compared
from tocsin.contain.verify import Rate
from tocsin.web.views.canary import WIDEST, canary_page
from tocsin.web.views.marks import Mark

WHOLE = Compared(
    measure="error_rate",
    slice=EVERYONE,
    candidate=Rate(10, 100),
    champion=Rate(90, 900),
    harm=0.0,
    interval=(-0.02, 0.04),
    surely=-0.03,
    borne=0.01,
    must=True,
    answer=Answer.OPEN,
)
TINY = replace(WHOLE, slice=Slice.of({"region": "tiny"}), must=False, interval=(-0.9, 0.9))
TOLD = Canary(
    candidate="2",
    champion="1",
    span=Span(NOW - 5 * HOUR, NOW),
    call=Call.HOLD,
    why="1 question still open.",
    compared=(WHOLE, TINY),
)


def test_small_slices_are_folded_away_unless_they_are_harmed() -> None:
    page = canary_page("loans", TOLD)
    assert ([r.slice for r in page.rows], [r.slice for r in page.small]) == (
        [EVERYONE],
        [TINY.slice],
    )
    harmed = replace(TOLD, compared=(replace(TINY, answer=Answer.HARMED), WHOLE))
    assert [row.mark for row in canary_page("loans", harmed).rows] == [Mark.HARM, Mark.NO_DATA]


def test_all_that_must_be_seen_fits_into_the_picture_in_order() -> None:
    bar = canary_page("loans", TOLD).rows[0].bar
    assert 0 < bar.low < bar.at == bar.zero == 50 < bar.borne < bar.high < 100
    assert bar.says == "harm -2.0 to +4.0 points, borne +1.0"


def test_what_is_not_known_at_all_ends_at_the_frame() -> None:
    wide = replace(WHOLE, interval=(-1.0, 1.0))
    bar = canary_page("loans", replace(TOLD, compared=(wide,))).rows[0].bar
    assert (bar.low, bar.high) == (0.0, 100.0)
    assert bar.borne == 50 + 50 * 0.01 / WIDEST


def test_the_headline_says_what_to_do() -> None:
    says = {call: canary_page("loans", replace(TOLD, call=call)).answer for call in Call}
    assert says[Call.ABORT] == "Version 2 does harm: take it back."
    assert says[Call.PROMOTE] == "Version 2 may serve everybody."
