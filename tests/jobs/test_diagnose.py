from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.jobs.story import FAULT_S, HIT, REGIONAL, Story, alarm, at, regional, rows, story
from tocsin.base.slices import Slice
from tocsin.detect.finding import Layer
from tocsin.diagnose.diagnosis import Diagnosis
from tocsin.diagnose.suspect import SuspectKind
from tocsin.incident.incident import EntryKind
from tocsin.ingest.change import ChangeKind
from tocsin.jobs import contain, diagnose
from tocsin.store import diagnoses

ALARMS = (alarm(Layer.PERFORMANCE, "selection_rate"), alarm(Layer.DRIFT, "psi", "income"))


@pytest.fixture
def told(tmp_path: Path) -> Iterator[Story]:
    with story(tmp_path) as one:
        yield one


def found(told: Story, incident: str) -> Diagnosis:
    with told.rings.database.reading() as conn:
        diagnosis = diagnoses.get(conn, incident)
    assert diagnosis is not None
    return diagnosis


def ledger(told: Story, incident: str) -> list[str]:
    with told.rings.database.reading() as conn:
        return [row.prediction_id for row in diagnoses.ledger(conn, incident, 10_000, 0)]


def test_the_planted_change_comes_first_and_the_onset_is_dated_to_its_bucket(told: Story) -> None:
    told.change("pipeline", 119, kind=ChangeKind.FEATURE_PIPELINE, features=("income",))
    told.change("deploy", 117)
    told.change("other", 119, scope=Slice.of({"employer": "private"}))
    told.change("later", 141)
    told.fault()
    incident = told.detect(*ALARMS)
    diagnose.run(told.rings, at(155))
    diagnosis = found(told, incident)
    assert diagnosis.first is not None
    assert diagnosis.first.title == "pipeline"
    assert diagnosis.first.score > 0.6
    assert diagnosis.onset is not None
    assert abs((diagnosis.onset - at(FAULT_S)).total_seconds()) <= 5
    assert told.incident(incident).impact_from == diagnosis.onset
    kinds = {suspect.kind for suspect in diagnosis.suspects}
    assert {SuspectKind.CHANGE, SuspectKind.UNKNOWN, SuspectKind.COLUMN, SuspectKind.SLICE} == kinds
    slices = [s for s in diagnosis.suspects if s.kind is SuspectKind.SLICE]
    assert slices[0].what == HIT.as_dict()


def test_harm_to_an_intersection_is_localised_in_it_and_dated_by_its_own_buckets(
    tmp_path: Path,
) -> None:
    both = Slice.of({"employer": "government", "region": "north"})
    with story(tmp_path, REGIONAL) as told:
        told.decide(regional(rows(0, FAULT_S, hit_rate=0.6, seed=1)))
        told.decide(regional(rows(FAULT_S, 300, hit_rate=0.6, seed=2), hit_rate=0.05))
        seen = replace(alarm(Layer.PERFORMANCE, "selection_rate"), slice=both)
        incident = told.detect(seen, now_s=290, slice_=both)
        diagnose.run(told.rings, at(300))
        diagnosis = found(told, incident)
    slices = [s for s in diagnosis.suspects if s.kind is SuspectKind.SLICE]
    assert slices[0].what == both.as_dict()
    assert diagnosis.onset is not None
    # one decision in seven seconds is about them
    assert abs((diagnosis.onset - at(FAULT_S)).total_seconds()) <= 15


def test_without_a_recorded_change_the_unknown_stands_first_and_the_input_is_pointed_at(
    told: Story,
) -> None:
    told.fault()
    incident = told.detect(*ALARMS)
    diagnose.run(told.rings, at(155))
    diagnosis = found(told, incident)
    assert diagnosis.first is not None
    assert diagnosis.first.kind is SuspectKind.UNKNOWN
    assert "No recorded change explains it. Look at where input income" in diagnosis.summary


def test_the_ledger_lists_every_harmed_decision_and_none_after_containment(told: Story) -> None:
    told.fault()
    incident = told.detect()
    directive = told.approve(incident, 160)
    told.decide(rows(160, 200, hit_rate=0.58, seed=4, directive=directive.id))
    contain.run(told.rings, at(200))
    diagnose.run(told.rings, at(201))
    with told.rings.database.reading() as conn:
        listed = diagnoses.ledger(conn, incident, 10_000, 0)
    harmed = rows(FAULT_S, 160, hit_rate=0.15, seed=2).to_pylist()
    wanted = {row["id"] for row in harmed if row["s_employer"] == "government"}
    ids = {row.prediction_id for row in listed}
    assert wanted <= ids
    assert max(row.at for row in listed) < at(160)
    # at most a few buckets of innocent decisions before the fault, since its start is uncertain
    assert len(ids - wanted) <= 40
    assert {tuple(row.attributes.items()) for row in listed} == {(("employer", "government"),)}
    diagnosis = found(told, incident)
    assert diagnosis.affected == len(ids)
    assert diagnosis.cost == pytest.approx(diagnosis.estimated_errors * 1_000)
    # 45 points of some 120 decisions
    assert 35 <= diagnosis.estimated_errors <= 75


