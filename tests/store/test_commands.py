"""The escalation matrix is kept with an incident, and its case is read from the records."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from tests.alert.build import finding
from tests.jobs.scene import MINUTE, Scene, scene
from tocsin.incident.command import Ask, Command, When
from tocsin.incident.incident import Role, Severity
from tocsin.incident.severity import Harm
from tocsin.ingest.system import Risk, System
from tocsin.jobs import alert
from tocsin.oncall.person import Contact, Person
from tocsin.oncall.policy import Step
from tocsin.store import commands, incidents

ASPEN = Person("aspen", (Contact("aspen", "mail", "aspen@example.org"),))
COMMAND = Command(
    asks=(
        Ask(
            role=Role.LEGAL,
            when=When(
                severity=Severity.SEV2,
                risks=(Risk.HIGH, Risk.LOW),
                harms=(Harm.UNFAIR,),
                protected=True,
            ),
            steps=(Step(timedelta(minutes=1), (), people=("aspen",)),),
        ),
    ),
    people=(ASPEN,),
).of(System(name="loans", risk=Risk.HIGH, protected=("sex",)))


@pytest.fixture
def stage(tmp_path: Path) -> Iterator[Scene]:
    """Yield a scene."""
    yield from scene(tmp_path)


def test_it_is_read_as_it_was_kept_and_without_one_the_built_in_one_holds(stage: Scene) -> None:
    incident = stage.declare_incident()
    with stage.database.reading() as conn:
        assert commands.get(conn, incident.id) == Command()
    with stage.database.unit("test", stage.clock()) as unit:
        commands.keep(unit, incident.id, COMMAND)
    with stage.database.reading() as conn:
        assert commands.get(conn, incident.id) == COMMAND
        assert commands.calling(conn, incident.id) == COMMAND


def test_one_that_calls_nobody_is_none_to_paging(stage: Scene) -> None:
    incident = stage.declare_incident()
    with stage.database.unit("test", stage.clock()) as unit:
        commands.keep(unit, incident.id, Command())
    with stage.database.reading() as conn:
        assert commands.calling(conn, incident.id) is None
        assert commands.get(conn, incident.id) == Command()


def test_a_case_tells_the_harms_and_protected_attributes_of_the_alarms(stage: Scene) -> None:
    for minute in range(2):
        stage.clock.move(MINUTE)
        stage.observe(finding(slice_="sex=f", n=1000 + minute))
        alert.run(stage.rings, stage.clock())
    with stage.database.reading() as conn:
        (incident,) = incidents.open_ones(conn)
        kept = commands.get(conn, incident.id)
        assert (kept.asks, kept.risk) == (Command().asks, Risk.HIGH)
        case = commands.case(conn, incident, COMMAND)
    assert case.severity is incident.severity
    assert case.protected == ("sex",)
    assert case.harms == {Harm.SHIFTED}
