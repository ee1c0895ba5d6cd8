from datetime import timedelta

import pytest
from jinja2 import UndefinedError

from tests.web import story
from tests.web.cast import Stage
from tests.web.views.nouns import HOUR, NOW
from tocsin.base.spans import Span
from tocsin.web.pages import render
from tocsin.web.pages.render import Reader
from tocsin.web.views.series import Chart, Line, Panel, Point

READER = Reader("oncall", "token", "ses_1", frozenset())


def test_what_a_person_wrote_is_escaped() -> None:
    fault = {"what": "<img src=x onerror=alert(1)>", "where": "", "do": ""}
    facts = {"status": 400, "fault": fault, "back": "<img>"}
    html = render.draw("error/page.html", reader=READER, now=NOW, here="", live=False, **facts)
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


@pytest.mark.parametrize(
    ("came_from", "led_to"),
    [
        ("{ours}/incidents/1", "/incidents/1"),
        ("{ours}/incidents/1?all=true", "/incidents/1?all=true"),
        ("{ours}//example.org/", "/"),
        ("{ours}/\\example.org/", "/"),
        ("https://example.org/incidents/1", "/"),
        ("http://[", "/"),
        ("", "/"),
    ],
)
def test_a_refused_form_leads_back_to_its_page_and_nowhere_else(
    stage: Stage, came_from: str, led_to: str
) -> None:
    story.declare(stage)
    form = {"csrf": stage.sign_in("aspen"), "action": "threshold", "number": "many"}
    sent = {"Referer": came_from.format(ours=stage.site.base_url)}
    answer = stage.client.post("/do/incidents/1/propose", data=form, headers=sent)
    assert answer.status_code == 400
    assert f'<p class="more"><a href="{led_to}">' in answer.text
