"""The room's panel of related incidents, and what its forms do: link, unlink, merge, split."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

import sqlalchemy as sa
from fastapi import Form
from fastapi.responses import RedirectResponse

from tocsin.alert import wording
from tocsin.base.errors import BadInput
from tocsin.incident.incident import Incident, State
from tocsin.incident.relate import BY_HAND, LinkKind, says
from tocsin.store import alerts, incidents
from tocsin.store.unit import Unit
from tocsin.web import relating
from tocsin.web.pages.forms import Short, done
from tocsin.web.relating import Relation
from tocsin.web.site import SiteDep
from tocsin.web.writing import WritingDep

OTHERS_SHOWN = 50


@dataclass(frozen=True, slots=True)
class AlertChoice:
    """One alert that could leave in a split."""

    fingerprint: str
    says: str
    state: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Panel:
    """The panel: what it is related to, what it could be merged into, what could leave it."""

    relations: tuple[Relation, ...]
    kinds: tuple[tuple[str, str], ...]
    """Links that a person makes, and their verbs."""
    into: tuple[Incident, ...]
    """Open incidents of the same system."""
    alerts: tuple[AlertChoice, ...]


def look(conn: sa.Connection, incident: Incident) -> Panel:
    """Return the panel of one incident."""
    over = incident.state is State.RESOLVED
    others = [] if over else incidents.open_ones(conn, incident.system)
    standing = {} if over else {a.fingerprint: a for a in alerts.of_incident(conn, incident.id)}
    return Panel(
        relations=tuple(relating.relations(conn, incident)),
        kinds=tuple((kind.value, says(kind)) for kind in BY_HAND),
        into=tuple(one for one in others if one.id != incident.id)[:OTHERS_SHOWN],
        alerts=tuple(
            AlertChoice(one.fingerprint, wording.line(one.worst), one.state.value)
            for one in standing.values()
        ),
    )


def link(
    write: WritingDep, incident: str, other: Short, kind: Annotated[LinkKind, Form()]
) -> RedirectResponse:
    """Link the incident to another."""
    found = write.secretly(lambda unit: relating.link(unit, incident, other.strip(), kind))
    return done(f"/incidents/{found.number}#related")


def unlink(write: WritingDep, incident: str, link: str) -> RedirectResponse:
    """Take a link back."""
    found = write.secretly(lambda unit: relating.unlink(unit, incident, link))
    return done(f"/incidents/{found.number}#related")


def merge(
    write: WritingDep,
    incident: str,
    into: Short,
    why: Annotated[str, Form(max_length=1000)] = "",
) -> RedirectResponse:
    """Merge the incident into another, and go there."""
    after = write.secretly(lambda unit: relating.merge(unit, incident, into.strip(), why.strip()))
    return done(f"/incidents/{after.number}#related")


def split(
    site: SiteDep,
    write: WritingDep,
    incident: str,
    alerts: Annotated[list[str] | None, Form(max_length=1000)] = None,
    title: Annotated[str, Form(max_length=200)] = "",
) -> RedirectResponse:
    """Move the ticked alerts to a new incident, and go there.

    Raises:
        BadInput: none is ticked.
    """

    def act(unit: Unit) -> int:
        if not alerts:
            raise BadInput("no alert is ticked", where="alerts", do="tick those that leave")
        return relating.split(unit, site, incident, alerts, " ".join(title.split())).number

    return done(f"/incidents/{write.secretly(act)}#related")
