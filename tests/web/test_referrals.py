"""Decisions before people over HTTP: sent once, judged once by each, answered, never leaked."""

import json
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from tests.store.examples import NOW, SPEC, SYSTEM
from tests.web.cast import Stage
from tocsin.contain.referral import UNDO
from tocsin.ingest.queue import Queue
from tocsin.ingest.system import Kind, System
from tocsin.store import access, systems

SEND = "/v1/systems/loans/referrals"
ANSWER = f"{SEND}/answer?prediction_id="
LIST = "/v1/referrals"


def row(name: str, **more: object) -> dict[str, object]:
    return {
        "id": name,
        "at": NOW.isoformat(),
        "version": "v1",
        "features": {"income": 40_000, "secret": "kept out"},
        "attributes": {"age": 31},
        "score": 0.4,
        "prediction": "approved",
        "why": "north is in trouble",
    } | more


def declare(stage: Stage, system: System) -> None:
    with stage.site.database.unit("test", NOW) as unit:
        systems.save(unit, system, SPEC, (), 20_000, "0" * 64)


def person(stage: Stage, name: str) -> dict[str, str]:
    with stage.site.database.unit("test", NOW) as unit:
        _, secret = access.make_token(unit, name, ["read", "respond"], None)
    return {"Authorization": f"Bearer {secret}"}


def send(stage: Stage, *rows: dict[str, object]) -> dict[str, Any]:
    answer = stage.ask("service", "POST", SEND, list(rows))
    assert answer.status_code == 200, answer.text
    return answer.json()


def test_a_decision_is_sent_taken_judged_and_answered(stage: Stage) -> None:
    declare(stage, replace(SYSTEM, queue=Queue(second=0.0)))
    assert send(stage, row("a"), row("b"))["accepted"] == 2
    assert send(stage, row("a"))["duplicates"] == 1
    waits = stage.ask("service", "GET", ANSWER + "a").json()
    assert (waits["state"], waits["answer"], waits["revision"]) == ("waiting", None, 0)
    taken = stage.ask("responder", "POST", f"{LIST}/next", {}).json()["referral"]
    assert (taken["holder"], taken["why"]) == ("responder", "north is in trouble")
    assert taken["inputs"] == {"income": 40_000}
    assert taken["attributes"] == {"age": "25–40"}
    assert taken["choices"] == ["approved", "not approved"]
    assert (taken["own_answer"], taken["score"]) == (None, None)
    path = f"{LIST}/{taken['id']}"
    judged = stage.ask("responder", "POST", f"{path}/judge", {"answer": "not approved"}).json()
    assert (judged["state"], judged["result"]) == ("settled", "not approved")
    assert judged["own_answer"] == "approved"
    name = judged["prediction_id"]
    assert stage.ask("service", "GET", ANSWER + name).json()["answer"] is None
    stage.watch.forward(UNDO)
    told = stage.ask("service", "GET", ANSWER + name).json()
    assert (told["answer"], told["revision"], told["state"]) == ("not approved", 1, "settled")


def test_a_judgement_is_taken_back_within_seconds_and_not_later(stage: Stage) -> None:
    declare(stage, replace(SYSTEM, queue=Queue(second=0.0)))
    send(stage, row("a"))
    taken = stage.ask("responder", "POST", f"{LIST}/next", {}).json()["referral"]
    path = f"{LIST}/{taken['id']}"
    stage.ask("responder", "POST", f"{path}/judge", {"answer": "approved"})
    stage.watch.forward(UNDO - timedelta(seconds=1))
    back = stage.ask("responder", "POST", f"{path}/undo").json()
    assert (back["state"], back["result"], back["holder"]) == ("waiting", None, "responder")
    stage.ask("responder", "POST", f"{path}/judge", {"answer": "not approved"})
    assert stage.ask("admin", "POST", f"{path}/undo").status_code == 409
    stage.watch.forward(UNDO)
    late = stage.ask("responder", "POST", f"{path}/undo")
    assert late.status_code == 409
    assert "too late" in late.json()["error"]["what"]


def test_a_second_person_judges_blind_and_a_third_decides(stage: Stage) -> None:
    declare(stage, replace(SYSTEM, queue=Queue(second=1.0)))
    send(stage, row("a"))
    aspen, beech, cherry = (person(stage, name) for name in ("aspen", "beech", "cherry"))
    client = stage.client
    id_ = client.post(f"{LIST}/next", json={}, headers=aspen).json()["referral"]["id"]
    path = f"{LIST}/{id_}"
    first = client.post(f"{path}/judge", json={"answer": "approved"}, headers=aspen).json()
    assert (first["state"], first["result"]) == ("waiting", None)
    assert client.post(f"{LIST}/next", json={}, headers=beech).json()["referral"] is None
    stage.watch.forward(UNDO)
    assert client.post(f"{LIST}/next", json={}, headers=aspen).json()["referral"] is None
    blind = client.post(f"{LIST}/next", json={}, headers=beech).json()["referral"]
    assert (blind["id"], blind["judgements"], blind["own_answer"]) == (id_, [], None)
    assert "aspen" not in json.dumps(blind)
    assert client.post(f"{path}/take", headers=aspen).status_code == 409
    other = {"answer": "not approved"}
    assert client.post(f"{path}/judge", json=other, headers=aspen).status_code == 409
    assert client.post(f"{path}/take", headers=cherry).status_code == 409
    client.post(f"{path}/judge", json={"answer": "not approved"}, headers=beech)
    stage.watch.forward(UNDO)
    meanwhile = stage.ask("service", "GET", ANSWER + "a").json()
    assert (meanwhile["answer"], meanwhile["revision"]) == ("approved", 1)
    third = client.post(f"{LIST}/next", json={}, headers=cherry).json()["referral"]
    assert third["judgements"] == []
    over = client.post(f"{path}/judge", json={"answer": "not approved"}, headers=cherry).json()
    assert [given["by"] for given in over["judgements"]] == ["aspen", "beech", "cherry"]
    stage.watch.forward(UNDO)
    told = stage.ask("service", "GET", ANSWER + "a").json()
    assert (told["answer"], told["revision"]) == ("not approved", 2)


