from tests.web import story
from tests.web.cast import Stage
from tests.web.pages.reading import Page


def test_a_review_reads_from_impact_to_actions(bad_day: Stage) -> None:
    answer = bad_day.client.get("/incidents/1/review")
    page = Page(answer.text)
    assert page.text("h1") == "Partner applications scored without employer"
    order = [
        answer.text.index(f'id="{part}"') for part in ("what", "whom", "why", "canary", "different")
    ]
    assert order == sorted(order)
    for said in ("MTTD", "14 min", "Closes when:", "/incidents/1/chart.svg"):
        assert said in answer.text


def test_it_shows_each_verdict_on_the_canary_and_what_was_compared_then(bad_day: Stage) -> None:
    html = bad_day.client.get("/incidents/1/review").text
    order = [
        html.index(said)
        for said in (
            "Version 2026-11-20 is not proven yet",
            "Version 2026-11-20 does harm: take it back.",
            "False positive rate of region=north",
            "Version 2026-11-21 may serve everybody.",
            "Version 2026-11-20 did harm on",
        )
    ]
    assert order == sorted(order)
    assert html.count("All that was compared then") == 3


def test_without_a_canary_nothing_is_said_of_one(stage: Stage) -> None:
    story.declare(stage)
    stage.ask("responder", "POST", "/v1/incidents/1/resolve", {"note": "over"})
    stage.sign_in("reader")
    assert "canary said" not in stage.client.get("/incidents/1/review").text


def test_an_incident_that_goes_on_has_no_review_yet(bad_day: Stage) -> None:
    answer = bad_day.client.get("/incidents/2/review")
    assert answer.status_code == 404
    assert "no review yet" in Page(answer.text).text("h1")
