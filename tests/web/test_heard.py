"""Whoever takes an incident in PagerDuty or Opsgenie has it here: once, and told back to nobody."""

from collections.abc import Generator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from tests.oncall.roster import LEAD, ROSTER
from tests.oncall.test_heard import opsgenie_body, pagerduty_body, signature
from tests.web.cast import NOW, Stage, client_of
from tocsin.incident.incident import Incident, Severity, State
from tocsin.oncall.policy import Contact, Person, Policy, Step
from tocsin.oncall.roster import Roster
from tocsin.store import audit, incidents, pages
from tocsin.web import moves
from tocsin.web.heard import named

SECRET = "0123456789abcdef"
DUTY = Contact("lending-lead", "duty", "azalea@example.org")
POLICY = Policy("duty", (Step(timedelta(0), (DUTY,)),), (DUTY,))


@pytest.fixture
def scene(stage: Stage) -> Generator[Stage]:
    """Yield a site whose pages go to PagerDuty."""
    people = {"lending-lead": Person("lending-lead", (DUTY,))}
    site = replace(
        stage.site,
        policy=POLICY,
        roster=Roster(people=people),
        hook_secrets={"duty": (SECRET,)},
    )
    with client_of(site) as client:
        yield replace(stage, site=site, client=client)


def opened(scene: Stage) -> Incident:
    with scene.site.database.unit("tocsin", scene.watch()) as unit:
        return moves.declare(
            unit, scene.site, system="loans", title="Denied", severity=Severity.SEV1
        )


def current(scene: Stage, incident: Incident) -> Incident:
    with scene.site.database.reading() as conn:
        return incidents.get(conn, incident.id)


def lines(scene: Stage, incident: Incident) -> list[dict[str, str]]:
    with scene.site.database.reading() as conn:
        entries = incidents.timeline(conn, incident.id)
    return [dict(entry.facts) for entry in entries if "told" in entry.facts]


def from_pagerduty(scene: Stage, event: str, key: str, **more: Any) -> dict[str, str]:
    body = pagerduty_body(f"incident.{event}", key, **more)
    headers = {"X-PagerDuty-Signature": signature(body, SECRET)}
    answer = scene.client.post("/v1/pagerduty/duty", content=body, headers=headers)
    assert answer.status_code == 200, answer.text
    found: dict[str, str] = answer.json()
    return found


def test_acknowledging_there_stops_paging_here_and_names_the_person(scene: Stage) -> None:
    incident = opened(scene)
    assert from_pagerduty(scene, "acknowledged", incident.id)["did"] == "acknowledged"
    after = current(scene, incident)
    assert (after.state, after.acknowledged_by) == (State.ACKNOWLEDGED, "Tenex Engineer")
    with scene.site.database.reading() as conn:
        assert {one.acknowledged_by for one in pages.of_incident(conn, incident.id)} == {
            "Tenex Engineer"
        }
        acts = audit.recent(conn, 1)
    assert acts[0].act.actor == "Tenex Engineer"
    # the very facts by which the duty that tells PagerDuty knows that it need not
    told = {"told": "acknowledged", "channel": "duty", "thread": incident.id}
    assert lines(scene, incident) == [told]


def test_a_repeat_changes_nothing_and_a_second_person_neither(scene: Stage) -> None:
    incident = opened(scene)
    from_pagerduty(scene, "acknowledged", incident.id)
    before = current(scene, incident)
    scene.watch.forward(timedelta(minutes=1))
    assert from_pagerduty(scene, "acknowledged", incident.id)["did"] == "ignored"
    late = {"type": "user_reference", "summary": "Latecomer"}
    from_pagerduty(scene, "acknowledged", incident.id, agent=late, id_="another")
    assert current(scene, incident).acknowledged_by == before.acknowledged_by
    assert current(scene, incident).acknowledged_at == before.acknowledged_at


def test_a_machine_there_stops_no_page_here(scene: Stage) -> None:
    incident = opened(scene)
    for agent in (None, {"type": "integration_reference", "summary": "Auto-resolve"}):
        assert from_pagerduty(scene, "acknowledged", incident.id, agent=agent)["did"] == "ignored"
        assert from_pagerduty(scene, "resolved", incident.id, agent=agent)["did"] == "ignored"
    assert current(scene, incident).state is State.OPEN


