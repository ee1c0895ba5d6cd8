"""The forms of the room's command panel, as a browser sends them."""

from tests.web import story
from tests.web.cast import Stage
from tests.web.pages.test_forms import Send
from tests.web.pages.test_forms import send as send  # noqa: PLC0414 - the fixture


def test_a_role_is_given_handed_over_and_left(stage: Stage, send: Send) -> None:
    page = send("/do/incidents/1/role", role="scribe", to=" ada ")
    assert "Scribe: ada since" in page.text("roles")
    assert "scribe ada" in page.text("head")
    page = send("/do/incidents/1/role", role="scribe", to="ben", what="the wiki has it all")
    assert "Scribe: ben" in page.text("roles")
    assert "ben is scribe, taking over from ada, handed over by oncall: the wiki" in page.text(
        "entries"
    )
    page = send("/do/incidents/1/leave", role="scribe", who="ben")
    assert "Scribe: ben" not in page.text("roles")
    assert "ben is no longer scribe, says oncall" in page.text("entries")
    assert stage.client.get("/incidents/1").status_code == 200


def test_a_role_that_there_is_not_is_refused(stage: Stage) -> None:
    story.declare(stage)
    csrf = stage.sign_in("oncall")
    fields = {"csrf": csrf, "role": "king", "to": "ada"}
    assert stage.client.post("/do/incidents/1/role", data=fields).status_code == 422
    fields = {"csrf": csrf, "role": "scribe", "who": "ada"}
    assert stage.client.post("/do/incidents/1/leave", data=fields).status_code == 409
