"""Reviews and actions over HTTP."""

from tests.store import examples
from tests.web import story, tried
from tests.web.cast import Stage


def test_a_review_is_there_once_the_incident_is_over(stage: Stage) -> None:
    id_ = story.declare(stage)
    story.known(stage, id_)
    assert stage.ask("reader", "GET", "/v1/incidents/1/review").status_code == 404
    stage.ask("responder", "POST", "/v1/incidents/1/resolve", {"note": "pipeline put back"})
    review = stage.ask("reader", "GET", "/v1/incidents/1/review").json()
    assert review["harm"]["affected"] == 3
    assert review["times"]["mtta"] is None or review["times"]["mtta"] >= 0
    text = stage.ask("reader", "GET", "/v1/incidents/1/review.md")
    assert text.headers["content-type"].startswith("text/markdown")
    assert text.text.startswith("# INC-1: Denied")
    listed = stage.ask("reader", "GET", "/v1/incidents/1/actions").json()["actions"]
    assert [action["id"] for action in listed] == [action["id"] for action in review["actions"]]
    assert listed


def test_a_follow_up_names_what_must_pass(stage: Stage) -> None:
    story.declare(stage)
    order = {
        "title": "Alarm on the unit of income",
        "owner": "lending",
        "days": 14,
        "check": {"kind": "monitor", "layer": "quality", "measure": "range", "column": "income"},
    }
    made = stage.ask("responder", "POST", "/v1/incidents/1/actions", order)
    assert made.status_code == 201
    assert made.json()["state"] == "open"
    assert made.json()["check"]["column"] == "income"
    unproved = stage.ask("responder", "POST", "/v1/incidents/1/actions", {"title": "x"})
    assert unproved.status_code == 422
    listed = stage.ask("reader", "GET", "/v1/incidents/1/actions").json()["actions"]
    assert [action["title"] for action in listed] == ["Alarm on the unit of income"]


def test_the_review_shows_actions_as_they_stand_now(stage: Stage) -> None:
    story.declare(stage)
    stage.ask("responder", "POST", "/v1/incidents/1/resolve", {"note": "over"})
    order = {"title": "More", "owner": "lending", "check": {"kind": "drill", "target": "lending"}}
    stage.ask("responder", "POST", "/v1/incidents/1/actions", order)
    review = stage.ask("reader", "GET", "/v1/incidents/1/review").json()
    assert "More" in [action["title"] for action in review["actions"]]


def test_the_review_tells_what_the_canary_said_with_what_was_compared_then(stage: Stage) -> None:
    id_ = story.declare(stage)
    tried.took_part(stage.site.database, id_, "loans", examples.SPEC, stage.watch())
    stage.ask("responder", "POST", "/v1/incidents/1/resolve", {"note": "over"})
    first, second = stage.ask("reader", "GET", "/v1/incidents/1/review").json()["trials"]
    assert [call["call"] for call in first["calls"]] == ["hold", "abort"]
    assert [call["call"] for call in second["calls"]] == ["promote"]
    assert first["version"] == "2026-11-20"
    worst = first["calls"][1]["compared"][0]
    assert worst["answer"] == "harmed"
    assert worst["interval"][0] < worst["harm"] < worst["interval"][1]
    assert "## What the canary said" in stage.ask("reader", "GET", "/v1/incidents/1/review.md").text
