"""The forms of the room's command panel, as a browser sends them."""

from dataclasses import replace
from datetime import timedelta

from tests.web import story
from tests.web.cast import Stage
from tests.web.pages.reading import Page
from tests.web.pages.test_forms import Send
from tests.web.pages.test_forms import send as send  # noqa: PLC0414 - the fixture
from tocsin.incident.incident import Severity
from tocsin.store import incidents, tasks


def test_a_role_is_given_handed_over_and_left(stage: Stage, send: Send) -> None:
    page = send("/do/incidents/1/role", role="scribe", to=" aspen ")
    assert "Scribe: aspen since" in page.text("roles")
    assert "scribe aspen" in page.text("head")
    page = send("/do/incidents/1/role", role="scribe", to="beech", what="the wiki has it all")
    assert "Scribe: beech" in page.text("roles")
    assert "beech is scribe, taking over from aspen, handed over by oncall: the wiki" in page.text(
        "entries"
    )
    page = send("/do/incidents/1/leave", role="scribe", who="beech")
    assert "Scribe: beech" not in page.text("roles")
    assert "beech is no longer scribe, says oncall" in page.text("entries")
    assert stage.client.get("/incidents/1").status_code == 200


def test_a_task_is_added_shown_as_late_done_and_dropped(stage: Stage, send: Send) -> None:
    page = send("/do/incidents/1/task", text="call the vendor", owner="aspen", due="30m")
    assert "call the vendor aspen · until 14:35 UTC" in page.text("tasks")
    page = send("/do/incidents/1/task", text="read the log", due="")
    assert "read the log nobody’s yet" in page.text("tasks")
    stage.watch.forward(timedelta(minutes=31))
    with stage.site.database.reading() as conn:
        first, second = tasks.of_incident(conn, incidents.get(conn, 1).id)
    page = send(f"/do/tasks/{second.id}/done")
    assert "overdue since 14:35 UTC" in page.text("tasks")
    assert "1 of 2 done" in page.text("tasks")
    page = send(f"/do/tasks/{first.id}/drop", why="it called us")
    assert "call the vendor : dropped by oncall" in page.text("tasks")
    assert "it called us" in page.text("tasks")
    assert "Nothing is left to do." in page.text("tasks")


def test_severity_is_lowered_only_with_a_reason_which_the_room_shows(
    stage: Stage, send: Send
) -> None:
    page = send("/do/incidents/1/severity", severity="SEV3", why="only test accounts")
    assert "only test accounts" in page.text("head")
    assert "severity lowered from SEV2 to SEV3: only test accounts" in page.text("entries")
    assert 'name="why"' in stage.client.get("/incidents/1").text
    with stage.site.database.unit("tocsin", stage.watch()) as unit:
        found = replace(incidents.get(unit.conn, 1), graded=Severity.SEV1)
        incidents.save(unit, found)
    shown = Page(stage.client.get("/incidents/1").text)
    assert "A person has set SEV3; computed is SEV1." in shown.text("head")


def test_when_it_began_is_said_as_a_time_of_day_and_corrected_as_an_instant(
    stage: Stage, send: Send
) -> None:
    page = send("/do/incidents/1/impact", **{"from": "9:40", "why": "the log says so"})
    assert "impact 09:40 UTC 4 h 25 min ago , says oncall" in page.text("moments")
    assert "detected 14:05 UTC after 4 h 25 min" in page.text("moments")
    assert "Correct when it began" in page.text("began")
    page = send(
        "/do/incidents/1/impact", **{"from": "2026-11-19T23:10", "why": "its clock is late"}
    )
    assert "impact 19 Nov 23:10 UTC" in page.text("moments")
    told = page.text("entries")
    assert "impact began at 09:40 UTC: the log says so" in told
    assert (
        "impact began at 2026-11-19 23:10 UTC, not 09:40 UTC (said by oncall): its clock is late"
        in told
    )
    send("/do/incidents/1/resolve", note="put back")
    assert "/do/incidents/1/impact" not in stage.client.get("/incidents/1").text


def test_a_note_is_corrected_and_its_old_text_stays_readable(stage: Stage, send: Send) -> None:
    send("/do/incidents/1/note", text="feed is late")
    with stage.site.database.reading() as conn:
        entry = incidents.timeline(conn, incidents.get(conn, 1).id)[-1]
    shown = stage.client.get("/incidents/1").text
    assert shown.count("/do/incidents/1/notes/") == 1
    page = send(f"/do/incidents/1/notes/{entry.id}", text="<b>feed</b> is wrong")
    told = page.text("entries")
    assert "<b>feed</b> is wrong" in told
    assert "edited until 14:05 UTC , when oncall corrected it: feed is late" in told
    assert told.count("feed is late") == 1


def test_a_role_that_there_is_not_is_refused(stage: Stage) -> None:
    story.declare(stage)
    csrf = stage.sign_in("oncall")
    fields = {"csrf": csrf, "role": "king", "to": "aspen"}
    assert stage.client.post("/do/incidents/1/role", data=fields).status_code == 422
    for bad in ({"severity": "SEV3"}, {"severity": "SEV9", "why": "x"}):
        fields = {"csrf": csrf} | bad
        assert stage.client.post("/do/incidents/1/severity", data=fields).status_code == 422
    fields = {"csrf": csrf, "text": "x", "due": "soon"}
    assert stage.client.post("/do/incidents/1/task", data=fields).status_code == 400
    stage.watch.forward(timedelta(minutes=5))
    fields = {"csrf": csrf, "from": "14:06", "why": "x"}
    answer = stage.client.post("/do/incidents/1/impact", data=fields)
    assert answer.status_code == 400
    assert "2026-11-19T14:06Z" in answer.text
    for bad in ("soon", "2026-11-20T14:06", "2027-11-20T09:40"):
        fields = {"csrf": csrf, "from": bad, "why": "x"}
        answer = stage.client.post("/do/incidents/1/impact", data=fields)
        assert answer.status_code == 400, bad
    assert "ame an instant until 14:05 UTC" in answer.text
    fields = {"csrf": csrf, "role": "scribe", "who": "aspen"}
    assert stage.client.post("/do/incidents/1/leave", data=fields).status_code == 409
