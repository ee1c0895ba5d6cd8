"""Every route of the built application asks for what it declares."""

import re
from collections.abc import Generator
from datetime import timedelta

import pytest
from fastapi.routing import APIRoute
from starlette.routing import Mount

from tests.web.cast import CAST, Stage
from tocsin.store import access
from tocsin.web.access import GRANTABLE, Scope
from tocsin.web.asgi import build
from tocsin.web.guard import SAFE_METHODS, GuardedRoute
from tocsin.web.route import Route
from tocsin.web.urls import ROUTES

OPEN_TO_ALL = {
    ("GET", "/healthz"),
    ("GET", "/readyz"),
    ("POST", "/v1/pagerduty/{channel}"),  # signed
    ("GET", "/sign-in"),
    ("POST", "/sign-in"),
    ("POST", "/sign-out"),
    ("GET", "/acknowledge/{page_id}"),
    ("POST", "/do/pages/{page_id}/acknowledge"),
    ("GET", "/test-pages/{test}"),
    ("POST", "/do/test-pages/{test}/acknowledge"),
    ("GET", "/status"),
    ("GET", "/status/status.css"),
    ("GET", "/status/status.json"),
    ("GET", "/status/atom.xml"),
    ("GET", "/status/rss.xml"),
    ("GET", "/status/subscribe"),
    ("POST", "/do/status/subscribe"),
    ("GET", "/status/confirm/{subscriber}"),
    ("POST", "/do/status/confirm/{subscriber}"),
    ("GET", "/status/unsubscribe/{subscriber}"),
    ("POST", "/status/unsubscribe/{subscriber}"),
    ("GET", "/status/report"),
    ("POST", "/do/status/report"),
    ("GET", "/status/reported/{reference}"),
}
UNLIMITED = {
    ("GET", "/healthz"): "says one word from memory; whoever balances load asks every second",
}
CLOSED = [route for route in ROUTES if route.scope is not Scope.PUBLIC]


@pytest.fixture
def signed_in(shared: Stage) -> Generator[Stage]:
    """Yield the application with an administrator's cookie in the browser."""
    with shared.site.database.unit("test", shared.watch()) as unit:
        _, secret = access.open_session(unit, "aspen", list(GRANTABLE), timedelta(hours=1))
    shared.client.cookies.set("tocsin", secret)
    yield shared
    shared.client.cookies.clear()


def path_of(route: Route) -> str:
    """Return a path that matches the route, of things that do not exist."""
    return re.sub(r"\{[^}]+\}", "nothing", route.path)


def name_of(route: Route) -> str:
    return f"{route.method} {route.path}"


def test_the_application_has_no_route_that_is_not_written_down_and_guarded(stage: Stage) -> None:
    mounted = build(stage.site).routes
    for route in mounted:
        assert isinstance(route, GuardedRoute | Mount), route
    guarded = [route for route in mounted if isinstance(route, GuardedRoute)]
    assert [route.path for route in guarded] == [route.path for route in ROUTES]
    assert [route.path for route in mounted if isinstance(route, Mount)] == ["/static"]
    for route, written in zip(guarded, ROUTES, strict=True):
        assert route.guard.scope is written.scope
        assert isinstance(route, APIRoute)
        assert route.methods == {written.method}


def test_what_is_open_to_all_is_listed_here() -> None:
    public = {(route.method, route.path) for route in ROUTES if route.scope is Scope.PUBLIC}
    assert public <= OPEN_TO_ALL


def test_what_is_open_to_all_is_limited_or_has_a_reason_not_to_be() -> None:
    public = [route for route in ROUTES if route.scope is Scope.PUBLIC]
    free = {(route.method, route.path): route for route in public if not route.limited}
    assert set(free) == set(UNLIMITED)
    for route in free.values():
        assert route.for_all_alike, f"{route.path} looks up whoever shows a token"


def test_no_method_and_path_stands_twice() -> None:
    places = [(route.method, route.path) for route in ROUTES]
    assert len(set(places)) == len(places)


@pytest.mark.parametrize("route", CLOSED, ids=name_of)
def test_a_stranger_is_turned_away(shared: Stage, route: Route) -> None:
    answer = shared.client.request(route.method, path_of(route), follow_redirects=False)
    if route.kind == "page" and route.method == "GET":
        assert answer.status_code == 303
        assert answer.headers["location"].startswith("/sign-in?next=%2F")
    else:
        assert answer.status_code == 401
        assert answer.headers["www-authenticate"] == "Bearer"


@pytest.mark.parametrize("route", CLOSED, ids=name_of)
def test_a_caller_with_every_other_scope_is_refused(shared: Stage, route: Route) -> None:
    with shared.site.database.unit("test", shared.watch()) as unit:
        others = GRANTABLE - {route.scope}
        _, secret = access.make_token(unit, "almost", [scope.value for scope in others], None)
    answer = shared.client.request(
        route.method, path_of(route), headers={"Authorization": f"Bearer {secret}"}
    )
    assert answer.status_code == 403
    assert route.scope.value in answer.text


@pytest.mark.parametrize(
    "route", [r for r in ROUTES if r.method not in SAFE_METHODS and r in CLOSED], ids=name_of
)
def test_a_cookie_alone_changes_nothing(signed_in: Stage, route: Route) -> None:
    answer = signed_in.client.request(route.method, path_of(route))
    assert answer.status_code == 403
    assert "reload the page" in answer.text
    forged = signed_in.client.request(
        route.method, path_of(route), headers={"X-CSRF-Token": "x" * 43}
    )
    assert forged.status_code == 403


def test_the_cast_covers_every_scope() -> None:
    assert frozenset().union(*CAST.values()) == GRANTABLE