def test_resolving_there_stops_paging_and_leaves_the_incident_open(scene: Stage) -> None:
    incident = opened(scene)
    assert from_pagerduty(scene, "resolved", incident.id)["did"] == "resolved"
    assert current(scene, incident).state is State.ACKNOWLEDGED
    assert [one["told"] for one in lines(scene, incident)] == ["acknowledged", "resolved"]


def test_when_nobody_has_it_there_any_more_people_are_called_again_here(scene: Stage) -> None:
    incident = opened(scene)
    from_pagerduty(scene, "acknowledged", incident.id)
    scene.watch.forward(timedelta(minutes=10))
    answer = from_pagerduty(scene, "unacknowledged", incident.id, agent=None, id_="two")
    assert answer["did"] == "released"
    after = current(scene, incident)
    assert (after.state, after.paging_from) == (State.OPEN, NOW + timedelta(minutes=10))
    # what comes late from the first round does not take the second one
    assert from_pagerduty(scene, "acknowledged", incident.id, id_="three")["did"] == "ignored"
    assert current(scene, incident).state is State.OPEN
    assert from_pagerduty(scene, "acknowledged", f"{incident.id}/1", id_="4")["did"] == (
        "acknowledged"
    )


def test_an_acknowledgement_made_here_is_not_taken_back_from_there(scene: Stage) -> None:
    incident = opened(scene)
    with scene.site.database.unit("aspen", scene.watch()) as unit:
        moves.acknowledge(unit, incident.id)
    assert from_pagerduty(scene, "unacknowledged", incident.id)["did"] == "ignored"
    assert current(scene, incident).acknowledged_by == "aspen"


def test_what_is_not_ours_or_is_over_is_ignored(scene: Stage) -> None:
    incident = opened(scene)
    for key in ("inc_none", "1", incident.name, f"{incident.id}/7", "test_1"):
        answer = from_pagerduty(scene, "acknowledged", key, id_=f"event {key}")
        assert answer["did"] == "ignored", key
    assert current(scene, incident).state is State.OPEN
    with scene.site.database.unit("aspen", scene.watch()) as unit:
        moves.resolve(unit, incident.id, "a mistake")
    assert from_pagerduty(scene, "acknowledged", incident.id)["did"] == "ignored"
    assert current(scene, incident).state is State.RESOLVED


def test_a_body_that_is_not_signed_by_our_secret_does_nothing(scene: Stage) -> None:
    incident = opened(scene)
    body = pagerduty_body("incident.acknowledged", incident.id)
    for header in ({}, {"X-PagerDuty-Signature": signature(body, "guess")}):
        answer = scene.client.post("/v1/pagerduty/duty", content=body, headers=header)
        assert answer.status_code == 403
        assert SECRET not in answer.text
    right = {"X-PagerDuty-Signature": signature(body, SECRET)}
    assert scene.client.post("/v1/pagerduty/other", content=body, headers=right).status_code == 404
    broken = {"X-PagerDuty-Signature": signature(b"{", SECRET)}
    assert scene.client.post("/v1/pagerduty/duty", content=b"{", headers=broken).status_code == 400
    assert current(scene, incident).state is State.OPEN


def test_opsgenie_shows_a_token_and_its_users_are_known_by_their_address(scene: Stage) -> None:
    incident = opened(scene)
    body = opsgenie_body("Acknowledge", incident.id)
    assert scene.client.post("/v1/opsgenie/duty", content=body).status_code == 401
    token = {"Authorization": f"Bearer {scene.tokens['responder']}"}
    wrong = scene.client.post("/v1/opsgenie/mail", content=body, headers=token)
    assert wrong.json()["did"] == "ignored"  # no page went out on that channel
    answer = scene.client.post("/v1/opsgenie/duty", content=body, headers=token)
    assert answer.json()["did"] == "acknowledged"
    assert current(scene, incident).acknowledged_by == "lending-lead"


def test_people_are_known_by_name_or_by_any_address() -> None:
    assert named(ROSTER, "lending-LEAD") == LEAD.name
    assert named(ROSTER, "lending-lead@EXAMPLE.org") == LEAD.name
    assert named(ROSTER, "Tenex Engineer") == "Tenex Engineer"
    assert not named(ROSTER, "")
