"""Asking the servers behind the gateway: one connection pool, a time budget for every answer."""

import asyncio
import ssl
from collections.abc import AsyncGenerator
from types import TracebackType
from typing import Self

import httpx

from tocsin.base.errors import BadInput
from tocsin.gateway.ask import JSON
from tocsin.gateway.wire import Call, Reply, back

CONNECT_S = 2.0
KEPT_S = 4.0
"""Connections rest for less than servers keep them (uvicorn: 5 s), so that none ends unseen."""
WHOLE_BYTES = 4 * 1024 * 1024
"""An answer up to this size is passed on only once it is whole, so that a broken one never is."""
_WHOLE = (JSON, "application/octet-stream")


class Failed(Exception):  # noqa: N818 - a state of the server
    """A server did not answer, or said that it failed; `reply` is what it said, if anything."""

    def __init__(self, why: str, reply: Reply | None = None) -> None:
        super().__init__(why)
        self.why, self.reply = why, reply


def trusting(ca_file: str) -> ssl.SSLContext | None:
    """Return a context that trusts the authority in `ca_file` beside the public ones; None without.

    Raises:
        BadInput: it is no readable file of certificates.
    """
    if not ca_file:
        return None
    context = httpx.create_ssl_context(trust_env=False)
    try:
        context.load_verify_locations(cafile=ca_file)
    except (OSError, ssl.SSLError) as error:
        raise BadInput(
            f"{ca_file} cannot be used: {getattr(error, 'strerror', None) or type(error).__name__}",
            where="ca_file",
            do="name a file of certificates in PEM form",
        ) from None
    return context


class Relay:
    """Connections to every server.  Shadow copies have a relay of their own."""

    def __init__(self, *, connections: int = 1000, trust: ssl.SSLContext | None = None) -> None:
        self._http = httpx.AsyncClient(
            limits=httpx.Limits(
                max_connections=connections,
                max_keepalive_connections=connections,
                keepalive_expiry=KEPT_S,
            ),
            verify=trust or True,
            trust_env=False,
            follow_redirects=False,
        )
        # the client adds headers of its own where a call has none of the name
        self._http.headers.clear()

    async def ask(
        self, address: str, call: Call, body: bytes, timeout_s: float, *, guarded: bool
    ) -> Reply:
        """Return what the server at `address` answers.

        Args:
            address: of the server.
            call: what to ask.
            body: instead of the call's own.
            timeout_s: until the answer is whole, or a stream begins; then between two pieces.
            guarded: the answer is to be read: not compressed, and whole before it is passed on.

        Raises:
            Failed: no answer, none in time, or 5xx to a guarded call.
        """
        request = self._http.build_request(
            call.method,
            address + call.target,
            headers=call.onward(plain=guarded, rebuilt=body is not call.body),
            content=body or None,
            timeout=httpx.Timeout(timeout_s, connect=min(CONNECT_S, timeout_s)),
        )
        try:
            async with asyncio.timeout(timeout_s):
                response = await self._http.send(request, stream=True)
                try:
                    reply = await self._begun(response, whole=guarded)
                except BaseException:
                    await response.aclose()
                    raise
        except (httpx.HTTPError, httpx.InvalidURL, TimeoutError, OSError) as error:
            raise Failed(type(error).__name__) from None
        if guarded and reply.status >= 500:
            raise Failed(f"HTTP {reply.status}", reply)
        return reply

    async def _begun(self, response: httpx.Response, *, whole: bool) -> Reply:
        kind = response.headers.get("content-type", "").partition(";")[0].strip().lower()
        rest = _rest(response)
        if not whole or (kind not in _WHOLE and response.status_code < 400):
            headers = back(response.headers.raw, length=True)
            return Reply(response.status_code, headers, rest=rest)
        head: list[bytes] = []
        size = 0
        async for piece in rest:
            head.append(piece)
            size += len(piece)
            if size > WHOLE_BYTES:
                headers = back(response.headers.raw, length=True)
                return Reply(response.status_code, headers, b"".join(head), rest)
        headers = back(response.headers.raw, length=False)
        headers.append((b"content-length", str(size).encode()))
        return Reply(response.status_code, headers, b"".join(head))

    async def __aenter__(self) -> Self:
        """Return the relay."""
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Close every connection."""
        await self._http.aclose()


async def _rest(response: httpx.Response) -> AsyncGenerator[bytes]:
    """Yield the body as it comes, exactly as it was sent; the connection is given back after it."""
    try:
        async for piece in response.aiter_raw():
            yield piece
    finally:
        await response.aclose()
