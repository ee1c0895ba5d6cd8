"""Roles, tasks and corrected notes over HTTP."""

from datetime import timedelta

from tests.web import story
from tests.web.cast import Stage
from tocsin.store import incidents

PATH = "/v1/incidents/1/roles"


def test_roles_are_given_handed_over_and_left(stage: Stage) -> None:
    story.declare(stage)
    order = {"role": "scribe", "to": "aspen"}
    one = stage.ask("responder", "POST", PATH, order).json()
    assert [(each["role"], each["person"]) for each in one["roles"]] == [("scribe", "aspen")]
    order = {"role": "scribe", "to": "beech", "note": "see the wiki"}
    one = stage.ask("responder", "POST", PATH, order).json()
    assert [(each["role"], each["person"]) for each in one["roles"]] == [("scribe", "beech")]
    shown = stage.ask("reader", "GET", "/v1/incidents/1").json()
    assert shown["roles"] == one["roles"]
    left = stage.ask("responder", "POST", f"{PATH}/leave", {"role": "scribe", "who": "beech"})
    assert left.json()["roles"] == []
    lines = stage.ask("reader", "GET", "/v1/incidents/1/timeline").json()["entries"]
    assert [line["text"] for line in lines if line["kind"] == "role"] == [
        "aspen is scribe, assigned by responder",
        "beech is scribe, taking over from aspen, handed over by responder: see the wiki",
        "beech is no longer scribe, says responder",
    ]


def test_who_names_nobody_leaves_their_own_role(stage: Stage) -> None:
    story.declare(stage)
    stage.ask("responder", "POST", PATH, {"role": "legal", "to": "responder"})
    left = stage.ask("responder", "POST", f"{PATH}/leave", {"role": "legal"})
    assert left.json()["roles"] == []
    again = stage.ask("responder", "POST", f"{PATH}/leave", {"role": "legal"})
    assert again.status_code == 409
    assert "responder is not legal and compliance of INC-1" in again.text


def test_giving_a_role_twice_under_one_key_tells_it_once(stage: Stage) -> None:
    story.declare(stage)
    for _ in range(2):
        order, headers = {"role": "commander", "to": "aspen"}, {"Idempotency-Key": "k"}
        assert stage.ask("responder", "POST", PATH, order, headers).json()["commander"] == "aspen"
    lines = stage.ask("reader", "GET", "/v1/incidents/1/timeline").json()["entries"]
    assert [line["text"] for line in lines][1:] == ["aspen leads, assigned by responder"]


def test_tasks_are_given_handed_over_done_and_dropped(stage: Stage) -> None:
    story.declare(stage)
    path = "/v1/incidents/1/tasks"
    due = (stage.watch() + timedelta(minutes=30)).isoformat()
    order = {"text": "call the vendor", "owner": "aspen", "due_at": due}
    first = stage.ask("responder", "POST", path, order)
    assert first.status_code == 201
    second = stage.ask("responder", "POST", path, {"text": "read the log"}).json()
    task = f"/v1/tasks/{first.json()['id']}"
    handed = stage.ask("responder", "POST", task, {"owner": "beech"}).json()
    assert (handed["owner"], handed["due_at"] is not None) == ("beech", True)
    stage.watch.forward(timedelta(minutes=31))
    found = stage.ask("reader", "GET", path).json()["tasks"]
    assert [(one["text"], one["overdue"]) for one in found] == [
        ("call the vendor", True),
        ("read the log", False),
    ]
    assert stage.ask("responder", "POST", f"{task}/done").json()["state"] == "done"
    why = {"why": "it is empty"}
    dropped = stage.ask("responder", "POST", f"/v1/tasks/{second['id']}/drop", why).json()
    assert (dropped["state"], dropped["why"]) == ("dropped", "it is empty")
    assert stage.ask("responder", "POST", task, {"owner": "aspen"}).status_code == 409
    assert stage.ask("responder", "POST", "/v1/tasks/tsk_9/done").status_code == 404
    lines = stage.ask("reader", "GET", "/v1/incidents/1/timeline").json()["entries"]
    assert [line["text"].split(",")[0] for line in lines if line["kind"] == "task"] == [
        "to do: call the vendor",
        "to do: read the log",
        "to do: call the vendor",
        "done: call the vendor",
        "dropped: read the log: it is empty",
    ]


def test_a_note_is_corrected_and_both_texts_stay_on_record(stage: Stage) -> None:
    story.declare(stage)
    path = "/v1/incidents/1/notes"
    stage.ask("responder", "POST", path, {"text": "feed is late"})
    lines = stage.ask("reader", "GET", "/v1/incidents/1/timeline").json()["entries"]
    note = f"{path}/{lines[-1]['id']}"
    assert stage.ask("admin", "POST", note, {"text": "no"}).status_code == 403
    assert stage.ask("responder", "POST", note, {"text": "feed is wrong"}).status_code == 200
    order = {"role": "commander", "to": "admin"}
    stage.ask("admin", "POST", PATH, order)
    assert stage.ask("admin", "POST", note, {"text": "north's feed is wrong"}).status_code == 200
    after = stage.ask("reader", "GET", "/v1/incidents/1/timeline").json()["entries"]
    assert after[: len(lines)] == lines
    told = [(one["kind"], one["actor"], one["text"]) for one in after if one["kind"] != "role"]
    assert told[1:] == [
        ("note", "responder", "feed is late"),
        ("corrected", "responder", "feed is wrong"),
        ("corrected", "admin", "north's feed is wrong"),
    ]
    assert stage.ask("admin", "POST", f"{path}/{lines[0]['id']}", {"text": "x"}).status_code == 400
    with stage.site.database.reading() as conn:
        assert incidents.altered(conn) == []
