"""What people do to an incident, each within one unit of work; JSON and pages share these.

Each gathers what the room needs, calls the room's pure move, and stores what it returned.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from tocsin.base.phrases import count
from tocsin.base.slices import EVERYONE, Slice
from tocsin.contain.explain import clock_time
from tocsin.incident import corrections, impact, lifecycle, warroom
from tocsin.incident.incident import EntryKind, Incident, Severity
from tocsin.oncall.escalation import next_actions
from tocsin.store import commands, containment, incidents, oncall, pages, systems
from tocsin.store.unit import Unit
from tocsin.web.drafts import draft_review
from tocsin.web.site import Site


def declare(
    unit: Unit,
    site: Site,
    *,
    system: str,
    title: str,
    severity: Severity,
    why: str = "declared by a person",
    slice_: Slice = EVERYONE,
) -> Incident:
    """Open an incident by hand and put its first pages into the outbox.

    Raises:
        NotFound: there is no such system.
    """
    declared = systems.get(unit.conn, system).system
    incident, entries = lifecycle.open_(
        id=unit.new_id("inc"),
        number=incidents.next_number(unit),
        system=system,
        title=title,
        severity=severity,
        severity_why=why,
        now=unit.now,
        entry_ids=[unit.new_id("ent")],
        slice_=slice_,
        actor=unit.actor,
    )
    incident = replace(incident, war_room=warroom.link(site.telling.war_room, incident))
    policy = site.policy_of(system)
    incidents.add(unit, incident, entries, policy, None)
    commands.keep(unit, incident.id, site.command.of(declared))
    if incident.paging_from is not None:
        calls = next_actions(
            policy,
            (),
            overrides=oncall.overrides(unit.conn, unit.now),
            opened_at=incident.paging_from,
            acknowledged_at=None,
            resolved_at=None,
            now=unit.now,
        )
        pages.add(unit, incident.id, calls)
    unit.audit("incident.declared", incident.id, title=title, severity=severity.name)
    return incident


def acknowledge(unit: Unit, incident: str) -> Incident:
    """Take an incident: paging stops, and the actor leads unless somebody already does.

    Raises:
        NotFound: there is no such incident.
        Conflict: it is resolved.
    """
    before = incidents.get(unit.conn, incident)
    after, entries = lifecycle.acknowledge(
        before, actor=unit.actor, now=unit.now, entry_id=unit.new_id("ent")
    )
    if entries:
        incidents.save(unit, after, entries)
        pages.acknowledge(unit, after.id, unit.actor)
        unit.audit("incident.acknowledged", after.id)
    return after


def note(unit: Unit, incident: str, text: str) -> Incident:
    """Write a line on the timeline.

    Raises:
        NotFound: there is no such incident.
    """
    after, entries = lifecycle.note(
        incidents.get(unit.conn, incident),
        kind=EntryKind.NOTE,
        text=text,
        actor=unit.actor,
        now=unit.now,
        entry_id=unit.new_id("ent"),
    )
    incidents.save(unit, after, entries)
    return after


def correct(unit: Unit, incident: str, entry: str, text: str) -> Incident:
    """Correct a note; what it said before stays on record.

    Raises:
        NotFound: there is no such incident or entry.
        BadInput: the entry is no note.
        Forbidden: somebody else wrote it, and the actor does not lead.
    """
    before = incidents.get(unit.conn, incident)
    after, entries = corrections.correct(
        before,
        incidents.timeline(unit.conn, before.id),
        entry,
        text,
        actor=unit.actor,
        now=unit.now,
        entry_id=unit.new_id("ent"),
    )
    incidents.save(unit, after, entries)
    return after


def regrade(unit: Unit, incident: str, severity: Severity, why: str) -> Incident:
    """Raise or lower the severity by a person's word.

    Raises:
        NotFound: there is no such incident.
        Conflict: it is resolved.
    """
    after, entries = lifecycle.set_severity(
        incidents.get(unit.conn, incident),
        severity,
        why,
        actor=unit.actor,
        now=unit.now,
        entry_id=unit.new_id("ent"),
    )
    incidents.save(unit, after, entries)
    if entries:
        unit.audit("incident.regraded", after.id, severity=severity.name)
    return after


def date(unit: Unit, incident: str, at: datetime, why: str) -> Incident:
    """Say since when people have been harmed.

    Raises:
        NotFound: there is no such incident.
        BadInput: later than the detection, in the future, or more than 30 days before it.
        Conflict: it is over.
    """
    after, entries = impact.say(
        incidents.get(unit.conn, incident),
        at,
        why,
        actor=unit.actor,
        now=unit.now,
        entry_id=unit.new_id("ent"),
    )
    incidents.save(unit, after, entries)
    if entries:
        unit.audit("incident.dated", after.id, **entries[0].facts)
    return after


def resolve(unit: Unit, incident: str, why: str) -> Incident:
    """End an incident and draft its review.

    Raises:
        NotFound: there is no such incident.
        Conflict: it is resolved already.
    """
    before = incidents.get(unit.conn, incident)
    stays = _stays(unit, before)
    after, entries = lifecycle.resolve(
        before,
        actor=unit.actor,
        now=unit.now,
        entry_id=unit.new_id("ent"),
        why=". ".join(filter(None, (why.rstrip("."), stays))) if stays else why,
    )
    incidents.save(unit, after, entries)
    pages.close(unit, after.id, unit.actor)
    unit.audit("incident.resolved", after.id, why=why)
    draft_review(unit, after)
    return after


def _stays(unit: Unit, incident: Incident) -> str:
    """Return what of the incident's containment goes on after it, as a sentence; empty: nothing."""
    given = containment.of_incident(unit.conn, incident.id)
    running = [d for d in given if d.in_force(unit.now)]
    if not running:
        return ""
    verb = "stays" if len(running) == 1 else "stay"
    until = clock_time(max(d.expires_at for d in running), unit.now)
    return f"{count(len(running), 'directive')} {verb} in force until {until}"
