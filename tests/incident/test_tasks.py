"""Tasks: how they are given, handed over, done and dropped, and when they are late."""

from dataclasses import replace
from datetime import timedelta

import pytest

from tests.incident.test_lifecycle import LATER, NOW, opened, resolved
from tocsin.base.errors import Conflict
from tocsin.incident import tasks
from tocsin.incident.incident import EntryKind
from tocsin.incident.tasks import Moved, Task, TaskState

TASK = Task(
    id="tsk_1",
    incident="inc_1",
    text="call the vendor",
    owner="aspen",
    due_at=LATER,
    made_at=NOW,
    made_by="beech",
)


def done(task: Task) -> Moved:
    return tasks.done(opened(), task, actor="aspen", now=LATER, entry_id="e")


def drop(task: Task) -> Moved:
    return tasks.drop(opened(), task, "it called us", actor="aspen", now=LATER, entry_id="e")


def hand(task: Task, owner: str = "cherry") -> Moved:
    return tasks.hand(
        opened(), task, owner=owner, due_at=LATER, actor="beech", now=LATER, entry_id="e"
    )


def test_a_task_is_told_with_its_owner_and_its_time() -> None:
    task, entries = tasks.add(opened(), TASK, entry_id="e")
    assert task == TASK
    assert entries[0].kind is EntryKind.TASK
    assert entries[0].text == "to do: call the vendor, by aspen, until 2026-11-20 14:12 UTC"
    assert entries[0].facts == {"task": "tsk_1", "state": "open"}
    bare = replace(TASK, owner=None, due_at=None)
    assert tasks.add(opened(), bare, entry_id="e")[1][0].text == "to do: call the vendor"
    with pytest.raises(Conflict, match="resolved"):
        tasks.add(resolved(), TASK, entry_id="e")


def test_it_is_late_while_it_is_open_after_its_time() -> None:
    assert not TASK.overdue(LATER)
    assert TASK.overdue(LATER + timedelta(seconds=1))
    assert not replace(TASK, due_at=None).overdue(LATER + timedelta(days=9))
    assert not done(TASK)[0].overdue(LATER + timedelta(days=9))


def test_handing_over_names_who_had_it_and_the_same_owner_is_no_news() -> None:
    task, entries = hand(TASK)
    assert task.owner == "cherry"
    assert entries[0].text == (
        "to do: call the vendor, by cherry, until 2026-11-20 14:12 UTC (was aspen)"
    )
    assert hand(TASK, "aspen") == (TASK, ())


def test_done_twice_is_told_once_and_what_is_closed_stays_so() -> None:
    task, entries = done(TASK)
    assert (task.state, task.closed_by, task.closed_at) == (TaskState.DONE, "aspen", LATER)
    assert entries[0].text == "done: call the vendor"
    assert done(task) == (task, ())
    dropped, told = drop(TASK)
    assert (dropped.state, dropped.why) == (TaskState.DROPPED, "it called us")
    assert told[0].text == "dropped: call the vendor: it called us"
    for move in (drop, hand):
        with pytest.raises(Conflict, match="is done"):
            move(task)
    with pytest.raises(Conflict, match="is dropped"):
        done(dropped)
