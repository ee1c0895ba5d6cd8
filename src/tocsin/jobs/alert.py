"""Findings → alerts → one incident, its timeline and its first pages, in one unit of work.

An incident and its first pages are born together: there is no instant at which the one stands in
the records and the other does not.  A later finding becomes a timeline line only if it says
something new: an alarm joined or cleared, the slice narrowed, the severity rose.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

import sqlalchemy as sa

from tocsin.alert import outside, wording
from tocsin.alert.group import OpenGroup, founds, group, main_finding
from tocsin.alert.notice import Alert
from tocsin.alert.state import AlertState, Changes, StoredAlert, advance
from tocsin.base.slices import EVERYONE
from tocsin.base.spans import describe
from tocsin.detect.finding import Finding
from tocsin.incident import lifecycle, warroom
from tocsin.incident.again import WITHIN, come_back, may_come_back
from tocsin.incident.incident import Entry, EntryKind, Incident
from tocsin.incident.severity import severity
from tocsin.ingest.system import System
from tocsin.jobs import quiet
from tocsin.jobs.per_system import per_system
from tocsin.jobs.quiet import Quiet
from tocsin.jobs.rings import Rings
from tocsin.oncall.escalation import next_actions
from tocsin.store import alerts as stored_alerts
from tocsin.store import commands, incidents, oncall, pages, systems
from tocsin.store import findings as stored_findings
from tocsin.store import outside as stored_outside
from tocsin.store.unit import Unit

_ACTOR = "tocsin"
_LINES = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class _Scene:
    """What one evaluation of one system is judged with."""

    rings: Rings
    unit: Unit
    system: System
    everyone: Sequence[Finding]

    @property
    def now(self) -> datetime:
        return self.unit.now

    def entry_ids(self, n: int) -> list[str]:
        return [self.unit.new_id("ent") for _ in range(n)]


def run(rings: Rings, now: datetime) -> None:
    """Take every system's latest findings into account."""
    per_system(rings, lambda name: _system(rings, name, now))


def _system(rings: Rings, name: str, now: datetime) -> None:
    with rings.database.reading() as conn:
        known = stored_alerts.firing(conn, name)
        changes, _ = _changes(conn, name, known, now)
        working = {incident.id for incident in incidents.open_ones(conn, name)}
        kept = quiet.look(conn, name, known, working, rules=rings.inhibitions, now=now)
    if changes.all or not kept.settled(known):
        with rings.database.unit(_ACTOR, now) as unit:
            look(rings, unit, name)


def look(rings: Rings, unit: Unit, name: str) -> None:
    """Take what is said of a system into account, in this unit."""
    known = stored_alerts.firing(unit.conn, name)
    changes, findings = _changes(unit.conn, name, known, unit.now)
    scene = _Scene(
        rings=rings,
        unit=unit,
        system=systems.get(unit.conn, name).system,
        everyone=[finding for finding in findings if finding.slice == EVERYONE],
    )
    _settle(scene, known, changes)


def _changes(
    conn: sa.Connection, name: str, known: Sequence[StoredAlert], now: datetime
) -> tuple[Changes, Sequence[Finding]]:
    """Return what the last evaluation and other systems say anew; and that evaluation.

    What was grouped under an incident that has been merged since goes on under the other one.
    """
    known = _at_home(conn, known)
    findings = stored_findings.latest(conn, name)
    at = stored_findings.evaluated_at(conn, name)
    own = [one for one in known if not outside.is_outside(one)]
    others = [one for one in known if outside.is_outside(one)]
    said = Changes() if at is None else advance(name, own, findings, at)
    heard = outside.advance(others, stored_outside.firing(conn, name), now)
    together = Changes(
        (*said.opened, *heard.opened),
        (*said.continued, *heard.continued),
        (*said.resolved, *heard.resolved),
    )
    return together, findings


def _at_home(conn: sa.Connection, known: Sequence[StoredAlert]) -> list[StoredAlert]:
    homes = incidents.homes(conn, {one.incident for one in known if one.incident is not None})
    return [
        one
        if one.incident is None or homes[one.incident] == one.incident
        else replace(one, incident=homes[one.incident])
        for one in known
    ]


