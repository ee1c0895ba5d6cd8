"""People over HTTP: who is reached, and test pages."""

from datetime import timedelta

from tests.oncall.roster import LEAD
from tests.web.cast import NOW, Stage
from tocsin.alert.links import sign_test
from tocsin.store import reach, testpages

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


def test_readiness_follows_from_the_button_of_the_test_alone(stage: Stage) -> None:
    def lead() -> dict[str, str]:
        everybody = stage.ask("reader", "GET", "/v1/people").json()["people"]
        assert [one["person"] for one in everybody] == list(stage.site.roster.people)
        (one,) = [one for one in everybody if one["person"] == LEAD.name]
        assert one["reached"] == any(way["verdict"] == "reached" for way in one["contacts"])
        return {way["channel"]: way["verdict"] for way in one["contacts"]}

    assert lead() == {"mail": "never tried", "hook": "never tried"}
    mail, _ = stage.ask("responder", "POST", PATH).json()["pages"]
    with stage.site.database.unit("w", NOW) as unit:
        reach.accepted(unit, LEAD.contacts[0])
        reach.failed(unit, LEAD.contacts[1], "no such number")
    form = {"s": sign_test(stage.site.secret, mail["id"])}
    stage.client.get(f"/test-pages/{mail['id']}", params=form)
    assert lead() == {"mail": "accepted", "hook": "fails"}
    stage.client.post(f"/do/test-pages/{mail['id']}/acknowledge", data=form)
    assert lead() == {"mail": "reached", "hook": "fails"}
