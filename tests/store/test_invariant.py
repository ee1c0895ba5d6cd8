"""The paging invariant, as the records tell it."""

from collections.abc import Generator
from datetime import timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa

from tests.jobs.scene import SECOND, Scene, scene
from tocsin.jobs import oncall
from tocsin.store import invariant, tables


@pytest.fixture
def stage(tmp_path: Path) -> Generator[Scene]:
    """Yield a scene with the system `loans`."""
    yield from scene(tmp_path)


def broken(stage: Scene) -> list[str]:
    with stage.database.reading() as conn:
        return invariant.broken(conn, stage.clock())


def test_an_incident_without_pages_breaks_it_once_escalation_had_its_time(stage: Scene) -> None:
    incident = stage.declare_incident()
    assert broken(stage) == []
    stage.clock.move(invariant.SETTLING + SECOND)
    assert broken(stage) == [f"{incident.id}: nobody was ever paged"]
    oncall.escalate(stage.rings, stage.clock())
    assert broken(stage) == []


def test_a_page_that_does_not_leave_breaks_it_after_a_minute(stage: Scene) -> None:
    incident = stage.declare_incident()
    oncall.escalate(stage.rings, stage.clock())
    stage.clock.move(invariant.LATE)
    assert broken(stage) == []
    stage.clock.move(timedelta(microseconds=1))
    (why,) = broken(stage)  # one incident, however many of its pages
    assert why.startswith(f"{incident.id}: a page due ")


def test_a_page_that_is_claimed_over_and_over_and_never_leaves_breaks_it_as_well(
    stage: Scene,
) -> None:
    incident = stage.declare_incident()
    oncall.escalate(stage.rings, stage.clock())
    for _ in range(8):
        assert broken(stage) == []
        assert len(oncall.claim(stage.rings, stage.clock(), 5)) == 1
        stage.clock.move(stage.rings.lease)
    oncall.claim(stage.rings, stage.clock(), 5)
    (why,) = broken(stage)
    assert why.startswith(f"{incident.id}: a page due ")


def test_pages_that_failed_for_good_guard_nobody(stage: Scene) -> None:
    stage.declare_incident()
    oncall.escalate(stage.rings, stage.clock())
    with stage.database.unit("intruder", stage.clock()) as unit:
        unit.conn.execute(sa.update(tables.page).values(state="failed"))
    stage.clock.move(invariant.SETTLING + SECOND)
    assert len(broken(stage)) == 1
