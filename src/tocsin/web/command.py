"""Who does what in an incident: roles over HTTP."""

from __future__ import annotations

from tocsin.incident.incident import Role
from tocsin.web import roles
from tocsin.web.fields import Name, Order, Text
from tocsin.web.incidents import IncidentAnswer, answer
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
