"""Containment followed through: is it obeyed, did it help?  When it ends is `expiry`'s.

    applied ──first decision under a directive──▶ contained ──sequential test──▶ recovered
       └─ traffic, but none of it obeys ──▶ said once        └─ worse ──▶ graver, called again

Where the playbook says so, what makes it worse is taken back as well.

Every look reads the lake and the profiles outside any unit; what is written is written at once.
"""

import math
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import cast

import pyarrow as pa
import pyarrow.compute as pc

from tocsin.base.errors import Conflict
from tocsin.base.phrases import percent
from tocsin.base.spans import Span, describe
from tocsin.contain.compared import compared
from tocsin.contain.directive import Action, Directive
from tocsin.contain.explain import describe_directive
from tocsin.contain.playbook import IfWorse
from tocsin.contain.verify import Recovery, Verification, verify
from tocsin.incident import impact, lifecycle
from tocsin.incident.incident import EntryKind, Incident, Severity, State
from tocsin.ingest.rows import INSTANT
from tocsin.jobs.harm import BY_SYSTEM, SKEW, harmed
from tocsin.jobs.per_system import per_system
from tocsin.jobs.rings import Rings
from tocsin.store import acts, containment, diagnoses, force, incidents, playbooks, recovery
from tocsin.store.unit import Unit

_ACTOR = "tocsin"
HEARD_AFTER = timedelta(seconds=2)
"""How long the serving side may take to hear of a directive: the stream pushes within 1 s."""
_SHARE_ROWS = 7
"""Decisions that a share should have had before silence means something: exp(-7) is 0.001."""
HEED_WITHIN = timedelta(seconds=30)
"""After so long with traffic and no obedience, people are told that nobody listens."""


WORSE_AGAIN_AFTER = timedelta(hours=1)
"""On the verge of worse people are called once, and again after so long without it."""


def run(rings: Rings, now: datetime) -> None:
    """Follow up every directive that has not ended."""
    per_system(rings, lambda name: _system(rings, name, now))


def _system(rings: Rings, name: str, now: datetime) -> None:
    with rings.database.reading() as conn:
        directives = containment.unended(conn, name)
        waiting = {
            incident.id: incident
            for incident in incidents.open_ones(conn, name)
            if any(d.incident == incident.id for d in directives)
        }
    for incident in waiting.values():
        # what stands beside decisions changes nothing that people get
        mine = [d for d in directives if d.incident == incident.id and d.action.verified]
        if not mine:
            continue
        # what ended while nobody ran here may have been obeyed until then
        _obedience(rings, incident, mine, now)
        _verification(rings, incident.id, mine, now)


# -- is it obeyed ------------------------------------------------------------------------------
@dataclass(frozen=True, slots=True)
class _Heed:
    """How the serving side took one directive."""

    directive: Directive
    obeyed_from: datetime | None
    ignored: int
    """Decisions the system still made in the slice after it should have heard."""

    @property
    def obeyed(self) -> bool:
        """Whether it was seen to be obeyed."""
        return self.obeyed_from is not None

    @property
    def telling(self) -> int:
        """How many of those mean that nobody listens: of a share, most are meant to be made."""
        share = self.directive.share or 1.0
        return 1 if share >= 1 else math.ceil(_SHARE_ROWS / share)


def _obedience(
    rings: Rings, incident: Incident, directives: Sequence[Directive], now: datetime
) -> None:
    """Keep since when each directive is obeyed, and say it; or say that it is not."""
    unknown = [one for one in directives if one.obeyed_at is None]
    with rings.database.reading() as conn:
        outside = acts.applied(conn, [one.id for one in unknown])
    heeds = [_heed(rings, one, outside.get(one.id), now) for one in unknown]
    seen = [replace(heed.directive, obeyed_at=heed.obeyed_from) for heed in heeds if heed.obeyed]
    deaf = [heed for heed in heeds if not heed.obeyed and heed.ignored >= heed.telling]
    # what was seen before its end and has ended since contains nothing any more
    held = [one for one in directives if one.obeyed_at is not None and one.in_force(now)]
    hit = incident.slice
    by = [one for one in (*held, *seen, *_taken(heeds, now)) if one.contains(hit)]
    if any(heed.directive.contains(hit) for heed in deaf):
        by = []
    if seen or (by and incident.state is not State.CONTAINED):
        _obeyed(rings, incident.id, seen, by, now)
    for heed in deaf:
        if now - heed.directive.created_at >= HEED_WITHIN:
            _unheeded(rings, incident.id, heed, now)


def _taken(heeds: Sequence[_Heed], now: datetime) -> list[Directive]:
    """Return the moved thresholds that count as obeyed although no row names them.

    Only the gateway's rows do; where the service asks for its threshold, no row can tell.
    """
    unseen = [heed.directive for heed in heeds if not heed.obeyed]
    return [
        one
        for one in unseen
        if one.action is Action.THRESHOLD
        and one.in_force(now)
        and now >= one.created_at + HEARD_AFTER
    ]


