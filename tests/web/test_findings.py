"""Single findings over HTTP; computing them again is tested in `jobs/test_evaluation`."""

from tests.store import examples
from tests.web import story
from tests.web.cast import Stage


def test_alarms_are_listed_with_the_numbers_that_name_them(stage: Stage) -> None:
    assert stage.ask("reader", "GET", "/v1/systems/loans/alarms").json()["alarms"] == []
    story.alarm(stage)
    (one,) = stage.ask("reader", "GET", "/v1/systems/loans/alarms").json()["alarms"]
    assert one["number"] == 1
    assert one["finding"]["key"] == examples.finding().key
    earlier = "/v1/systems/loans/alarms?until=2000-01-01T00:00:00Z"
    assert stage.ask("reader", "GET", earlier).json()["alarms"] == []
    assert stage.ask("reader", "GET", "/v1/systems/fraud/alarms").status_code == 404


def test_a_finding_is_explained_even_where_it_cannot_be_computed_again(stage: Stage) -> None:
    story.alarm(stage)
    told = stage.ask("reader", "GET", "/v1/systems/loans/explain?finding=1").json()
    assert told["finding"]["value"] == 0.71
    assert told["again"] is None
    assert not told["same"]
    assert told["verdict"].startswith("Not computed again: it was not made from stored counts")
    assert told["drawn"][0] == "accuracy fell"
    assert told["url"] == "http://localhost:8470/systems/loans/explain?finding=1"


def test_a_finding_that_nobody_made_is_not_found(stage: Stage) -> None:
    answer = stage.ask("reader", "GET", "/v1/systems/loans/explain?finding=performance%2Fx")
    assert answer.status_code == 404
    assert "give an alarm's number or a monitor's key" in answer.json()["error"]["what"]
    assert stage.ask("reader", "GET", "/v1/systems/loans/explain").status_code == 422
