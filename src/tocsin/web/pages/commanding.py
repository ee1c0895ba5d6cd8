"""What the forms of the room's command panel do: the same moves as the JSON API."""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import Form
from fastapi.responses import RedirectResponse

from tocsin.base.spans import parse_duration
from tocsin.incident import impact
from tocsin.incident.incident import Incident, Role, Severity
from tocsin.incident.tasks import Task
from tocsin.store import incidents
from tocsin.store.unit import Unit
from tocsin.web import moves, roles, tasks
from tocsin.web.access import Scope
from tocsin.web.pages.forms import Short, Text, done, instant
from tocsin.web.writing import WritingDep

Line = Annotated[str, Form(max_length=1000)]
Chosen = Annotated[Role, Form()]


def give_role(
    write: WritingDep, incident: str, role: Chosen, to: Short, what: Line = ""
) -> RedirectResponse:
    """Give a role to somebody."""
    found = write.secretly(
        lambda unit: roles.assign(unit, incident, role, to.strip(), what.strip())
    )
    return done(f"/incidents/{found.number}#roles")


def leave_role(
    write: WritingDep, incident: str, role: Chosen, who: Line = "", what: Line = ""
) -> RedirectResponse:
    """Take somebody out of a role."""
    found = write.secretly(
        lambda unit: roles.leave(unit, incident, role, who.strip(), what.strip())
    )
    return done(f"/incidents/{found.number}#roles")


def add_task(
    write: WritingDep, incident: str, text: Short, owner: Line = "", due: Line = ""
) -> RedirectResponse:
    """Give the incident a task; `due` is how long from now, e.g. `30m`."""
    length = parse_duration(due.strip()) if due.strip() else None

    def act(unit: Unit) -> int:
        due_at = unit.now + length if length else None
        task = tasks.add(unit, incident, text.strip(), owner.strip() or None, due_at)
        return incidents.get(unit.conn, task.incident).number

    return done(f"/incidents/{write.secretly(act)}#tasks")


def finish_task(write: WritingDep, task: str) -> RedirectResponse:
    """Say that a task is done."""
    return done(f"/incidents/{write.secretly(lambda u: _number(u, tasks.done(u, task)))}#tasks")


def drop_task(write: WritingDep, task: str, why: Short) -> RedirectResponse:
    """Say that a task need not be done any more."""
    number = write.secretly(lambda u: _number(u, tasks.drop(u, task, why.strip())))
    return done(f"/incidents/{number}#tasks")


def _number(unit: Unit, task: Task) -> int:
    return incidents.get(unit.conn, task.incident).number


def correct(write: WritingDep, incident: str, entry: str, text: Text) -> RedirectResponse:
    """Correct a note."""
    found = write.secretly(lambda unit: moves.correct(unit, incident, entry, text.strip()))
    return done(f"/incidents/{found.number}#timeline")


def regrade(
    write: WritingDep,
    incident: str,
    severity: Annotated[Literal["SEV1", "SEV2", "SEV3", "SEV4"], Form()],
    why: Short,
) -> RedirectResponse:
    """Set the severity by a person's word; lowering it needs `command`."""

    def act(unit: Unit) -> Incident:
        if Severity[severity] > incidents.get(unit.conn, incident).severity:
            write.need(Scope.COMMAND)
        return moves.regrade(unit, incident, Severity[severity], why.strip())

    found = write.secretly(act)
    return done(f"/incidents/{found.number}#head")


def date(
    write: WritingDep,
    incident: str,
    from_: Annotated[str, Form(alias="from", min_length=1, max_length=40)],
    why: Short,
) -> RedirectResponse:
    """Say since when people have been harmed: an instant, or a time of day before the detection."""

    def act(unit: Unit) -> Incident:
        seen_at = incidents.get(unit.conn, incident).detected_at
        at = impact.time_of_day(from_, seen_at, unit.now) or instant(from_, "from")
        return moves.date(unit, incident, at, why.strip())

    return done(f"/incidents/{write.secretly(act).number}#moments")
