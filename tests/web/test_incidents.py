"""Incidents over HTTP."""

import pytest

from tests.web import story
from tests.web.cast import Stage


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
