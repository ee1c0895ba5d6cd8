"""The rule speaks in fixed words where it is told to, and is silent once a person has spoken."""

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

from tests.jobs.public import PAGE, say, subscribe, with_page
from tests.jobs.scene import MINUTE, Scene
from tocsin.incident import lifecycle
from tocsin.incident.bulletin import LOOKING, OVER, RULE, Stage
from tocsin.incident.incident import Incident, Severity
from tocsin.jobs import bulletins as duty
from tocsin.store import boards, bulletins, incidents, letters
from tocsin.store.letters import Kind
from tocsin.web import moves


def resolve(stage: Scene, incident: Incident) -> None:
    with stage.database.unit("lending", stage.clock()) as unit:
        now, id_ = stage.clock(), unit.new_id("ent")
        found = incidents.get(unit.conn, incident.id)
        after, entries = lifecycle.resolve(found, actor="lending", now=now, entry_id=id_)
        incidents.save(unit, after, entries)


def run(stage: Scene) -> None:
    duty.run(stage.rings, stage.clock.move(timedelta(seconds=1)))


def test_components_stand_from_the_first_run_on(stage: Scene, tmp_path: Path) -> None:
    with_page(stage, tmp_path)
    run(stage)
    first = stage.clock()
    run(stage)
    with stage.database.reading() as conn:
        assert bulletins.standing(conn) == {"apply": first}


def test_a_grave_incident_is_published_once_in_neutral_words(stage: Scene, tmp_path: Path) -> None:
    with_page(stage, tmp_path)
    id_ = subscribe(stage)
    incident = stage.declare_incident(Severity.SEV1)
    for _ in range(3):
        run(stage)
    with stage.database.reading() as conn:
        (one,) = bulletins.of_incident(conn, incident.id)
        told = [row.kind for row in letters.of_subscriber(conn, id_)]
        lines = [entry.text for entry in incidents.timeline(conn, incident.id)]
    assert (one.title, one.last.text) == ("Disturbance of Loan applications", LOOKING)
    assert (one.last.by, one.last.stage) == (RULE, Stage.INVESTIGATING)
    assert told == [Kind.CONFIRMATION, Kind.UPDATE]
    assert lines[-1] == "Status page: published by rule: “Disturbance of Loan applications”"


def test_milder_ones_and_a_page_without_the_rule_wait_for_a_person(
    stage: Scene, tmp_path: Path
) -> None:
    with_page(stage, tmp_path)
    mild = stage.declare_incident(Severity.SEV2)
    run(stage)
    with_page(stage, tmp_path, replace(PAGE, publish_from=None))
    grave = stage.declare_incident(Severity.SEV1)
    run(stage)
    with stage.database.reading() as conn:
        assert not bulletins.of_incident(conn, mild.id)
        assert not bulletins.of_incident(conn, grave.id)
        assert boards.get(conn, PAGE, stage.clock()).says == "Everything works."


def test_what_the_rule_published_it_ends_when_the_incident_is_resolved(
    stage: Scene, tmp_path: Path
) -> None:
    with_page(stage, tmp_path)
    incident = stage.declare_incident(Severity.SEV1)
    run(stage)
    stage.clock.move(10 * MINUTE)
    with stage.database.unit("aspen", stage.clock()) as unit:
        began = incident.detected_at - 10 * MINUTE
        moves.date(unit, incident.id, began, "the log says so")
    resolve(stage, incident)
    run(stage)
    run(stage)
    with stage.database.reading() as conn:
        (one,) = bulletins.of_incident(conn, incident.id)
    assert [post.text for post in one.posts] == [LOOKING, OVER]
    assert one.began_at == began
    assert one.resolved_at == stage.clock() - timedelta(seconds=1)


def test_where_a_person_has_spoken_only_people_go_on(stage: Scene, tmp_path: Path) -> None:
    with_page(stage, tmp_path)
    incident = stage.declare_incident(Severity.SEV1)
    run(stage)
    say(stage, incident, "A table was read in the wrong unit.")
    resolve(stage, incident)
    run(stage)
    with stage.database.reading() as conn:
        (one,) = bulletins.of_incident(conn, incident.id)
        assert one.resolved_at is None
        assert len(one.posts) == 2


def test_without_a_status_page_nothing_is_said(stage: Scene) -> None:
    incident = stage.declare_incident(Severity.SEV1)
    run(stage)
    with stage.database.reading() as conn:
        assert bulletins.of_incident(conn, incident.id) == []
        assert bulletins.standing(conn) == {}
