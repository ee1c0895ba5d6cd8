"""Who does what in an incident, as its room shows it: roles, those nobody holds, and tasks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from tocsin.incident.incident import Incident, Role, State
from tocsin.incident.tasks import Task, TaskState


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
        """Every role and person that can be left."""
        return tuple((one.role, holder.person) for one in self.roles for holder in one.holders)


def desk(
    incident: Incident, wanted: Mapping[Role, str], tasks: Sequence[Task], now: datetime
) -> Desk:
    """Return the panel.

    Args:
        incident: it.
        wanted: why each role that must be filled must be.
        tasks: all of its tasks, what is due first in front.
        now: the present.
    """
    over = incident.state is State.RESOLVED
    return Desk(
        over=over,
        roles=tuple(
            role
            for one in Role
            if (role := _role(incident, one, "" if over else wanted.get(one, ""))).holders
            or role.wanted
        ),
        todo=tuple(TaskView(one, one.overdue(now)) for one in tasks if one.state is TaskState.OPEN),
        closed=tuple(one for one in tasks if one.state is not TaskState.OPEN),
    )


def _role(incident: Incident, role: Role, wanted: str) -> RoleView:
    if role is Role.COMMANDER:
        holders = tuple(HolderView(person, None) for person in incident.holders(role))
    else:
        holders = tuple(
            HolderView(one.person, one.since) for one in incident.roles if one.role is role
        )
    return RoleView(role, holders, "" if holders else wanted)
