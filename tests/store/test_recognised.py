"""What sort of failure an incident is, from a real database."""

from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa

from tests.fresh import fresh
from tests.ingest.payloads import alertmanager_alert
from tests.jobs.scene import MINUTE, Scene, scene
from tests.jobs.test_alert_outside import deliver, sent
from tests.jobs.test_quiet import work
from tests.store import examples
from tocsin.base.slices import EVERYONE
from tocsin.contain.failure import Failure
from tocsin.contain.versions import Versions
from tocsin.detect.stages import COUNTING, MONITORS, PREDICTIONS
from tocsin.incident.command import Command
from tocsin.ingest.change import Change, ChangeKind, Complaint
from tocsin.store import alerts, changes, commands, incidents, recognised, stages, systems
from tocsin.store.unit import Database

HOUR = timedelta(hours=1)
NOTHING_NEW = Versions("1", None, is_new=False)
ERRORS = alertmanager_alert()
HARM = replace(examples.finding(), slice=EVERYONE)


@pytest.fixture
def stage(tmp_path: Path) -> Iterator[Scene]:
    yield from scene(tmp_path)


def taken_for(stage: Scene, known: Versions = NOTHING_NEW) -> Failure:
    """Return what the only incident is taken for."""
    with stage.database.reading() as conn:
        (incident,) = incidents.open_ones(conn, "loans")
        stored = systems.get(conn, "loans")
        return recognised.failure(conn, incident, stored, known, stage.clock())


def beat(stage: Scene, name: str, system: str = "loans") -> None:
    with stage.database.unit("test", stage.clock()) as unit:
        stages.beat(unit, name, system)


def changed(stage: Scene, kind: ChangeKind, hours_ago: float) -> None:
    at = stage.clock() - hours_ago * HOUR
    with stage.database.unit("test", stage.clock()) as unit:
        one = Change(id=f"chg_{kind}", at=at, system="loans", kind=kind, title="theirs")
        changes.add(unit, one)


@pytest.mark.parametrize(
    ("hours_ago", "failure"),
    [(3, Failure.VENDOR), (47, Failure.VENDOR), (49, Failure.DECAY), (-0.5, Failure.VENDOR)],
)
def test_a_vendors_change_counts_for_as_long_as_a_new_version_is_new(
    stage: Scene, hours_ago: float, failure: Failure
) -> None:
    stage.declare_incident()
    stage.observe(HARM)
    changed(stage, ChangeKind.VENDOR, hours_ago)
    assert taken_for(stage) is failure


def test_a_version_counts_only_while_it_is_new(stage: Scene) -> None:
    stage.declare_incident()
    stage.observe(HARM)
    assert taken_for(stage, Versions("2", "1", is_new=True)) is Failure.VERSION
    assert taken_for(stage, Versions("2", "1", is_new=False)) is Failure.DECAY


def test_the_alert_that_founded_it_may_name_it(stage: Scene) -> None:
    named = alertmanager_alert()
    named["labels"]["failure"] = "Retrieval"
    deliver(stage, named)
    assert taken_for(stage) is Failure.RETRIEVAL


def test_an_alert_names_it_once_it_belongs_to_the_incident(stage: Scene) -> None:
    stage.declare_incident()
    named = alertmanager_alert()
    named["labels"]["failure"] = "retrieval"
    sent(stage, named)
    assert taken_for(stage) is Failure.UNEXPLAINED
    work(stage)
    assert taken_for(stage) is Failure.RETRIEVAL


@pytest.mark.parametrize(
    ("name", "system"),
    [(COUNTING, "loans"), (MONITORS, "loans"), (MONITORS, ""), ("profile", "")],
)
def test_monitors_that_are_late_are_recognised(stage: Scene, name: str, system: str) -> None:
    beat(stage, name, system)
    beat(stage, PREDICTIONS)
    stage.declare_incident()
    assert taken_for(stage) is Failure.UNEXPLAINED  # all of them are fresh, or never ran
    stage.clock.move(3 * HOUR)
    assert taken_for(stage) is Failure.MONITORING


def test_decisions_that_stopped_are_no_outage_of_the_monitors(stage: Scene) -> None:
    beat(stage, PREDICTIONS)
    stage.declare_incident()
    stage.clock.move(9 * HOUR)
    assert taken_for(stage) is Failure.UNEXPLAINED


def complain(stage: Scene) -> None:
    with stage.database.unit("test", stage.clock()) as unit:
        said = Complaint(id="com_1", at=stage.clock(), system="loans", text="Denied")
        changes.add_complaint(unit, said)


def alarm(stage: Scene) -> None:
    stage.observe(HARM)


def send(stage: Scene) -> None:
    deliver(stage, ERRORS)


@pytest.mark.parametrize("tell", [complain, alarm, send])
def test_late_monitors_hide_no_harm_that_somebody_tells_of(
    stage: Scene, tell: Callable[[Scene], object]
) -> None:
    beat(stage, COUNTING)
    stage.clock.move(3 * HOUR)
    stage.declare_incident()
    assert taken_for(stage) is Failure.MONITORING
    stage.clock.move(MINUTE)
    tell(stage)
    assert taken_for(stage) is not Failure.MONITORING


@pytest.mark.real
def test_who_holds_the_incident_waits_for_nobody_who_looks_at_its_alerts(
    fresh_postgresql: Callable[[], str],
) -> None:
    url, now = fresh_postgresql(), examples.NOW
    with closing(fresh(url)) as looking, closing(Database(url)) as planning:
        id_ = examples.opened(looking).id
        with looking.unit("test", now) as unit:
            systems.save(unit, examples.SYSTEM, examples.SPEC, (), 20_000, "0" * 64)
            alerts.save(unit, [examples.alert(incident=id_)])
        with looking.unit("alert", now) as look, planning.unit("aspen", now) as plan:
            plan.conn.execute(sa.text("SET LOCAL lock_timeout = '5s'"))
            incident = incidents.get(plan.conn, id_)
            assert len(alerts.firing(look.conn, "loans")) == 1  # locked; the incident is next
            stored = systems.get(plan.conn, "loans")
            found = recognised.failure(plan.conn, incident, stored, NOTHING_NEW, now)
            assert found is Failure.UNEXPLAINED
            assert commands.case(plan.conn, incident, Command()).severity is incident.severity