def test_when_a_person_says_that_it_began_stands_and_whom_it_hit_is_counted_from_then(
    told: Story,
) -> None:
    told.fault()
    incident = told.detect()
    diagnose.run(told.rings, at(155))
    computed, before = told.incident(incident), found(told, incident).affected
    assert computed.impact_from is not None
    assert abs((computed.impact_from - at(FAULT_S)).total_seconds()) <= 5
    theirs = told.began(incident, 60, now_s=156)
    diagnose.run(told.rings, at(160))
    assert told.incident(incident) == theirs
    diagnosis = found(told, incident)
    assert diagnosis.onset == computed.impact_from, "what is computed is still evidence"
    assert diagnosis.affected > before
    listed = set(ledger(told, incident))
    since = rows(0, FAULT_S, hit_rate=0.6, seed=1).to_pylist()
    hit = [row for row in since if row["s_employer"] == "government"]
    assert {row["id"] for row in hit if row["at"] >= at(60)} <= listed
    assert not {row["id"] for row in hit if row["at"] < at(60)} & listed


def test_what_is_said_while_a_diagnosis_is_under_way_is_counted_by_the_next(
    told: Story, monkeypatch: pytest.MonkeyPatch
) -> None:
    told.fault()
    incident = told.detect()
    conclude = diagnose.conclude

    def interrupted(*args: Any, **facts: Any) -> Diagnosis:
        told.began(incident, 150, now_s=155)
        return conclude(*args, **facts)

    with monkeypatch.context() as meanwhile:
        meanwhile.setattr(diagnose, "conclude", interrupted)
        diagnose.run(told.rings, at(155))
    assert ledger(told, incident) == [], "nobody is named by the start that stood before"
    diagnose.run(told.rings, at(155))
    hit = rows(FAULT_S, 160, hit_rate=0.15, seed=2).to_pylist()
    wanted = {
        row["id"] for row in hit if row["s_employer"] == "government" and row["at"] >= at(150)
    }
    assert set(ledger(told, incident)) == wanted


def test_remedies_survive_the_next_run(told: Story) -> None:
    told.fault()
    incident = told.detect()
    diagnose.run(told.rings, at(155))
    with told.rings.database.unit("lending", at(156)) as unit:
        one = diagnoses.ledger(unit.conn, incident, 1, 0)[0]
        done = type(one)(
            prediction_id=one.prediction_id,
            at=one.at,
            version=one.version,
            score=one.score,
            prediction=one.prediction,
            attributes=one.attributes,
            remedy="decided anew",
        )
        diagnoses.save_ledger(unit, incident, [done])
    before = len(ledger(told, incident))
    diagnose.run(told.rings, at(160))
    with told.rings.database.reading() as conn:
        again = {row.prediction_id: row for row in diagnoses.ledger(conn, incident, 10_000, 0)}
    assert again[one.prediction_id].remedy == "decided anew"
    assert len(again) >= before


def test_the_timeline_is_told_only_when_the_first_suspect_changes(told: Story) -> None:
    told.fault()
    incident = told.detect(*ALARMS)
    for second in (151, 154, 157):
        diagnose.run(told.rings, at(second))
    told.change("pipeline", 119, kind=ChangeKind.FEATURE_PIPELINE, features=("income",))
    for second in (160, 163):
        diagnose.run(told.rings, at(second))
    said = [e for e in told.timeline(incident) if e.kind is EntryKind.DIAGNOSIS]
    assert [e.at for e in said] == [at(151), at(160)]
    assert "pipeline" in said[1].text


def test_an_incident_without_counts_is_diagnosed_as_far_as_it_goes(told: Story) -> None:
    incident = told.detect()
    diagnose.run(told.rings, at(155))
    diagnosis = found(told, incident)
    assert (diagnosis.onset, diagnosis.affected) == (None, 0)
    assert "cannot be said yet" in diagnosis.summary


def test_the_duty_rests_between_two_looks(told: Story) -> None:
    told.fault()
    incident = told.detect()
    diagnose.run(told.rings, at(155))
    diagnose.run(told.rings, at(155) + timedelta(seconds=1))
    assert found(told, incident).made_at == at(155)
