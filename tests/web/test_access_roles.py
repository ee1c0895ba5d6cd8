"""Roles against routes: one table says who may do what, and every route is held to it."""

import re
from dataclasses import replace
from datetime import timedelta
from importlib import resources

import pytest

from tests.web.cast import Stage, client_of
from tests.web.test_urls import CLOSED, name_of, path_of
from tocsin.base.rights import SCOPES_OF, Role
from tocsin.incident.incident import Severity
from tocsin.store import access
from tocsin.web import moves
from tocsin.web.access import GRANTABLE, Scope
from tocsin.web.route import Route

MAY = {
    #                  viewer responder commander approver admin
    Scope.INGEST:      ".      .        .         .        .",
    Scope.READ:        "x      x        x         x        x",
    Scope.RESPOND:     ".      x        x         .        x",
    Scope.COMMAND:     ".      .        x         .        x",
    Scope.APPROVE:     ".      .        .         x        x",
    Scope.ADMIN:       ".      .        .         .        x",
}  # fmt: skip
CELLS = [
    (scope, role, cell == "x")
    for scope, row in MAY.items()
    for role, cell in zip(Role, row.split(), strict=True)
]
LINE_OF = {
    ("POST", "/v1/incidents/{incident}/acknowledge"): Scope.RESPOND,
    ("POST", "/v1/incidents/{incident}/resolve"): Scope.COMMAND,
    ("POST", "/do/incidents/{incident}/resolve"): Scope.COMMAND,
    ("POST", "/v1/silences"): Scope.RESPOND,
    ("POST", "/v1/overrides"): Scope.RESPOND,
    ("POST", "/v1/plans/{plan}/approve"): Scope.APPROVE,
    ("POST", "/do/plans/{plan}/approve"): Scope.APPROVE,
    ("POST", "/v1/tokens"): Scope.ADMIN,
    ("POST", "/v1/people/{person}/sign-out"): Scope.ADMIN,
    ("GET", "/v1/audit"): Scope.ADMIN,
    ("GET", "/on-call"): Scope.READ,
    ("GET", "/silences"): Scope.READ,
}
"""What must not slip into another line of the table."""


@pytest.fixture(scope="module")
def secrets(shared: Stage) -> dict[Role, str]:
    """Return a token of each role."""
    with shared.site.database.unit("test", shared.watch()) as unit:
        return {
            role: access.make_token(unit, role.value, scopes, None)[1]
            for role, scopes in SCOPES_OF.items()
        }


@pytest.mark.parametrize(("scope", "role", "may"), CELLS)
def test_a_role_opens_what_the_table_says(scope: Scope, role: Role, may: bool) -> None:
    assert (scope.value in SCOPES_OF[role]) == may


def test_the_table_has_every_scope_and_what_matters_stands_on_its_line() -> None:
    assert set(MAY) == GRANTABLE
    scopes = {(route.method, route.path): route.scope for route in CLOSED}
    assert {place: scopes[place] for place in LINE_OF} == LINE_OF


@pytest.mark.parametrize("route", CLOSED, ids=name_of)
def test_every_role_is_let_in_or_refused_as_the_table_says(
    shared: Stage, secrets: dict[Role, str], route: Route
) -> None:
    for scope, role, may in CELLS:
        if scope is not route.scope or (may and route.kind == "stream"):
            continue
        headers = {"Authorization": f"Bearer {secrets[role]}"}
        answer = shared.client.request(
            route.method, path_of(route), headers=headers, follow_redirects=False
        )
        refused = answer.status_code == 403 and f"scope '{route.scope.value}'" in answer.text
        if route.kind == "page":
            refused = answer.status_code == 403
        assert refused != may, (role, answer.status_code, answer.text[:200])


def test_a_responder_raises_a_severity_and_only_a_commander_lowers_it(
    stage: Stage,
) -> None:
    with stage.site.database.unit("test", stage.watch()) as unit:
        moves.declare(unit, stage.site, system="loans", title="Wrong", severity=Severity.SEV3)
        tokens = {
            role: access.make_token(unit, role.value, SCOPES_OF[role], None)[1]
            for role in (Role.RESPONDER, Role.COMMANDER)
        }

    def grade(role: Role, severity: str) -> int:
        return stage.client.post(
            "/v1/incidents/1/severity",
            json={"severity": severity, "why": "seen"},
            headers={"Authorization": f"Bearer {tokens[role]}"},
        ).status_code

    assert grade(Role.RESPONDER, "SEV2") == 200
    assert grade(Role.RESPONDER, "SEV4") == 403
    assert stage.ask("admin", "GET", "/v1/incidents/1").json()["severity"] == "SEV2"
    assert grade(Role.COMMANDER, "SEV4") == 200


