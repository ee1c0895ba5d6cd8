"""The door: scope, body, origin, CSRF, in this order."""

import asyncio
from collections.abc import Iterator, MutableMapping
from typing import Any

import pytest

from tests.web.cast import Stage
from tocsin.web import guard
from tocsin.web.asgi import build
from tocsin.web.route import JSON_BODY_BYTES

NOTE = "/v1/incidents/1/notes"
SOON_S = 60


@pytest.fixture
def declared(stage: Stage) -> Stage:
    answer = stage.ask("admin", "POST", "/v1/incidents", {"system": "loans", "title": "Wrong"})
    assert answer.status_code == 201
    return stage


def test_a_form_of_our_own_page_may_write_with_the_header_or_the_field(declared: Stage) -> None:
    csrf = declared.sign_in("aspen")
    answer = declared.client.post(NOTE, json={"text": "hello"}, headers={"X-CSRF-Token": csrf})
    assert answer.status_code == 200
    out = declared.client.post("/sign-out", data={"csrf": csrf}, follow_redirects=False)
    assert out.status_code == 303
    assert declared.client.get("/v1/systems").status_code == 401


def test_anothers_token_is_no_good(declared: Stage) -> None:
    other = declared.sign_in("intruder")
    declared.client.cookies.clear()
    declared.sign_in("aspen")
    answer = declared.client.post(NOTE, json={"text": "hello"}, headers={"X-CSRF-Token": other})
    assert answer.status_code == 403


@pytest.mark.parametrize(
    "headers",
    [
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {"Origin": "http://localhost:9999"},
    ],
)
def test_another_sites_page_is_refused_even_with_the_token(
    declared: Stage, headers: dict[str, str]
) -> None:
    csrf = declared.sign_in("aspen")
    answer = declared.client.post(
        NOTE, json={"text": "hello"}, headers={"X-CSRF-Token": csrf, **headers}
    )
    assert answer.status_code == 403
    assert "another site" in answer.text


def test_a_bearer_token_needs_no_csrf_token(declared: Stage) -> None:
    declared.sign_in("aspen")
    assert declared.ask("responder", "POST", NOTE, {"text": "hello"}).status_code == 200


def test_a_body_that_says_it_is_too_long_is_refused_unread(declared: Stage) -> None:
    answer = declared.ask("responder", "POST", NOTE, {"text": "x" * JSON_BODY_BYTES})
    assert answer.status_code == 413
    assert str(JSON_BODY_BYTES) in answer.text


def test_a_body_that_hides_its_length_is_refused_once_it_is_too_long(declared: Stage) -> None:

    def endless() -> Iterator[bytes]:
        for _ in range(64):
            yield b"x" * 65536

    answer = declared.client.post(
        NOTE,
        content=endless(),
        headers={"Authorization": f"Bearer {declared.tokens['responder']}"},
    )
    assert answer.status_code == 413


def test_nobody_is_told_before_the_body_is_looked_at(stage: Stage) -> None:
    answer = stage.client.post(
        NOTE, content=b"{" * 10, headers={"Content-Type": "application/json"}
    )
    assert answer.status_code == 401


def test_a_body_that_dawdles_is_not_waited_for(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(guard, "BODY_WITHIN_S", 0.01)
    said: list[MutableMapping[str, Any]] = []

    async def receive() -> MutableMapping[str, Any]:
        await asyncio.sleep(SOON_S)
        raise AssertionError("the guard waited on")

    async def send(message: MutableMapping[str, Any]) -> None:
        said.append(message)

    headers = {"host": "localhost", "authorization": f"Bearer {stage.tokens['service']}"}
    request: dict[str, Any] = {
        "type": "http",
        "method": "POST",
        "path": "/v1/predictions",
        "query_string": b"system=loans",
        "headers": [(name.encode(), value.encode()) for name, value in headers.items()],
    }
    asyncio.run(build(stage.site)(request, receive, send))
    assert said[0]["status"] == 408
    assert stage.site.ingest_bytes.taken == 0
