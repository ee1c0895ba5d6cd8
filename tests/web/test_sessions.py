"""Signing in and out."""

from datetime import timedelta
from http.cookies import SimpleCookie

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.web.cast import Stage
from tocsin.base.errors import BadInput
from tocsin.store.codec import encode
from tocsin.web.sessions import grantable, local_path, sign_in_url


def link(stage: Stage) -> str:
    with stage.site.database.unit("test", stage.watch()) as unit:
        url = sign_in_url(unit, "http://localhost:8470/", "aspen")
    assert url.startswith("http://localhost:8470/sign-in?link=")
    return url.partition("link=")[2]


def post(stage: Stage, secret: str, **more: str) -> tuple[int, str, str]:
    answer = stage.client.post("/sign-in", data={"link": secret, **more}, follow_redirects=False)
    headers = answer.headers
    return answer.status_code, headers.get("location", ""), headers.get("set-cookie", "")


def test_a_link_opens_one_session_once(stage: Stage) -> None:
    secret = link(stage)
    status, where, cookie = post(stage, secret, next="/incidents/1")
    assert (status, where) == (303, "/incidents/1")
    morsel = SimpleCookie(cookie)["tocsin"]
    assert morsel["httponly"]
    assert morsel["samesite"] == "lax"
    assert not morsel["secure"]  # http on this machine
    assert secret not in cookie
    assert post(stage, secret)[0] == 403


def test_looking_at_a_link_does_not_use_it_up(stage: Stage) -> None:
    secret = link(stage)
    for _ in range(3):
        stage.client.get("/sign-in", params={"link": secret})
    assert post(stage, secret)[0] == 303


def test_a_link_waits_an_hour(stage: Stage) -> None:
    secret = link(stage)
    stage.watch.forward(timedelta(hours=1))
    assert post(stage, secret)[0] == 403


def test_another_site_cannot_sign_a_browser_in(stage: Stage) -> None:
    answer = stage.client.post(
        "/sign-in", data={"link": link(stage)}, headers={"Sec-Fetch-Site": "cross-site"}
    )
    assert answer.status_code == 403


def test_signing_out_ends_the_session_for_every_copy_of_the_cookie(stage: Stage) -> None:
    csrf = stage.sign_in("aspen")
    copy = stage.client.cookies["tocsin"]
    stage.client.post("/sign-out", data={"csrf": csrf}, follow_redirects=False)
    stage.client.cookies.clear()
    stage.client.cookies.set("tocsin", copy)
    assert stage.client.get("/v1/systems").status_code == 401


@given(st.text())
def test_next_never_leaves_this_site(path: str) -> None:
    inside = local_path(path)
    assert inside in ("/", path)
    assert inside.startswith("/")
    assert not inside.startswith(("//", "/\\"))
    assert inside.isprintable()


def test_an_administrator_makes_links_for_others(stage: Stage) -> None:
    order = {"person": "leader", "scopes": ["read", "respond"], "minutes": 5}
    answer = stage.ask("admin", "POST", "/v1/sign-in-links", order)
    assert answer.status_code == 201
    assert answer.json()["expires_at"] == str(encode(stage.watch() + timedelta(minutes=5))).replace(
        "+00:00", "Z"
    )
    assert post(stage, answer.json()["url"].partition("link=")[2])[0] == 303
    assert stage.client.get("/v1/systems").status_code == 200
    assert stage.client.get("/v1/audit").status_code == 403


@pytest.mark.parametrize("scopes", [[], ["public"], ["root"], ["read", ""]])
def test_only_known_scopes_are_given(scopes: list[str]) -> None:
    with pytest.raises(BadInput):
        grantable(scopes)
