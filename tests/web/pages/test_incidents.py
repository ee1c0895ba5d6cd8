from tests.web.cast import Stage
from tests.web.pages.reading import Page
from tocsin.store import incidents


def test_open_and_past_incidents_are_listed_apart(bad_day: Stage) -> None:
    page = Page(bad_day.client.get("/incidents").text)
    assert page.text("h1") == "1 incident is open."
    assert "INC-2" in page.text("open")
    assert "INC-1" in page.text("over")


def test_a_search_shows_what_it_found(bad_day: Stage) -> None:
    page = Page(bad_day.client.get("/incidents", params={"q": "partner"}).text)
    assert page.text("h1") == "1 incident found for “partner”."
    assert "loan-approval" in Page(bad_day.client.get("/incidents?q=loan").text).text("systems")


def test_what_is_searched_for_is_never_markup(bad_day: Stage) -> None:
    html = bad_day.client.get("/incidents", params={"q": "<script>alert(1)</script>"}).text
    assert "<script>alert" not in html


def test_a_person_declares_an_incident_and_stands_in_its_room(stage: Stage) -> None:
    csrf = stage.sign_in("oncall")
    form = {"csrf": csrf, "system": "loans", "title": "Wrong denials", "severity": "SEV1"}
    answer = stage.client.post("/do/incidents", data=form)
    assert answer.url.path == "/incidents/1"
    assert Page(answer.text).text("h1").endswith("Wrong denials")
    with stage.site.database.reading() as conn:
        assert incidents.get(conn, 1).severity.name == "SEV1"


def test_a_severity_that_does_not_exist_is_refused_in_words(stage: Stage) -> None:
    csrf = stage.sign_in("oncall")
    form = {"csrf": csrf, "system": "loans", "title": "x", "severity": "SEV9"}
    answer = stage.client.post("/do/incidents", data=form, headers={"Accept": "text/html"})
    assert answer.status_code == 400
    assert "SEV9" in Page(answer.text).text("h1")
