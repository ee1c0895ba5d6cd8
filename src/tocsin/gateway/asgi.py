"""Requests and answers as an ASGI server hands them over."""

import asyncio
import json
import time
from collections.abc import Awaitable, Callable, MutableMapping
from dataclasses import dataclass
from typing import Any, TypeAlias, cast

import httpx

from tocsin.gateway.ask import JSON
from tocsin.gateway.wire import Call, Reply, written

Scope: TypeAlias = MutableMapping[str, Any]
Receive: TypeAlias = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send: TypeAlias = Callable[[MutableMapping[str, Any]], Awaitable[None]]

KEPT_BYTES = 1024 * 1024
"""How much of an answer is kept to be read for its row."""


class TooLong(Exception):  # noqa: N818 - a state of the body
    """The body is longer than the gateway takes."""


class Gone(Exception):  # noqa: N818 - a state of the caller
    """The caller left before the request was whole."""


@dataclass(frozen=True, slots=True)
class Sent:
    """What became of an answer: its beginning, when it began, and what broke it if anything."""

    kept: bytes
    first_s: float
    error: str | None = None


async def read(scope: Scope, receive: Receive, limit: int) -> Call:
    """Return the request, whole.

    Raises:
        TooLong: its body has more than `limit` bytes.
        Gone: the caller left.
    """
    pieces: list[bytes] = []
    size, more = 0, True
    while more:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise Gone
        piece = cast("bytes", message.get("body", b""))
        size += len(piece)
        if size > limit:
            raise TooLong
        pieces.append(piece)
        more = bool(message.get("more_body", False))
    raw = cast("bytes", scope.get("raw_path") or str(scope["path"]).encode())
    query = cast("bytes", scope.get("query_string", b""))
    target = raw.decode("latin-1") + (f"?{query.decode('latin-1')}" if query else "")
    headers = [(name.lower(), value) for name, value in scope["headers"]]
    return Call(str(scope["method"]), str(scope["path"]), target, headers, b"".join(pieces))


def said(status: int, what: str) -> Reply:
    """Return an answer of the gateway's own: one sentence in JSON."""
    key = "error" if status >= 400 else "status"
    return written(status, json.dumps({key: what}).encode(), JSON)


async def sent(reply: Reply, receive: Receive, send: Send) -> Sent:
    """Send an answer, a stream piece by piece as it comes.

    A stream that breaks is left without its end, so that the caller sees that it broke; one whose
    reader has left is ended on the other side, too.
    """
    await send({"type": "http.response.start", "status": reply.status, "headers": reply.headers})
    first_s = time.perf_counter()
    if reply.rest is None:
        await send({"type": "http.response.body", "body": reply.body})
        return Sent(reply.body, first_s)
    kept = bytearray(reply.body)
    if reply.body:
        await send({"type": "http.response.body", "body": reply.body, "more_body": True})
    left = asyncio.create_task(_leaves(receive))
    begun, error = False, None
    try:
        async for piece in reply.rest:
            if not begun:
                begun, first_s = True, time.perf_counter()
            if len(kept) < KEPT_BYTES:
                kept += piece
            if left.done():
                error = "ReaderLeft"
                break
            await send({"type": "http.response.body", "body": piece, "more_body": True})
    except (httpx.HTTPError, OSError) as fault:
        error = type(fault).__name__
    finally:
        left.cancel()
        await reply.rest.aclose()
    if error is None:
        await send({"type": "http.response.body", "body": b""})
    return Sent(bytes(kept), first_s, error)


async def _leaves(receive: Receive) -> None:
    """Return once the caller has left."""
    while (await receive())["type"] != "http.disconnect":
        pass
