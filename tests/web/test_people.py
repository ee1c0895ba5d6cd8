"""Test pages over HTTP."""

from datetime import timedelta

from tests.web.cast import NOW, Stage
from tocsin.store import testpages

PATH = "/v1/people/lending-lead/test-pages"


def test_a_test_page_is_asked_for_once_per_key_and_listed(stage: Stage) -> None:
    head = {"Idempotency-Key": "k"}
    made = stage.ask("responder", "POST", PATH, headers=head)
    assert made.status_code == 201
    pages = made.json()["pages"]
    assert [(one["channel"], one["state"], one["asked_by"]) for one in pages] == [
        ("mail", "due", "responder"),
        ("hook", "due", "responder"),
    ]
    assert stage.ask("responder", "POST", PATH, headers=head).json() == made.json()
    assert stage.ask("responder", "POST", PATH).status_code == 409
    seen = stage.ask("reader", "GET", PATH).json()["pages"]
    assert {one["id"] for one in seen} == {one["id"] for one in pages}


def test_who_may_only_read_tests_nobody_and_strangers_are_unknown(stage: Stage) -> None:
    assert stage.ask("reader", "POST", PATH).status_code == 403
    assert stage.ask("responder", "POST", "/v1/people/x/test-pages").status_code == 404
    assert stage.ask("reader", "GET", "/v1/people/x/test-pages").status_code == 404
    with stage.site.database.reading() as conn:
        assert not testpages.due(conn, NOW + timedelta(days=1))
