"""The application: the routes of `urls`, each behind its guard, inside the layers of `headers`."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from functools import cache
from importlib.metadata import version
from pathlib import Path
from typing import Any

from fastapi import FastAPI
from starlette.staticfiles import StaticFiles

from tocsin.web import errors, headers, live
from tocsin.web.access import Scope
from tocsin.web.guard import Guard, GuardedRoute
from tocsin.web.openapi import REFUSED
from tocsin.web.route import Route
from tocsin.web.site import Site
from tocsin.web.urls import ERROR_PAGE, ROUTES

STATIC = Path(__file__).parent / "static"
REFUSALS = {
    Scope.PUBLIC: (400, 404, 422, 429),
    None: (400, 401, 403, 404, 409, 413, 415, 422, 429, 503),
}


def build(site: Site, routes: Sequence[Route] = ROUTES) -> FastAPI:
    """Return the application that serves `routes` for `site`."""

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncGenerator[None]:
        async with live.watching(site) as app.state.bell:
            yield

    app = FastAPI(
        title="Tocsin",
        version=version("tocsin"),
        summary="AI incident response: detect harm, page, contain, diagnose, learn",
        docs_url=None,
        redoc_url=None,
        openapi_url=None,
        lifespan=lifespan,
    )
    app.state.site = site
    errors.install(app, ERROR_PAGE)
    app.router.routes.extend(map(guarded, routes))
    app.mount("/static", StaticFiles(directory=STATIC, check_dir=False), name="static")
    app.add_middleware(headers.KnownHosts, hosts=headers.hosts_of([site.base_url]))
    app.add_middleware(headers.SecurityHeaders, https=site.base_url.startswith("https://"))
    return app


@cache
def guarded(route: Route) -> GuardedRoute:
    """Return `route` behind a guard of its own, described for the OpenAPI file.

    It knows no site, so applications share it: what it is made of is found out slowly.
    """
    extra: dict[str, Any] = {}
    if route.kind == "json" and route.scope is not Scope.PUBLIC:
        extra["security"] = [{"bearer": [route.scope.value]}]
    if route.takes:
        rows = {kind: {"schema": {"type": "string", "format": "binary"}} for kind in route.takes}
        extra["requestBody"] = {"required": True, "content": rows}
    refusals = REFUSALS.get(route.scope, REFUSALS[None])
    own: dict[str, Any] = {}
    if route.gives:
        own["content"] = {kind: {"schema": {}} for kind in route.gives}
    return GuardedRoute(
        route.path,
        route.endpoint,
        Guard(
            scope=route.scope,
            kind=route.kind,
            body_bytes=route.body_bytes,
            limited=route.limited,
            per_minute=route.per_minute,
            signed=route.signed,
            for_all_alike=route.for_all_alike,
        ),
        methods=[route.method],
        status_code=route.status,
        include_in_schema=route.kind == "json",
        responses=dict.fromkeys(refusals, own or REFUSED) | ({200: own} if own else {}),
        openapi_extra=extra or None,
    )
