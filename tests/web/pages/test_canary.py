from tests.web import story
from tests.web.cast import Stage
from tests.web.pages.reading import Page


def test_harm_is_the_headline_and_each_interval_is_read_aloud(stage: Stage) -> None:
    story.trial(stage, hours=6, wrong_for_women=0.14)
    stage.sign_in("reader")
    page = Page(stage.client.get("/systems/loans/canary").text)
    assert page.text("h1") == "harm: Version 2 does harm: take it back."
    assert "error rate" in page.text("compared")
    assert "sex=f" in page.text("compared")


def test_versions_that_never_met_are_said_to_be_so(stage: Stage) -> None:
    stage.sign_in("reader")
    story.traffic(stage, version="1", hours_ago=60, women=50, everyone=100)
    story.traffic(stage, version="2", hours_ago=2, women=50, everyone=100)
    html = stage.client.get("/systems/loans/canary").text
    assert Page(html).text("h1") == "at risk: Version 2 is not proven yet: hold its share."
    assert "No bucket of time is over in which both versions decided." in html


def test_the_systems_page_leads_here(bad_day: Stage) -> None:
    html = bad_day.client.get("/systems/loan-approval").text
    assert 'href="/systems/loan-approval/canary"' in html
