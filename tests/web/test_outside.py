"""Alerts of other systems over HTTP, as their senders send them."""

from collections.abc import Generator
from dataclasses import replace

import pytest

from tests.ingest.payloads import alertmanager, alertmanager_alert, grafana
from tests.web.cast import Stage, client_of
from tocsin.ingest.outside import Reading
from tocsin.store import outside

CLOUD = Reading(name="cloud", fingerprint=("id",), status=("state",), title=("message",))
ALERTMANAGER = "/v1/alerts/alertmanager"


@pytest.fixture
def mapped(stage: Stage) -> Generator[Stage]:
    """Yield a server whose configuration declares a mapping."""
    site = replace(stage.site, readings={"cloud": CLOUD})
    with client_of(site) as client:
        yield replace(stage, site=site, client=client)


def firing(stage: Stage) -> list[str]:
    with stage.site.database.reading() as conn:
        return [one.alert.fingerprint for one in outside.firing(conn, "loans")]


def test_alertmanagers_repeats_are_taken_once_and_its_end_ends_it(stage: Stage) -> None:
    body = alertmanager(alertmanager_alert())
    first = stage.ask("service", "POST", ALERTMANAGER, body)
    assert first.status_code == 200, first.text
    assert (first.json()["accepted"], first.json()["new"]) == (1, 1)
    again = stage.ask("service", "POST", ALERTMANAGER, body).json()
    assert (again["accepted"], again["new"]) == (1, 0)
    assert firing(stage) == ["c4b1f0a1d2e3f405"]
    over = alertmanager(alertmanager_alert(status="resolved"))
    assert stage.ask("service", "POST", ALERTMANAGER, over).json()["new"] == 1
    assert firing(stage) == []


def test_grafana_is_taken(stage: Stage) -> None:
    answer = stage.ask("service", "POST", "/v1/alerts/grafana", grafana())
    assert (answer.status_code, answer.json()["new"]) == (200, 1)
    assert firing(stage) == ["c6eadffa33fcdf37"]
    wrong = stage.ask("service", "POST", ALERTMANAGER, grafana())
    assert (wrong.status_code, wrong.json()["error"]["where"]) == (400, "body.version")


def test_any_json_is_taken_by_a_declared_mapping(mapped: Stage) -> None:
    path = "/v1/alerts/generic?mapping=cloud"
    body = {"id": 7, "state": "open", "message": "Errors", "system": "loans"}
    answer = mapped.ask("service", "POST", path, body)
    assert (answer.status_code, answer.json()["new"]) == (200, 1)
    assert firing(mapped) == ["7"]
    unnamed = {"id": 8, "state": "open", "message": "Errors"}
    assert mapped.ask("service", "POST", path, unnamed).status_code == 422
    assert mapped.ask("service", "POST", f"{path}&system=loans", unnamed).status_code == 200
    other = mapped.ask("service", "POST", "/v1/alerts/generic?mapping=cluod", body)
    assert other.status_code == 400
    assert "alertmanager, cloud and grafana" in other.json()["error"]["do"]
    assert mapped.ask("service", "POST", "/v1/alerts/generic", body).status_code == 422


def test_one_that_is_refused_is_told_loudly_and_its_neighbours_are_kept(stage: Stage) -> None:
    lost = alertmanager_alert(fingerprint="b", labels={"system": "laons"})
    body = alertmanager(alertmanager_alert(), lost)
    answer = stage.ask("service", "POST", ALERTMANAGER, body)
    assert answer.status_code == 422
    said = answer.json()
    assert (said["accepted"], said["rejected_total"]) == (1, 1)
    assert said["error"]["where"] == "alert 1: labels.system"
    assert "declared are loans" in said["error"]["what"]
    assert firing(stage) == ["c4b1f0a1d2e3f405"]


def test_what_is_no_json_is_refused_and_only_services_send(stage: Stage) -> None:
    token = {"Authorization": f"Bearer {stage.tokens['service']}"}
    answer = stage.client.post(ALERTMANAGER, content=b"nonsense", headers=token)
    assert (answer.status_code, answer.json()["error"]["where"]) == (400, "body")
    for who in ("reader", "responder", "approver"):
        assert stage.ask(who, "POST", ALERTMANAGER, {}).status_code == 403
