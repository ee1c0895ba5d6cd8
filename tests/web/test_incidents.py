"""Incidents over HTTP."""

from pathlib import Path

import httpx
import pytest

from tests.web import story
from tests.web.cast import Stage
from tests.web.public import rich, say, with_page


def test_an_incident_is_declared_paged_acknowledged_and_led(stage: Stage) -> None:
    id_ = story.declare(stage)
    shown = stage.ask("reader", "GET", "/v1/incidents/INC-1").json()
    assert (shown["id"], shown["state"], shown["severity"]) == (id_, "open", "SEV2")
    assert shown["slice"] == {"sex": "f"}
    assert shown["url"] == "http://localhost:8470/incidents/1"
    pages = stage.ask("reader", "GET", "/v1/incidents/1/pages").json()["pages"]
    assert (pages[0]["person"], pages[0]["state"]) == ("lending", "due")
    assert "address" not in pages[0]
    taken = stage.ask("responder", "POST", "/v1/incidents/1/acknowledge").json()
    assert (taken["acknowledged_by"], taken["commander"]) == ("responder", "responder")
    pages = stage.ask("reader", "GET", "/v1/incidents/1/pages").json()["pages"]
    assert {page["state"] for page in pages} == {"acknowledged"}
    second = stage.ask("admin", "POST", "/v1/incidents/1/acknowledge").json()
    assert second["acknowledged_by"] == "responder"
    given = stage.ask("admin", "POST", "/v1/incidents/1/assign", {"to": "leader"}).json()
    assert given["commander"] == "leader"
    stage.ask("admin", "POST", "/v1/incidents/1/notes", {"text": "look at the pipeline"})
    lines = stage.ask("reader", "GET", "/v1/incidents/1/timeline").json()["entries"]
    assert [line["kind"] for line in lines] == ["opened", "acknowledged", "role", "note"]
    assert lines[-1]["actor"] == "admin"


def test_a_mild_incident_wakes_nobody_until_it_is_regraded(stage: Stage) -> None:
    story.declare(stage, "SEV3")
    assert stage.ask("reader", "GET", "/v1/incidents/1/pages").json()["pages"] == []
    order = {"severity": "SEV1", "why": "more are hit than we thought"}
    graver = stage.ask("responder", "POST", "/v1/incidents/1/severity", order).json()
    assert graver["severity"] == "SEV1"


def test_a_responder_says_since_when_and_every_answer_has_it(stage: Stage) -> None:
    story.declare(stage)

    def say(who: str, at: str, **more: str) -> httpx.Response:
        order = {"impact_from": at, "why": "the vendor's log says so"} | more
        return stage.ask(who, "POST", "/v1/incidents/1/impact", order)

    said = say("responder", "2026-11-20T10:40:00+01:00").json()
    assert (said["impact_from"], said["impact_by"]) == ("2026-11-20T09:40:00Z", "responder")
    (listed,) = stage.ask("reader", "GET", "/v1/incidents").json()["incidents"]
    assert (listed["impact_from"], listed["impact_by"]) == ("2026-11-20T09:40:00Z", "responder")
    last = stage.ask("reader", "GET", "/v1/incidents/1/timeline").json()["entries"][-1]
    assert (last["kind"], last["actor"]) == ("impact", "responder")
    assert last["text"] == "impact began at 09:40 UTC: the vendor's log says so"
    assert say("reader", "2026-11-20T09:30:00Z").status_code == 403
    for at in ("2026-11-20T14:06:00Z", "2025-11-20T09:40:00Z", "0001-01-01T00:00:00+14:00"):
        refused = say("responder", at)
        assert refused.status_code == 400
        assert refused.json()["error"]["where"] == "impact_from"
        assert refused.json()["error"]["do"]
    for bad in (
        say("responder", "09:40"),
        say("responder", "2026-11-20T09:30:00"),
        say("responder", "2026-11-20T09:30:00Z", why=" "),
    ):
        assert bad.status_code == 422
    assert stage.ask("reader", "GET", "/v1/incidents/1").json() == listed
    audit = stage.ask("admin", "GET", "/v1/audit").json()["acts"]
    assert [one["facts"]["to"] for one in audit if one["action"] == "incident.dated"] == [
        "2026-11-20T09:40:00+00:00"
    ]


