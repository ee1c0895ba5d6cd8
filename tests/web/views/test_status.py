"""Bars of days: what the eye sees and what is said are the same, and no uptime is rounded up."""

from tests.incident.public import DAY, HOUR, KNOWN, NOW, over, published
from tests.incident.test_board import SITE
from tocsin.base.spans import Span
from tocsin.incident.board import Window, board
from tocsin.incident.bulletin import Level
from tocsin.web.views.status import STAGES, bars, marks_of, uptime


def test_ninety_bars_and_a_sentence_for_who_cannot_see_them() -> None:
    bad = over(published(at=NOW - 3 * DAY), NOW - 3 * DAY + 2 * HOUR)
    window = Window(id="sil_1", systems=("loan-approval",), span=Span(NOW - DAY, NOW - DAY + HOUR))
    (row, *_) = board(SITE, [(KNOWN[0], NOW - 9 * DAY)], [bad], [window], NOW).rows
    drawn = bars(row)
    assert len(drawn.days) == 90
    assert [bar.kind for bar in drawn.days].count("none") == 80
    assert drawn.says == (
        "Last 10 days: 1 day with people affected, 1 day with planned maintenance"
        " and 8 days without trouble"
    )
    assert drawn.eventful == (
        "19 Nov 2026: planned maintenance for 1 h",
        "17 Nov 2026: affected for 3 h",
    )
    assert drawn.days[0].says.endswith(": no record")
    assert drawn.days[-1].says == "20 Nov 2026: worked"
    assert drawn.uptime == "98.60 %"


def test_almost_all_is_not_all() -> None:
    assert uptime(1 - 1e-9) == "99.99 %"
    assert uptime(0.0) == "0.00 %"


def test_every_level_and_stage_has_its_mark_and_words() -> None:
    assert set(marks_of) == set(Level)
    assert len(set(marks_of.values())) == len(Level)
    assert len(set(STAGES.values())) == len(STAGES) == 4
