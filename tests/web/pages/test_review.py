from tests.web.cast import Stage
from tests.web.pages.reading import Page


def test_a_review_reads_from_impact_to_actions(bad_day: Stage) -> None:
    answer = bad_day.client.get("/incidents/1/review")
    page = Page(answer.text)
    assert page.text("h1") == "Partner applications scored without employer"
    order = [answer.text.index(f'id="{part}"') for part in ("what", "whom", "why", "different")]
    assert order == sorted(order)
    for said in ("MTTD", "14 min", "Closes when:", "/incidents/1/chart.svg"):
        assert said in answer.text


def test_an_incident_that_goes_on_has_no_review_yet(bad_day: Stage) -> None:
    answer = bad_day.client.get("/incidents/2/review")
    assert answer.status_code == 404
    assert "no review yet" in Page(answer.text).text("h1")
