"""Incidents: list, declare, show, and what people do to them.

`{incident}` is an id, a number or a name such as `INC-42`.
"""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

from fastapi import Query
from pydantic import Field

from tocsin.base.slices import Slice
from tocsin.incident.incident import EntryKind, Incident, Role, Severity, State
from tocsin.store import incidents, pages
from tocsin.store.pages import PageRow
from tocsin.store.unit import Unit
from tocsin.web import moves, roles
from tocsin.web.access import Scope
from tocsin.web.fields import Answer, Conditions, Instant, Name, Order, Text, Wanted
from tocsin.web.site import Site, SiteDep
from tocsin.web.writing import WritingDep

LOOKED_THROUGH = 10_000
"""Newest incidents among which one system's are looked for."""
SeverityName = Literal["SEV1", "SEV2", "SEV3", "SEV4"]


class HoldingAnswer(Answer):
    """Who holds a role besides the commander's, since when."""

    role: Role
    person: str
    since: datetime


class IncidentAnswer(Answer):
    """One incident; a time that is null has not come yet."""

    id: str
    number: int
    name: str
    url: str
    system: str
    title: str
    severity: SeverityName
    severity_why: str
    state: State
    slice: Conditions
    impact_from: datetime | None
    impact_by: str | None
    """Who has said since when; null: it is computed, or not known."""
    detected_at: datetime
    acknowledged_at: datetime | None
    acknowledged_by: str | None
    contained_at: datetime | None
    recovered_at: datetime | None
    resolved_at: datetime | None
    commander: str | None
    war_room: str | None
    """Where people talk about it."""
    merged_into: str | None
    """Id of the incident that goes on for it."""
    roles: list[HoldingAnswer]


class IncidentsAnswer(Answer):
    """Incidents, the open ones gravest first or the recent ones newest first."""

    incidents: list[IncidentAnswer]


class EntryAnswer(Answer):
    """One line of the timeline."""

    id: str
    at: datetime
    kind: EntryKind
    actor: str
    text: str
    facts: dict[str, str]


class TimelineAnswer(Answer):
    """The timeline in order of time."""

    entries: list[EntryAnswer]


class PageAnswer(Answer):
    """One page: who was to be told when, and what became of it."""

    id: str
    person: str
    channel: str
    state: str
    rung: int
    round: int
    due_at: datetime
    attempts: int
    error: str | None
    accepted_at: datetime | None
    acknowledged_at: datetime | None
    acknowledged_by: str | None


class PagesAnswer(Answer):
    """Every page of an incident, in the order in which they were due."""

    pages: list[PageAnswer]


class Declaration(Order):
    """What a person says is wrong."""

    system: Name
    title: Name
    severity: SeverityName = "SEV2"
    why: Name = "declared by a person"
    slice: Annotated[Wanted, Field(default_factory=dict[str, str])]
    note: Text | None = None


class Note(Order):
    """A line for the timeline."""

    text: Text


class Assignment(Order):
    """Who leads from now on."""

    to: Name


class Regrading(Order):
    """The severity by a person's word."""

    severity: SeverityName
    why: Text


class Dating(Order):
    """Since when people have been harmed, and how that is known."""

    impact_from: Instant
    why: Text


class Resolution(Order):
    """Why it is over."""

    note: Text


def answer(site: Site, incident: Incident) -> IncidentAnswer:
    """Return `incident` as it looks from outside."""
    own = {
        name: getattr(incident, name)
        for name in IncidentAnswer.model_fields
        if name not in ("url", "severity", "roles")
    }
    return IncidentAnswer(
        url=f"{site.base_url}/incidents/{incident.number}",
        severity=severity_name(incident.severity),
        roles=[HoldingAnswer.model_validate(one) for one in incident.roles],
        **own,
    )


def severity_name(severity: Severity) -> SeverityName:
    """Return what people call a severity.

    >>> severity_name(Severity.SEV2)
    'SEV2'
    """
    names: dict[Severity, SeverityName] = {
        Severity.SEV1: "SEV1",
        Severity.SEV2: "SEV2",
        Severity.SEV3: "SEV3",
        Severity.SEV4: "SEV4",
    }
    return names[severity]


