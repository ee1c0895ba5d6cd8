"""The moves of an incident: each returns the incident after it and the timeline lines that tell it.

    open ──acknowledge──▶ acknowledged ──contain──▶ contained ──resolve──▶ resolved
      └────────────────contain / resolve (who resolves has seen it)────────────────▲

Contained says what the serving side does, not that anybody knows: a playbook contains while people
sleep.  Whoever waits for somebody is told by `acknowledged_at`, whatever is contained.
Moves are pure and refuse what cannot be (`Conflict`); acknowledging, containing or recovering twice
changes nothing and says nothing.  Severity rises by itself and falls only by a person's word.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from tocsin.base.errors import Conflict
from tocsin.base.slices import EVERYONE, Slice
from tocsin.base.spans import describe
from tocsin.incident.incident import Entry, EntryKind, Incident, Severity, State

Moved = tuple[Incident, tuple[Entry, ...]]
PAGES_FROM = Severity.SEV2
"""SEV1 and SEV2 page people; SEV3 and SEV4 wait for working hours."""

WORK = frozenset(
    {
        EntryKind.ACKNOWLEDGED,
        EntryKind.SEVERITY,
        EntryKind.IMPACT,
        EntryKind.NOTE,
        EntryKind.PLAN,
        EntryKind.APPROVED,
        EntryKind.CONTAINED,
        EntryKind.REVERTED,
        EntryKind.ROLE,
        EntryKind.UPDATE,
        EntryKind.LINKED,
        EntryKind.MERGED,
        EntryKind.SPLIT,
        EntryKind.TASK,
        EntryKind.CORRECTED,
    }
)
"""Lines by which a person shows to be at work."""
AGAIN = "paging"
"""The fact of the line with which paging begins again from the first step."""
FLAPS_WITHIN = timedelta(minutes=10)
"""Harm that is back so soon after it ended flaps: whoever has the incident is at it still."""
TOCSIN = "tocsin"
"""The actor of what nobody did by hand."""


def open_(
    *,
    id: str,  # noqa: A002 - the noun's field
    number: int,
    system: str,
    title: str,
    severity: Severity,
    severity_why: str,
    now: datetime,
    entry_ids: Sequence[str],
    slice_: Slice = EVERYONE,
    impact_from: datetime | None = None,
    evidence: Sequence[str] = (),
    actor: str = TOCSIN,
) -> Moved:
    """Return a new incident and its first lines: that it opened, and one line per evidence.

    Args:
        id: the incident's id.
        number: what people call it by.
        system: whom it concerns.
        title: one line in plain words.
        severity: from the matrix or a person.
        severity_why: one sentence.
        now: when it was detected.
        entry_ids: as many fresh ids as lines, 1 + len(evidence).
        slice_: who is hit.
        impact_from: since when, where known.
        evidence: what was seen, in words.
        actor: who opened it.
    """
    incident = Incident(
        id=id,
        number=number,
        system=system,
        title=title,
        severity=severity,
        severity_why=severity_why,
        state=State.OPEN,
        slice=slice_,
        impact_from=impact_from,
        detected_at=now,
        paging_from=now if pages(severity) else None,
        graded=severity if actor == TOCSIN else None,
    )
    first = _entry(
        incident,
        entry_ids[0],
        now,
        kind=EntryKind.OPENED,
        actor=actor,
        text=f"{incident.name} opened as {severity.name}: {severity_why}",
        facts={"title": title, "slice": slice_.key, "severity": severity.name},
    )
    rest = (
        _entry(incident, entry_id, now, kind=EntryKind.FINDING, actor=actor, text=line)
        for entry_id, line in zip(entry_ids[1:], evidence, strict=True)
    )
    return incident, (first, *rest)


def pages(severity: Severity) -> bool:
    """Return whether an incident of this severity wakes people."""
    return severity <= PAGES_FROM


def refuse_resolved(incident: Incident, verb: str) -> None:
    """Refuse what cannot be done to an incident that is over.

    Raises:
        Conflict: it is resolved.
    """
    if incident.merged_into is not None:
        raise Conflict(f"{incident.name} was merged and cannot be {verb}; see what it goes on as")
    if incident.state == State.RESOLVED:
        raise Conflict(f"{incident.name} is resolved and cannot be {verb}; open a new one")


def note(
    incident: Incident,
    *,
    kind: EntryKind,
    text: str,
    actor: str,
    now: datetime,
    entry_id: str,
    facts: Mapping[str, str] | None = None,
) -> Moved:
    """Return the incident unchanged and one line; allowed in every state, after the end as well."""
    return incident, (
        _entry(incident, entry_id, now, kind=kind, actor=actor, text=text, facts=facts),
    )


def acknowledge(incident: Incident, *, actor: str, now: datetime, entry_id: str) -> Moved:
    """Return the incident as taken by `actor`; somebody who comes second changes nothing.

    Whoever acknowledges leads until it is assigned to another.

    Raises:
        Conflict: it is resolved.
    """
    refuse_resolved(incident, "acknowledged")
    if incident.acknowledged_at is not None:
        return incident, ()
    state = State.ACKNOWLEDGED if incident.state == State.OPEN else incident.state
    after = replace(
        incident,
        state=state,
        acknowledged_at=now,
        acknowledged_by=actor,
        commander=incident.commander or actor,
    )
    text = f"{actor} has acknowledged" + (" and leads" if after.commander == actor else "")
    return after, (
        _entry(after, entry_id, now, kind=EntryKind.ACKNOWLEDGED, actor=actor, text=text),
    )


def worsen(
    incident: Incident, severity: Severity, why: str, *, now: datetime, entry_id: str
) -> Moved:
    """Return the incident at a graver severity by the matrix; a milder one changes nothing.

    A person's milder grade stands until the matrix says something graver than it did before.
    Paging starts now if it only now became grave enough; then an acknowledgement given while it
    could wait for the morning no longer counts.
    """
    said_before = incident.graded is not None and severity >= incident.graded
    if severity >= incident.severity or said_before or incident.state == State.RESOLVED:
        return incident, ()
    if pages(severity) and not pages(incident.severity):
        incident = _untaken(incident)
    return _severity(incident, severity, why, actor=TOCSIN, now=now, entry_id=entry_id)


def set_severity(
    incident: Incident, severity: Severity, why: str, *, actor: str, now: datetime, entry_id: str
) -> Moved:
    """Return the incident at the severity a person says, up or down.

    Raises:
        Conflict: it is resolved.
    """
    refuse_resolved(incident, "regraded")
    if severity == incident.severity:
        return incident, ()
    return _severity(incident, severity, why, actor=actor, now=now, entry_id=entry_id)


def narrow(incident: Incident, slice_: Slice, title: str, *, now: datetime, entry_id: str) -> Moved:
    """Return the incident with a more specific slice; anything else changes nothing."""
    if slice_ == incident.slice or not slice_.within(incident.slice):
        return incident, ()
    if incident.state == State.RESOLVED:
        return incident, ()
    after = replace(incident, slice=slice_, title=title)
    text = f"narrowed to {slice_.label}: {title}"
    facts = {"slice": slice_.key}
    return after, (
        _entry(after, entry_id, now, kind=EntryKind.FINDING, actor=TOCSIN, text=text, facts=facts),
    )


def contain(
    incident: Incident, *, actor: str, now: datetime, entry_id: str, how: str = ""
) -> Moved:
    """Return the incident as contained.

    It acknowledges nothing: a person who approved has done so by that, and where a playbook acted
    alone nobody has seen it, so that paging goes on.

    Raises:
        Conflict: it is resolved.
    """
    refuse_resolved(incident, "contained")
    if incident.state == State.CONTAINED:
        return incident, ()
    after = replace(
        incident,
        state=State.CONTAINED,
        contained_at=incident.contained_at or now,
    )
    text = f"contained by {actor}" + (f": {how}" if how else "")
    return after, (_entry(after, entry_id, now, kind=EntryKind.CONTAINED, actor=actor, text=text),)


def uncontain(
    incident: Incident, *, actor: str, now: datetime, entry_id: str, kind: EntryKind, why: str
) -> Moved:
    """Return the incident as no longer contained: the plan expired or was reverted.

    It is acknowledged or open again, by whether somebody had it.

    Args:
        incident: it.
        actor: who ended the containment.
        now: when.
        entry_id: a fresh id.
        kind: `EXPIRED` or `REVERTED`.
        why: in words.
    """
    if incident.state != State.CONTAINED:
        return incident, (_entry(incident, entry_id, now, kind=kind, actor=actor, text=why),)
    state = State.OPEN if incident.acknowledged_at is None else State.ACKNOWLEDGED
    after = replace(incident, state=state)
    return after, (_entry(after, entry_id, now, kind=kind, actor=actor, text=why),)


def call_again(incident: Incident, *, now: datetime, entry_id: str, why: str) -> Moved:
    """Return the incident as not acknowledged any more, so that escalation goes on where it stood.

    For what nobody can have known when they acknowledged, such as a containment that harms.  One
    that nobody has acknowledged is being escalated already and only gets the line.
    """
    if incident.state == State.RESOLVED:
        return incident, ()
    after = _untaken(incident)
    return after, (_entry(after, entry_id, now, kind=EntryKind.PAGE, actor=TOCSIN, text=why),)


def worked_at(entries: Iterable[Entry]) -> datetime | None:
    """Return when a person last logged work: a note, a plan, an assignment; `None`: never."""
    return max((e.at for e in entries if e.kind in WORK and e.actor != TOCSIN), default=None)


def expire(incident: Incident, *, now: datetime, entry_id: str, why: str) -> Moved:
    """Return the incident as not acknowledged any more; people are paged from the first step.

    Only of one that was acknowledged and nothing more: what is contained is being worked on.
    """
    if incident.state != State.ACKNOWLEDGED:
        return incident, ()
    after, entries = call_again(incident, now=now, entry_id=entry_id, why=why)
    told = tuple(replace(entry, facts={**entry.facts, AGAIN: "expired"}) for entry in entries)
    return replace(after, paging_from=now), told


def recover(incident: Incident, *, now: datetime, entry_id: str, how: str) -> Moved:
    """Return the incident as recovered: the affected slice is back to normal.

    It stays open until a person resolves it; a second recovery changes nothing.
    """
    if incident.recovered_at is not None or incident.state == State.RESOLVED:
        return incident, ()
    after = replace(incident, recovered_at=now)
    return after, (_entry(after, entry_id, now, kind=EntryKind.VERIFIED, actor=TOCSIN, text=how),)


def relapse(incident: Incident, *, now: datetime, entry_id: str, why: str) -> Moved:
    """Return the incident as not recovered after all.

    If it wakes people and had been well for longer than `FLAPS_WITHIN`, whoever had it may be
    asleep: it is acknowledged by nobody, and people are paged from the first step.
    """
    if incident.recovered_at is None or incident.state == State.RESOLVED:
        return incident, ()
    well = now - incident.recovered_at
    after, kind = replace(incident, recovered_at=None), EntryKind.FINDING
    facts: dict[str, str] = {}
    if incident.acknowledged_at is not None and pages(incident.severity) and well > FLAPS_WITHIN:
        after, kind = replace(_untaken(after), paging_from=now), EntryKind.PAGE
        facts = {AGAIN: "relapsed"}
        why = f"{why} after {describe(well)}; people are called again from the first step"
    return after, (_entry(after, entry_id, now, kind=kind, actor=TOCSIN, text=why, facts=facts),)


def resolve(
    incident: Incident, *, actor: str, now: datetime, entry_id: str, why: str = ""
) -> Moved:
    """Return the incident as over.

    Raises:
        Conflict: it is resolved already.
    """
    refuse_resolved(incident, "resolved again")
    after = replace(
        incident,
        state=State.RESOLVED,
        resolved_at=now,
        acknowledged_at=incident.acknowledged_at or now,
        acknowledged_by=incident.acknowledged_by or actor,
    )
    text = f"resolved by {actor}" + (f": {why}" if why else "")
    return after, (_entry(after, entry_id, now, kind=EntryKind.RESOLVED, actor=actor, text=text),)


def _untaken(incident: Incident) -> Incident:
    """Return the incident as acknowledged by nobody; what is contained stays so."""
    state = State.OPEN if incident.state == State.ACKNOWLEDGED else incident.state
    return replace(incident, state=state, acknowledged_at=None, acknowledged_by=None)


def _severity(
    incident: Incident, severity: Severity, why: str, *, actor: str, now: datetime, entry_id: str
) -> Moved:
    after = replace(
        incident,
        severity=severity,
        severity_why=why,
        paging_from=incident.paging_from or (now if pages(severity) else None),
        graded=severity if actor == TOCSIN else incident.graded,
    )
    verb = "raised" if severity < incident.severity else "lowered"
    text = f"severity {verb} from {incident.severity.name} to {severity.name}: {why}"
    facts = {"from": incident.severity.name, "to": severity.name}
    return after, (
        _entry(after, entry_id, now, kind=EntryKind.SEVERITY, actor=actor, text=text, facts=facts),
    )


def _entry(
    incident: Incident,
    entry_id: str,
    now: datetime,
    *,
    kind: EntryKind,
    actor: str,
    text: str,
    facts: Mapping[str, str] | None = None,
) -> Entry:
    return Entry(
        id=entry_id,
        incident=incident.id,
        at=now,
        kind=kind,
        actor=actor,
        text=text,
        facts=dict(facts or {}),
    )
