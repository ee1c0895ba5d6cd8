"""The guard as ASGI middleware."""

import asyncio
import json
from collections.abc import Callable, Mapping
from typing import Any

import httpx
import pytest
from stand_in import PLENTY_S, StandIn, until

from tocsin_client import Tocsin
from tocsin_client.asgi import App, Guarded


def service(score: float, status: int = 200) -> App:
    """An application that echoes what it was asked."""

    async def app(scope: Any, receive: Any, send: Any) -> None:
        body = b""
        while True:
            message = await receive()
            body += message.get("body", b"")
            if not message.get("more_body"):
                break
        if status == 0:
            raise ZeroDivisionError
        said = {"score": score, "asked": json.loads(body or b"null"), "path": scope["path"]}
        headers = [(b"content-type", b"application/json"), (b"x-own", b"1")]
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": json.dumps(said).encode()})

    return app


def ask(app: Any, inputs: object, path: str = "/decide", **more: Any) -> httpx.Response:
    async def play() -> httpx.Response:
        transport = httpx.ASGITransport(app, raise_app_exceptions=True)
        async with httpx.AsyncClient(transport=transport, base_url="http://app") as client:
            return await client.post(path, json=inputs, **more)

    return asyncio.run(play())


def rules(inputs: Mapping[str, object]) -> object:
    return {"prediction": "declined", "region": inputs.get("region")}


@pytest.fixture
def direct(server: StandIn, soon: str) -> Callable[..., None]:
    def put(client: Tocsin, action: str, **facts: Any) -> None:
        server.direct({"id": "dir_1", "action": action, "slice": {}, "expires_at": soon, **facts})
        assert until(lambda: client.stats.directives_version == server.version) < PLENTY_S

    return put


def logged(server: StandIn, client: Tocsin) -> list[dict[str, Any]]:
    assert client.flush(PLENTY_S)
    return list(server.rows.values())


def test_the_applications_answer_passes_as_it_is_and_is_logged(
    server: StandIn, connect: Callable[..., Tocsin]
) -> None:
    client = connect()
    app = Guarded(service(0.7), client, paths=("/decide",), fallback=rules)
    answer = ask(app, {"region": "north"})
    assert answer.json() == {"score": 0.7, "asked": {"region": "north"}, "path": "/decide"}
    assert answer.headers["x-own"] == "1"
    (row,) = logged(server, client)
    assert (row["features"], row["score"], row["decided_by"]) == (
        {"region": "north"},
        0.7,
        "system",
    )


def test_other_paths_pass_by_untouched(server: StandIn, connect: Callable[..., Tocsin]) -> None:
    client = connect()
    app = Guarded(service(0.7), client, paths=("/decide",))
    assert ask(app, {"a": 1}, "/other").json()["path"] == "/other"
    assert logged(server, client) == []


def test_directives_are_obeyed(
    server: StandIn, connect: Callable[..., Tocsin], direct: Callable[..., None]
) -> None:
    client = connect()
    app = Guarded(
        service(0.7), client, paths=("/decide",), fallback=rules, versions={"v1": service(0.3)}
    )
    north = {"region": "north"}
    direct(client, "fallback", slice=north)
    assert ask(app, north).json() == {"prediction": "declined", "region": "north"}
    assert ask(app, {"region": "south"}).json()["score"] == 0.7
    direct(client, "rollback", to_version="v1")
    assert ask(app, north).json()["score"] == 0.3
    direct(client, "review")
    pending = ask(app, north)
    assert pending.status_code == 202
    direct(client, "block")
    assert ask(app, north).status_code == 403
    rows = logged(server, client)
    deciders = [row["decided_by"] for row in rows]
    assert deciders == ["fallback", "system", "rollback", "review", "block"]
    assert rows[3]["id"] == pending.json()["pending"]
    assert rows[0]["prediction"] == "declined"


def test_an_application_that_fails_is_replaced_and_without_a_fallback_says_so_itself(
    server: StandIn, connect: Callable[..., Tocsin]
) -> None:
    client = connect()
    for status, error in ((500, "AppFailed"), (0, "ZeroDivisionError")):
        app = Guarded(service(0.7, status), client, paths=("/decide",), fallback=rules)
        assert ask(app, {}).json()["prediction"] == "declined"
        assert logged(server, client)[-1]["error"] == error
    assert ask(Guarded(service(0.7, 503), client, paths=("/decide",)), {}).status_code == 503
    with pytest.raises(ZeroDivisionError):
        ask(Guarded(service(0.7, 0), client, paths=("/decide",)), {})


def test_a_refused_call_is_no_decision(server: StandIn, connect: Callable[..., Tocsin]) -> None:
    client = connect()
    app = Guarded(service(0.7, 422), client, paths=("/decide",), fallback=rules)
    assert ask(app, {"region": "north"}).status_code == 422
    assert logged(server, client) == []


@pytest.mark.parametrize("body", [b"{", b"[1]", b""])
def test_what_cannot_be_read_is_contained_only_where_everyone_is(
    connect: Callable[..., Tocsin], direct: Callable[..., None], body: bytes
) -> None:
    client = connect()
    app = Guarded(_ok, client, paths=("/decide",), fallback=rules)
    direct(client, "block", slice={"region": "north"})
    assert ask(app, None, content=body).status_code == 204
    direct(client, "block")
    assert ask(app, None, content=body).status_code == 403


async def _ok(_scope: Any, _receive: Any, send: Any) -> None:
    await send({"type": "http.response.start", "status": 204, "headers": []})
    await send({"type": "http.response.body"})


def test_a_body_that_is_too_long_is_refused(connect: Callable[..., Tocsin]) -> None:
    app = Guarded(service(0.7), connect(), paths=("/decide",), max_body_bytes=10)
    assert ask(app, {"region": "a long way to the north"}).status_code == 413


def test_attributes_and_stickiness_are_read_from_the_inputs(
    server: StandIn, connect: Callable[..., Tocsin], direct: Callable[..., None]
) -> None:
    client = connect()
    app = Guarded(
        service(0.7),
        client,
        paths=("/decide",),
        versions={"v3": service(0.9)},
        attributes=lambda inputs: {"area": inputs["region"]},
        sticky=lambda inputs: inputs["who"],
    )
    direct(client, "canary", to_version="v3", share=0.5, slice={"area": "north"})
    scores = [ask(app, {"region": "north", "who": k}).json()["score"] for k in [*range(20)] * 2]
    assert scores[:20] == scores[20:]
    assert {0.7, 0.9} == set(scores)
    assert {ask(app, {"region": "south", "who": k}).json()["score"] for k in range(5)} == {0.7}
    assert logged(server, client)[0]["attributes"] == {"area": "north"}


def test_a_directive_of_a_version_is_obeyed_by_the_application_that_is_that_version(
    server: StandIn, connect: Callable[..., Tocsin], direct: Callable[..., None]
) -> None:
    client = connect(version="v2")
    app = Guarded(service(0.7), client, paths=("/decide",), fallback=rules)
    direct(client, "fallback", of_version="v2", slice={"region": "north"})
    assert ask(app, {"region": "north"}).json() == {"prediction": "declined", "region": "north"}
    assert ask(app, {"region": "south"}).json()["score"] == 0.7
    direct(client, "fallback", of_version="v1")
    assert ask(app, {"region": "north"}).json()["score"] == 0.7
    rows = logged(server, client)
    assert [row["decided_by"] for row in rows] == ["fallback", "system", "system"]
