"""Updates over HTTP: drafted, edited by a person, sent, told on the timeline; and the war room."""

from datetime import timedelta
from typing import Any

import httpx
import pytest

from tests.store.examples import NOW
from tests.web.cast import Stage
from tests.web.story import declare, known
from tocsin.store import updates
from tocsin.store.outbox import PageState

WORDS = {"subject": "INC-1 update 1: Denied", "text": "What happened\nDenied."}


def send(stage: Stage, **order: object) -> httpx.Response:
    body = {"voice": "executive"} | WORDS | order
    return stage.ask("responder", "POST", "/v1/incidents/1/updates", body)


def seen(stage: Stage) -> dict[str, Any]:
    answer = stage.ask("reader", "GET", "/v1/incidents/1/updates")
    assert answer.status_code == 200, answer.text
    return answer.json()


def lines(stage: Stage) -> list[str]:
    entries = stage.ask("reader", "GET", "/v1/incidents/1/timeline").json()["entries"]
    return [one["text"] for one in entries if one["kind"] == "update"]


def test_who_can_be_told_and_what_is_due_is_said(stage: Stage) -> None:
    declare(stage, "SEV1")
    found = seen(stage)
    assert [(one["name"], one["voice"], one["contacts"]) for one in found["audiences"]] == [
        ("board", "executive", 1),
        ("engineers", "technical", 2),
    ]
    assert [(one["audience"], one["overdue"]) for one in found["due"]] == [
        ("board", False),
        ("engineers", False),
    ]
    stage.watch.forward(timedelta(minutes=30))
    assert [one["overdue"] for one in seen(stage)["due"]] == [True, True]
    send(stage)
    assert [one["overdue"] for one in seen(stage)["due"]] == [True, False]


def test_a_draft_is_written_from_the_records_and_changes_nothing(stage: Stage) -> None:
    incident = declare(stage)
    known(stage, incident)
    path = "/v1/incidents/1/updates/draft"
    executive = stage.ask("reader", "GET", f"{path}?voice=executive").json()
    technical = stage.ask("reader", "GET", f"{path}?voice=technical").json()
    assert executive["subject"] == "INC-1 update 1: Denied"
    assert "What prevents it next time" in executive["text"]
    assert "Next update by 2026-11-20 16:05 UTC." in executive["text"]
    assert "v311" in technical["text"]
    assert "The next update follows when there is news." in technical["text"]
    assert stage.ask("reader", "GET", f"{path}?voice=loud").status_code == 422
    assert seen(stage)["updates"] == []


def test_an_update_goes_to_the_audience_of_its_voice_and_onto_the_timeline(stage: Stage) -> None:
    incident = declare(stage)
    answer = send(stage)
    assert answer.status_code == 201
    one = answer.json()
    assert (one["audiences"], one["sent_by"], one["last"]) == (["board"], "responder", False)
    assert [(row["person"], row["channel"], row["state"]) for row in one["told"]] == [
        ("board", "mail", "due")
    ]
    assert "example.org" not in answer.text
    assert lines(stage) == [
        "sent an update to board (executive): INC-1 update 1: Denied\n\nWhat happened\nDenied."
    ]
    with stage.site.database.reading() as conn:
        (row,) = updates.tellings(conn, incident)
    assert (row.state, row.contact.address) == (PageState.DUE, "board@example.org")


def test_audiences_may_be_named_and_those_of_other_systems_are_unknown(stage: Stage) -> None:
    declare(stage)
    both = send(stage, audiences=["engineers", "board"]).json()
    assert both["audiences"] == ["board", "engineers"]
    refused = send(stage, audiences=["others"])
    assert refused.status_code == 404
    assert "board, engineers" in refused.text


def test_a_double_click_is_one_update_and_a_key_never_sends_twice(stage: Stage) -> None:
    declare(stage)
    first, again = send(stage).json(), send(stage).json()
    assert first["id"] == again["id"]
    assert len(seen(stage)["updates"]) == 1
    stage.watch.forward(timedelta(minutes=6))
    assert send(stage).json()["id"] != first["id"]
    assert send(stage, text="Something else.").json()["id"] != first["id"]


@pytest.mark.parametrize("field", ["subject", "text"])
def test_an_empty_update_is_refused(stage: Stage, field: str) -> None:
    declare(stage)
    assert send(stage, **{field: "  "}).status_code == 422
    assert seen(stage)["updates"] == []


def test_who_may_only_read_sends_nothing(stage: Stage) -> None:
    declare(stage)
    path = "/v1/incidents/1/updates"
    assert stage.ask("reader", "POST", path, {"voice": "executive"} | WORDS).status_code == 403
    assert stage.ask("responder", "GET", "/v1/incidents/9/updates").status_code == 404


def test_after_the_end_the_last_update_is_due_until_it_was_sent(stage: Stage) -> None:
    declare(stage)
    stage.ask("responder", "POST", "/v1/incidents/1/resolve", {"note": "fixed"})
    (due,) = seen(stage)["due"]
    assert (due["audience"], due["last"], due["overdue"]) == ("board", True, True)
    draft = stage.ask("reader", "GET", "/v1/incidents/1/updates/draft?voice=executive").json()
    assert draft["subject"] == "INC-1 last update: Denied"
    assert draft["text"].endswith("This is the last update.")
    assert send(stage).json()["last"] is True
    assert seen(stage)["due"] == []
    assert lines(stage)[-1].startswith("sent the last update to board")


def test_an_update_keeps_an_acknowledgement_alive(stage: Stage) -> None:
    declare(stage, "SEV1")
    stage.ask("responder", "POST", "/v1/incidents/1/acknowledge")
    stage.watch.forward(timedelta(minutes=20))
    send(stage)
    entries = stage.ask("reader", "GET", "/v1/incidents/1/timeline").json()["entries"]
    last = [one for one in entries if one["kind"] == "update"][-1]
    assert last["at"].startswith((NOW + timedelta(minutes=20)).isoformat()[:16])
    assert last["actor"] == "responder"


def test_the_war_room_is_any_http_address(stage: Stage) -> None:
    declare(stage)
    path = "/v1/incidents/1/war-room"
    url = "https://chat.example.org/channels/inc-1"
    assert stage.ask("responder", "POST", path, {"url": url}).json()["war_room"] == url
    assert stage.ask("reader", "GET", "/v1/incidents/1").json()["war_room"] == url
    for bad in ("javascript:alert(1)", "chat", ""):
        answer = stage.ask("responder", "POST", path, {"url": bad or "ftp://x"})
        assert answer.status_code == 400, answer.text
    assert stage.ask("reader", "POST", path, {"url": url}).status_code == 403
    assert stage.ask("responder", "POST", path, {"url": None}).json()["war_room"] is None