def _settle(scene: _Scene, known: Sequence[StoredAlert], changes: Changes) -> None:
    """Save the changed alerts, find each firing one its incident, and tell the timelines."""
    current = {one.fingerprint: one for one in (*known, *changes.all)}
    groups = _open_groups(scene)
    kept = _quiet(scene, list(current.values()), groups)
    loose = {
        fingerprint: one
        for fingerprint, one in current.items()
        if one.state == AlertState.FIRING and one.incident is None and fingerprint not in kept.held
    }
    grouping = group([one.alert for one in loose.values()], groups)
    joined: dict[str, list[StoredAlert]] = {}
    for incident_id, alert in grouping.joined:
        home = replace(loose[alert.fingerprint], incident=incident_id)
        current[alert.fingerprint] = home
        joined.setdefault(incident_id, []).append(home)
    opened: list[tuple[Incident, list[StoredAlert]]] = []
    for cluster in grouping.fresh:
        incident = _again(scene, cluster) or _open(scene, cluster)
        members = [replace(loose[one.fingerprint], incident=incident.id) for one in cluster]
        current |= {one.fingerprint: one for one in members}
        opened.append((incident, members))
    changed = {one.fingerprint for one in changes.all} | {
        fingerprint for fingerprint, one in loose.items() if current[fingerprint] != one
    }
    stored_alerts.save(scene.unit, [current[fingerprint] for fingerprint in sorted(changed)])
    resolved: dict[str, list[StoredAlert]] = {}
    for one in changes.resolved:
        if one.incident is not None:
            resolved.setdefault(one.incident, []).append(one)
    moved = [one.incident for one in changes.continued if one.incident is not None]
    for incident_id in dict.fromkeys((*joined, *resolved, *moved)):
        _follow(scene, incident_id, joined.get(incident_id, []), resolved.get(incident_id, []))
    lines = kept.record(scene.unit, list(current.values()), groups, joined, opened)
    for incident_id, said in lines.items():
        _say(scene, incident_id, said)


def _quiet(scene: _Scene, alerts: Sequence[StoredAlert], groups: Sequence[OpenGroup]) -> Quiet:
    rules, working = scene.rings.inhibitions, {one.incident for one in groups}
    return quiet.look(
        scene.unit.conn, scene.system.name, alerts, working, rules=rules, now=scene.now
    )


def _say(scene: _Scene, incident_id: str, lines: Sequence[str]) -> None:
    """Tell an incident's timeline what was kept quiet, and why."""
    incident, entries = incidents.get(scene.unit.conn, incident_id), list[Entry]()
    for line, entry_id in zip(lines, scene.entry_ids(len(lines)), strict=True):
        _, more = lifecycle.note(
            incident,
            kind=EntryKind.SUPPRESSED,
            text=line,
            actor=_ACTOR,
            now=scene.now,
            entry_id=entry_id,
        )
        entries += more
    incidents.save(scene.unit, incident, entries)


def _open_groups(scene: _Scene) -> list[OpenGroup]:
    conn = scene.unit.conn
    groups: list[OpenGroup] = []
    standing = incidents.open_ones(conn, scene.system.name)
    of = stored_alerts.of_incidents(conn, [incident.id for incident in standing])
    for incident in standing:
        members = tuple(one.alert for one in of[incident.id])
        since = min((alert.started_at for alert in members), default=incident.detected_at)
        group_ = OpenGroup(
            incident.id, incident.system, incident.slice, since, members, incident.recovered_at
        )
        groups.append(group_)
    return sorted(groups, key=lambda one: one.since)


def _open(scene: _Scene, cluster: Sequence[Alert]) -> Incident:
    """Open an incident for `cluster` with its first pages."""
    unit, system = scene.unit, scene.system
    main = main_finding(cluster)
    since = min(one.started_at for one in cluster if founds(one.finding))
    grade, why = severity(
        system, [one.finding for one in cluster], scene.everyone, scene.rings.severity
    )
    evidence = wording.roll(cluster, _LINES)
    incident, entries = lifecycle.open_(
        id=unit.new_id("inc"),
        number=incidents.next_number(unit),
        system=system.name,
        title=wording.title(system.name, main, since, scene.now),
        severity=grade,
        severity_why=why,
        slice_=main.slice,
        impact_from=since,
        now=scene.now,
        evidence=evidence,
        entry_ids=scene.entry_ids(1 + len(evidence)),
    )
    incident = replace(incident, war_room=warroom.link(scene.rings.telling.war_room, incident))
    policy = scene.rings.policy_of(system.name)
    incidents.add(unit, incident, entries, policy, fault_from=None)
    commands.keep(unit, incident.id, scene.rings.command.of(system))
    _page(scene, incident)
    return incident


def _again(scene: _Scene, cluster: Sequence[Alert]) -> Incident | None:
    """Open the incident again that these alarms were a short while ago; None: they are new."""
    unit = scene.unit
    before = _was(scene, {one.fingerprint for one in cluster if founds(one.finding)})
    if before is None or before.resolved_at is None:
        return None
    ago = describe(scene.now - before.resolved_at)
    incident, entries = come_back(
        before,
        now=scene.now,
        entry_id=unit.new_id("ent"),
        why=f"came back {ago} after it was resolved: {wording.roll(cluster, 1)[0]};"
        " people are called again from the first step",
    )
    grade, why = severity(
        scene.system, [one.finding for one in cluster], scene.everyone, scene.rings.severity
    )
    incident, more = lifecycle.worsen(
        incident, grade, why, now=scene.now, entry_id=unit.new_id("ent")
    )
    pages.retire(unit, incident.id, before.acknowledged_by or _ACTOR)
    incidents.save(unit, incident, (*entries, *more))
    unit.audit("incident.came_back", incident.id)
    _page(scene, incident)
    return incident


