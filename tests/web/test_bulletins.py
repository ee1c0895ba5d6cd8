"""Publishing is a person's act: on the page at once, on the timeline, and told to subscribers."""

from collections.abc import Generator
from datetime import timedelta
from pathlib import Path

import pytest

from tests.web.cast import Stage
from tests.web.public import rich, say, with_page
from tocsin.incident.subscriber import Way
from tocsin.store import audit, letters, subscribers
from tocsin.store.letters import Kind


@pytest.fixture
def public(stage: Stage, tmp_path: Path) -> Generator[Stage]:
    one = with_page(stage, tmp_path / "status")
    with one.client:
        yield one


def test_it_stands_on_the_timeline_in_the_audit_log_and_in_the_outbox(public: Stage) -> None:
    incident = rich(public)
    with public.site.database.unit("subscriber", public.watch()) as unit:
        subscribers.ask(unit, Way.MAIL, "aspen@example.org")
        (first,) = letters.claim(unit, "w", timedelta(seconds=30), 5)
        subscribers.confirm(unit, first.subscriber)
    say(public, incident, "We look into it.")
    path = f"/v1/incidents/{incident.number}"
    lines = public.ask("reader", "GET", f"{path}/timeline").json()["entries"]
    assert lines[-1]["text"] == "Status page, investigating: We look into it."
    assert lines[-1]["actor"] == "responder"
    with public.site.database.reading() as conn:
        kinds = [one.kind for one in letters.of_subscriber(conn, first.subscriber)]
        acts = [row.act.action for row in audit.recent(conn, 3)]
    assert Kind.UPDATE in kinds
    assert "bulletin.published" in acts
    said = public.ask("reader", "GET", f"{path}/bulletins").json()["bulletins"]
    assert [post["by"] for post in said[0]["posts"]] == ["responder"]


def test_the_second_word_goes_on_and_after_the_end_a_new_one_begins(public: Stage) -> None:
    incident = rich(public)
    for stage, text in (("investigating", "One."), ("resolved", "Two."), ("identified", "Three.")):
        public.watch.forward(timedelta(minutes=1))
        say(public, incident, text, stage)
    said = public.ask("reader", "GET", f"/v1/incidents/{incident.number}/bulletins").json()
    assert [len(one["posts"]) for one in said["bulletins"]] == [2, 1]


def test_left_out_it_names_what_the_incident_touches_in_neutral_words(public: Stage) -> None:
    incident = rich(public)
    path = f"/v1/incidents/{incident.number}/bulletins"
    answer = public.ask("responder", "POST", path, {"stage": "investigating", "text": "So."})
    assert answer.json()["title"] == "Disturbance of Loan applications, Northern branch"
    assert answer.json()["components"] == ["apply", "north"]
    assert answer.json()["whom"] == ""


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"stage": "investigating", "text": ""}, 422),
        ({"stage": "investigating", "text": "   "}, 400),
        ({"stage": "ended", "text": "x"}, 422),
        ({"stage": "resolved", "text": "x", "components": ["shop"]}, 400),
        ({"stage": "resolved", "text": "x" * 4001}, 422),
        ({"stage": "resolved", "text": "x", "publish": True}, 422),
    ],
)
def test_what_says_nothing_or_is_about_nothing_is_refused(
    public: Stage, body: dict[str, object], status: int
) -> None:
    path = f"/v1/incidents/{rich(public).number}/bulletins"
    assert public.ask("responder", "POST", path, body).status_code == status
    assert public.ask("reader", "GET", path).json() == {"bulletins": []}


def test_those_inside_see_systems_and_how_many_are_told(public: Stage) -> None:
    incident = rich(public)
    say(public, incident, "We look into it.")
    seen = public.ask("reader", "GET", "/v1/status").json()
    assert seen["level"] == "affected"
    assert [one["systems"] for one in seen["components"]] == [["loans"], ["loans"]]
    assert seen["open"][0]["incident"] == incident.id
    assert seen["subscribers"] == {"mail": 0, "webhook": 0}


def test_without_a_status_page_it_says_what_to_do(stage: Stage) -> None:
    answer = stage.ask("reader", "GET", "/v1/status")
    assert answer.status_code == 404
    assert "declare `status:`" in answer.json()["error"]["what"]
