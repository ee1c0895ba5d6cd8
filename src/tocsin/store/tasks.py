"""Tasks of incidents."""

import sqlalchemy as sa

from tocsin.base.errors import NotFound
from tocsin.incident.tasks import Task
from tocsin.store import tables
from tocsin.store.codec import decode, encode
from tocsin.store.unit import Unit, in_unit


def add(unit: Unit, task: Task) -> None:
    """Keep a new task."""
    unit.conn.execute(sa.insert(tables.task).values(**_columns(task)))
    unit.audit("task.added", task.id, incident=task.incident)


def save(unit: Unit, task: Task) -> None:
    """Replace a task as read in this unit."""
    table = tables.task
    unit.conn.execute(sa.update(table).where(table.c.id == task.id).values(**_columns(task)))
    unit.audit(f"task.{task.state}", task.id, incident=task.incident)


def get(conn: sa.Connection, id_: str) -> Task:
    """Return a task by id; in a unit its row is locked.

    Raises:
        NotFound: there is none.
    """
    query = sa.select(tables.task.c.body).where(tables.task.c.id == id_)
    if in_unit(conn):
        query = query.with_for_update()
    body = conn.execute(query).scalar_one_or_none()
    if body is None:
        raise NotFound(f"no task {id_}; see the tasks of the incident")
    return decode(Task, body, where=f"task {id_}")


def of_incident(conn: sa.Connection, incident: str) -> list[Task]:
    """Return the tasks of the incident with this id: what is due first, then the undated, by id."""
    table = tables.task
    query = sa.select(table.c.body).where(table.c.incident == incident)
    ordered = query.order_by(table.c.due_at.is_(None), table.c.due_at, table.c.id)
    return [decode(Task, body, where="task") for body in conn.execute(ordered).scalars()]


def _columns(task: Task) -> dict[str, object]:
    return {
        "id": task.id,
        "incident": task.incident,
        "state": task.state.value,
        "due_at": task.due_at,
        "body": encode(task),
    }
