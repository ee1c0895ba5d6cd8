"""Findings become one incident with its first pages, and its timeline says only what is new."""

from dataclasses import replace
from datetime import timedelta

import pytest

from tests.alert.build import finding
from tests.jobs.scene import MINUTE, Scene
from tocsin.base.errors import Unavailable
from tocsin.base.slices import parse
from tocsin.base.spans import Span
from tocsin.detect.finding import Finding, Layer, Level, Verdict
from tocsin.incident import lifecycle
from tocsin.incident.again import WITHIN
from tocsin.incident.incident import EntryKind, Incident, Severity, State
from tocsin.ingest.system import Risk
from tocsin.jobs import alert
from tocsin.store import alerts, incidents, pages

EVERYONE_OK = finding(verdict=Verdict.OK, value=0.30, n=10_000, evidence=0)
GOVERNMENT = finding(slice_="employer=government", n=800)
DRIFT = finding(layer=Layer.DRIFT, measure="psi", column="income", level=Level.TICKET)


def evaluate(stage: Scene, *seen: Finding, times: int = 2) -> None:
    """Let `times` evaluations say the same of ever more rows."""
    for _ in range(times):
        stage.clock.move(MINUTE)
        more = int(stage.clock.now.timestamp()) % 100_000
        stage.observe(*(replace(one, n_baseline=more) for one in seen))
        alert.run(stage.rings, stage.clock())


def the_incident(stage: Scene) -> Incident:
    with stage.database.reading() as conn:
        (one,) = incidents.recent(conn, 10)
    return one


def timeline(stage: Scene) -> list[str]:
    with stage.database.reading() as conn:
        return [entry.text for entry in incidents.timeline(conn, the_incident(stage).id)]


def test_two_alarms_open_one_incident_with_its_first_pages(stage: Scene) -> None:
    evaluate(stage, EVERYONE_OK, GOVERNMENT)
    incident = the_incident(stage)
    assert incident.title == (
        "loans: approvals fell from 31.2 % to 4.0 % for employer=government since 14:06 UTC"
    )
    assert incident.slice == parse("employer=government")
    assert incident.severity == Severity.SEV1
    assert "8.0 % of traffic" in incident.severity_why
    with stage.database.reading() as conn:
        rows = pages.of_incident(conn, incident.id)
        assert pages.unguarded(conn, stage.clock()) == []
    assert [(row.contact.person, row.rung) for row in rows] == [("lending", 0), ("duty", 1)]


def test_a_single_alarm_opens_nothing(stage: Scene) -> None:
    evaluate(stage, GOVERNMENT, times=1)
    alert.run(stage.rings, stage.clock())
    with stage.database.reading() as conn:
        assert incidents.recent(conn, 10) == []


