"""Whether a new version may go out."""

from datetime import timedelta

from tests.web import story
from tests.web.cast import Stage

PATH = "/v1/systems/loans/releases"


def freeze(stage: Stage, incident: str, hours: int) -> str:
    order = {"steps": [{"action": "freeze", "slice": {"sex": "f"}, "for": f"{hours}h"}]}
    plan = stage.ask("responder", "POST", f"/v1/incidents/{incident}/plans", order).json()
    assert plan["explain"][0].startswith("Let no new version go out")
    assert plan["steps"][0]["slice"] == {}
    answer = stage.ask(
        "approver", "POST", f"/v1/plans/{plan['id']}/approve", {"hash": plan["hash"]}
    )
    assert answer.status_code == 200, answer.text
    return str(plan["id"])


def test_a_freeze_is_told_to_pipelines_and_not_to_the_serving_side(stage: Stage) -> None:
    nothing = {"frozen": False, "until": None, "directive": None, "incident": None}
    assert stage.ask("reader", "GET", PATH).json() == nothing
    incident = story.declare(stage)
    plan = freeze(stage, incident, 4)
    told = stage.ask("reader", "GET", PATH).json()
    assert (told["frozen"], told["until"]) == (True, "2026-11-20T18:05:00Z")
    assert told["incident"] == incident
    served = stage.ask("service", "GET", "/v1/directives?system=loans").json()
    assert served["directives"] == []
    assert stage.ask("approver", "POST", f"/v1/plans/{plan}/revert", {}).status_code == 200
    assert stage.ask("reader", "GET", PATH).json() == nothing


def test_a_freeze_ends_by_itself(stage: Stage) -> None:
    freeze(stage, story.declare(stage), 2)
    stage.watch.forward(timedelta(hours=2))
    assert not stage.ask("reader", "GET", PATH).json()["frozen"]


def test_an_unknown_system_is_told(stage: Stage) -> None:
    assert stage.ask("reader", "GET", "/v1/systems/none/releases").status_code == 404
