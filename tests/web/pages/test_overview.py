from tests.web.cast import Stage
from tests.web.pages.reading import Page
from tocsin.web.access import Scope


def test_the_first_line_says_whether_somebody_is_needed(bad_day: Stage) -> None:
    page = Page(bad_day.client.get("/").text)
    assert page.text("answer").startswith(
        "contained: 1 system needs you. INC-2 open for 2 h 51 min"
    )
    assert "1,284 decisions" in page.text("open")
    assert "loan-approval" in page.text("systems")
    assert "Every stage is alive" in page.text("foot-note")


def test_a_site_that_watches_nothing_says_how_to_begin(stage: Stage) -> None:
    stage.sign_in("oncall")
    page = Page(stage.client.get("/").text)
    assert "nothing is being watched" in page.text("answer")


def test_a_stranger_is_sent_to_sign_in_and_a_reader_without_scope_is_told_so(stage: Stage) -> None:
    answer = stage.client.get("/", follow_redirects=False)
    assert answer.status_code in {302, 303}
    assert answer.headers["location"].startswith("/sign-in")
    stage.sign_in("service", frozenset({Scope.INGEST}))
    refused = stage.client.get("/")
    assert refused.status_code == 403
    assert "scope" in Page(refused.text).text("h1")