def test_incident_alerts_and_pages_are_written_together_or_not_at_all(
    stage: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise Unavailable("disk full")

    evaluate(stage, GOVERNMENT, times=1)
    with monkeypatch.context() as patch:
        patch.setattr(pages, "add", full)
        with pytest.raises(ExceptionGroup):
            evaluate(stage, GOVERNMENT, times=1)
    with stage.database.reading() as conn:
        assert incidents.recent(conn, 10) == []
        assert [one.incident for one in alerts.firing(conn, "loans")] == [None]
    alert.run(stage.rings, stage.clock())
    with stage.database.reading() as conn:
        assert pages.of_incident(conn, the_incident(stage).id)


def test_thirty_alarms_are_one_incident_and_few_lines(stage: Scene) -> None:
    many = [finding(slice_=f"region=r{k}", n=800) for k in range(15)]
    many += [finding(slice_=f"channel=c{k}", n=800) for k in range(15)]
    evaluate(stage, *many, times=6)
    assert len(timeline(stage)) == 1 + 6
    assert timeline(stage)[-1] == "and 25 more"
    with stage.database.reading() as conn:
        assert len(alerts.of_incident(conn, the_incident(stage).id)) == 30


def test_what_goes_on_says_nothing_new(stage: Scene) -> None:
    evaluate(stage, EVERYONE_OK, GOVERNMENT)
    before = timeline(stage)
    evaluate(stage, EVERYONE_OK, GOVERNMENT, times=20)
    assert timeline(stage) == before


def test_an_evaluation_is_counted_once_however_often_the_duty_runs(stage: Scene) -> None:
    stage.observe(GOVERNMENT)
    for _ in range(5):
        alert.run(stage.rings, stage.clock())
    changes = stage.database.changes()
    alert.run(stage.rings, stage.clock())
    assert stage.database.changes() == changes
    with stage.database.reading() as conn:
        assert incidents.recent(conn, 10) == []


def test_a_late_alarm_joins_and_may_raise_the_severity(stage: Scene) -> None:
    mild = replace(GOVERNMENT, n=10)
    evaluate(stage, EVERYONE_OK, mild)
    assert the_incident(stage).severity == Severity.SEV2
    accuracy = finding(measure="accuracy", slice_="sex=f", n=6_000, value=0.7, baseline=0.9)
    evaluate(stage, EVERYONE_OK, mild, accuracy)
    assert the_incident(stage).severity == Severity.SEV1
    assert [text.split(":")[0] for text in timeline(stage)[2:]] == [
        "also",
        "severity raised from SEV2 to SEV1",
    ]


def test_a_ticket_is_evidence_for_an_open_incident_and_opens_none(stage: Scene) -> None:
    evaluate(stage, DRIFT, times=5)
    with stage.database.reading() as conn:
        assert incidents.recent(conn, 10) == []
    evaluate(stage, DRIFT, GOVERNMENT)
    with stage.database.reading() as conn:
        members = alerts.of_incident(conn, the_incident(stage).id)
    assert {one.worst.level for one in members} == {Level.PAGE, Level.TICKET}


def test_drift_that_pages_beside_harm_is_evidence_and_never_the_story(stage: Scene) -> None:
    loud = replace(DRIFT, level=Level.PAGE, evidence=300.0)
    evaluate(stage, loud, times=3)
    with stage.database.reading() as conn:
        assert incidents.recent(conn, 10) == []
    evaluate(stage, loud, GOVERNMENT)
    assert "approvals" in the_incident(stage).title


def test_an_alarm_that_is_no_longer_mentioned_clears(stage: Scene) -> None:
    evaluate(stage, EVERYONE_OK, GOVERNMENT)
    evaluate(stage, EVERYONE_OK, times=3)
    assert the_incident(stage).recovered_at is not None
    assert timeline(stage)[-2] == "cleared: approvals for employer=government"


def test_a_ticket_that_turns_into_a_page_while_firing_opens_an_incident(stage: Scene) -> None:
    evaluate(stage, replace(GOVERNMENT, level=Level.TICKET), times=3)
    evaluate(stage, replace(GOVERNMENT, evidence=9.0), times=1)
    assert the_incident(stage).slice == parse("employer=government")


def test_everyones_incident_narrows_when_a_slice_explains_it(stage: Scene) -> None:
    everyone = finding(value=0.29, n=10_000)
    evaluate(stage, everyone)
    assert the_incident(stage).slice == parse("")
    evaluate(stage, everyone, replace(GOVERNMENT, evidence=90.0))
    incident = the_incident(stage)
    assert incident.slice == parse("employer=government")
    assert "for employer=government" in incident.title
    assert any(text.startswith("narrowed to employer=government") for text in timeline(stage))


def test_when_every_alarm_clears_the_incident_has_recovered_but_stays_open(stage: Scene) -> None:
    evaluate(stage, EVERYONE_OK, GOVERNMENT)
    well = replace(GOVERNMENT, verdict=Verdict.OK, value=0.30)
    evaluate(stage, EVERYONE_OK, well, times=3)
    incident = the_incident(stage)
    assert incident.recovered_at == stage.clock()
    assert incident.state == State.OPEN
    assert timeline(stage)[-2] == "cleared: approvals for employer=government, now 30.0 %"
    evaluate(stage, EVERYONE_OK, GOVERNMENT)
    assert the_incident(stage).recovered_at is None
    assert timeline(stage)[-1] == "not recovered: a new alarm has joined"


def test_an_alarm_whose_window_reaches_back_into_the_harm_is_no_relapse(stage: Scene) -> None:
    evaluate(stage, EVERYONE_OK, GOVERNMENT)
    evaluate(stage, EVERYONE_OK, replace(GOVERNMENT, verdict=Verdict.OK, value=0.30), times=3)
    recovered = the_incident(stage).recovered_at
    assert recovered is not None
    old = Span(recovered - timedelta(hours=1), recovered + timedelta(minutes=1))
    evaluate(stage, EVERYONE_OK, replace(GOVERNMENT, window=old))
    assert the_incident(stage).recovered_at == recovered
    new = Span(recovered, recovered + timedelta(hours=1))
    evaluate(stage, EVERYONE_OK, replace(GOVERNMENT, verdict=Verdict.OK, value=0.30), times=3)
    evaluate(stage, EVERYONE_OK, replace(GOVERNMENT, window=new))
    assert the_incident(stage).recovered_at is None


def test_what_still_fires_after_its_incident_was_resolved_opens_no_other(stage: Scene) -> None:
    evaluate(stage, GOVERNMENT)
    with stage.database.unit("lending", stage.clock()) as unit:
        over, entries = lifecycle.resolve(
            incidents.get(unit.conn, 1), actor="lending", now=stage.clock(), entry_id="ent_x"
        )
        incidents.save(unit, over, entries)
    evaluate(stage, GOVERNMENT, times=3)
    assert the_incident(stage).state == State.RESOLVED
    evaluate(stage, replace(GOVERNMENT, verdict=Verdict.OK), times=3)
    stage.clock.move(WITHIN)
    evaluate(stage, GOVERNMENT)
    with stage.database.reading() as conn:
        assert len(incidents.recent(conn, 10)) == 2


def lending_takes(stage: Scene) -> None:
    with stage.database.unit("lending", stage.clock()) as unit:
        taken, entries = lifecycle.acknowledge(
            the_incident(stage), actor="lending", now=stage.clock(), entry_id="ent_x"
        )
        incidents.save(unit, taken, entries)
        pages.acknowledge(unit, taken.id, "lending")


def test_an_alarm_that_flaps_calls_nobody_again_while_its_incident_is_open(stage: Scene) -> None:
    evaluate(stage, GOVERNMENT)
    incident = the_incident(stage)
    lending_takes(stage)
    with stage.database.reading() as conn:
        before = [row.key for row in pages.of_incident(conn, incident.id)]
    for _ in range(6):
        evaluate(stage, replace(GOVERNMENT, verdict=Verdict.OK), times=3)
        evaluate(stage, GOVERNMENT)
    after = the_incident(stage)  # one: it found no other
    assert (after.acknowledged_by, after.state) == ("lending", State.ACKNOWLEDGED)
    with stage.database.reading() as conn:
        assert [row.key for row in pages.of_incident(conn, incident.id)] == before


def test_harm_that_is_back_after_it_had_stopped_for_long_calls_people_again(stage: Scene) -> None:
    evaluate(stage, GOVERNMENT)
    incident = the_incident(stage)
    lending_takes(stage)
    evaluate(stage, replace(GOVERNMENT, verdict=Verdict.OK), times=3)
    assert the_incident(stage).recovered_at is not None
    stage.clock.move(lifecycle.FLAPS_WITHIN)
    evaluate(stage, GOVERNMENT)
    again = the_incident(stage)
    assert (again.id, again.state, again.acknowledged_at) == (incident.id, State.OPEN, None)
    with stage.database.reading() as conn:
        live = [row for row in pages.of_incident(conn, incident.id) if row.state in pages.LIVE]
        assert (live[0].rung, live[0].due_at) == (0, stage.clock())
        assert pages.unguarded(conn, stage.clock()) == []
    assert any("people are called again from the first step" in line for line in timeline(stage))
    before = len(timeline(stage))
    evaluate(stage, GOVERNMENT, times=3)
    assert len(timeline(stage)) == before, "once is enough"


def test_an_alarm_between_its_two_thresholds_of_patience_moves_nothing(stage: Scene) -> None:
    evaluate(stage, GOVERNMENT)
    lines = timeline(stage)
    for _ in range(6):  # two quiet evaluations are too few to end it, one alarm confirms it
        evaluate(stage, replace(GOVERNMENT, verdict=Verdict.OK), times=2)
        evaluate(stage, GOVERNMENT, times=1)
    assert timeline(stage) == lines


def test_what_comes_back_soon_is_the_same_incident_and_people_are_called_again(
    stage: Scene,
) -> None:
    evaluate(stage, GOVERNMENT)
    incident = the_incident(stage)
    with stage.database.unit("lending", stage.clock()) as unit:
        over, entries = lifecycle.resolve(
            incident, actor="lending", now=stage.clock(), entry_id="ent_x"
        )
        incidents.save(unit, over, entries)
        pages.acknowledge(unit, incident.id, "lending")
    evaluate(stage, replace(GOVERNMENT, verdict=Verdict.OK), times=3)
    assert the_incident(stage).state is State.RESOLVED
    evaluate(stage, GOVERNMENT)
    again = the_incident(stage)
    assert (again.id, again.state, again.resolved_at) == (incident.id, State.OPEN, None)
    assert (again.acknowledged_by, again.paging_from) == (None, stage.clock())
    assert any(line.startswith("came back 5 min after it was resolved") for line in timeline(stage))
    with stage.database.reading() as conn:
        live = [row for row in pages.of_incident(conn, incident.id) if row.state in pages.LIVE]
        assert live
        assert live[0].due_at == stage.clock()
        assert pages.unguarded(conn, stage.clock()) == []
    evaluate(stage, GOVERNMENT, times=3)  # once is enough
    assert sum(line.startswith("came back") for line in timeline(stage)) == 1


def test_another_alarm_after_the_end_is_another_incident(stage: Scene) -> None:
    evaluate(stage, GOVERNMENT)
    with stage.database.unit("lending", stage.clock()) as unit:
        over, entries = lifecycle.resolve(
            incidents.get(unit.conn, 1), actor="lending", now=stage.clock(), entry_id="ent_x"
        )
        incidents.save(unit, over, entries)
    evaluate(stage, replace(GOVERNMENT, verdict=Verdict.OK), finding(slice_="employer=private"))
    with stage.database.reading() as conn:
        assert [one.state for one in incidents.recent(conn, 10)] == [State.OPEN, State.RESOLVED]


def test_a_sev3_opens_without_pages_and_pages_once_it_turns_grave(stage: Scene) -> None:
    mild = replace(GOVERNMENT, n=10)
    low = finding(measure="accuracy", layer=Layer.PERFORMANCE, slice_="sex=f", n=9_000)
    stage.declare("loans", risk=Risk.MEDIUM)
    evaluate(stage, EVERYONE_OK, mild)
    incident = the_incident(stage)
    assert (incident.severity, incident.paging_from) == (Severity.SEV3, None)
    with stage.database.reading() as conn:
        assert pages.of_incident(conn, incident.id) == []
    evaluate(stage, EVERYONE_OK, mild, low)
    incident = the_incident(stage)
    assert incident.paging_from == stage.clock()
    with stage.database.reading() as conn:
        assert next(row.due_at for row in pages.of_incident(conn, incident.id)) == stage.clock()


def test_kinds_of_entries_are_findings_and_severities(stage: Scene) -> None:
    evaluate(stage, GOVERNMENT)
    with stage.database.reading() as conn:
        kinds = [one.kind for one in incidents.timeline(conn, the_incident(stage).id)]
    assert kinds == [EntryKind.OPENED, EntryKind.FINDING]
