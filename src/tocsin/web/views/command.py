"""Who does what in an incident, as its room shows it: roles, and which of them nobody holds."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from tocsin.incident.incident import Incident, Role, State


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


@dataclass(frozen=True, slots=True, kw_only=True)
class Desk:
    """The panel of who does what."""

    over: bool
    roles: tuple[RoleView, ...]
    """Those that somebody holds or should."""
    every: tuple[Role, ...] = tuple(Role)
    """All that can be given."""

    @property
    def holdings(self) -> tuple[tuple[Role, str], ...]:
        """Every role and person that can be left."""
        return tuple((one.role, holder.person) for one in self.roles for holder in one.holders)


def desk(incident: Incident, wanted: Mapping[Role, str]) -> Desk:
    """Return the panel.

    Args:
        incident: it.
        wanted: why each role that must be filled must be.
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
    )


def _role(incident: Incident, role: Role, wanted: str) -> RoleView:
    if role is Role.COMMANDER:
        holders = tuple(HolderView(person, None) for person in incident.holders(role))
    else:
        holders = tuple(
            HolderView(one.person, one.since) for one in incident.roles if one.role is role
        )
    return RoleView(role, holders, "" if holders else wanted)
