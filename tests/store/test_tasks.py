"""Tasks rest with their incident, what is due first in front."""

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from tests.incident.test_tasks import LATER, TASK
from tests.jobs.scene import Scene, scene
from tocsin.base.errors import NotFound
from tocsin.incident.tasks import Task, TaskState
from tocsin.store import tasks


def test_they_are_read_as_written_in_order_of_their_time(tmp_path: Path) -> None:
    for stage in scene(tmp_path):
        _check(stage)


def _check(stage: Scene) -> None:
    incident = stage.declare_incident()
    times = (None, LATER, LATER - timedelta(minutes=1), None)
    made = [
        replace(TASK, id=f"tsk_{k}", incident=incident.id, due_at=at) for k, at in enumerate(times)
    ]
    with stage.database.unit("test", stage.clock()) as unit:
        for task in made:
            tasks.add(unit, task)
        closed = replace(tasks.get(unit.conn, "tsk_1"), state=TaskState.DONE, closed_by="aspen")
        tasks.save(unit, closed)
    with stage.database.reading() as conn:
        assert tasks.of_incident(conn, incident.id) == [made[2], closed, made[0], made[3]]
        assert tasks.of_incident(conn, "inc_other") == list[Task]()
        with pytest.raises(NotFound, match="no task tsk_9"):
            tasks.get(conn, "tsk_9")
