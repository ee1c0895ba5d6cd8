"""Who does what in an incident: roles, tasks and corrected notes over HTTP."""

from __future__ import annotations

from datetime import datetime

from tocsin.incident.incident import Role
from tocsin.incident.tasks import Task, TaskState
from tocsin.store import incidents
from tocsin.store import tasks as stored
from tocsin.store.unit import Unit
from tocsin.web import moves, roles, tasks
from tocsin.web.fields import Answer, Instant, Name, Order, Text
from tocsin.web.incidents import IncidentAnswer, Note, answer
from tocsin.web.site import SiteDep
from tocsin.web.writing import WritingDep


class RoleOrder(Order):
    """Who takes a role, and what is handed over with it."""

    role: Role
    to: Name
    note: Text | None = None


class LeaveOrder(Order):
    """Who leaves a role; nobody named: whoever asks."""

    role: Role
    who: Name | None = None
    note: Text | None = None


class TaskAnswer(Answer):
    """One task; `overdue` is whether it should have been done by now."""

    id: str
    incident: str
    text: str
    owner: str | None
    due_at: datetime | None
    made_at: datetime
    made_by: str
    state: TaskState
    closed_at: datetime | None
    closed_by: str | None
    why: str
    overdue: bool


class TasksAnswer(Answer):
    """The tasks of an incident, what is due first in front."""

    tasks: list[TaskAnswer]


class TaskOrder(Order):
    """What is to be done, by whom, until when."""

    text: Text
    owner: Name | None = None
    due_at: Instant | None = None


class HandOrder(Order):
    """Whose a task is from now on, and until when; what is left out stays."""

    owner: Name | None = None
    due_at: Instant | None = None


class DropOrder(Order):
    """Why a task need not be done any more."""

    why: Text


def give_role(site: SiteDep, write: WritingDep, incident: str, order: RoleOrder) -> IncidentAnswer:
    """Give a role to somebody; experts and legal are added to, the other roles are handed over."""
    return write.once(
        IncidentAnswer,
        lambda u: answer(site, roles.assign(u, incident, order.role, order.to, order.note or "")),
    )


def leave_role(
    site: SiteDep, write: WritingDep, incident: str, order: LeaveOrder
) -> IncidentAnswer:
    """Take somebody out of a role; the deputy follows a commander who leaves."""
    return write.once(
        IncidentAnswer,
        lambda u: answer(
            site, roles.leave(u, incident, order.role, order.who or "", order.note or "")
        ),
    )


def list_tasks(site: SiteDep, incident: str) -> TasksAnswer:
    """Return the tasks of an incident, closed ones too."""
    now = site.clock()
    with site.database.reading() as conn:
        found = stored.of_incident(conn, incidents.get(conn, incident).id)
    return TasksAnswer(tasks=[_task(one, now) for one in found])


def add_task(site: SiteDep, write: WritingDep, incident: str, order: TaskOrder) -> TaskAnswer:
    """Give an incident a task."""

    def act(unit: Unit) -> TaskAnswer:
        task = tasks.add(unit, incident, order.text, order.owner, order.due_at)
        return _task(task, site.clock())

    return write.once(TaskAnswer, act, 201)


def hand_task(site: SiteDep, write: WritingDep, task: str, order: HandOrder) -> TaskAnswer:
    """Give a task to somebody, or another due time."""
    return write.once(
        TaskAnswer,
        lambda u: _task(tasks.hand(u, task, order.owner, order.due_at), site.clock()),
    )


def finish_task(site: SiteDep, write: WritingDep, task: str) -> TaskAnswer:
    """Say that a task is done."""
    return write.once(TaskAnswer, lambda u: _task(tasks.done(u, task), site.clock()))


def drop_task(site: SiteDep, write: WritingDep, task: str, order: DropOrder) -> TaskAnswer:
    """Say that a task need not be done any more."""
    return write.once(TaskAnswer, lambda u: _task(tasks.drop(u, task, order.why), site.clock()))


def _task(task: Task, now: datetime) -> TaskAnswer:
    own = {name: getattr(task, name) for name in TaskAnswer.model_fields if name != "overdue"}
    return TaskAnswer(overdue=task.overdue(now), **own)


def correct_note(
    site: SiteDep, write: WritingDep, incident: str, entry: str, order: Note
) -> IncidentAnswer:
    """Correct a note of one's own, or any as the commander; the old text stays readable."""
    return write.once(
        IncidentAnswer, lambda u: answer(site, moves.correct(u, incident, entry, order.text))
    )
