from datetime import timedelta

import pytest
from jinja2 import UndefinedError

from tests.web.views.nouns import HOUR, NOW
from tocsin.base.spans import Span
from tocsin.web.pages import render
from tocsin.web.pages.render import Reader
from tocsin.web.views.series import Chart, Line, Panel, Point

READER = Reader("oncall", "token", "ses_1", frozenset())


def test_what_a_person_wrote_is_escaped() -> None:
    fault = {"what": "<img src=x onerror=alert(1)>", "where": "", "do": ""}
    html = render.draw(
        "error/page.html", reader=READER, now=NOW, here="", live=False, status=400, fault=fault
    )
    assert "<img" not in html


def test_a_template_that_names_what_nobody_gave_fails_loudly() -> None:
    with pytest.raises(UndefinedError):
        render.draw("error/page.html", reader=READER, now=NOW, here="", live=False)


def test_times_ahead_are_said_as_ahead() -> None:
    assert render.ago(NOW + timedelta(minutes=18), NOW) == "in 18 min"


def test_the_table_behind_a_chart_says_gaps_and_sizes() -> None:
    points = (Point(NOW, 120, 0.5), Point(NOW + HOUR, 0))
    panel = Panel(key="a", title="A", unit="share", lines=(Line(label="", points=points),))
    chart = Chart(title="", span=Span(NOW, NOW + 2 * HOUR), step=HOUR, panels=(panel,))
    assert [row.cells for row in render.rows(chart)] == [("–", "0"), ("50.0 %", "120")]
