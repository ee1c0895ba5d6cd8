"""The door of every route, before its endpoint or body parser is reached; in this order.

    rate → caller → scope → body budget and bound → same origin → CSRF → endpoint

Links that we signed are not counted by the first.
A `GuardedRoute` is the only kind of route that `asgi` mounts, and it cannot be made without a
scope; that every route is guarded is therefore a matter of construction.
"""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import logging
import secrets
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from typing import Any, Literal
from urllib.parse import urlsplit

from fastapi import Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.routing import APIRoute
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from typing_extensions import override

from tocsin.base.errors import Forbidden, TocsinError
from tocsin.web import errors
from tocsin.web.access import NOBODY, Caller, Scope, identify
from tocsin.web.budget import Share
from tocsin.web.site import Site, site_of

log = logging.getLogger(__name__)

SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
BODY_WITHIN_S = 60.0
"""Longest time that a body may take to arrive; whoever dawdles holds memory that others need."""
FORM_TYPES = ("application/x-www-form-urlencoded", "multipart/form-data")
Answering = Callable[[Request], Coroutine[Any, Any, Response]]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Guard:
    """What one route demands, of every site alike."""

    scope: Scope
    kind: Literal["json", "page", "stream", "text"]
    body_bytes: int
    limited: bool = False
    """Whether one address may come only so often: of public routes that cost something."""
    per_minute: int = 0
    """How often, where it is not as often as the site says."""
    signed: Callable[[bytes, str, str], bool] | None = None
    """Whether a link with this id and `?s=…` is one that we signed; such are not counted."""
    for_all_alike: bool = False
    """Whether nobody is asked who they are, so that the answer needs no database."""

    async def admit(self, request: Request) -> None:
        """Let the request through with its caller on `request.state`, or raise.

        Raises:
            TooMany: the address came too often, or other bodies fill the memory set aside.
            Unauthenticated: nobody is known, or the token is not valid.
            Forbidden: the caller lacks the scope, or the form did not come from our own page.
            TooLarge: the body is too long.
        """
        site = site_of(request)
        address = request.client.host if request.client else ""
        if self.limited and not self._ours(request, site):
            often = self.per_minute or site.public_per_minute
            site.limits.of(self, often).take(address, site.clock())
        caller = NOBODY if self.for_all_alike else await self._caller(request, site)
        if not caller.may(self.scope):
            if caller is NOBODY:
                raise errors.Unauthenticated("this needs a token or a signed-in session")
            raise Forbidden(f"this needs the scope {self.scope.value!r}")
        request.state.caller = caller
        request.state.known = bool(caller.scopes)
        if request.method not in SAFE_METHODS:
            body = await self._body(request)
            request.state.digest = hashlib.sha256(body).hexdigest()
            if caller.csrf or (caller is NOBODY and self.kind == "page"):
                refuse_other_origins(request)
            if caller.csrf:
                await check_csrf(request, caller)

    def _ours(self, request: Request, site: Site) -> bool:
        if self.signed is None:
            return False
        (id_,) = request.path_params.values()
        return self.signed(site.secret, id_, request.query_params.get("s", ""))

    async def _caller(self, request: Request, site: Site) -> Caller:
        return await run_in_threadpool(
            identify,
            site,
            request.headers.get("authorization", ""),
            request.cookies,
            public=self.scope is Scope.PUBLIC,
        )

    async def _body(self, request: Request) -> bytes:
        try:
            async with asyncio.timeout(BODY_WITHIN_S):
                if self.scope is not Scope.INGEST:
                    return await bounded_body(request, self.body_bytes)
                # such bodies are large: all of them together hold so many bytes at most
                request.state.share = share = Share(site_of(request).ingest_bytes)
                return await budgeted_body(request, self.body_bytes, share)
        except TimeoutError:
            raise HTTPException(408, f"the body took longer than {BODY_WITHIN_S:.0f} s") from None


async def budgeted_body(request: Request, limit_bytes: int, share: Share) -> bytes:
    """Read the body as `bounded_body` does, after its bytes were taken from the budget.

    Raises:
        TooLarge: it is longer than `limit_bytes`.
        TooMany: other bodies hold the memory.
    """
    size_bytes = said_bytes(request, limit_bytes)
    try:
        share.take(limit_bytes if size_bytes is None else size_bytes)
    except errors.TooMany:
        async for _ in request.stream():  # thrown away; unread, it would cut off our answer
            pass
        raise
    return await bounded_body(request, limit_bytes)


def said_bytes(request: Request, limit_bytes: int) -> int | None:
    """Return the body's length as its sender says it; None where that is not said.

    Raises:
        TooLarge: it is longer than `limit_bytes`.
    """
    said = request.headers.get("content-length", "")
    if not said.isdecimal():
        return None
    if int(said) > limit_bytes:
        raise errors.TooLarge(f"a body of {said} bytes; this route takes {limit_bytes}")
    return int(said)


async def bounded_body(request: Request, limit_bytes: int) -> bytes:
    """Read the whole body, which the request keeps for whoever reads it next.

    Raises:
        TooLarge: it is longer than `limit_bytes`, said or found.
    """
    said_bytes(request, limit_bytes)
    chunks: list[bytes] = []
    length = 0
    async for chunk in request.stream():
        length += len(chunk)
        if length > limit_bytes:
            raise errors.TooLarge(f"the body is longer than the {limit_bytes} bytes taken here")
        chunks.append(chunk)
    body = b"".join(chunks)
    # Starlette's own cache: `body()`, `json()` and `form()` read it instead of the spent stream.
    request._body = body  # noqa: SLF001  # pyright: ignore[reportPrivateUsage]
    return body


def refuse_other_origins(request: Request) -> None:
    """Refuse what another site's page made the browser send.

    Raises:
        Forbidden: the browser says that the request comes from elsewhere.
    """
    site = request.headers.get("sec-fetch-site", "same-origin")
    origin = request.headers.get("origin", "")
    host = request.headers.get("host", "")
    if site not in ("same-origin", "none") or (origin and urlsplit(origin).netloc != host):
        raise Forbidden("this came from another site's page")


async def check_csrf(request: Request, caller: Caller) -> None:
    """Ask a cookie's bearer to show that our own page sent this.

    Raises:
        Forbidden: neither the header `X-CSRF-Token` nor the form field `csrf` holds the token.
    """
    shown = request.headers.get("x-csrf-token", "")
    if not shown and request.headers.get("content-type", "").startswith(FORM_TYPES):
        field = (await request.form()).get("csrf", "")
        shown = field if isinstance(field, str) else ""
    if not hmac.compare_digest(shown.encode(), caller.csrf.encode()):
        raise Forbidden("the form is out of date; reload the page and send it again")


class GuardedRoute(APIRoute):
    """A route that asks its guard first, and answers faults of our own with an id alone."""

    def __init__(self, path: str, endpoint: Callable[..., Any], guard: Guard, **facts: Any) -> None:  # noqa: ANN401 - passed to FastAPI as they are
        self.guard = guard
        super().__init__(path, endpoint, **facts)

    @override
    def get_route_handler(self) -> Answering:
        answer = super().get_route_handler()
        guard = self.guard

        async def guarded(request: Request) -> Response:
            try:
                await guard.admit(request)
                return await answer(request)
            except (TocsinError, HTTPException, RequestValidationError):
                raise
            except Exception as error:  # noqa: BLE001 - logged under an id; the caller gets the id
                return errors.unexpected(request, error, f"fault_{secrets.token_hex(6)}")
            finally:
                share: Share | None = getattr(request.state, "share", None)
                if share is not None:
                    share.close()

        return guarded
