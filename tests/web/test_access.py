"""Who is asking."""

from datetime import timedelta

import pytest

from tests.web.cast import Stage
from tocsin.store import access
from tocsin.web.access import GRANTABLE, NOBODY, Caller, Scope, cookie_name, identify
from tocsin.web.errors import Unauthenticated


def test_scopes_are_independent() -> None:
    admin = Caller("aspen", frozenset({Scope.ADMIN}))
    assert admin.may(Scope.ADMIN)
    assert admin.may(Scope.PUBLIC)
    assert not any(admin.may(scope) for scope in GRANTABLE - {Scope.ADMIN})


@pytest.mark.parametrize("spelling", ["Bearer {}", "bearer {}", "BEARER  {} "])
def test_a_token_tells_its_holder_and_scopes(stage: Stage, spelling: str) -> None:
    shown = spelling.format(stage.tokens["reader"])
    assert identify(stage.site, shown, {}, public=False) == Caller(
        "reader", frozenset({Scope.READ})
    )


@pytest.mark.parametrize("shown", ["Bearer", "Bearer ", "Bearer tsn_nothing", "Bearer \udcff"])
def test_a_token_that_opens_nothing_is_refused_but_harmless_in_public(
    stage: Stage, shown: str
) -> None:
    with_space = shown if " " in shown else shown + " "
    with pytest.raises(Unauthenticated):
        identify(stage.site, with_space, {}, public=False)
    assert identify(stage.site, with_space, {}, public=True) is NOBODY


@pytest.mark.parametrize("shown", ["", "Basic YWRhOnB3", "tsn_bare"])
def test_who_shows_no_token_is_nobody(stage: Stage, shown: str) -> None:
    assert identify(stage.site, shown, {}, public=False) is NOBODY


def test_a_revoked_or_expired_token_opens_nothing(stage: Stage) -> None:
    with stage.site.database.unit("test", stage.watch()) as unit:
        token, secret = access.make_token(unit, "ci", ["read"], stage.watch() + timedelta(hours=1))
    assert stage.client.get("/v1/systems", headers=bearer(secret)).status_code == 200
    stage.watch.forward(timedelta(hours=1))
    assert stage.client.get("/v1/systems", headers=bearer(secret)).status_code == 401
    stage.watch.forward(timedelta(hours=-1))
    with stage.site.database.unit("test", stage.watch()) as unit:
        access.revoke(unit, token.id)
    assert stage.client.get("/v1/systems", headers=bearer(secret)).status_code == 401


def test_using_a_token_is_noted_once_an_hour(stage: Stage) -> None:
    def used() -> object:
        with stage.site.database.reading() as conn:
            return next(t for t in access.tokens(conn) if t.name == "reader").last_used_at

    stage.ask("reader", "GET", "/v1/systems")
    first = used()
    assert first == stage.watch()
    stage.watch.forward(timedelta(minutes=59))
    stage.ask("reader", "GET", "/v1/systems")
    assert used() == first
    stage.watch.forward(timedelta(minutes=1))
    stage.ask("reader", "GET", "/v1/systems")
    assert used() == stage.watch()


def test_a_session_ends_when_its_time_is_over(stage: Stage) -> None:
    stage.sign_in("aspen")
    assert stage.client.get("/v1/systems").status_code == 200
    stage.watch.forward(stage.site.session)
    assert stage.client.get("/v1/systems").status_code == 401


def test_the_cookie_is_bound_to_the_host_where_there_is_https(stage: Stage) -> None:
    assert cookie_name(stage.site) == "tocsin"


def bearer(secret: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {secret}"}
