"""Containment over HTTP: propose, approve by hash, revert."""

from datetime import timedelta
from typing import Any

import pytest

from tests.web import story
from tests.web.cast import Stage
from tocsin_client.directives import read_board


def proposed(stage: Stage, body: object = None) -> dict[str, str]:
    answer = stage.ask("responder", "POST", "/v1/incidents/1/plans", body)
    assert answer.status_code == 201, answer.text
    plan: dict[str, str] = answer.json()
    return plan


def in_force(stage: Stage) -> list[dict[str, object]]:
    answer = stage.ask("service", "GET", "/v1/directives?system=loans").json()
    directives: list[dict[str, object]] = answer["directives"]
    return directives


def test_a_plan_is_read_approved_obeyed_and_reverted(stage: Stage) -> None:
    story.declare(stage)
    plan = proposed(stage)
    assert plan["state"] == "proposed"
    assert "sex=f" in plan["explain"][0]
    assert in_force(stage) == []
    path = f"/v1/plans/{plan['id']}"
    done = stage.ask("approver", "POST", f"{path}/approve", {"hash": plan["hash"]}).json()
    assert (done["state"], done["approved_by"]) == ("applied", "approver")
    (directive,) = in_force(stage)
    assert directive["slice"] == {"sex": "f"}
    shown = stage.ask("reader", "GET", "/v1/incidents/1/containment").json()
    assert [one["id"] for one in shown["in_force"]] == [directive["id"]]
    assert stage.ask("reader", "GET", "/v1/incidents/1").json()["acknowledged_by"] == "approver"
    back = stage.ask("approver", "POST", f"{path}/revert", {"note": "recovered"})
    assert back.json()["state"] == "reverted"
    assert in_force(stage) == []
    lines = stage.ask("reader", "GET", "/v1/incidents/1/timeline").json()["entries"]
    kinds = [line["kind"] for line in lines]
    assert kinds == ["opened", "plan", "approved", "acknowledged", "reverted"]
    said = "approver reverted the plan, so the system decides for sex=f again: recovered"
    assert lines[-1]["text"].startswith(said)
    acts = stage.ask("admin", "GET", "/v1/audit").json()["acts"]
    assert {"plan.proposed", "plan.applied", "directive.added", "plan.reverted"} <= {
        act["action"] for act in acts
    }


@pytest.mark.parametrize("shown", ["", "0" * 64])
def test_only_what_was_read_is_approved(stage: Stage, shown: str) -> None:
    story.declare(stage)
    plan = proposed(stage)
    answer = stage.ask("approver", "POST", f"/v1/plans/{plan['id']}/approve", {"hash": shown})
    assert answer.status_code == 409
    assert in_force(stage) == []
    assert stage.ask("reader", "GET", f"/v1/plans/{plan['id']}").json()["state"] == "proposed"


def test_who_may_respond_may_not_approve(stage: Stage) -> None:
    story.declare(stage)
    plan = proposed(stage)
    path = f"/v1/plans/{plan['id']}/approve"
    assert stage.ask("responder", "POST", path, {"hash": plan["hash"]}).status_code == 403


def test_a_plan_is_approved_once_and_withdrawn_only_before(stage: Stage) -> None:
    story.declare(stage)
    first, second = proposed(stage), proposed(stage)
    assert stage.ask("responder", "POST", f"/v1/plans/{first['id']}/withdraw").status_code == 200
    entries = stage.ask("reader", "GET", "/v1/incidents/1/timeline").json()["entries"]
    lines = [entry["text"] for entry in entries]
    assert any(line.startswith("responder withdrew a plan of responder: Send ") for line in lines)
    order = {"hash": first["hash"]}
    assert (
        stage.ask("approver", "POST", f"/v1/plans/{first['id']}/approve", order).status_code == 409
    )
    order = {"hash": second["hash"]}
    path = f"/v1/plans/{second['id']}"
    assert stage.ask("approver", "POST", f"{path}/approve", order).status_code == 200
    assert stage.ask("approver", "POST", f"{path}/approve", order).status_code == 409
    assert stage.ask("responder", "POST", f"{path}/withdraw").status_code == 409
    assert len(in_force(stage)) == 1


