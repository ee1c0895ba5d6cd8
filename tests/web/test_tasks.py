"""Tasks within one unit of work: what is stored and told, and what changes nothing."""

from datetime import timedelta

import pytest

from tests.web import story
from tests.web.cast import Stage
from tocsin.base.errors import Conflict, NotFound
from tocsin.incident.tasks import TaskState
from tocsin.store import incidents
from tocsin.store import tasks as stored
from tocsin.web import tasks


def test_a_task_keeps_what_is_not_said_anew(stage: Stage) -> None:
    id_, due = story.declare(stage), stage.watch() + timedelta(minutes=30)
    with stage.site.database.unit("aspen", stage.watch()) as unit:
        task = tasks.add(unit, "INC-1", "call the vendor", "aspen", due)
        handed = tasks.hand(unit, task.id, "beech", None)
        assert (handed.owner, handed.due_at) == ("beech", due)
        later = tasks.hand(unit, task.id, None, due + timedelta(minutes=5))
        assert (later.owner, later.due_at) == ("beech", due + timedelta(minutes=5))
        tasks.done(unit, task.id)
        tasks.done(unit, task.id)  # no news
    with stage.site.database.reading() as conn:
        (kept,) = stored.of_incident(conn, id_)
        told = [one.text for one in incidents.timeline(conn, id_)][1:]
    assert (kept.state, kept.closed_by) == (TaskState.DONE, "aspen")
    assert [line.partition(":")[0] for line in told] == ["to do", "to do", "to do", "done"]


def test_what_cannot_be_changes_nothing(stage: Stage) -> None:
    id_ = story.declare(stage)
    stage.ask("responder", "POST", "/v1/incidents/1/resolve", {"note": "over"})
    with pytest.raises(Conflict), stage.site.database.unit("aspen", stage.watch()) as unit:
        tasks.add(unit, id_, "call the vendor", None, None)
    with pytest.raises(NotFound), stage.site.database.unit("aspen", stage.watch()) as unit:
        tasks.drop(unit, "tsk_9", "why")
    with stage.site.database.reading() as conn:
        assert stored.of_incident(conn, id_) == []
