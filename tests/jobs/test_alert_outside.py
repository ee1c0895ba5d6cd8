"""Alerts of other systems found incidents and page as our own do, once however often they come."""

import json
from datetime import timedelta
from typing import Any

from tests.ingest.payloads import alertmanager, alertmanager_alert
from tests.jobs.scene import MINUTE, Scene
from tests.jobs.test_alert import EVERYONE_OK, GOVERNMENT, evaluate, the_incident, timeline
from tests.jobs.test_quiet import kept, opened, silence, work
from tocsin.alert.quiet import Reason
from tocsin.incident.incident import Severity
from tocsin.ingest.outside import ALERTMANAGER, read
from tocsin.ingest.system import Risk
from tocsin.jobs import contain, diagnose
from tocsin.store import alerts, outside, systems

ERRORS = alertmanager_alert()
OVER = alertmanager_alert(status="resolved")


def deliver(stage: Scene, *alerts: dict[str, Any]) -> int:
    """Let Alertmanager send `alerts`, and every duty run."""
    new = sent(stage, *alerts)
    work(stage)
    return new


def sent(stage: Scene, *alerts: dict[str, Any]) -> int:
    """Let Alertmanager send `alerts`; return how many said something new."""
    body = json.dumps(alertmanager(*alerts)).encode()
    with stage.database.unit("alertmanager", stage.clock()) as unit:
        known = [systems.get(unit.conn, name).system for name in systems.names(unit.conn)]
        found = read(body, ALERTMANAGER, known)
        assert found.rejected == ()
        return outside.take(unit, found.alerts)


def test_a_repeated_delivery_makes_one_incident_and_one_page(stage: Scene) -> None:
    for _ in range(4):
        deliver(stage, ERRORS)
        stage.clock.move(MINUTE)
    incident = the_incident(stage)
    assert incident.title == "loans: One in ten calls of the loan API fails since 14:01 UTC"
    assert incident.severity == Severity.SEV1
    assert [notice.incident for notice in stage.mail.taken] == [incident.id]
    assert "One in ten calls of the loan API fails" in stage.mail.taken[0].text
    assert kept(stage) == []


def test_it_needs_no_evaluation_of_ours_and_none_resolves_it(stage: Scene) -> None:
    deliver(stage, ERRORS)
    evaluate(stage, EVERYONE_OK, times=5)
    with stage.database.reading() as conn:
        (one,) = alerts.firing(conn, "loans")
    assert one.incident == the_incident(stage).id


def test_when_they_say_that_it_is_over_the_incident_has_recovered(stage: Scene) -> None:
    deliver(stage, ERRORS)
    deliver(stage, OVER)
    assert the_incident(stage).recovered_at == stage.clock()
    assert timeline(stage)[-2] == "cleared: One in ten calls of the loan API fails for everyone"
    before = stage.database.changes()
    work(stage)
    assert stage.database.changes() == before
    stage.clock.move(MINUTE)
    deliver(stage, alertmanager_alert(started=stage.clock().isoformat()))
    assert the_incident(stage).recovered_at is None


def test_what_was_over_before_we_heard_opens_nothing(stage: Scene) -> None:
    deliver(stage, OVER)
    assert opened(stage) == []


def test_the_next_episode_follows_even_if_the_end_of_the_last_was_lost(stage: Scene) -> None:
    deliver(stage, ERRORS)
    stage.clock.move(MINUTE)
    deliver(stage, alertmanager_alert(started=stage.clock().isoformat()))
    work(stage)
    with stage.database.reading() as conn:
        members = alerts.of_incident(conn, the_incident(stage).id)
    assert [one.state.value for one in members] == ["resolved", "firing"]


def test_a_warning_opens_nothing_and_says_so(stage: Scene) -> None:
    deliver(stage, alertmanager_alert(labels={"severity": "warning"}))
    assert opened(stage) == []
    assert [(row.reason, row.what) for row in kept(stage)] == [
        (Reason.LEVEL, "One in ten calls of the loan API fails for everyone")
    ]
    deliver(stage, ERRORS)
    assert len(opened(stage)) == 1


def test_it_joins_an_open_incident_of_ours(stage: Scene) -> None:
    evaluate(stage, EVERYONE_OK, GOVERNMENT)
    deliver(stage, ERRORS)
    line = "also: One in ten calls of the loan API fails for everyone (says alertmanager)"
    assert line in timeline(stage)
    assert [row.reason for row in kept(stage)] == [Reason.DUPLICATE]
    assert "approvals fell" in the_incident(stage).title


def test_a_silence_holds_it_back_until_it_ends(stage: Scene) -> None:
    silence(stage, "layer=outside", "measure=LoanApiErrors")
    deliver(stage, ERRORS)
    assert stage.mail.taken == []
    stage.clock.move(timedelta(hours=1))
    deliver(stage, ERRORS)
    assert len(stage.mail.taken) == 1


def test_a_mild_system_is_called_for_as_well(stage: Scene) -> None:
    stage.declare("loans", risk=Risk.LOW)
    deliver(stage, ERRORS)
    incident = the_incident(stage)
    assert incident.severity == Severity.SEV2
    assert incident.severity_why == (
        "another monitoring system raises an alarm for everyone; low risk system"
    )
    assert len(stage.mail.taken) == 1


def test_diagnosis_and_containment_cope_with_what_measures_nothing(stage: Scene) -> None:
    deliver(stage, ERRORS)
    for duty in (diagnose.run, contain.run):
        duty(stage.rings, stage.clock())
    assert the_incident(stage).resolved_at is None
