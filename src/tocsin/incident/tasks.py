"""Tasks of an incident: what is to be done, by whom, until when.

    open ──done──▶ done          open ──dropped, with a reason──▶ dropped

Each move returns the task after it and the line of the timeline that tells it.  What is left when
the incident ends may still be closed; new ones are follow-ups of its review.
"""

from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from tocsin.base.errors import Conflict
from tocsin.incident.incident import Entry, EntryKind, Incident
from tocsin.incident.lifecycle import note, refuse_resolved


class TaskState(StrEnum):
    """How far a task has come."""

    OPEN = "open"
    DONE = "done"
    DROPPED = "dropped"


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """One thing to do; `owner` None: nobody's yet, `due_at` None: as soon as somebody can."""

    id: str
    incident: str
    text: str
    owner: str | None = None
    due_at: datetime | None = None
    made_at: datetime
    made_by: str
    state: TaskState = TaskState.OPEN
    closed_at: datetime | None = None
    closed_by: str | None = None
    why: str = ""
    """Why it was dropped."""

    def overdue(self, now: datetime) -> bool:
        """Return whether it should have been done by `now`."""
        return self.state is TaskState.OPEN and self.due_at is not None and self.due_at < now


Moved = tuple[Task, tuple[Entry, ...]]


def add(incident: Incident, task: Task, *, entry_id: str) -> Moved:
    """Return a new task and its line.

    Args:
        incident: it.
        task: made for it, open.
        entry_id: a fresh id.

    Raises:
        Conflict: the incident is resolved.
    """
    refuse_resolved(incident, "given a task")
    text, actor = f"to do: {_said(task)}", task.made_by
    return _told(incident, task, text, actor=actor, now=task.made_at, entry_id=entry_id)


def hand(
    incident: Incident,
    task: Task,
    *,
    owner: str | None,
    due_at: datetime | None,
    actor: str,
    now: datetime,
    entry_id: str,
) -> Moved:
    """Return the task with another owner or due time; the same ones change nothing.

    Raises:
        Conflict: it is closed.
    """
    _refuse_closed(task)
    after = replace(task, owner=owner, due_at=due_at)
    if after == task:
        return task, ()
    was = f" (was {task.owner})" if task.owner and task.owner != owner else ""
    return _told(
        incident, after, f"to do: {_said(after)}{was}", actor=actor, now=now, entry_id=entry_id
    )


def done(incident: Incident, task: Task, *, actor: str, now: datetime, entry_id: str) -> Moved:
    """Return the task as done; one that is done already changes nothing.

    Raises:
        Conflict: it was dropped.
    """
    if task.state is TaskState.DONE:
        return task, ()
    _refuse_closed(task)
    after = replace(task, state=TaskState.DONE, closed_at=now, closed_by=actor)
    return _told(incident, after, f"done: {task.text}", actor=actor, now=now, entry_id=entry_id)


def drop(
    incident: Incident, task: Task, why: str, *, actor: str, now: datetime, entry_id: str
) -> Moved:
    """Return the task as not to be done any more, and why.

    Raises:
        Conflict: it is closed.
    """
    _refuse_closed(task)
    after = replace(task, state=TaskState.DROPPED, closed_at=now, closed_by=actor, why=why)
    return _told(
        incident, after, f"dropped: {task.text}: {why}", actor=actor, now=now, entry_id=entry_id
    )


def _refuse_closed(task: Task) -> None:
    if task.state is not TaskState.OPEN:
        raise Conflict(f"the task {task.text!r} is {task.state}; add a new one")


def _said(task: Task) -> str:
    owner = f", by {task.owner}" if task.owner else ""
    due = f", until {task.due_at:%Y-%m-%d %H:%M} UTC" if task.due_at else ""
    return f"{task.text}{owner}{due}"


def _told(
    incident: Incident, task: Task, text: str, *, actor: str, now: datetime, entry_id: str
) -> Moved:
    facts = {"task": task.id, "state": task.state.value}
    _, entries = note(
        incident,
        kind=EntryKind.TASK,
        text=text,
        actor=actor,
        now=now,
        entry_id=entry_id,
        facts=facts,
    )
    return task, entries