def _heed(rings: Rings, directive: Directive, outside: datetime | None, now: datetime) -> _Heed:
    """Return how a directive was taken; `outside` is since when an actuator carries it out.

    What an actuator set and read back is obeyed without a guard that would say so.
    """
    if outside is not None:
        return _Heed(directive, max(outside, directive.created_at), 0)
    end = min(now, directive.expires_at)
    rows = rings.lake.scan(
        directive.system,
        "predictions",
        columns=("at", "version", "decided_by", "directive"),
        span=Span(directive.created_at - SKEW, end + SKEW),
        slice=directive.slice,
    )
    under = rows.filter(pc.field("directive") == directive.id)
    first = cast("datetime | None", pc.min(under["at"]).as_py())
    late = pc.field("at") > pa.scalar(directive.created_at + HEARD_AFTER, INSTANT)
    before = pc.field("at") < pa.scalar(directive.expires_at, INSTANT)
    # under a moved threshold the system itself decides, as it should
    silent = directive.action is not Action.THRESHOLD
    deaf = BY_SYSTEM
    if directive.of_version is not None:  # it decides under a rollback to it as well
        back = pc.field("decided_by") == "rollback"
        deaf = (deaf | back) & (pc.field("version") == directive.of_version)
    ignored = rows.filter(deaf & late & before).num_rows if silent else 0
    if first is not None:
        first = min(max(first, directive.created_at), end)
    return _Heed(directive, first, ignored)


def _obeyed(
    rings: Rings, id_: str, seen: Sequence[Directive], by: Sequence[Directive], now: datetime
) -> None:
    """Keep what was seen to be obeyed; `by`: what the incident is contained by, if anything."""
    with rings.database.unit(_ACTOR, now) as unit:
        incident = incidents.get(unit.conn, id_)
        for one in seen:
            containment.save_obeyed(unit, one)
        if incident.state is State.RESOLVED:
            return
        if by and incident.state is not State.CONTAINED:
            _contained(unit, incident, by)
            return
        for one in seen:
            whole = by or one.contains(incident.slice)
            text = f"Obeyed: {describe_directive(one)}." if whole else _part(incident, one)
            _say_once(unit, id_, f"{one.id}/obeyed", EntryKind.CONTAINED, text)


def _part(incident: Incident, one: Directive) -> str:
    """Return that a directive is obeyed which does not hold for everybody who is hit."""
    share = "" if one.share is None else f"{percent(one.share, 0 if one.share >= 0.01 else 1)} of "
    of, who = "", incident.slice.label
    if one.of_version is not None:
        of, who = f"what version {one.of_version} would decide of ", f"{who}, whichever decides"
    return (
        f"Obeyed for {share}{of}{one.slice.label} only: {describe_directive(one)}. {incident.name}"
        f" is about {who}, so it does not count as contained."
    )


def _contained(unit: Unit, incident: Incident, by: Sequence[Directive]) -> None:
    plan = max(by, key=lambda one: one.created_at).plan
    approver = containment.plan(unit.conn, plan).approved_by if plan else None
    seen = [one for one in by if one.obeyed_at is not None]
    taken = [one for one in by if one.obeyed_at is None]
    how = [f"the serving side obeys: {_told(seen)}"] if seen else []
    if taken:
        how.append(f"taken to be obeyed, which no row can tell: {_told(taken)}")
    after, entries = lifecycle.contain(
        incident,
        actor=approver or _ACTOR,
        now=max(one.obeyed_at or one.created_at + HEARD_AFTER for one in by),
        entry_id=unit.new_id("ent"),
        how="; ".join(how),
    )
    incidents.save(unit, after, entries)


def _told(directives: Sequence[Directive]) -> str:
    return "; ".join(describe_directive(one) for one in directives)


def _unheeded(rings: Rings, id_: str, heed: _Heed, now: datetime) -> None:
    directive, version = heed.directive, heed.directive.of_version
    by = "the system" if version is None else f"version {version}"
    knows = "" if version is None else ", of a release that knows directives of a version,"
    text = (
        f"Applied {describe(now - directive.created_at)} ago, not yet obeyed: "
        f"{heed.ignored:,} decisions in {directive.slice.label} were still made by {by}. "
        f"Check that the service runs the guard{knows} and reaches this server."
    )
    with rings.database.unit(_ACTOR, now) as unit:
        _say_once(unit, id_, f"{directive.id}/unheeded", EntryKind.CONTAINED, text)


