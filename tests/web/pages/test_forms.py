"""The forms of the incident room, as a browser sends them."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from tests.store import examples
from tests.web.cast import NOW, Stage
from tests.web.pages.reading import Page
from tocsin.contain.directive import Action
from tocsin.contain.plan import PlanState
from tocsin.incident.incident import Severity, State
from tocsin.store import containment, incidents
from tocsin.web import moves
from tocsin.web.access import Scope

Send = Callable[..., Page]


@pytest.fixture
def send(stage: Stage) -> Send:
    """Return how oncall sends a form, in a site with one open incident."""
    with stage.site.database.unit("tocsin", NOW) as unit:
        moves.declare(unit, stage.site, system="loans", title="Denials", severity=Severity.SEV2)
    csrf = stage.sign_in("oncall")

    def post(path: str, **fields: str) -> Page:
        answer = stage.client.post(path, data={"csrf": csrf, **fields})
        assert answer.status_code == 200, answer.text
        return Page(answer.text)

    return post


def test_acknowledging_stops_paging_and_shows_who_leads(stage: Stage, send: Send) -> None:
    page = send("/do/incidents/1/acknowledge")
    assert "Commander: oncall" in page.text("roles")
    with stage.site.database.reading() as conn:
        assert incidents.get(conn, 1).state is State.ACKNOWLEDGED


def test_a_note_is_the_newest_line_and_is_shown_as_written(send: Send) -> None:
    page = send("/do/incidents/1/note", text="  <b>income</b> is wrong\n")
    assert "<b>income</b> is wrong" in page.text("entries")


def test_handing_over_and_resolving_are_told_on_the_page(send: Send) -> None:
    assert "Commander: deputy" in send("/do/incidents/1/assign", to="deputy").text("roles")
    over = send("/do/incidents/1/resolve", note="feed repaired")
    assert "This incident is over" in over.text("next")
    assert "What was learnt" in over.text("review")


def test_a_plan_is_proposed_read_approved_by_its_hash_and_reverted(
    stage: Stage, send: Send
) -> None:
    page = send(
        "/do/incidents/1/propose",
        **{"action": "review", "slice": "sex=f", "for": "2h", "to_version": ""},
    )
    assert "Send sex=f to human review" in page.text("next")
    with stage.site.database.reading() as conn:
        plan = containment.plans(conn, incidents.get(conn, 1).id)[0].plan
    page = send(f"/do/plans/{plan.id}/approve", hash=plan.hash)
    assert "Sex=f goes to human review" in page.text("directives")
    page = send(f"/do/plans/{plan.id}/revert")
    assert "Nothing: the system decides by itself" in page.text("directives")
    with stage.site.database.reading() as conn:
        assert containment.plan(conn, plan.id).state is PlanState.REVERTED


def test_the_playbook_plans_when_the_form_names_no_action(send: Send) -> None:
    page = send("/do/incidents/1/propose")
    assert "Send everyone to human review" in page.text("next")


def test_withdrawing_takes_the_proposal_off_the_page(stage: Stage, send: Send) -> None:
    send("/do/incidents/1/propose")
    with stage.site.database.reading() as conn:
        plan = containment.plans(conn, incidents.get(conn, 1).id)[0].plan
    assert "Send everyone" not in send(f"/do/plans/{plan.id}/withdraw").text("next")


def test_a_changed_hash_approves_nothing(stage: Stage, send: Send) -> None:
    send("/do/incidents/1/propose")
    with stage.site.database.reading() as conn:
        plan = containment.plans(conn, incidents.get(conn, 1).id)[0].plan
    stage.client.cookies.clear()
    csrf = stage.sign_in("oncall")
    answer = stage.client.post(
        f"/do/plans/{plan.id}/approve", data={"csrf": csrf, "hash": "0" * 64}
    )
    assert answer.status_code == 409
    with stage.site.database.reading() as conn:
        assert containment.in_force(conn, "loans", NOW) == []


def test_who_may_not_approve_sees_the_button_disabled_and_the_scope_named(
    stage: Stage, send: Send
) -> None:
    send("/do/incidents/1/propose")
    stage.client.cookies.clear()
    stage.sign_in("reader", frozenset({Scope.READ, Scope.RESPOND}))
    html = stage.client.get("/incidents/1").text
    assert "you need the scope “approve”" in html


def test_a_share_and_a_threshold_are_read_from_one_field(send: Send) -> None:
    form = {"slice": "sex=f", "for": "2h", "number": "0.2"}
    page = send("/do/incidents/1/propose", **form, action="canary", to_version="2")
    assert "Decide 20 % of sex=f with version 2" in page.text("next")
    assert "seen to harm" not in page.text("next").split("Plan something else")[0]


def test_a_canary_may_be_told_to_stop_by_itself(send: Send) -> None:
    form = {"slice": "sex=f", "number": "0.2", "on_abort": "stop"}
    page = send("/do/incidents/1/propose", **form, action="canary", to_version="2")
    assert "or until it is seen to harm somebody" in page.text("next")


def test_a_threshold_is_moved_from_the_form(send: Send) -> None:
    form = {"slice": "sex=f", "for": "2h", "number": "0.7"}
    page = send("/do/incidents/1/propose", **form, action="threshold")
    assert "Say yes to sex=f from a score of 0.7 on" in page.text("next")


def test_a_kill_switch_needs_no_slice_taken_out_by_hand(send: Send) -> None:
    page = send("/do/incidents/1/propose", action="kill", slice="sex=f")
    assert "Let nobody decide anything, whatever else is in force" in page.text("next")


def test_one_click_says_what_sort_of_failure_it_is(send: Send) -> None:
    page = send("/do/incidents/1/failure", failure="vendor")
    said = page.text("playbook")
    assert "A model that somebody else runs changed" in said
    assert "Taken for a failure of the sort “vendor”" in said


def test_a_precondition_that_does_not_hold_is_shown_with_the_way_past_it(
    stage: Stage, send: Send
) -> None:
    freeze = replace(examples.directive("dir_ice"), action=Action.FREEZE)
    with stage.site.database.unit("test", stage.watch()) as unit:
        containment.add_directives(unit, [freeze])
    form = {"action": "canary", "to_version": "9", "number": "0.1", "for": "2h"}
    said = send("/do/incidents/1/propose", **form).text("next")
    assert "does not hold: releases are frozen until" in said
    assert "beware: version 9 has never decided here" in said
    assert "break the glass" in said
    with stage.site.database.reading() as conn:
        plan = containment.plans(conn, incidents.get(conn, 1).id)[0].plan
    reason = {"hash": plan.hash, "reason": "it starts at dawn"}
    page = send(f"/do/plans/{plan.id}/break-glass", **reason)
    assert "Passed over: releases are frozen" in page.text("timeline")


def test_a_plan_may_be_about_the_decisions_of_one_version(send: Send) -> None:
    form = {"slice": "sex=f", "for": "2h", "of_version": " 2 "}
    page = send("/do/incidents/1/propose", **form, action="review")
    assert "Send sex=f to human review where version 2 would decide" in page.text("next")
