"""Merging and splitting over HTTP: no alert is lost or doubled, and no page is."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import httpx
import pytest

from tests.alert.build import finding
from tests.store.examples import NOW
from tests.web.cast import Stage
from tests.web.story import declare, known
from tocsin.alert.links import sign
from tocsin.alert.state import AlertState, StoredAlert
from tocsin.contain.approval import Approver
from tocsin.contain.directive import Action
from tocsin.detect.finding import Finding
from tocsin.incident.incident import State
from tocsin.store import alerts, incidents, pages
from tocsin.web import approvals, plans


def alarm(incident: str, region: str, system: str = "loans") -> StoredAlert:
    one: Finding = finding(slice_=f"region={region}")
    return StoredAlert(
        fingerprint=f"{system}/{one.key}",
        system=system,
        state=AlertState.FIRING,
        finding=one,
        worst=one,
        started_at=NOW,
        seen_at=NOW,
        incident=incident,
    )


def opened(stage: Stage, *regions: str, severity: str = "SEV2") -> str:
    incident = declare(stage, severity)
    with stage.site.database.unit("detect", NOW) as unit:
        alerts.save(unit, [alarm(incident, region) for region in regions])
    return incident


def act(stage: Stage, path: str, body: dict[str, Any], who: str = "responder") -> httpx.Response:
    return stage.ask(who, "POST", f"/v1/incidents/{path}", body)


def held(stage: Stage, number: int) -> list[str]:
    answer = stage.ask("reader", "GET", f"/v1/incidents/{number}/alerts").json()
    return [one["fingerprint"] for one in answer["alerts"]]


def related(stage: Stage, number: int) -> list[tuple[str, str]]:
    answer = stage.ask("reader", "GET", f"/v1/incidents/{number}/related").json()
    return [(one["says"], one["name"]) for one in answer["related"]]


def texts(stage: Stage, number: int) -> str:
    answer = stage.ask("reader", "GET", f"/v1/incidents/{number}/timeline").json()
    return "\n".join(one["text"] for one in answer["entries"])


def guarded(stage: Stage) -> None:
    with stage.site.database.reading() as conn:
        assert pages.unguarded(conn, stage.watch()) == []


def test_a_link_is_made_and_taken_back_and_both_timelines_tell_it(stage: Stage) -> None:
    declare(stage)
    declare(stage)
    order = {"other": "INC-2", "kind": "caused_by"}
    assert act(stage, "1/links", order).status_code == 201
    assert act(stage, "1/links", order).status_code == 201
    assert related(stage, 1) == [("was caused by", "INC-2")]
    assert related(stage, 2) == [("caused", "INC-1")]
    (link,) = stage.ask("reader", "GET", "/v1/incidents/2/related").json()["related"]
    assert act(stage, f"2/links/{link['id']}/remove", {}).status_code == 200
    assert related(stage, 1) == []
    assert act(stage, f"2/links/{link['id']}/remove", {}).status_code == 404
    for number in (1, 2):
        assert texts(stage, number).count("caused") == 2
        assert "no longer: " in texts(stage, number)
    assert act(stage, "1/links", {"other": "1"}).status_code == 400
    assert act(stage, "1/links", {"other": "9"}).status_code == 404
    assert act(stage, "1/links", {"other": "2"}, "reader").status_code == 403


def test_a_merge_moves_the_alerts_and_everything_is_reached_from_the_winner(stage: Stage) -> None:
    opened(stage, "north", "south")
    loser = opened(stage, "east")
    answer = act(stage, "2/merge", {"into": "1", "why": "one pipeline"})
    assert answer.json()["name"] == "INC-1"
    assert len(held(stage, 1)) == 3
    assert held(stage, 2) == []
    closed = stage.ask("reader", "GET", "/v1/incidents/2").json()
    assert closed["state"] == "resolved"
    assert closed["merged_into"] == answer.json()["id"]
    (link,) = stage.ask("reader", "GET", "/v1/incidents/1/related").json()["related"]
    assert (link["says"], link["incident"], link["removable"]) == ("goes on for", loser, False)
    assert link["pages"] == 2
    assert link["entries"] >= 2
    assert act(stage, f"1/links/{link['id']}/remove", {}).status_code == 400
    assert "INC-2 goes on here (Denied): one pipeline" in texts(stage, 1)
    guarded(stage)


def test_pages_of_the_loser_stop_and_the_winner_goes_on_paging(stage: Stage) -> None:
    winner = opened(stage, "north", severity="SEV3")
    loser = opened(stage, "south", severity="SEV1")
    act(stage, "2/merge", {"into": "1"})
    with stage.site.database.reading() as conn:
        assert not [one for one in pages.of_incident(conn, loser) if one.state in pages.LIVE]
        assert [one for one in pages.of_incident(conn, winner) if one.state in pages.LIVE]
        assert incidents.get(conn, winner).severity.name == "SEV1"
    guarded(stage)


def test_whom_nobody_answered_is_called_although_the_winner_was_taken(stage: Stage) -> None:
    winner = opened(stage, "north")
    act(stage, "1/acknowledge", {})
    opened(stage, "south", severity="SEV1")
    act(stage, "2/merge", {"into": "1"}, "admin")
    with stage.site.database.reading() as conn:
        after = incidents.get(conn, winner)
        live = [one for one in pages.of_incident(conn, winner) if one.state in pages.LIVE]
    assert (after.state, after.acknowledged_at) == (State.OPEN, None)
    assert any(one.due_at <= stage.watch() for one in live)
    assert "Calling again: nobody had acknowledged INC-2" in texts(stage, 1)
    guarded(stage)


def test_the_link_of_a_page_of_the_loser_takes_the_winner(stage: Stage) -> None:
    winner = opened(stage, "north")
    loser = opened(stage, "south")
    with stage.site.database.reading() as conn:
        page = pages.of_incident(conn, loser)[0]
    act(stage, "2/merge", {"into": "1"})
    signature = sign(stage.site.secret, page.id)
    shown = stage.client.get(f"/acknowledge/{page.id}", params={"s": signature})
    assert "INC-1" in shown.text
    stage.client.post(f"/do/pages/{page.id}/acknowledge", data={"s": signature})
    with stage.site.database.reading() as conn:
        assert incidents.get(conn, winner).acknowledged_by == page.contact.person
    guarded(stage)


def test_what_cannot_be_merged_is_refused_and_changes_nothing(stage: Stage) -> None:
    first = opened(stage, "north")
    opened(stage, "south")
    with stage.site.database.unit("approver", stage.watch()) as unit:
        step = plans.Step(
            action=Action.REVIEW, slice=alarm(first, "north").finding.slice, for_=timedelta(hours=1)
        )
        plan = plans.propose_plan(unit, first, [step])
        who = Approver("approver")
        approvals.approve_plan(unit, stage.site.approvals, plan.plan.id, plan.plan.hash, who)
    refused = act(stage, "1/merge", {"into": "2"})
    assert refused.status_code == 409
    assert "merge INC-2 into it instead" in refused.text
    assert len(held(stage, 1)) == 1
    assert act(stage, "2/merge", {"into": "1"}).status_code == 200
    assert act(stage, "2/merge", {"into": "1"}).status_code == 409
    assert act(stage, "1/merge", {"into": "1"}).status_code == 400
    assert act(stage, "1/merge", {"into": "2"}, "reader").status_code == 403


def test_a_proposal_of_the_loser_is_withdrawn(stage: Stage) -> None:
    opened(stage, "north")
    loser = opened(stage, "south")
    known(stage, loser)
    with stage.site.database.unit("aspen", stage.watch()) as unit:
        step = plans.Step(
            action=Action.REVIEW, slice=alarm(loser, "south").finding.slice, for_=timedelta(hours=1)
        )
        plans.propose_plan(unit, loser, [step])
    act(stage, "2/merge", {"into": "1"})
    (plan,) = stage.ask("reader", "GET", "/v1/incidents/2/plans").json()["plans"]
    assert plan["state"] == "withdrawn"


def test_a_split_moves_the_chosen_alerts_and_both_name_each_other(stage: Stage) -> None:
    opened(stage, "north", "south", "east")
    act(stage, "1/acknowledge", {})
    south = next(one for one in held(stage, 1) if "south" in one)
    answer = act(stage, "1/split", {"alerts": [south]})
    assert answer.status_code == 201, answer.text
    new = answer.json()
    assert (new["name"], new["slice"], new["state"]) == (
        "INC-2",
        {"region": "south"},
        "acknowledged",
    )
    assert held(stage, 2) == [south]
    assert len(held(stage, 1)) == 2
    assert related(stage, 1) == [("was split; the rest is", "INC-2")]
    assert related(stage, 2) == [("was split from", "INC-1")]
    assert "split from INC-1: Denied" in texts(stage, 2)
    assert "split: INC-2 takes" in texts(stage, 1)
    guarded(stage)


def test_a_split_undoes_a_merge(stage: Stage) -> None:
    opened(stage, "north")
    opened(stage, "south")
    came = held(stage, 2)
    act(stage, "2/merge", {"into": "1"})
    again = act(stage, "1/split", {"alerts": came, "title": "South after all"}).json()
    assert (again["name"], again["title"]) == ("INC-3", "South after all")
    assert (held(stage, 3), len(held(stage, 1))) == (came, 1)
    guarded(stage)


@pytest.mark.parametrize(
    "chosen", [[], ["nothing"], ["north", "south"]], ids=["none", "unknown", "all"]
)
def test_a_split_that_leaves_nothing_is_refused(stage: Stage, chosen: Sequence[str]) -> None:
    opened(stage, "north", "south")
    names = [next((f for f in held(stage, 1) if one in f), one) for one in chosen]
    answer = act(stage, "1/split", {"alerts": names})
    assert answer.status_code in {400, 422}
    assert len(held(stage, 1)) == 2