# -- did it help -------------------------------------------------------------------------------
def _verification(
    rings: Rings, incident_id: str, directives: Sequence[Directive], now: datetime
) -> None:
    """Test whom the incident hits, whomever the plans are about; write what is new."""
    with rings.database.reading() as conn:
        incident = incidents.get(conn, incident_id)
        known = {one.id for one in directives}
        given = containment.of_incident(conn, incident_id)
        held = [d for d in given if d.id in known]
        this = compared(incident, held, [d for d in given if d.id not in known])
        if this is None:
            return
        # what was seen of an earlier containment says nothing about this one
        looks = [
            look
            for look in containment.verifications(conn, incident_id)
            if look.at >= this.since and look.version == this.version
        ]
        done = bool(looks) and looks[-1].verdict is Recovery.RECOVERED
        if done and (incident.recovered_at or incident.state is not State.CONTAINED):
            return
        one = harmed(rings, conn, incident, now)
        diagnosis = diagnoses.get(conn, incident_id)
        seen = diagnosis.onset if diagnosis else None
        began = impact.said(incident) or seen or incident.impact_from or incident.detected_at
        began = min(began, this.since - one.bucket)
        before = one.rate(conn, Span(began, this.until), this.before)
        after = one.rate(conn, Span(this.since + HEARD_AFTER, now + SKEW), this.after)
        baseline, phi = one.baseline()
    if not before.n or not baseline.n:
        return
    look = verify(
        baseline,
        before,
        after,
        incident=incident_id,
        measure=one.counted.name,
        at=now,
        slice_=incident.slice,
        version=this.version,
        plan=this.directives[-1].plan if this.directives else None,
        phi=phi,
    )
    if not looks or looks[-1].verdict is not look.verdict:
        _verified(rings, look, now)
    _watched(rings, look, now)


def _watched(rings: Rings, look: Verification, now: datetime) -> None:
    """Keep the look for those who watch, if it shows more than the one before."""
    with rings.database.reading() as conn:
        shown = recovery.get(conn, look.incident)
    if shown is None or (shown.before, shown.after) != (look.before, look.after):
        with rings.database.unit(_ACTOR, now) as unit:
            recovery.save(unit, look)


def _verified(rings: Rings, look: Verification, now: datetime) -> None:
    with rings.database.unit(_ACTOR, now) as unit:
        incident = incidents.get(unit.conn, look.incident)
        if incident.state is State.RESOLVED:
            return
        again = _worse_lately(unit, look)
        containment.add_verification(unit, look)
        after, entries = lifecycle.note(
            incident,
            kind=EntryKind.VERIFIED,
            text=look.text,
            actor=_ACTOR,
            now=now,
            entry_id=unit.new_id("ent"),
            facts={"verdict": look.verdict.value, "measure": look.measure},
        )
        # of one version the rest may go on: only what contains all who are hit ends their harm
        if look.verdict is Recovery.RECOVERED and (
            look.version is None or incident.state is State.CONTAINED
        ):
            # the line above tells it already
            after, _ = lifecycle.recover(after, now=now, entry_id="", how=look.text)
        incidents.save(unit, after, entries)
        if look.verdict is Recovery.WORSE and not again:
            _worse(unit, look)


def _worse_lately(unit: Unit, look: Verification) -> bool:
    """Return whether the plan was said to be worse so lately that people know."""
    return any(
        one.verdict is Recovery.WORSE
        and one.plan == look.plan
        and look.at - one.at < WORSE_AGAIN_AFTER
        for one in containment.verifications(unit.conn, look.incident)
    )


def _worse(unit: Unit, look: Verification) -> None:
    """Take the plan back where the playbook says so; make it graver and call people again."""
    why = "it is worse since containment than it was before"
    run_ = playbooks.of_incident(unit.conn, look.incident)
    then = "Consider reverting the plan."
    if run_ is not None and run_.playbook.if_worse is IfWorse.REVERT and look.plan is not None:
        with suppress(Conflict):  # somebody was faster
            name = run_.playbook.name
            text = f"playbook {name} takes the plan back: {why}. The system decides again."
            force.take_back(unit, look.plan, text)
        then = "The plan was taken back: contain it in another way."
    incident = incidents.get(unit.conn, look.incident)
    graver = Severity(max(Severity.SEV1, incident.severity - 1))
    after, entries = lifecycle.set_severity(
        incident, graver, why, actor=_ACTOR, now=unit.now, entry_id=unit.new_id("ent")
    )
    after, called = lifecycle.call_again(
        after, now=unit.now, entry_id=unit.new_id("ent"), why=f"Calling again: {why}. {then}"
    )
    incidents.save(unit, after, (*entries, *called))


def _said(unit: Unit, incident_id: str) -> set[str]:
    lines = incidents.timeline(unit.conn, incident_id)
    return {line.facts["said"] for line in lines if "said" in line.facts}


def _say_once(unit: Unit, incident_id: str, key: str, kind: EntryKind, text: str) -> None:
    """Write a line on the timeline unless the line with this key stands there."""
    if key in _said(unit, incident_id):
        return
    after, entries = lifecycle.note(
        incidents.get(unit.conn, incident_id),
        kind=kind,
        text=text,
        actor=_ACTOR,
        now=unit.now,
        entry_id=unit.new_id("ent"),
        facts={"said": key},
    )
    incidents.save(unit, after, entries)
