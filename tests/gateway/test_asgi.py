"""Requests and answers as an ASGI server hands them over."""

import asyncio
from collections.abc import AsyncGenerator
from typing import Any

import httpx
import pytest

from tocsin.gateway.asgi import Gone, TooLong, read, said, sent
from tocsin.gateway.wire import Reply

SCOPE: dict[str, Any] = {
    "method": "POST",
    "path": "/a b",
    "raw_path": b"/a%20b",
    "query_string": b"x=1",
    "headers": [(b"X-A", b"1")],
}


def pieces(*bodies: bytes, gone: bool = False) -> Any:
    left = [{"type": "http.request", "body": body, "more_body": True} for body in bodies]
    left.append({"type": "http.disconnect"} if gone else {"type": "http.request"})

    async def receive() -> Any:
        if left:
            return left.pop(0)
        await asyncio.Event().wait()
        raise AssertionError

    return receive


def collected() -> tuple[list[dict[str, Any]], Any]:
    out: list[dict[str, Any]] = []

    async def send(message: Any) -> None:
        out.append(message)

    return out, send


def test_a_request_is_read_whole_and_its_target_is_as_it_came() -> None:
    call = asyncio.run(read(SCOPE, pieces(b"ab", b"c"), 3))
    assert (call.target, call.path, call.body) == ("/a%20b?x=1", "/a b", b"abc")
    assert call.headers == [(b"x-a", b"1")]


def test_a_body_over_the_limit_or_cut_short_is_no_request() -> None:
    with pytest.raises(TooLong):
        asyncio.run(read(SCOPE, pieces(b"ab", b"cd"), 3))
    with pytest.raises(Gone):
        asyncio.run(read(SCOPE, pieces(b"ab", gone=True), 3))


async def words(*, broken: bool = False) -> AsyncGenerator[bytes]:
    yield b"one"
    await asyncio.sleep(0)
    yield b"two"
    if broken:
        raise httpx.ReadError("planted")


def test_a_stream_ends_only_if_it_is_whole() -> None:
    out, send = collected()
    done = asyncio.run(sent(Reply(200, [], rest=words()), pieces(), send))
    assert [m["body"] for m in out[1:]] == [b"one", b"two", b""]
    assert (done.kept, done.error, out[-1].get("more_body")) == (b"onetwo", None, None)
    out, send = collected()
    done = asyncio.run(sent(Reply(200, [], rest=words(broken=True)), pieces(b""), send))
    assert done.error == "ReadError"
    assert out[-1]["more_body"]


def test_a_stream_ends_when_its_reader_leaves() -> None:
    async def play() -> Any:
        out, send = collected()
        return await sent(Reply(200, [], rest=words()), pieces(gone=True), send), out

    done, out = asyncio.run(play())
    assert done.error == "ReaderLeft"
    assert b"two" not in [m.get("body") for m in out]


def test_a_sentence_is_an_error_from_400_on() -> None:
    assert said(200, "alive").body == b'{"status": "alive"}'
    assert said(404, "no").body == b'{"error": "no"}'
