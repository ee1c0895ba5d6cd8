"""Diagnosis and ledger over HTTP."""

from tests.web import story
from tests.web.cast import Stage


def test_a_diagnosis_says_null_where_nothing_can_be_said(stage: Stage) -> None:
    id_ = story.declare(stage)
    assert stage.ask("reader", "GET", "/v1/incidents/1/diagnosis").status_code == 404
    story.known(stage, id_)
    told = stage.ask("reader", "GET", "/v1/incidents/1/diagnosis").json()
    assert told["estimated_errors"] is None
    assert told["suspects"][0]["what"] == {"id": "chg_1"}
    assert told["onset_span"]["start"] < told["onset"]


def test_the_ledger_is_read_in_pages(stage: Stage) -> None:
    id_ = story.declare(stage)
    story.known(stage, id_)
    path = "/v1/incidents/1/ledger"
    whole = stage.ask("reader", "GET", path).json()
    assert whole["total"] == 3
    assert [row["prediction_id"] for row in whole["rows"]] == ["p2", "p1", "p0"]
    part = stage.ask("reader", "GET", f"{path}?limit=1&offset=1").json()
    assert [row["prediction_id"] for row in part["rows"]] == ["p1"]
    assert stage.ask("reader", "GET", f"{path}?limit=0").status_code == 422
