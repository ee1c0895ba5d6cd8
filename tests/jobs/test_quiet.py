"""A silenced page is not sent, and is sent when the silence ends; why is always on record."""

from dataclasses import replace
from datetime import timedelta

from tests.alert.build import finding
from tests.jobs.scene import MINUTE, Scene
from tests.jobs.test_alert import EVERYONE_OK, GOVERNMENT, evaluate
from tocsin.alert.matching import parse_all
from tocsin.alert.quiet import Reason, Suppressed
from tocsin.alert.silence import Kind, Silence, expire
from tocsin.alert.state import AlertState
from tocsin.detect.finding import Layer, Level
from tocsin.incident import lifecycle
from tocsin.incident.incident import Incident
from tocsin.ingest.system import Risk
from tocsin.jobs import alert, oncall
from tocsin.store import alerts, incidents, silences, suppressions

HOUR = timedelta(hours=1)
NO_DATA = finding(layer=Layer.HEALTH, measure="silence", value=7200.0, baseline=0.0, n=10_000)
ACCURACY = finding(measure="accuracy", slice_="region=north", n=3_000)
TICKET = replace(GOVERNMENT, level=Level.TICKET)


def silence(stage: Scene, *matchers: str, kind: Kind = Kind.SILENCE) -> str:
    """Silence for an hour; return the silence's id."""
    with stage.database.unit("aspen", stage.clock()) as unit:
        one = Silence(
            id=unit.new_id("sil"),
            kind=kind,
            matchers=parse_all(matchers),
            starts_at=unit.now,
            ends_at=unit.now + HOUR,
            author="aspen",
            reason="retraining",
            title="Move" if kind is Kind.MAINTENANCE else "",
        )
        silences.add(unit, one)
    return one.id


def work(stage: Scene) -> None:
    """Let every duty between finding and page run once."""
    now = stage.clock()
    for duty in (alert.run, oncall.escalate, oncall.deliver):
        duty(stage.rings, now)


def opened(stage: Scene) -> list[Incident]:
    with stage.database.reading() as conn:
        return incidents.recent(conn, 10)


def kept(stage: Scene) -> list[Suppressed]:
    with stage.database.reading() as conn:
        return suppressions.recent(conn, "loans", 100)


def told(stage: Scene, number: int = 1) -> list[str]:
    with stage.database.reading() as conn:
        incident = incidents.get(conn, number)
        return [e.text for e in incidents.timeline(conn, incident.id) if e.kind == "suppressed"]


def test_a_silenced_page_is_not_sent_and_is_sent_when_the_silence_ends(stage: Scene) -> None:
    by = silence(stage, "system=loans", "employer=government")
    evaluate(stage, EVERYONE_OK, GOVERNMENT, times=3)
    work(stage)
    assert opened(stage) == []
    assert stage.mail.taken == []
    with stage.database.reading() as conn:
        assert [one.state for one in alerts.firing(conn, "loans")] == [AlertState.FIRING]
    (row,) = kept(stage)
    assert (row.reason, row.by, row.over_at) == (Reason.SILENCE, by, None)
    stage.clock.move(HOUR)
    work(stage)
    (incident,) = opened(stage)
    assert [notice.incident for notice in stage.mail.taken] == [incident.id]
    assert kept(stage)[0].over_at == stage.clock()
    (line,) = told(stage)
    assert line.startswith("nobody was called from 2026-11-20 14:07 to 2026-11-20 15:08 UTC: ")
    assert line.endswith("silenced by aspen until 2026-11-20 15:05 UTC: retraining")
    work(stage)
    assert len(stage.mail.taken) == 1


def test_while_it_lasts_nothing_is_written(stage: Scene) -> None:
    silence(stage, "system=loans")
    evaluate(stage, EVERYONE_OK, GOVERNMENT)
    before = stage.database.changes()
    for _ in range(5):
        stage.clock.move(MINUTE)
        work(stage)
    assert stage.database.changes() == before


def test_one_that_is_ended_early_calls_at_once(stage: Scene) -> None:
    by = silence(stage, "system=loans", kind=Kind.MAINTENANCE)
    evaluate(stage, EVERYONE_OK, GOVERNMENT)
    assert [row.reason for row in kept(stage)] == [Reason.MAINTENANCE]
    with stage.database.unit("briar", stage.clock()) as unit:
        silences.save(unit, expire(silences.get(unit.conn, by), "briar", unit.now))
    work(stage)
    assert len(stage.mail.taken) == 1
    assert "maintenance “Move” by aspen" in told(stage)[0]


def test_one_to_come_keeps_nothing_quiet_yet(stage: Scene) -> None:
    with stage.database.unit("aspen", stage.clock()) as unit:
        one = Silence(
            id="sil_x",
            kind=Kind.SILENCE,
            matchers=parse_all(["system=loans"]),
            starts_at=unit.now + HOUR,
            ends_at=unit.now + 2 * HOUR,
            author="aspen",
            reason="later",
        )
        silences.add(unit, one)
    evaluate(stage, EVERYONE_OK, GOVERNMENT)
    assert len(opened(stage)) == 1


def test_what_is_over_before_the_silence_calls_nobody_ever(stage: Scene) -> None:
    silence(stage, "system=loans")
    evaluate(stage, EVERYONE_OK, GOVERNMENT)
    evaluate(stage, EVERYONE_OK, times=3)
    stage.clock.move(2 * HOUR)
    work(stage)
    assert opened(stage) == []
    assert [row.over_at is not None for row in kept(stage)] == [True]


