import pytest

from tests.web.cast import NOW, Stage
from tests.web.pages.reading import Page
from tocsin.alert.links import sign
from tocsin.incident.incident import Severity, State
from tocsin.store import incidents, pages, reach
from tocsin.web import moves


@pytest.fixture
def page_id(stage: Stage) -> str:
    """Return the first page of an incident that nobody has yet."""
    with stage.site.database.unit("tocsin", NOW) as unit:
        opened = moves.declare(
            unit, stage.site, system="loans", title="Denials", severity=Severity.SEV1
        )
    with stage.site.database.reading() as conn:
        return pages.of_incident(conn, opened.id)[0].id


def state(stage: Stage) -> State:
    with stage.site.database.reading() as conn:
        return incidents.get(conn, 1).state


def test_following_the_link_changes_nothing_and_its_button_takes_the_incident(
    stage: Stage, page_id: str
) -> None:
    signature = sign(stage.site.secret, page_id)
    path = f"/acknowledge/{page_id}"
    seen = stage.client.get(path, params={"s": signature})
    assert "I have it" in seen.text
    assert state(stage) is State.OPEN
    answer = stage.client.post(f"/do/pages/{page_id}/acknowledge", data={"s": signature})
    assert "lending has it since 14:05 UTC" in Page(answer.text).text("main")
    assert state(stage) is State.ACKNOWLEDGED
    with stage.site.database.reading() as conn:
        (reached,) = reach.of_contacts(conn, [pages.get(conn, page_id).contact])
    assert reached.acknowledged_at == NOW


def test_somebody_who_is_signed_in_takes_it_by_the_same_button(stage: Stage, page_id: str) -> None:
    csrf = stage.sign_in("oncall")
    signature = sign(stage.site.secret, page_id)
    assert csrf in stage.client.get(f"/acknowledge/{page_id}", params={"s": signature}).text
    form = {"s": signature, "csrf": csrf}
    assert stage.client.post(f"/do/pages/{page_id}/acknowledge", data=form).status_code == 200
    assert state(stage) is State.ACKNOWLEDGED


def test_taking_it_twice_is_harmless(stage: Stage, page_id: str) -> None:
    form = {"s": sign(stage.site.secret, page_id)}
    for _ in range(2):
        assert stage.client.post(f"/do/pages/{page_id}/acknowledge", data=form).status_code == 200


@pytest.mark.parametrize("signature", ["", "0" * 32, "é"])
def test_a_link_that_is_not_ours_shows_and_takes_nothing(
    stage: Stage, page_id: str, signature: str
) -> None:
    seen = stage.client.get(f"/acknowledge/{page_id}", params={"s": signature})
    assert seen.status_code == 403
    assert "Denials" not in seen.text
    sent = stage.client.post(f"/do/pages/{page_id}/acknowledge", data={"s": signature})
    assert sent.status_code in {403, 422}
    assert state(stage) is State.OPEN
