"""The link of a test page: looking changes nothing, its button says that it arrived."""

import pytest

from tests.oncall.roster import LEAD
from tests.web.cast import NOW, Stage
from tests.web.pages.reading import Page
from tocsin.alert.links import sign, sign_test
from tocsin.store import testpages
from tocsin.store.outbox import PageState


@pytest.fixture
def test_id(stage: Stage) -> str:
    with stage.site.database.unit("aspen", NOW) as unit:
        return testpages.add(unit, LEAD)[0].id


def state(stage: Stage, test_id: str) -> PageState:
    with stage.site.database.reading() as conn:
        return testpages.get(conn, test_id).state


def test_following_the_link_changes_nothing_and_its_button_says_it_arrived(
    stage: Stage, test_id: str
) -> None:
    signature = sign_test(stage.site.secret, test_id)
    seen = stage.client.get(f"/test-pages/{test_id}", params={"s": signature})
    assert "nobody needs to do anything" in seen.text
    assert state(stage, test_id) is PageState.DUE
    for _ in range(2):
        answer = stage.client.post(f"/do/test-pages/{test_id}/acknowledge", data={"s": signature})
        assert "It reached lending-lead at 14:05 UTC" in Page(answer.text).text("main")
    assert state(stage, test_id) is PageState.ACKNOWLEDGED


def test_a_right_link_and_its_button_are_not_counted(stage: Stage, test_id: str) -> None:
    signature = sign_test(stage.site.secret, test_id)
    seen = [
        stage.client.get(f"/test-pages/{test_id}", params={"s": signature})
        for _ in range(stage.site.public_per_minute + 1)
    ]
    assert {answer.status_code for answer in seen} == {200}
    (button,) = (form for form in Page(seen[-1].text).forms if test_id in form)
    for _ in range(stage.site.public_per_minute + 1):
        assert stage.client.post(button, data={"s": signature}).status_code == 200


def test_a_link_that_is_not_ours_shows_and_records_nothing(stage: Stage, test_id: str) -> None:
    for signature in ("", "0" * 32, sign(stage.site.secret, test_id)):
        seen = stage.client.get(f"/test-pages/{test_id}", params={"s": signature})
        assert seen.status_code == 403
        sent = stage.client.post(f"/do/test-pages/{test_id}/acknowledge", data={"s": signature})
        assert sent.status_code in {403, 422}
    assert state(stage, test_id) is PageState.DUE
