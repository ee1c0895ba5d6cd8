import pytest

from tests.web import story
from tests.web.cast import Stage
from tests.web.pages.reading import Page
from tests.web.people import Person, ruled
from tocsin.web.access import Scope

VIEWER = frozenset({Scope.READ})


def test_the_room_answers_what_happens_and_what_to_do(bad_day: Stage) -> None:
    page = Page(bad_day.client.get("/incidents/2").text)
    assert page.text("title") == "INC-2 Loan approvals denied in north · Tocsin"
    assert "Verify that region=north recovers." in page.text("next")
    assert "30 % of traffic" in page.text("head")
    for said in ("impact 11:00 UTC", "detected 11:14 UTC after 14 min", "recovered not yet"):
        assert said in page.text("moments")


def test_the_context_holds_reach_suspects_directives_and_people(bad_day: Stage) -> None:
    page = Page(bad_day.client.get("/incidents/2").text)
    assert "1,284 loan decisions about 462 of them wrong (401 to 523, 95 %)" in page.text(
        "affected"
    )
    assert "86 % Feature pipeline 311" in page.text("suspects")
    assert "Region=north goes to the fallback rules until 15:20 UTC" in page.text("directives")
    assert "acknowledged by oncall after 2 min" in page.text("people")
    assert "too low to be considered" in page.text("complaints")


def test_every_button_sends_a_form_of_this_site_with_its_csrf_token(bad_day: Stage) -> None:
    html = bad_day.client.get("/incidents/2").text
    actions = [action for action in Page(html).forms if action.startswith("/do/")]
    assert actions
    assert html.count('name="csrf"') >= len(actions)


def test_the_ledger_lists_every_decision_page_by_page(bad_day: Stage) -> None:
    first = bad_day.client.get("/incidents/2/ledger").text
    last = bad_day.client.get("/incidents/2/ledger?offset=1200").text
    assert "1,284 decisions may have been harmed" in Page(first).text("h1")
    assert "app-40000" in first
    assert "app-41283" in last


def test_the_picture_is_the_same_chart_as_svg(bad_day: Stage) -> None:
    answer = bad_day.client.get("/incidents/2/chart.svg")
    assert answer.headers["content-type"] == "image/svg+xml"
    assert "contained" in answer.text


def test_no_page_carries_a_script_or_a_style_of_its_own(bad_day: Stage) -> None:
    for path in ("/", "/incidents", "/incidents/2", "/systems/loan-approval"):
        html = bad_day.client.get(path).text
        assert " style=" not in html
        assert "<style" not in html
        assert " onclick" not in html
        assert html.count("<script") == html.count("<script src=") + html.count(
            '<script type="application/json"'
        )


def test_what_two_must_approve_says_how_far_it_has_come_and_how_to_do_it_alone(
    stage: Stage,
) -> None:
    two = ruled(stage)
    aspen, birch, viewer = Person(two, "aspen"), Person(two, "birch"), Person(two, "vi", VIEWER)
    story.declare(two)
    plan = two.ask("responder", "POST", "/v1/incidents/1/plans").json()
    assert "0 of 2 approvals" in Page(aspen.sees("/incidents/1")).text("next")
    pressed = aspen.presses(f"/do/plans/{plan['id']}/approve", hash=plan["hash"])
    assert pressed.headers["location"] == "/incidents/1#next"
    shown = birch.sees("/incidents/1")
    assert "1 of 2 approvals, by aspen" in Page(shown).text("next")
    assert "break the glass" in shown
    assert "break the glass" not in viewer.sees("/incidents/1")


def test_what_one_did_alone_stands_there_until_another_ratifies_it(stage: Stage) -> None:
    two = ruled(stage)
    aspen, birch = Person(two, "aspen"), Person(two, "birch")
    story.declare(two)
    plan = two.ask("responder", "POST", "/v1/incidents/1/plans").json()
    fields = {"hash": plan["hash"], "reason": "<b>nobody</b> is up"}
    assert aspen.presses(f"/do/plans/{plan['id']}/break-glass", **fields).status_code == 303
    shown = Page(birch.sees("/incidents/1"))
    assert "aspen put this in force alone" in shown.text("next")
    assert "<b>nobody</b> is up" in shown.text("next")
    assert birch.presses(f"/do/plans/{plan['id']}/ratify", hash=plan["hash"]).status_code == 303
    assert "alone, " not in Page(birch.sees("/incidents/1")).text("next")


@pytest.mark.parametrize(
    ("action", "undone", "queued"),
    [
        ("review", "the system decides for sex=f again", True),
        ("freeze", "new versions may go out again", False),
    ],
)
def test_revert_says_what_holds_again_and_review_links_its_queue(
    stage: Stage, action: str, undone: str, *, queued: bool
) -> None:
    story.declare(stage)
    whom = {"sex": "f"} if action == "review" else {}
    body = {"steps": [{"action": action, "slice": whom, "for": "4h"}]}
    plan = stage.ask("responder", "POST", "/v1/incidents/1/plans", body).json()
    order = {"hash": plan["hash"]}
    done = stage.ask("approver", "POST", f"/v1/plans/{plan['id']}/approve", order)
    assert done.json()["state"] == "applied", done.text
    stage.sign_in("oncall")
    html = stage.client.get("/incidents/1").text
    assert ("/queue?system=loans" in html) is queued
    assert undone in html


def test_the_form_asks_of_which_version_in_the_words_of_its_answer(stage: Stage) -> None:
    story.declare(stage)
    story.traffic(stage, version="1", hours_ago=1, women=10, everyone=20)
    csrf = stage.sign_in("aspen")
    asked = Page(stage.client.get("/incidents/1").text).text("next")
    assert "only where this version decides" in asked
    form = {"csrf": csrf, "action": "review", "slice": "sex=f", "of_version": " 1 "}
    stage.client.post("/do/incidents/1/propose", data=form)
    shown = Page(stage.client.get("/incidents/1").text).text("next")
    assert "Send sex=f to human review where version 1 would decide" in shown
    form |= {"action": "canary", "to_version": "2", "number": "0.1"}
    refused = stage.client.post("/do/incidents/1/propose", data=form)
    assert (refused.status_code, "eave the version out" in refused.text) == (400, True)
