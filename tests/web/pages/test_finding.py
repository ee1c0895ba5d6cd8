from urllib.parse import quote

from tests.web.cast import Stage
from tests.web.pages.reading import Page

KEY = "quality/out_of_range/income/region=north"


def test_a_finding_has_a_page_that_its_monitor_leads_to(bad_day: Stage) -> None:
    path = f"/systems/loan-approval/explain?finding={quote(KEY, safe='')}"
    monitors = bad_day.client.get("/systems/loan-approval").text
    assert path.replace("%2F", "/") in monitors or path in monitors
    answer = bad_day.client.get(path)
    page = Page(answer.text)
    assert "income" in page.text("h1")
    assert "evidence" in page.text("numbers")
    assert "<svg" in answer.text


def test_a_finding_that_nobody_made_is_said_on_a_page(bad_day: Stage) -> None:
    answer = bad_day.client.get("/systems/loan-approval/explain?finding=nothing")
    assert answer.status_code == 404
    assert "no finding is called" in Page(answer.text).text("h1") + answer.text
