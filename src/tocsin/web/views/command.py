"""Who does what in an incident, as its room shows it: roles, those nobody holds, and tasks."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from tocsin.incident.command import Command
from tocsin.incident.incident import Incident, Role, State
from tocsin.incident.joining import ask_of
from tocsin.incident.tasks import Task, TaskState
from tocsin.store.pages import PageRow


@dataclass(frozen=True, slots=True)
class HolderView:
    """One person in one role; `since` is None where it was not kept."""

    person: str
    since: datetime | None


@dataclass(frozen=True, slots=True)
class RoleView:
    """One role: who holds it, or why somebody should."""

    role: Role
    holders: tuple[HolderView, ...]
    wanted: str
    """Why it must be filled, while nobody holds it; else empty."""
    asked: tuple[str, ...] = ()
    """Who was asked to take it and has not answered."""


@dataclass(frozen=True, slots=True)
class TaskView:
    """One task; `late` is whether it should have been done by now."""

    task: Task
    late: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Desk:
    """The panel of who does what."""

    over: bool
    roles: tuple[RoleView, ...]
    """Those that somebody holds or should."""
    every: tuple[Role, ...] = tuple(Role)
    """All that can be given."""
    todo: tuple[TaskView, ...]
    """Open tasks, the overdue ones first."""
    closed: tuple[Task, ...]

    @property
    def progress(self) -> str:
        """How many tasks are done of those that are to be: `3 of 7 done`."""
        done = sum(one.state is TaskState.DONE for one in self.closed)
        total = done + len(self.todo)
        return f"{done} of {total} done" if total else ""

    @property
    def holdings(self) -> tuple[tuple[Role, str], ...]:
        """Every role and person that can be left; the commander's only to a deputy."""
        deputy = any(one.role is Role.DEPUTY and one.holders for one in self.roles)
        return tuple(
            (one.role, holder.person)
            for one in self.roles
            for holder in one.holders
            if deputy or one.role is not Role.COMMANDER
        )


def asked(command: Command, pages: Iterable[PageRow]) -> Mapping[Role, tuple[str, ...]]:
    """Return who was asked to take each role and has not answered."""
    found: dict[Role, tuple[str, ...]] = {}
    for page in pages:
        ask = ask_of(command, page.rung)
        waits = page.accepted_at is not None and page.acknowledged_at is None
        if ask is not None and ask.role is not None and waits:
            before = found.get(ask.role, ())
            found[ask.role] = tuple(dict.fromkeys((*before, page.contact.person)))
    return found


def desk(
    incident: Incident,
    wanted: Mapping[Role, str],
    asked: Mapping[Role, tuple[str, ...]],
    tasks: Sequence[Task],
    now: datetime,
) -> Desk:
    """Return the panel.

    Args:
        incident: it.
        wanted: why each role that must be filled must be.
        asked: who was asked to take each role and has not answered.
        tasks: all of its tasks, what is due first in front.
        now: the present.
    """
    over = incident.state is State.RESOLVED
    if over:
        wanted, asked = {}, {}
    return Desk(
        over=over,
        roles=tuple(
            role
            for one in Role
            if (role := _role(incident, one, wanted, asked)).holders or role.wanted or role.asked
        ),
        todo=tuple(TaskView(one, one.overdue(now)) for one in tasks if one.state is TaskState.OPEN),
        closed=tuple(one for one in tasks if one.state is not TaskState.OPEN),
    )


def _role(
    incident: Incident,
    role: Role,
    wanted: Mapping[Role, str],
    asked: Mapping[Role, tuple[str, ...]],
) -> RoleView:
    if role is Role.COMMANDER:
        holders = tuple(HolderView(person, None) for person in incident.holders(role))
    else:
        holders = tuple(
            HolderView(one.person, one.since) for one in incident.roles if one.role is role
        )
    held = {one.person for one in holders}
    waiting = tuple(person for person in asked.get(role, ()) if person not in held)
    return RoleView(role, holders, "" if holders else wanted.get(role, ""), waiting)
