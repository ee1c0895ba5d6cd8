from dataclasses import replace
from datetime import timedelta

import pytest

from tests.web.cast import NOW, Stage
from tests.web.pages.reading import Page
from tocsin.alert.links import sign
from tocsin.incident.command import Ask, Command, When
from tocsin.incident.incident import Role, Severity, State
from tocsin.incident.joining import FIRST, Scene, joins
from tocsin.oncall.policy import Step
from tocsin.store import commands, incidents, pages, reach
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


def test_a_right_link_and_its_button_pass_however_many_share_the_address(
    stage: Stage, page_id: str
) -> None:
    wrong = [
        stage.client.get(f"/acknowledge/{page_id}", params={"s": "guessed"}).status_code
        for _ in range(stage.site.public_per_minute + 1)
    ]
    assert wrong == [403] * stage.site.public_per_minute + [429]
    signature = sign(stage.site.secret, page_id)
    seen = [
        stage.client.get(f"/acknowledge/{page_id}", params={"s": signature})
        for _ in range(stage.site.public_per_minute + 1)
    ]
    assert {answer.status_code for answer in seen} == {200}
    (button,) = (form for form in Page(seen[-1].text).forms if page_id in form)
    for _ in range(stage.site.public_per_minute + 1):
        assert stage.client.post(button, data={"s": signature}).status_code == 200
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


def asked(stage: Stage, *, role: Role | None) -> str:
    """Return the page that asks head to join an incident that nobody has yet."""
    head = stage.site.roster.person("head")
    ask = Ask(
        role=role,
        when=When(severity=Severity.SEV2),
        steps=(Step(timedelta(0), (), people=("head",)),),
    )
    command = Command(asks=(ask,), people=(head,))
    site = replace(stage.site, command=command)
    with site.database.unit("tocsin", NOW) as unit:
        opened = moves.declare(unit, site, system="loans", title="D", severity=Severity.SEV2)
        kept = incidents.get(unit.conn, opened.id)
        scene = Scene(
            incident=kept,
            case=commands.case(unit.conn, kept, command),
            paged=(),
            asked=(),
            overrides={},
            now=NOW,
        )
        pages.add(unit, opened.id, joins(command, scene).calls)
    with site.database.reading() as conn:
        (page,) = (one for one in pages.of_incident(conn, opened.id) if one.rung >= FIRST)
    return page.id


@pytest.mark.parametrize(
    ("role", "button", "told", "taken"),
    [
        (Role.COMMANDER, "I lead", "head leads", True),
        (Role.LEGAL, "I join", "head is legal and compliance", False),
        (None, "I have read it", "head has read it", False),
    ],
)
def test_who_is_asked_to_join_answers_by_the_link(
    stage: Stage, role: Role | None, button: str, told: str, taken: bool
) -> None:
    page_id = asked(stage, role=role)
    form = {"s": sign(stage.site.secret, page_id)}
    assert button in stage.client.get(f"/acknowledge/{page_id}", params=form).text
    for _ in range(2):
        answer = stage.client.post(f"/do/pages/{page_id}/acknowledge", data=form)
        assert "head has answered at 14:05 UTC" in Page(answer.text).text("main")
    assert state(stage) is (State.ACKNOWLEDGED if taken else State.OPEN)
    with stage.site.database.reading() as conn:
        incident = incidents.get(conn, 1)
        lines = [entry.text for entry in incidents.timeline(conn, incident.id)]
        pages_left = pages.of_incident(conn, incident.id)
    assert lines.count(told) == 1
    assert role is None or incident.holders(role) == ("head",)
    waiting = [page for page in pages_left if page.acknowledged_at is None]
    assert (waiting == []) == taken


def test_nobody_joins_what_is_over(stage: Stage) -> None:
    page_id = asked(stage, role=Role.LEGAL)
    stage.ask("responder", "POST", "/v1/incidents/1/resolve", {"note": "mistake"})
    form = {"s": sign(stage.site.secret, page_id)}
    answer = stage.client.post(f"/do/pages/{page_id}/acknowledge", data=form)
    assert answer.status_code == 200
    with stage.site.database.reading() as conn:
        assert incidents.get(conn, 1).holders(Role.LEGAL) == ()
