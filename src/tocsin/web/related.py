"""Incidents in relation: links, merge, split; and the alerts that an incident was made of."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

from pydantic import Field

from tocsin.alert import wording
from tocsin.alert.state import StoredAlert
from tocsin.incident.incident import State
from tocsin.incident.relate import LinkKind
from tocsin.store import alerts, incidents
from tocsin.store.unit import Unit
from tocsin.web import relating
from tocsin.web.fields import Answer, Name, Order
from tocsin.web.incidents import IncidentAnswer, SeverityName, answer, severity_name
from tocsin.web.relating import Relation
from tocsin.web.site import Site, SiteDep
from tocsin.web.writing import WritingDep

ByHand = Literal["related", "duplicate_of", "caused_by"]
Reason = Annotated[str, Field(max_length=1000)]


class RelationAnswer(Answer):
    """One link as this incident sees it, and how much is to be found at the other."""

    id: str
    kind: LinkKind
    says: str
    """The link as a verb from this side, e.g. `caused`."""
    incident: str
    name: str
    title: str
    severity: SeverityName
    state: State
    url: str
    made_at: datetime
    made_by: str
    removable: bool
    entries: int
    pages: int
    alerts: int


class RelatedAnswer(Answer):
    """Everything an incident is related to, oldest link first."""

    related: list[RelationAnswer]


class AlertAnswer(Answer):
    """One alert of an incident; its fingerprint names it in a split."""

    fingerprint: str
    state: Literal["pending", "firing", "resolved"]
    started_at: datetime
    says: str


class AlertsAnswer(Answer):
    """The alerts that stand under an incident now, oldest first."""

    alerts: list[AlertAnswer]


class Linking(Order):
    """What this incident is to another."""

    other: Name
    kind: ByHand = "related"


class Merging(Order):
    """Which incident goes on for this one."""

    into: Name
    why: Reason = ""


class Splitting(Order):
    """Which alerts leave for an incident of their own."""

    alerts: Annotated[list[Name], Field(min_length=1, max_length=1000)]
    title: Annotated[str, Field(max_length=200)] = ""


def list_related(site: SiteDep, incident: str) -> RelatedAnswer:
    """Return what the incident is related to: links, merged ones, split ones."""
    with site.database.reading() as conn:
        found = relating.relations(conn, incidents.get(conn, incident))
    return RelatedAnswer(related=[_relation(site, one) for one in found])


def list_alerts(site: SiteDep, incident: str) -> AlertsAnswer:
    """Return the alerts that stand under the incident."""
    with site.database.reading() as conn:
        found = alerts.of_incident(conn, incidents.get(conn, incident).id)
    return AlertsAnswer(alerts=[_alert(one) for one in found])


def link(site: SiteDep, write: WritingDep, incident: str, order: Linking) -> IncidentAnswer:
    """Link the incident to another; a link that stands already changes nothing."""
    kind = LinkKind(order.kind)
    return write.once(
        IncidentAnswer,
        lambda u: answer(site, relating.link(u, incident, order.other, kind)),
        201,
    )


def unlink(site: SiteDep, write: WritingDep, incident: str, link: str) -> IncidentAnswer:
    """Take a link back."""
    return write.once(IncidentAnswer, lambda u: answer(site, relating.unlink(u, incident, link)))


def merge(site: SiteDep, write: WritingDep, incident: str, order: Merging) -> IncidentAnswer:
    """Merge the incident into another, and return that one."""
    return write.once(
        IncidentAnswer,
        lambda u: answer(site, relating.merge(u, incident, order.into, order.why.strip())),
    )


def split(site: SiteDep, write: WritingDep, incident: str, order: Splitting) -> IncidentAnswer:
    """Move some of the alerts to a new incident, and return it."""

    def act(unit: Unit) -> IncidentAnswer:
        title = " ".join(order.title.split())
        return answer(site, relating.split(unit, site, incident, order.alerts, title))

    return write.once(IncidentAnswer, act, 201)


def _relation(site: Site, one: Relation) -> RelationAnswer:
    other = one.incident
    return RelationAnswer(
        id=one.link.id,
        kind=one.link.kind,
        says=one.says,
        incident=other.id,
        name=other.name,
        title=other.title,
        severity=severity_name(other.severity),
        state=other.state,
        url=f"{site.base_url}/incidents/{other.number}",
        made_at=one.link.made_at,
        made_by=one.link.made_by,
        removable=one.removable,
        entries=one.entries,
        pages=one.pages,
        alerts=one.alerts,
    )


def _alert(one: StoredAlert) -> AlertAnswer:
    return AlertAnswer(
        fingerprint=one.fingerprint,
        state=one.state.value,
        started_at=one.started_at,
        says=wording.line(one.worst),
    )
