"""What people do with several incidents: link, unlink, merge, split; JSON and pages share these."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace

import sqlalchemy as sa

from tocsin.alert import wording
from tocsin.alert.group import founds, main_finding
from tocsin.alert.state import StoredAlert
from tocsin.base.errors import BadInput, Conflict
from tocsin.base.slices import EVERYONE
from tocsin.contain.plan import PlanState
from tocsin.incident import relate
from tocsin.incident.incident import Entry, Incident
from tocsin.incident.relate import BY_HAND, Link, LinkKind
from tocsin.incident.severity import severity
from tocsin.oncall.escalation import next_actions
from tocsin.store import (
    alerts,
    commands,
    containment,
    findings,
    incidents,
    links,
    oncall,
    pages,
    systems,
)
from tocsin.store.unit import Unit
from tocsin.web.site import Site

EVIDENCE_LINES = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Relation:
    """One link as seen from one of its two incidents."""

    link: Link
    says: str
    incident: Incident
    """The other one."""
    removable: bool
    entries: int
    pages: int
    alerts: int


def relations(conn: sa.Connection, incident: Incident) -> list[Relation]:
    """Return what `incident` is related to, and how much is to be found there."""
    found: list[Relation] = []
    for one in links.of_incident(conn, incident.id):
        mine = one.incident == incident.id
        other = incidents.get(conn, one.other if mine else one.incident)
        found.append(
            Relation(
                link=one,
                says=relate.says(one.kind, other_side=not mine),
                incident=other,
                removable=one.kind in BY_HAND,
                entries=len(incidents.timeline(conn, other.id)),
                pages=len(pages.of_incident(conn, other.id)),
                alerts=len(alerts.of_incident(conn, other.id)),
            )
        )
    return found


def link(unit: Unit, incident: str, other: str, kind: LinkKind) -> Incident:
    """Link two incidents; a link that stands already changes nothing.

    Raises:
        NotFound: one of them is not known.
        BadInput: an incident and itself, or a kind that no person makes.
    """
    one, two = incidents.get(unit.conn, incident), incidents.get(unit.conn, other)
    told = relate.link(one, two, kind, actor=unit.actor, now=unit.now, entry_ids=_ids(unit, 2))
    _, new = links.add(unit, one.id, two.id, kind)
    if new:
        incidents.save(unit, one, told[:1])
        incidents.save(unit, two, told[1:])
    return one


def unlink(unit: Unit, incident: str, link_id: str) -> Incident:
    """Take a link back; both timelines tell it.

    Raises:
        NotFound: no such incident or link.
        BadInput: merging or splitting made it.
    """
    here = incidents.get(unit.conn, incident)
    found = links.get(unit.conn, link_id)
    if here.id not in {found.incident, found.other}:
        raise BadInput(f"the link is not one of {here.name}", where="link", do="see its links")
    one, two = incidents.get(unit.conn, found.incident), incidents.get(unit.conn, found.other)
    told = relate.link(
        one, two, found.kind, actor=unit.actor, now=unit.now, entry_ids=_ids(unit, 2), ended=True
    )
    if links.remove(unit, found):
        incidents.save(unit, one, told[:1])
        incidents.save(unit, two, told[1:])
    return here


def merge(unit: Unit, incident: str, into: str, why: str) -> Incident:
    """Merge an incident into another, which takes its alerts and goes on paging; return that one.

    Raises:
        NotFound: one of them is not known.
        BadInput: an incident and itself.
        Conflict: one is over, they are about different systems, or a containment is in force for
            the one that would close.
    """
    loser, winner = incidents.get(unit.conn, incident), incidents.get(unit.conn, into)
    done = relate.merge(
        winner, loser, why=why, actor=unit.actor, now=unit.now, entry_ids=_ids(unit, 4)
    )
    _refuse_in_force(unit, loser, winner)
    moved = alerts.of_incident(unit.conn, loser.id)
    alerts.save(unit, [replace(one, incident=winner.id) for one in moved])
    for stored in containment.plans(unit.conn, loser.id):
        if stored.state is PlanState.PROPOSED:
            containment.save_plan(unit, stored.plan, PlanState.WITHDRAWN)
    incidents.save(unit, done.loser, done.told_loser)
    incidents.save(unit, done.winner, done.told_winner)
    links.add(unit, loser.id, winner.id, LinkKind.MERGED_INTO)
    pages.close(unit, loser.id, unit.actor)
    if done.called_again:
        pages.retire(unit, winner.id, winner.acknowledged_by or unit.actor)
    _page(unit, done.winner)
    names = ", ".join(sorted({one.fingerprint for one in moved}))
    unit.audit("incident.merged", loser.id, into=winner.id, why=why, alerts=names)
    return done.winner


def split(
    unit: Unit, site: Site, incident: str, chosen: Collection[str], title: str = ""
) -> Incident:
    """Move the alerts with these fingerprints to a new incident, and return it.

    Args:
        unit: where to write.
        site: the escalation policies and the severity settings.
        incident: id, number or name.
        chosen: fingerprints of some of its alerts.
        title: of the new one; empty: what its gravest alert says.

    Raises:
        NotFound: there is no such incident.
        BadInput: a fingerprint that it has not, or none or all of them.
        Conflict: it is over.
    """
    before = incidents.get(unit.conn, incident)
    every = alerts.of_incident(unit.conn, before.id)
    _, going = relate.share(every, [one.fingerprint for one in every], chosen)
    new, told, there = _new_incident(unit, site, before, going, title)
    incidents.add(unit, new, told, site.policy_of(new.system), None)
    commands.keep(unit, new.id, site.command.of(systems.get(unit.conn, new.system).system))
    incidents.save(unit, before, [there])
    alerts.save(unit, [replace(one, incident=new.id) for one in going])
    links.add(unit, new.id, before.id, LinkKind.SPLIT_FROM)
    _page(unit, new)
    names = ", ".join(sorted({one.fingerprint for one in going}))
    unit.audit("incident.split", before.id, new=new.id, alerts=names)
    return new


def _new_incident(
    unit: Unit, site: Site, before: Incident, going: Collection[StoredAlert], title: str
) -> tuple[Incident, tuple[Entry, ...], Entry]:
    members = [one.alert for one in going]
    loud = [one for one in members if founds(one.finding)]
    main = main_finding(loud) if loud else members[0].finding
    since = min(one.started_at for one in (loud or members))
    everyone = [one for one in findings.latest(unit.conn, before.system) if one.slice == EVERYONE]
    system = systems.get(unit.conn, before.system).system
    grade, why = severity(system, [one.finding for one in members], everyone, site.severity)
    evidence = wording.roll(members, EVIDENCE_LINES)
    return relate.split(
        before,
        id=unit.new_id("inc"),
        number=incidents.next_number(unit),
        title=title or wording.title(before.system, main, since, before.detected_at),
        severity=grade,
        severity_why=why,
        slice_=main.slice,
        impact_from=since,
        evidence=evidence,
        actor=unit.actor,
        now=unit.now,
        entry_ids=_ids(unit, 3 + len(evidence)),
    )


def _refuse_in_force(unit: Unit, loser: Incident, winner: Incident) -> None:
    running = containment.of_incident(unit.conn, loser.id)
    if any(one.in_force(unit.now) for one in running):
        raise Conflict(
            f"a containment is in force for {loser.name}; merge {winner.name} into it instead,"
            " or end the containment first"
        )


def _page(unit: Unit, incident: Incident) -> None:
    """Put the calls that are due for `incident` into the outbox, in this very unit of work."""
    if incident.paging_from is None:
        return
    calls = next_actions(
        incidents.policy(unit.conn, incident.id),
        pages.calls(unit.conn, incident.id),
        overrides=oncall.overrides(unit.conn, unit.now),
        opened_at=incident.paging_from,
        acknowledged_at=incident.acknowledged_at,
        resolved_at=incident.resolved_at,
        now=unit.now,
    )
    pages.add(unit, incident.id, calls)


def _ids(unit: Unit, n: int) -> list[str]:
    return [unit.new_id("ent") for _ in range(n)]
