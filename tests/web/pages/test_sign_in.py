import httpx

from tests.web.cast import Stage
from tests.web.pages.reading import Page
from tocsin.store import access
from tocsin.web import sessions


def test_looking_at_a_link_does_not_use_it_up_but_its_button_does(stage: Stage) -> None:
    with stage.site.database.unit("test", stage.watch()) as unit:
        url = sessions.sign_in_url(unit, stage.site.base_url, "oncall")
    secret = httpx.URL(url).params["link"]
    for _ in range(2):
        page = Page(stage.client.get("/sign-in", params={"link": secret}).text)
        assert page.text("h1") == "Sign in to Tocsin"
    answer = stage.client.post("/sign-in", data={"link": secret, "next": "/incidents"})
    assert answer.url.path == "/incidents"
    with stage.site.database.reading() as conn:
        assert access.session(conn, stage.client.cookies["tocsin"], stage.watch()) is not None


def test_who_is_signed_in_already_can_sign_in_again(stage: Stage) -> None:
    csrf = stage.sign_in("oncall")
    with stage.site.database.unit("test", stage.watch()) as unit:
        url = sessions.sign_in_url(unit, stage.site.base_url, "deputy")
    link = httpx.URL(url).params["link"]
    assert csrf in stage.client.get("/sign-in", params={"link": link}).text
    answer = stage.client.post("/sign-in", data={"link": link, "csrf": csrf})
    assert "deputy" in answer.text


def test_without_a_link_the_page_says_where_to_get_one(stage: Stage) -> None:
    page = Page(stage.client.get("/sign-in").text)
    assert page.text("h1") == "You need a sign-in link"


def test_the_way_back_never_leads_to_another_site(stage: Stage) -> None:
    html = stage.client.get("/sign-in", params={"next": "//evil.example/x"}).text
    assert "evil.example" not in html
