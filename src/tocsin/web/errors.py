"""How a fault looks from outside: one JSON shape, one status per class, no internals.

    {"error": {"what": "…", "where": "…", "do": "…"}}

Pages show the same three facts; a caller without a session is sent to sign in.  Whom we do not know
is not told what of ours is away, or where it is: that stands in the log.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from http import HTTPStatus
from typing import Any, cast
from urllib.parse import quote

from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import HTMLResponse, JSONResponse, RedirectResponse
from pydantic import BaseModel
from starlette.exceptions import HTTPException

from tocsin.base.errors import (
    BadInput,
    Conflict,
    Forbidden,
    NotFound,
    TocsinError,
    Unavailable,
)

log = logging.getLogger(__name__)


class Fault(BaseModel):
    """What is wrong, where, and what to do; the last two may be empty."""

    what: str
    where: str = ""
    do: str = ""


class Refusal(BaseModel):
    """The body of every answer that is not a success."""

    error: Fault


class Unauthenticated(TocsinError):  # noqa: N818 - named for the fault, as in `base.errors`
    """We do not know who asks."""


class TooLarge(TocsinError):  # noqa: N818
    """The body is longer than this route takes."""


class UnsupportedType(TocsinError):  # noqa: N818
    """The body's format is none that this route reads."""


class TooMany(TocsinError):  # noqa: N818
    """The caller asks too often; `retry_after_s` says when to come back."""

    def __init__(self, what: str, *, retry_after_s: int) -> None:
        """Keep the wait for the header."""
        super().__init__(what)
        self.retry_after_s = retry_after_s


STATUS: tuple[tuple[type[TocsinError], HTTPStatus, str], ...] = (
    (BadInput, HTTPStatus.BAD_REQUEST, ""),
    (Unauthenticated, HTTPStatus.UNAUTHORIZED, "send Authorization: Bearer tsn_…, or sign in"),
    (Forbidden, HTTPStatus.FORBIDDEN, "ask an administrator for a token with this scope"),
    (NotFound, HTTPStatus.NOT_FOUND, ""),
    (Conflict, HTTPStatus.CONFLICT, "read it again and decide anew"),
    (TooLarge, HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "send less at once"),
    (UnsupportedType, HTTPStatus.UNSUPPORTED_MEDIA_TYPE, "set Content-Type to one of these"),
    (TooMany, HTTPStatus.TOO_MANY_REQUESTS, "wait and try again"),
    (Unavailable, HTTPStatus.SERVICE_UNAVAILABLE, "nothing was changed; try again later"),
)
"""Each class of fault, its status, and what to do where the fault itself does not say."""

AWAY = Fault(what="we cannot do this at the moment", do="nothing was changed; try again")
"""What strangers are told where something of ours is away."""

ErrorPage = Callable[[Request, int, Fault], Response]
"""Renders a fault for people; handed to `install` by `asgi`."""


def plain_page(_request: Request, status: int, fault: Fault) -> Response:
    """Return the plainest error page there is, used until templates are at hand."""
    text = ". ".join(part for part in (fault.what, fault.where, fault.do) if part)
    safe = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return HTMLResponse(
        f'<!doctype html><html lang="en"><title>{status}</title><main><p>{safe}</p></main></html>',
        status_code=status,
    )


def fault_of(error: TocsinError) -> tuple[HTTPStatus, Fault]:
    """Return the status and the words for an error that was raised on purpose.

    >>> status, fault = fault_of(BadInput("no such column", where="row 3", do="check the name"))
    >>> int(status), fault.where
    (400, 'row 3')
    """
    for kind, status, do in STATUS:
        if isinstance(error, kind):
            if isinstance(error, BadInput):
                return status, Fault(what=error.what, where=error.where, do=error.do)
            return status, Fault(what=str(error) or kind.__name__, do=do)
    return HTTPStatus.INTERNAL_SERVER_ERROR, Fault(what=str(error))


def fault_of_validation(errors: Sequence[Any]) -> Fault:
    """Return the first thing that a request's shape got wrong, and how many more there are.

    >>> fault_of_validation([{"loc": ("body", "text"), "msg": "Field required"}]).where
    'body.text'
    """
    first = errors[0]
    more = f" (and {len(errors) - 1} more)" if len(errors) > 1 else ""
    return Fault(
        what=f"{first['msg']}{more}",
        where=".".join(str(part) for part in first["loc"]),
        do="see /openapi.json for what this route takes",
    )


def wants_page(request: Request) -> bool:
    """Return whether this answer is for a person's browser: the route says, or else `Accept`."""
    guard = getattr(request.scope.get("route"), "guard", None)
    if guard is not None:
        return bool(guard.kind == "page")
    return not request.url.path.startswith("/v1/") and "text/html" in request.headers.get(
        "accept", ""
    )


def refuse(request: Request, status: int, fault: Fault) -> Response:
    """Return the answer for a fault in the form that the asker reads."""
    if not wants_page(request):
        return JSONResponse(Refusal(error=fault).model_dump(), status_code=status)
    if status == HTTPStatus.UNAUTHORIZED and request.method == "GET":
        asked = request.url.path + (f"?{request.url.query}" if request.url.query else "")
        return RedirectResponse(f"/sign-in?next={quote(asked, safe='')}", status_code=303)
    return cast("ErrorPage", request.app.state.error_page)(request, status, fault)


def unexpected(request: Request, error: Exception, incident: str) -> Response:
    """Log a fault of our own under an id and answer with that id alone."""
    log.error("%s %s failed, %s", request.method, request.url.path, incident, exc_info=error)
    return refuse(
        request,
        HTTPStatus.INTERNAL_SERVER_ERROR,
        Fault(what="something went wrong on our side", where=incident, do="look it up in the log"),
    )


async def _on_tocsin_error(request: Request, error: Exception) -> Response:
    status, fault = fault_of(cast("TocsinError", error))
    if isinstance(error, Unavailable) and not getattr(request.state, "known", False):
        log.warning("%s %s: %s", request.method, request.url.path, error)
        fault = AWAY
    answer = refuse(request, status, fault)
    if status == HTTPStatus.UNAUTHORIZED:
        answer.headers.setdefault("WWW-Authenticate", "Bearer")
    if isinstance(error, TooMany):
        answer.headers["Retry-After"] = str(error.retry_after_s)
    return answer


async def _on_validation_error(request: Request, error: Exception) -> Response:
    found = fault_of_validation(cast("RequestValidationError", error).errors())
    return refuse(request, HTTPStatus.UNPROCESSABLE_ENTITY, found)


async def _on_http_exception(request: Request, error: Exception) -> Response:
    refused = cast("HTTPException", error)
    what = refused.detail or HTTPStatus(refused.status_code).phrase
    answer = refuse(request, refused.status_code, Fault(what=what, where=request.url.path))
    answer.headers.update(refused.headers or {})
    return answer


def install(app: FastAPI, error_page: ErrorPage = plain_page) -> None:
    """Make `app` answer every fault in these words; guards catch the unexpected ones."""
    app.state.error_page = error_page
    app.add_exception_handler(TocsinError, _on_tocsin_error)
    app.add_exception_handler(RequestValidationError, _on_validation_error)
    app.add_exception_handler(HTTPException, _on_http_exception)
