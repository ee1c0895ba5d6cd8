"""The room's panel of updates: what is due, the drafts, what was sent, and the war room."""

from datetime import timedelta

import pytest

from tests.web.cast import NOW, Stage
from tests.web.pages.reading import Page
from tests.web.pages.test_forms import Send, send
from tocsin.alert.ports import Receipt
from tocsin.incident.incident import Severity
from tocsin.incident.update import Telling
from tocsin.store import updates
from tocsin.web import moves
from tocsin.web.access import Scope

__all__ = ["send"]
FORM = {"voice": "executive", "subject": "Denials", "text": "What happened\r\nDenials rose."}


def room(stage: Stage) -> Page:
    return Page(stage.client.get("/incidents/1").text)


def test_it_says_when_the_next_update_is_due_and_to_whom(stage: Stage, send: Send) -> None:
    send("/do/incidents/1/acknowledge")
    assert "Next update due in 2 h, to board." in room(stage).text("updates-due")
    stage.watch.forward(timedelta(hours=2))
    said = room(stage).text("updates-due")
    assert "An update to board is overdue." in said
    assert "board, executive: overdue since 16:05 UTC" in said


def test_an_overdue_draft_lies_open_and_the_other_does_not(stage: Stage, send: Send) -> None:
    send("/do/incidents/1/acknowledge")
    stage.watch.forward(timedelta(hours=2))
    html = stage.client.get("/incidents/1").text
    assert html.count('class="draft" open') == 1
    assert "What prevents it next time" in html
    assert "Suspected causes" in html


def test_an_update_is_sent_as_it_was_edited_and_is_shown_with_its_fate(
    stage: Stage, send: Send
) -> None:
    page = send("/do/incidents/1/update", **FORM)
    assert "arrived at 0 of 1 contact" in page.text("updates-sent")
    assert "Denials rose." in page.text("updates-sent")
    assert "sent an update to board (executive): Denials" in page.text("entries")
    with stage.site.database.unit("w", NOW) as unit:
        (one,) = updates.claim(unit, "w", timedelta(seconds=30), 9)
        updates.accepted(unit, one, Receipt("smtp", "1"))
        (update,) = updates.of_incident(unit.conn, one.incident)
    assert update.text == "What happened\nDenials rose."
    assert "arrived at 1 of 1 contact" in room(stage).text("updates-sent")


def test_one_that_did_not_arrive_says_why(stage: Stage, send: Send) -> None:
    send("/do/incidents/1/update", **FORM)
    with stage.site.database.unit("w", NOW) as unit:
        (one,) = updates.claim(unit, "w", timedelta(seconds=30), 9)
        updates.failed(unit, one, "no such mailbox", None)
    said = room(stage).text("updates-sent")
    assert "arrived at 0 of 1 contact, 1 failed board by mail: no such mailbox" in said


def test_the_end_asks_for_the_last_update_and_then_for_none(stage: Stage, send: Send) -> None:
    over = send("/do/incidents/1/resolve", note="repaired")
    assert "The last update to board is overdue." in over.text("updates-due")
    after = send("/do/incidents/1/update", **FORM)
    assert "Everybody who waited has had the last update." in after.text("updates-due")


def test_a_severity_without_a_cadence_may_be_told_and_owes_nothing(stage: Stage) -> None:
    with stage.site.database.unit("tocsin", NOW) as unit:
        moves.declare(unit, stage.site, system="loans", title="Odd", severity=Severity.SEV4)
    stage.sign_in("oncall")
    assert "No update is owed at SEV4; you may send one." in room(stage).text("updates-due")


def test_words_of_strangers_are_shown_and_not_obeyed(stage: Stage, send: Send) -> None:
    send("/do/incidents/1/update", **FORM | {"text": "<script>alert(1)</script>"})
    html = stage.client.get("/incidents/1").text
    assert "<script>alert" not in html
    assert "&lt;script&gt;alert(1)" in html


def test_the_war_room_is_named_and_taken_away(send: Send) -> None:
    url = "https://chat.example.org/channels/inc-1"
    assert url in send("/do/incidents/1/war-room", url=f" {url} ").text("war-room")
    assert "none yet" in send("/do/incidents/1/war-room", url="").text("war-room")


@pytest.mark.parametrize("url", ["javascript:alert(1)", "chat"])
def test_what_is_no_address_is_refused(stage: Stage, url: str) -> None:
    with stage.site.database.unit("tocsin", NOW) as unit:
        moves.declare(unit, stage.site, system="loans", title="Odd", severity=Severity.SEV2)
    csrf = stage.sign_in("oncall")
    answer = stage.client.post("/do/incidents/1/war-room", data={"csrf": csrf, "url": url})
    assert answer.status_code == 400
    assert "no http(s) address" in answer.text


def test_a_reader_sees_it_and_cannot_send(stage: Stage) -> None:
    with stage.site.database.unit("tocsin", NOW) as unit:
        moves.declare(unit, stage.site, system="loans", title="Odd", severity=Severity.SEV2)
    csrf = stage.sign_in("guest", frozenset({Scope.READ}))
    assert "to board" in room(stage).text("updates")
    answer = stage.client.post("/do/incidents/1/update", data={"csrf": csrf} | FORM)
    assert answer.status_code == 403


def test_without_audiences_it_says_where_to_declare_them(stage: Stage, send: Send) -> None:
    object.__setattr__(stage.site, "telling", Telling())
    page = send("/do/incidents/1/acknowledge")
    assert "Nobody is declared to hear of loans" in page.text("updates-due")
    assert "/do/incidents/1/update" not in page.forms
