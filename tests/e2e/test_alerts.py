"""An alert of another system, taken by a real server that is killed at once, is never lost."""

import httpx
import pytest

from tests.e2e.test_ingest import Server
from tests.e2e.test_ingest import server as server  # noqa: PLC0414 - a fixture
from tests.ingest.payloads import alertmanager, alertmanager_alert

pytestmark = pytest.mark.real
BODY = alertmanager(alertmanager_alert(labels={"system": "loan-approval"}))


def deliver(server: Server) -> httpx.Response:
    return httpx.post(f"{server.url}/v1/alerts/alertmanager", json=BODY, headers=server.bearer)


def opened(server: Server) -> list[str]:
    answer = httpx.get(f"{server.url}/v1/incidents?state=all", headers=server.bearer)
    return [one["title"] for one in answer.json()["incidents"]]


def test_an_alert_that_was_taken_opens_one_incident_though_the_server_is_killed(
    server: Server,
) -> None:
    assert deliver(server).json()["new"] == 1
    server.kill()
    server.start()
    assert deliver(server).json()["new"] == 0
    server.until(lambda: bool(opened(server)), "the incident opens")
    assert deliver(server).status_code == 200
    (title,) = opened(server)
    assert title.startswith("loan-approval: One in ten calls of the loan API fails since ")
    pages = httpx.get(f"{server.url}/v1/incidents/INC-1/pages", headers=server.bearer)
    assert {page["state"] for page in pages.json()["pages"]} & {"accepted", "due", "claimed"}
