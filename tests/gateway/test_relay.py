"""Asking the servers behind the gateway."""

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TypeVar

import pytest

from tests.certificates import draw
from tests.gateway.server import Server, running
from tocsin.base.errors import BadInput
from tocsin.gateway.relay import WHOLE_BYTES, Failed, Relay, trusting
from tocsin.gateway.wire import Call, Reply

T = TypeVar("T")
PATH = "/v1/models/loans:predict"
BODY = b'{"instances": [{"income": 700}]}'


def asked(server: Server, *, guarded: bool = True, timeout_s: float = 30.0) -> Reply:
    call = Call("POST", PATH, PATH, [(b"content-type", b"application/json")], BODY)

    async def play(relay: Relay) -> Reply:
        reply = await relay.ask(server.url, call, BODY, timeout_s, guarded=guarded)
        if reply.rest is not None:
            reply.body += b"".join([piece async for piece in reply.rest])
        return reply

    return _with_relay(play)


def _with_relay(play: Callable[[Relay], Awaitable[T]]) -> T:
    async def whole() -> T:
        async with Relay() as relay:
            return await play(relay)

    return asyncio.run(whole())


def test_a_guarded_answer_is_whole_and_any_other_comes_as_it_comes() -> None:
    server = Server()
    with running(server) as server.url:
        whole, passed = asked(server), asked(server, guarded=False)
    assert whole.rest is None
    assert passed.rest is not None
    assert whole.body == passed.body
    assert (b"content-length", str(len(whole.body)).encode()) in whole.headers
    assert sum(name == b"content-length" for name, _ in whole.headers) == 1


def test_an_answer_too_long_to_wait_for_is_passed_on_as_it_comes() -> None:
    server = Server()
    server.faults.garbage = b"x" * (WHOLE_BYTES + 100_000)
    with running(server) as server.url:
        reply = asked(server)
    assert reply.rest is not None
    assert len(reply.body) == WHOLE_BYTES + 100_000


def test_a_failure_is_told_with_what_the_server_said() -> None:
    server = Server()
    server.faults.status = 503
    with running(server) as server.url:
        with pytest.raises(Failed) as failed:
            asked(server)
        assert failed.value.reply is not None
        assert (failed.value.why, failed.value.reply.status) == ("HTTP 503", 503)
        assert asked(server, guarded=False).status == 503
        server.faults.status, server.faults.delay_s = 200, 60
        with pytest.raises(Failed, match="Timeout"):
            asked(server, timeout_s=0.3)
    with pytest.raises(Failed, match="ConnectError"):
        asked(server)


def test_no_header_is_sent_that_the_caller_did_not_send() -> None:
    server = Server()
    with running(server) as server.url:
        asked(server, guarded=False)
    assert server.headers[0].keys() == {"host", "content-length", "content-type"}


def test_a_server_whose_authority_is_named_is_trusted_and_no_other(tmp_path: Path) -> None:
    server, certificate = Server(), draw(tmp_path)
    call = Call("POST", PATH, PATH, [(b"content-type", b"application/json")], BODY)

    async def play(ca_file: str) -> int:
        async with Relay(trust=trusting(ca_file)) as relay:
            return (await relay.ask(server.url, call, BODY, 5.0, guarded=True)).status

    with running(server, certificate) as server.url:
        assert asyncio.run(play(str(certificate))) == 200
        with pytest.raises(Failed, match="ConnectError"):
            asyncio.run(play(""))


@pytest.mark.parametrize("text", [None, "no certificate"])
def test_a_file_that_is_no_authority_is_refused(tmp_path: Path, text: str | None) -> None:
    file = tmp_path / "ca.pem"
    if text is not None:
        file.write_text(text)
    with pytest.raises(BadInput, match=r"ca\.pem cannot be used"):
        trusting(str(file))
