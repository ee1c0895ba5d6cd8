"""From the room a person publishes; the inside page says what is not published and what lags."""

from collections.abc import Generator
from datetime import timedelta
from pathlib import Path

import pytest

from tests.web.cast import Stage
from tests.web.public import rich, say, with_page
from tocsin.web.access import Scope


@pytest.fixture
def public(stage: Stage, tmp_path: Path) -> Generator[Stage]:
    one = with_page(stage, tmp_path / "status")
    with one.client:
        yield one


def test_a_form_in_the_room_publishes_in_words_of_a_person(public: Stage) -> None:
    incident = rich(public)
    csrf = public.sign_in("oncall")
    room = public.client.get(f"/incidents/{incident.number}").text
    assert "Not published: the public is told nothing." in room
    assert 'value="women who apply"' in room
    assert 'value="Disturbance of Loan applications, Northern branch"' in room
    form = {
        "csrf": csrf,
        "stage": "investigating",
        "level": "degraded",
        "title": "Slow answers",
        "components": ["north"],
        "whom": "",
        "text": "We look into it.",
    }
    act = f"/do/incidents/{incident.number}/bulletin"
    after = public.client.post(act, data=form)
    assert "The public reads: investigating." in after.text
    public.watch.forward(timedelta(seconds=6))
    page = public.client.get("/status").text
    assert "Northern branch works worse than usual." in page
    more = {"csrf": csrf, "stage": "resolved", "level": "degraded", "text": "It is over."}
    again = public.client.post(act, data=more).text
    assert "The page says that it is over, and the incident is not resolved." in again


def test_who_may_only_read_sees_it_and_cannot_press(public: Stage) -> None:
    incident = rich(public)
    csrf = public.sign_in("reader", frozenset({Scope.READ}))
    assert public.client.get(f"/incidents/{incident.number}").status_code == 200
    form = {"csrf": csrf, "stage": "investigating", "text": "x"}
    answer = public.client.post(f"/do/incidents/{incident.number}/bulletin", data=form)
    assert answer.status_code == 403


def test_the_inside_page_tells_what_the_public_is_not_told(public: Stage) -> None:
    incident = rich(public)
    public.sign_in("oncall")
    page = public.client.get("/status/inside").text
    assert "1 open incident is not published." in page
    assert "retrain v21" in page
    say(public, incident, "We look into it.")
    page = public.client.get("/status/inside").text
    assert "Every open incident is published." in page
    note = {"note": "all put right"}
    public.ask("responder", "POST", f"/v1/incidents/{incident.number}/resolve", note)
    page = public.client.get("/status/inside").text
    assert "the incident is resolved, the page says it goes on" in page
    room = public.client.get(f"/incidents/{incident.number}").text
    assert "The incident is resolved, and the page still says that it goes on." in room


def test_a_stranger_does_not_see_it(public: Stage) -> None:
    answer = public.client.get("/status/inside", follow_redirects=False)
    assert answer.status_code == 303
    assert answer.headers["location"] == "/sign-in?next=%2Fstatus%2Finside"


def test_a_room_without_a_status_page_has_no_panel(stage: Stage) -> None:
    incident = rich(stage)
    stage.sign_in("oncall")
    assert "Status page" not in stage.client.get(f"/incidents/{incident.number}").text
    assert stage.client.get("/status/inside").status_code == 404
