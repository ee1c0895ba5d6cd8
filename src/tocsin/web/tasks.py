"""What people do about the tasks of an incident, each within one unit of work."""

from __future__ import annotations

from datetime import datetime

from tocsin.incident import tasks as moves
from tocsin.incident.tasks import Moved, Task
from tocsin.store import incidents, tasks
from tocsin.store.unit import Unit


def add(unit: Unit, incident: str, text: str, owner: str | None, due_at: datetime | None) -> Task:
    """Give an incident a task.

    Raises:
        NotFound: there is no such incident.
        Conflict: it is resolved.
    """
    found = incidents.get(unit.conn, incident)
    made = Task(
        id=unit.new_id("tsk"),
        incident=found.id,
        text=text,
        owner=owner,
        due_at=due_at,
        made_at=unit.now,
        made_by=unit.actor,
    )
    task, entries = moves.add(found, made, entry_id=unit.new_id("ent"))
    incidents.save(unit, found, entries)
    tasks.add(unit, task)
    return task


def hand(unit: Unit, task: str, owner: str | None, due_at: datetime | None) -> Task:
    """Give a task to somebody else, or another due time; what is None stays.

    Raises:
        NotFound: there is no such task.
        Conflict: it is closed.
    """
    before = tasks.get(unit.conn, task)
    moved = moves.hand(
        incidents.get(unit.conn, before.incident),
        before,
        owner=owner or before.owner,
        due_at=due_at or before.due_at,
        actor=unit.actor,
        now=unit.now,
        entry_id=unit.new_id("ent"),
    )
    return _kept(unit, moved)


def done(unit: Unit, task: str) -> Task:
    """Say that a task is done.

    Raises:
        NotFound: there is no such task.
        Conflict: it was dropped.
    """
    before = tasks.get(unit.conn, task)
    found = incidents.get(unit.conn, before.incident)
    moved = moves.done(found, before, actor=unit.actor, now=unit.now, entry_id=unit.new_id("ent"))
    return _kept(unit, moved)


def drop(unit: Unit, task: str, why: str) -> Task:
    """Say that a task need not be done any more, and why.

    Raises:
        NotFound: there is no such task.
        Conflict: it is closed.
    """
    before = tasks.get(unit.conn, task)
    found = incidents.get(unit.conn, before.incident)
    moved = moves.drop(
        found, before, why, actor=unit.actor, now=unit.now, entry_id=unit.new_id("ent")
    )
    return _kept(unit, moved)


def _kept(unit: Unit, moved: Moved) -> Task:
    task, entries = moved
    if entries:
        incidents.save(unit, incidents.get(unit.conn, task.incident), entries)
        tasks.save(unit, task)
    return task