def test_a_silenced_alert_is_told_on_the_incident_that_it_would_have_joined(stage: Scene) -> None:
    evaluate(stage, EVERYONE_OK, GOVERNMENT)
    by = silence(stage, "measure=accuracy")
    women = finding(measure="accuracy", slice_="sex=f", n=6_000)
    evaluate(stage, EVERYONE_OK, GOVERNMENT, women)
    (incident,) = opened(stage)
    assert told(stage) == [
        (
            "kept quiet: accuracy fell from 31.2 % to 4.0 % for sex=f; "
            "silenced by aspen until 2026-11-20 15:07 UTC: retraining"
        )
    ]
    assert [(row.by, row.incident) for row in kept(stage)] == [(by, incident.id)]
    with stage.database.reading() as conn:
        assert len(alerts.of_incident(conn, incident.id)) == 1


def test_silence_of_data_explains_accuracy_until_it_is_over(stage: Scene) -> None:
    evaluate(stage, NO_DATA)
    evaluate(stage, NO_DATA, ACCURACY)
    (incident,) = opened(stage)
    with stage.database.reading() as conn:
        assert len(alerts.of_incident(conn, incident.id)) == 1
    (row,) = kept(stage)
    assert (row.reason, row.incident) == (Reason.INHIBITED, incident.id)
    assert "explained by another alert: no decision has arrived for 2 h for everyone" in row.why
    evaluate(stage, ACCURACY, times=3)
    with stage.database.reading() as conn:
        members = alerts.of_incident(conn, incident.id)
    assert {one.finding.measure for one in members} == {"silence", "accuracy"}


def test_both_at_once_call_for_the_silence_only(stage: Scene) -> None:
    evaluate(stage, NO_DATA, ACCURACY)
    (incident,) = opened(stage)
    assert "no decision has arrived" in incident.title
    assert [(row.reason, row.incident) for row in kept(stage)] == [(Reason.INHIBITED, incident.id)]
    assert told(stage)[0].startswith("kept quiet: accuracy fell")


def resolve(stage: Scene) -> None:
    """Let somebody resolve the first incident."""
    with stage.database.unit("aspen", stage.clock()) as unit:
        over, entries = lifecycle.resolve(
            incidents.get(unit.conn, 1), actor="aspen", now=unit.now, entry_id="ent_x"
        )
        incidents.save(unit, over, entries)


def test_one_whose_incident_is_closed_explains_nothing(stage: Scene) -> None:
    evaluate(stage, NO_DATA)
    resolve(stage)
    evaluate(stage, NO_DATA, ACCURACY)
    assert len(opened(stage)) == 2
    assert [row.reason for row in kept(stage)] == [Reason.CLOSED]


def test_what_fires_on_after_its_incident_was_resolved_is_on_record(stage: Scene) -> None:
    evaluate(stage, EVERYONE_OK, GOVERNMENT)
    resolve(stage)
    work(stage)
    (row,) = kept(stage)
    assert (row.reason, row.by, row.over_at) == (Reason.CLOSED, opened(stage)[0].id, None)
    before = stage.database.changes()
    work(stage)
    assert stage.database.changes() == before
    evaluate(stage, EVERYONE_OK, times=3)
    assert [row.over_at for row in kept(stage)] == [stage.clock()]


def test_a_ticket_is_on_record_until_it_pages(stage: Scene) -> None:
    evaluate(stage, EVERYONE_OK, TICKET)
    (row,) = kept(stage)
    assert (row.reason, row.over_at) == (Reason.LEVEL, None)
    before = stage.database.changes()
    work(stage)
    assert stage.database.changes() == before
    evaluate(stage, EVERYONE_OK, replace(GOVERNMENT, evidence=9.0), times=1)
    assert len(opened(stage)) == 1
    assert [row.over_at is None for row in kept(stage)] == [False]
    assert told(stage) == []


def test_what_joins_an_open_incident_is_on_record_as_a_duplicate(stage: Scene) -> None:
    evaluate(stage, EVERYONE_OK, GOVERNMENT)
    women = finding(measure="accuracy", slice_="sex=f", n=6_000)
    evaluate(stage, EVERYONE_OK, GOVERNMENT, women)
    (incident,) = opened(stage)
    (row,) = kept(stage)
    assert (row.reason, row.by, row.over_at) == (Reason.DUPLICATE, incident.id, row.at)


def test_an_incident_that_wakes_nobody_says_so(stage: Scene) -> None:
    stage.declare("loans", risk=Risk.MEDIUM)
    evaluate(stage, EVERYONE_OK, replace(GOVERNMENT, n=10))
    work(stage)
    assert stage.mail.taken == []
    (row,) = kept(stage)
    assert (row.reason, row.incident) == (Reason.SEVERITY, opened(stage)[0].id)
    assert told(stage) == ["nobody is called: SEV3 waits for working hours"]


def test_thirty_silenced_alarms_are_one_line(stage: Scene) -> None:
    silence(stage, "layer=performance")
    many = [finding(slice_=f"region=r{k}", n=800) for k in range(15)]
    many += [finding(slice_=f"channel=c{k}", n=800) for k in range(15)]
    evaluate(stage, *many)
    assert len(kept(stage)) == 30
    stage.clock.move(HOUR)
    work(stage)
    assert len(opened(stage)) == 1
    assert len(told(stage)) == 1
    assert " and 29 more; silenced by aspen" in told(stage)[0]