def list_incidents(
    site: SiteDep,
    system: Annotated[str | None, Query()] = None,
    state: Annotated[Literal["open", "all"], Query(description="open: not resolved")] = "open",
    limit: Annotated[int, Query(ge=1, le=1000)] = 100,
) -> IncidentsAnswer:
    """Return the incidents that are not resolved, or the most recent of all."""
    with site.database.reading() as conn:
        if state == "open":
            found = incidents.open_ones(conn, system)
        else:
            newest = incidents.recent(conn, limit if system is None else LOOKED_THROUGH)
            found = [one for one in newest if system in (None, one.system)]
    return IncidentsAnswer(incidents=[answer(site, one) for one in found[:limit]])


def declare(site: SiteDep, write: WritingDep, order: Declaration) -> IncidentAnswer:
    """Open an incident by hand; its first pages go out at once."""

    def act(unit: Unit) -> IncidentAnswer:
        incident = moves.declare(
            unit,
            site,
            system=order.system,
            title=order.title,
            severity=Severity[order.severity],
            why=order.why,
            slice_=Slice.of(order.slice),
        )
        if order.note is not None:
            moves.note(unit, incident.id, order.note)
        return answer(site, incident)

    return write.once(IncidentAnswer, act, 201)


def show(site: SiteDep, incident: str) -> IncidentAnswer:
    """Return one incident."""
    with site.database.reading() as conn:
        return answer(site, incidents.get(conn, incident))


def acknowledge(site: SiteDep, write: WritingDep, incident: str) -> IncidentAnswer:
    """Take the incident: paging stops; who comes second changes nothing."""
    return write.once(IncidentAnswer, lambda u: answer(site, moves.acknowledge(u, incident)))


def note(site: SiteDep, write: WritingDep, incident: str, order: Note) -> IncidentAnswer:
    """Write a line on the timeline; allowed after the end as well."""
    return write.once(IncidentAnswer, lambda u: answer(site, moves.note(u, incident, order.text)))


def assign(site: SiteDep, write: WritingDep, incident: str, order: Assignment) -> IncidentAnswer:
    """Make somebody the commander."""
    return write.once(
        IncidentAnswer,
        lambda u: answer(site, roles.assign(u, incident, Role.COMMANDER, order.to)),
    )


def regrade(site: SiteDep, write: WritingDep, incident: str, order: Regrading) -> IncidentAnswer:
    """Raise or lower the severity; raising starts paging at SEV2, lowering needs `command`."""

    def act(unit: Unit) -> IncidentAnswer:
        if Severity[order.severity] > incidents.get(unit.conn, incident).severity:
            write.need(Scope.COMMAND)
        after = moves.regrade(unit, incident, Severity[order.severity], order.why)
        return answer(site, after)

    return write.once(IncidentAnswer, act)


def date(site: SiteDep, write: WritingDep, incident: str, order: Dating) -> IncidentAnswer:
    """Say since when people are harmed: until the detection, at most 30 days before it."""
    return write.once(
        IncidentAnswer,
        lambda u: answer(site, moves.date(u, incident, order.impact_from, order.why)),
    )


def resolve(site: SiteDep, write: WritingDep, incident: str, order: Resolution) -> IncidentAnswer:
    """End the incident; its review is drafted in the same unit of work."""
    return write.once(
        IncidentAnswer, lambda u: answer(site, moves.resolve(u, incident, order.note))
    )


def timeline(site: SiteDep, incident: str) -> TimelineAnswer:
    """Return what happened, in order."""
    with site.database.reading() as conn:
        entries = incidents.timeline(conn, incidents.get(conn, incident).id)
    return TimelineAnswer(entries=[EntryAnswer.model_validate(entry) for entry in entries])


def list_pages(site: SiteDep, incident: str) -> PagesAnswer:
    """Return who was told, when, and what became of it."""
    with site.database.reading() as conn:
        rows = pages.of_incident(conn, incidents.get(conn, incident).id)
    return PagesAnswer(pages=[page_answer(row) for row in rows])


def page_answer(row: PageRow) -> PageAnswer:
    """Return one page of the outbox without its address, which may be private."""
    own = {
        name: getattr(row, name)
        for name in PageAnswer.model_fields
        if name not in ("person", "channel")
    }
    return PageAnswer(person=row.contact.person, channel=row.contact.channel, **own)