def test_a_draft_and_the_public_say_when_a_person_said_that_it_began(
    stage: Stage, tmp_path: Path
) -> None:
    with with_page(stage, tmp_path / "status").client:
        incident = rich(stage)
        say(stage, incident, "We look into it.")
        order = {"impact_from": "2026-11-20T09:40:00Z", "why": "the vendor's log says so"}
        stage.ask("responder", "POST", "/v1/incidents/1/impact", order)
        path = "/v1/incidents/1/updates/draft?voice=executive"
        draft = stage.ask("reader", "GET", path).json()["text"]
        assert "It began at 2026-11-20 09:40 UTC and was noticed 4 h 25 min later." in draft
        bulletins = "/v1/incidents/1/bulletins"
        (told,) = stage.ask("reader", "GET", bulletins).json()["bulletins"]
        assert told["began_at"] == "2026-11-20T14:05:00Z", "what was said stays until more is said"
        say(stage, incident, "We know what it is.", "identified")
        (told,) = stage.ask("reader", "GET", bulletins).json()["bulletins"]
        assert told["began_at"] == "2026-11-20T09:40:00Z"
        stage.ask("responder", "POST", "/v1/incidents/1/resolve", {"note": "put back"})
        review = stage.ask("reader", "GET", "/v1/incidents/1/review").json()
        began = {one["name"]: one["at"] for one in review["marks"]}["impact began"]
        assert began == "2026-11-20T09:40:00Z"


def test_open_ones_are_listed_gravest_first_and_all_ones_newest_first(stage: Stage) -> None:
    story.declare(stage, "SEV3")
    story.declare(stage, "SEV1")
    story.declare(stage, "SEV2")
    stage.ask("responder", "POST", "/v1/incidents/3/resolve", {"note": "mistake"})

    def names(query: str) -> list[str]:
        found = stage.ask("reader", "GET", f"/v1/incidents?{query}").json()["incidents"]
        return [one["name"] for one in found]

    assert names("") == ["INC-2", "INC-1"]
    assert names("state=all") == ["INC-3", "INC-2", "INC-1"]
    assert names("state=all&limit=1") == ["INC-3"]
    assert names("system=fraud") == []


def test_a_resolved_incident_is_over_but_takes_notes(stage: Stage) -> None:
    story.declare(stage)
    done = stage.ask("responder", "POST", "/v1/incidents/1/resolve", {"note": "put back"}).json()
    assert done["state"] == "resolved"
    for path, body in (
        ("acknowledge", None),
        ("assign", {"to": "leader"}),
        ("resolve", {"note": "again"}),
        ("severity", {"severity": "SEV1", "why": "worse"}),
        ("impact", {"impact_from": "2026-11-20T09:40:00Z", "why": "the log says so"}),
        ("plans", None),
    ):
        answer = stage.ask("responder", "POST", f"/v1/incidents/1/{path}", body)
        assert answer.status_code == 409, path
    assert stage.ask("responder", "POST", "/v1/incidents/1/notes", {"text": "x"}).status_code == 200


@pytest.mark.parametrize(
    "which", ["INC-2", "2", "inc_none", "0", "99999999999999999999", "%00", "é"]
)
def test_an_incident_that_is_not_there_is_not_found(stage: Stage, which: str) -> None:
    story.declare(stage)
    assert stage.ask("reader", "GET", f"/v1/incidents/{which}").status_code == 404
    answer = stage.ask("responder", "POST", f"/v1/incidents/{which}/acknowledge")
    assert answer.status_code == 404


def test_an_incident_of_an_unknown_system_is_refused_and_nothing_is_stored(stage: Stage) -> None:
    order = {"system": "fraud", "title": "Wrong"}
    answer = stage.ask("responder", "POST", "/v1/incidents", order)
    assert answer.status_code == 404
    assert "loans" in answer.json()["error"]["what"]
    assert stage.ask("reader", "GET", "/v1/incidents?state=all").json()["incidents"] == []