def _was(scene: _Scene, fingerprints: set[str]) -> Incident | None:
    """Return the newest incident that may come back and that one of these alarms had founded."""
    conn = scene.unit.conn
    for incident in incidents.resolved_since(conn, scene.system.name, scene.now - WITHIN):
        if may_come_back(incident, scene.now):
            members = stored_alerts.of_incident(conn, incident.id)
            if any(founds(one.worst) and one.fingerprint in fingerprints for one in members):
                return incident
    return None


def _page(scene: _Scene, incident: Incident) -> None:
    """Put the pages that are due for `incident` into the outbox, if it wakes people."""
    if incident.paging_from is None:
        return
    conn = scene.unit.conn
    calls = next_actions(
        incidents.policy(conn, incident.id),
        pages.calls(conn, incident.id),
        overrides=oncall.overrides(conn, scene.now),
        opened_at=incident.paging_from,
        acknowledged_at=incident.acknowledged_at,
        resolved_at=incident.resolved_at,
        now=scene.now,
    )
    pages.add(scene.unit, incident.id, calls)


def _follow(
    scene: _Scene,
    incident_id: str,
    joined: Sequence[StoredAlert],
    resolved: Sequence[StoredAlert],
) -> None:
    """Tell an incident's timeline what is new, and let its severity and slice follow."""
    conn = scene.unit.conn
    before = incidents.get(conn, incident_id)
    if before.resolved_at is not None:
        return
    members = stored_alerts.of_incident(conn, incident_id)
    incident, entries = _tell(scene, before, joined, resolved)
    loud = [one.alert for one in members if founds(one.worst)]
    if loud:
        main = main_finding(loud)
        since = incident.impact_from or incident.detected_at
        title = wording.title(incident.system, main, since, incident.detected_at)
        incident, more = lifecycle.narrow(
            incident, main.slice, title, now=scene.now, entry_id=scene.unit.new_id("ent")
        )
        entries += more
    grade, why = severity(
        scene.system, [one.worst for one in members], scene.everyone, scene.rings.severity
    )
    incident, more = lifecycle.worsen(
        incident, grade, why, now=scene.now, entry_id=scene.unit.new_id("ent")
    )
    entries += more
    incident, more = _recovery(scene, incident, members, joined)
    entries += more
    if entries or incident != before:
        incidents.save(scene.unit, incident, entries)
    if any(lifecycle.AGAIN in entry.facts for entry in entries):
        pages.retire(scene.unit, incident.id, before.acknowledged_by or _ACTOR)
    if incident.paging_from != before.paging_from:
        _page(scene, incident)


def _tell(
    scene: _Scene,
    incident: Incident,
    joined: Sequence[StoredAlert],
    resolved: Sequence[StoredAlert],
) -> tuple[Incident, tuple[Entry, ...]]:
    lines = [f"also: {line}" for line in wording.roll([one.alert for one in joined], _LINES)]
    lines += [wording.cleared(one.finding) for one in resolved if founds(one.worst)]
    entries: list[Entry] = []
    for line, entry_id in zip(lines, scene.entry_ids(len(lines)), strict=True):
        incident, more = lifecycle.note(
            incident,
            kind=EntryKind.FINDING,
            text=line,
            actor=_ACTOR,
            now=scene.now,
            entry_id=entry_id,
        )
        entries += more
    return incident, tuple(entries)


def _after(one: StoredAlert, incident: Incident) -> bool:
    """Return whether the alarm speaks of what came after the containment or the recovery only.

    A window that still reaches back into the harm tells nothing new about it.
    """
    since, window = incident.contained_at or incident.recovered_at, one.finding.window
    return since is None or window is None or window.start >= since


def _recovery(
    scene: _Scene,
    incident: Incident,
    members: Sequence[StoredAlert],
    joined: Sequence[StoredAlert],
) -> tuple[Incident, tuple[Entry, ...]]:
    loud = [one for one in members if founds(one.worst)]
    entry_id = scene.unit.new_id("ent")
    if any(founds(one.worst) and _after(one, incident) for one in joined):
        why = "not recovered: a new alarm has joined"
        return lifecycle.relapse(incident, now=scene.now, entry_id=entry_id, why=why)
    if loud and all(one.state == AlertState.RESOLVED for one in loud):
        how = "every alarm that pages has cleared; resolve the incident when you agree"
        return lifecycle.recover(incident, now=scene.now, entry_id=entry_id, how=how)
    return incident, ()