def test_who_passes_one_by_leaves_it_to_others(stage: Stage) -> None:
    send(stage, row("a"), row("b"))
    first = stage.ask("responder", "POST", f"{LIST}/next", {"system": "loans"}).json()["referral"]
    order = {"system": "loans", "passing": first["id"]}
    second = stage.ask("responder", "POST", f"{LIST}/next", order).json()["referral"]
    assert second["id"] != first["id"]
    assert stage.ask("admin", "POST", f"{LIST}/next", {}).json()["referral"]["id"] == first["id"]
    refused = stage.ask("responder", "POST", f"{LIST}/{first['id']}/give-back")
    assert refused.status_code == 409
    free = stage.ask("admin", "POST", f"{LIST}/{first['id']}/give-back").json()
    assert free["holder"] is None


def test_a_list_shows_what_waits_without_inputs_and_goes_on(stage: Stage) -> None:
    send(stage, *(row(f"p{k}") for k in range(5)))
    first = stage.ask("reader", "GET", f"{LIST}?system=loans&limit=3").json()
    assert len(first["referrals"]) == 3
    assert "income" not in json.dumps(first)
    rest = stage.ask("reader", "GET", f"{LIST}?limit=3&after={first['next']}").json()
    assert (len(rest["referrals"]), rest["next"]) == (2, None)
    assert stage.ask("reader", "GET", f"{LIST}?overdue=true").json()["referrals"] == []
    stage.watch.forward(timedelta(hours=4))
    overdue = stage.ask("reader", "GET", f"{LIST}?overdue=true").json()["referrals"]
    assert {one["overdue"] for one in overdue} == {True}
    for nonsense in ("nonsense", "2~2026-11-20T14:05:00Z~ref_1", "0~soon~ref_1", "0~2026-11-20~a"):
        bad = stage.ask("reader", "GET", f"{LIST}?after={nonsense}")
        assert bad.json()["error"]["where"] == "after"


def test_personal_data_is_kept_out_and_hashed_as_in_the_lake(stage: Stage) -> None:
    declare(stage, replace(SYSTEM, hashed=("id", "income"), queue=Queue(hides_answer=False)))
    send(stage, row("aspen-lovelace"))
    assert stage.ask("service", "GET", ANSWER + "aspen-lovelace").status_code == 200
    taken = stage.ask("responder", "POST", f"{LIST}/next", {}).json()["referral"]
    assert "lovelace" not in json.dumps(taken)
    assert "secret" not in taken["inputs"]
    assert len(taken["inputs"]["income"]) == 32
    assert (taken["own_answer"], taken["score"]) == ("approved", 0.4)
    assert taken["why"] == "north is in trouble"


@pytest.mark.parametrize(
    ("order", "status"),
    [({"answer": "perhaps"}, 400), ({"answer": ""}, 422), ({"answer": "x", "who": "aspen"}, 422)],
)
def test_what_is_no_answer_is_refused_and_changes_nothing(
    stage: Stage, order: dict[str, object], status: int
) -> None:
    send(stage, row("a"))
    taken = stage.ask("responder", "POST", f"{LIST}/next", {}).json()["referral"]
    path = f"{LIST}/{taken['id']}"
    assert stage.ask("responder", "POST", f"{path}/judge", order).status_code == status
    assert stage.ask("responder", "GET", path).json()["judgements"] == []


def test_rows_that_cannot_be_read_are_told_and_the_good_ones_kept(stage: Stage) -> None:
    answer = stage.ask("service", "POST", SEND, [row("a"), {"at": NOW.isoformat()}, 7])
    said = answer.json()
    assert (said["accepted"], said["rejected_total"]) == (1, 2)
    body = b'{"id":"n","at":"2026-11-20T14:00:00Z"}\n'
    token = {"Authorization": f"Bearer {stage.tokens['service']}"}
    lines = {**token, "Content-Type": "application/x-ndjson"}
    assert stage.client.post(SEND, content=body, headers=lines).json()["accepted"] == 1
    arrow = {**token, "Content-Type": "application/vnd.apache.parquet"}
    assert stage.client.post(SEND, content=body, headers=arrow).status_code == 415
    assert stage.ask("service", "GET", ANSWER + "nobody").status_code == 404


def test_rows_of_a_service_with_people_of_its_own_stay_there(stage: Stage) -> None:
    declare(stage, replace(SYSTEM, queue=Queue(routed=False)))
    said = send(stage, row("a"))
    assert (said["accepted"], said["duplicates"], said["left"]) == (0, 0, 1)
    assert stage.ask("reader", "GET", LIST).json()["referrals"] == []


def test_lists_are_not_judged_by_people(stage: Stage) -> None:
    declare(stage, replace(SYSTEM, kind=Kind.RANKING))
    refused = stage.ask("service", "POST", SEND, [row("a")])
    assert refused.status_code == 400
    assert "lists" in refused.json()["error"]["what"]


def test_services_and_readers_see_no_inputs(stage: Stage) -> None:
    send(stage, row("a"))
    (one,) = stage.ask("reader", "GET", LIST).json()["referrals"]
    for who in ("reader", "service", "approver"):
        assert stage.ask(who, "GET", f"{LIST}/{one['id']}").status_code == 403