def test_resolving_says_what_stays_in_force_and_it_can_be_reverted_then(stage: Stage) -> None:
    story.declare(stage)
    for slice_ in ({"sex": "f"}, {"sex": "m"}):
        plan = proposed(stage, {"steps": [{"action": "review", "slice": slice_, "for": "2h"}]})
        path = f"/v1/plans/{plan['id']}"
        stage.ask("approver", "POST", f"{path}/approve", {"hash": plan["hash"]})
    order = {"note": "The feed is right again."}
    assert stage.ask("responder", "POST", "/v1/incidents/1/resolve", order).status_code == 200
    entries = stage.ask("reader", "GET", "/v1/incidents/1/timeline").json()["entries"]
    (over,) = [one["text"] for one in entries if one["kind"] == "resolved"]
    assert over == (
        "resolved by responder: The feed is right again. 2 directives stay in force until 16:05 UTC"
    )
    assert stage.ask("approver", "POST", f"{path}/revert", {"note": "done"}).status_code == 200
    assert len(in_force(stage)) == 1


def test_a_plan_approved_after_its_end_is_refused(stage: Stage) -> None:
    story.declare(stage)
    plan = proposed(stage, {"steps": [{"action": "review", "for": "10m"}]})
    stage.watch.forward(timedelta(minutes=10))
    path = f"/v1/plans/{plan['id']}/approve"
    assert stage.ask("approver", "POST", path, {"hash": plan["hash"]}).status_code == 409


@pytest.mark.parametrize(
    ("steps", "status"),
    [
        ([{"action": "rollback"}], 400),
        ([{"action": "review", "to_version": "1"}], 400),
        ([{"action": "canary", "to_version": "1", "share": 0.1, "of_version": "2"}], 400),
        ([{"action": "rollback", "to_version": "1", "of_version": "1"}], 400),
        ([{"action": "review", "for": "soon"}], 400),
        ([{"action": "explode"}], 422),
        ([{"action": "review"}, {"action": "fallback"}], 400),
    ],
)
def test_a_plan_that_makes_no_sense_is_refused(
    stage: Stage, steps: list[dict[str, str]], status: int
) -> None:
    story.declare(stage)
    answer = stage.ask("responder", "POST", "/v1/incidents/1/plans", {"steps": steps})
    assert answer.status_code == status
    assert stage.ask("reader", "GET", "/v1/incidents/1/plans").json()["plans"] == []


def test_plans_are_listed_oldest_first_with_verifications_beside(stage: Stage) -> None:
    id_ = story.declare(stage)
    ids = [proposed(stage)["id"] for _ in range(2)]
    listed = stage.ask("reader", "GET", "/v1/incidents/1/plans").json()["plans"]
    assert sorted(plan["id"] for plan in listed) == sorted(ids)
    story.known(stage, id_)
    looks = stage.ask("reader", "GET", "/v1/incidents/1/containment").json()["verifications"]
    assert [look["verdict"] for look in looks] == ["recovered"]


def test_a_plan_of_one_version_is_obeyed_where_that_version_would_decide(stage: Stage) -> None:
    story.traffic(stage, version="1", hours_ago=1, women=30, everyone=100)
    story.traffic(stage, version="2", hours_ago=1, women=20, everyone=100)
    story.declare(stage)
    step = {"action": "fallback", "slice": {"sex": "f"}, "of_version": "2"}
    plan: Any = proposed(stage, {"steps": [step]})
    assert (
        "Send sex=f to the fallback rules where version 2 would decide (10 % of"
        in (plan["explain"][0])
    )
    assert plan["steps"][0]["of_version"] == "2"
    assert (plan["reach"]["n"], plan["reach"]["share"]) == (20, 0.1)
    held = {one["need"]: one["held"] for one in plan["preconditions"]}
    assert held["of_version"] is True
    path = f"/v1/plans/{plan['id']}/approve"
    assert stage.ask("approver", "POST", path, {"hash": plan["hash"]}).status_code == 200
    board = read_board(stage.ask("service", "GET", "/v1/directives?system=loans").json())

    def decides(version: str) -> str:
        found = board.choose({"sex": "f"}, stage.watch())
        found = board.narrowed(found, {"sex": "f"}, stage.watch(), version, ())
        return "system" if found is None else found.action.value

    assert (decides("2"), decides("1")) == ("fallback", "system")
    (held_now,) = stage.ask("reader", "GET", "/v1/in-force").json()["directives"]
    assert held_now["of_version"] == "2"


def test_a_plan_of_a_version_that_nobody_knows_is_refused_with_what_to_do(stage: Stage) -> None:
    story.declare(stage)
    step = {"action": "review", "slice": {"sex": "f"}, "of_version": "2x"}
    plan = proposed(stage, {"steps": [step]})
    path = f"/v1/plans/{plan['id']}/approve"
    refused = stage.ask("approver", "POST", path, {"hash": plan["hash"]})
    assert refused.status_code == 409
    assert "version 2x has never decided here" in refused.text
    assert "mend its name" in refused.text