def test_a_role_in_the_configuration_bounds_sessions_that_are_open_already(stage: Stage) -> None:
    stage.sign_in("aspen")
    assert stage.client.get("/v1/tokens").status_code == 200
    site = replace(stage.site, rights={"aspen": SCOPES_OF[Role.VIEWER]})
    with client_of(site) as client:
        client.cookies = stage.client.cookies
        assert client.get("/v1/incidents").status_code == 200
        assert client.get("/v1/tokens").status_code == 403


def test_a_link_opens_the_persons_role_where_nothing_else_is_said(stage: Stage) -> None:
    site = replace(stage.site, rights={"aspen": SCOPES_OF[Role.COMMANDER]})
    headers = {"Authorization": f"Bearer {stage.tokens['admin']}"}

    def link(order: dict[str, object]) -> int:
        return client.post("/v1/sign-in-links", json=order, headers=headers).status_code

    with client_of(site) as client:
        assert link({"person": "aspen"}) == 201
        assert link({"person": "briar"}) == 400
        assert link({"person": "briar", "role": "viewer"}) == 201
        assert link({"person": "briar", "role": "viewer", "scopes": ["read"]}) == 400
        assert link({"person": "briar", "role": "king"}) == 422


def test_a_token_is_made_for_a_role(stage: Stage) -> None:
    made = stage.ask("admin", "POST", "/v1/tokens", {"name": "bot", "role": "responder"})
    assert made.json()["scopes"] == ["read", "respond"]
    assert stage.ask("admin", "POST", "/v1/tokens", {"name": "bot"}).status_code == 400


def test_signing_out_everywhere_ends_every_browser_and_waiting_link(stage: Stage) -> None:
    with stage.site.database.unit("test", stage.watch()) as unit:
        _, elsewhere = access.open_session(unit, "aspen", ["read"], timedelta(hours=1))
        waiting = access.make_link(unit, "aspen", ["read"], timedelta(hours=1))
        _, other = access.open_session(unit, "briar", ["read"], timedelta(hours=1))
    csrf = stage.sign_in("aspen")
    here = stage.client.cookies["tocsin"]
    gone = stage.client.post("/sign-out-everywhere", data={"csrf": csrf}, follow_redirects=False)
    assert (gone.status_code, gone.headers["location"]) == (303, "/sign-in")
    with stage.site.database.reading() as conn:
        now = stage.watch()
        assert access.session(conn, elsewhere, now) is access.session(conn, here, now) is None
        assert access.session(conn, other, now) is not None
    assert stage.client.post("/sign-in", data={"link": waiting}).status_code == 403
    ended = stage.ask("admin", "POST", "/v1/people/briar/sign-out")
    assert ended.json() == {"ended": 1}
    assert stage.ask("admin", "POST", "/v1/people/briar/sign-out").json() == {"ended": 0}


def test_a_session_ends_by_itself(stage: Stage) -> None:
    stage.sign_in("aspen")
    stage.watch.forward(stage.site.session - timedelta(seconds=1))
    assert stage.client.get("/v1/incidents").status_code == 200
    stage.watch.forward(timedelta(seconds=1))
    assert stage.client.get("/v1/incidents").status_code == 401


def test_every_form_of_every_template_carries_the_csrf_token() -> None:
    folder = resources.files("tocsin.web") / "templates"
    forms = 0
    for place in folder.iterdir():
        files = place.iterdir() if place.is_dir() else [place]
        for file in files:
            for form in re.findall(r"<form\b.*?</form>", file.read_text("utf-8"), re.DOTALL):
                if 'method="post"' in form and 'action="/sign-in"' not in form:
                    forms += 1
                    assert "csrf()" in form, (file.name, form[:120])
    assert forms > 15
