"""Outside alerts beside our own: what a delivery changes, and what it makes of our alerts.

Senders repeat themselves, deliver late, and restart.  An episode is one firing of one of their
fingerprints; it is told from the next by their own start.  In doubt it is a new one: a page too
many, never one too few.
"""

import hashlib
import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from tocsin.alert.state import AlertState, Changes, StoredAlert
from tocsin.detect.finding import Finding, Layer, Level, Verdict
from tocsin.ingest.outside import OutsideAlert


@dataclass(frozen=True, slots=True, kw_only=True)
class Heard:
    """What was last heard of one outside alert, and since when its episode lasts, by our clock."""

    alert: OutsideAlert
    started_at: datetime
    changed_at: datetime

    @property
    def fingerprint(self) -> str:
        """Our fingerprint: theirs is unique within its source only."""
        parts = (self.alert.system, self.alert.source, self.alert.fingerprint)
        text = "/".join(f"{len(part)}:{part}" for part in ("outside", *parts))
        return hashlib.sha256(text.encode()).hexdigest()[:16]


def heard(before: Heard | None, alert: OutsideAlert, now: datetime) -> Heard:
    """Return what is known after `alert` was delivered; equal to `before` if it says nothing new.

    Args:
        before: what was known of the same system, source and fingerprint.
        alert: as delivered.
        now: when.
    """
    theirs = min(alert.started_at or now, now)
    if before is None:
        return Heard(alert=alert, started_at=theirs, changed_at=now)
    was, known = before.alert, before.alert.started_at
    if not alert.firing:
        of_another = known is not None and alert.started_at is not None and alert.started_at < known
        if not was.firing or of_another:
            return before
        return replace(before, alert=replace(was, firing=False), changed_at=now)
    if not was.firing:  # again, though perhaps under the old start: after a restart of theirs
        started_at = theirs if theirs > before.started_at else now
        return Heard(alert=alert, started_at=started_at, changed_at=now)
    if known is not None and alert.started_at is not None and alert.started_at > known:
        return Heard(alert=alert, started_at=theirs, changed_at=now)
    alert = replace(alert, started_at=known if known is not None else alert.started_at)
    return before if alert == was else replace(before, alert=alert, changed_at=now)


def advance(known: Sequence[StoredAlert], firing: Sequence[Heard], now: datetime) -> Changes:
    """Return what the outside alerts that fire change about the stored ones.

    Args:
        known: outside alerts on record that are not resolved.
        firing: all that fire of the same system.
        now: the instant.
    """
    said = {one.fingerprint: one for one in firing}
    standing = {alert.fingerprint: alert for alert in known}
    continued: list[StoredAlert] = []
    resolved: list[StoredAlert] = []
    for alert in standing.values():
        one = said.get(alert.fingerprint)
        if one is None or one.started_at != alert.started_at:  # the next episode opens afterwards
            over = replace(alert.finding, verdict=Verdict.OK)
            state = AlertState.RESOLVED
            resolved.append(replace(alert, state=state, finding=over, resolved_at=now, seen_at=now))
            continue
        finding = _finding(one.alert)
        if _words(finding) != _words(alert.finding):
            louder = alert.worst.level is not Level.PAGE and finding.level is Level.PAGE
            worst = finding if louder else alert.worst
            continued.append(replace(alert, finding=finding, worst=worst, seen_at=now))
    opened = [_born(one, now) for name, one in said.items() if name not in standing]
    return Changes(tuple(opened), tuple(continued), tuple(resolved))


def is_outside(alert: StoredAlert) -> bool:
    """Return whether another system said it."""
    return alert.finding.layer is Layer.OUTSIDE


def _born(one: Heard, now: datetime) -> StoredAlert:
    finding = _finding(one.alert)
    return StoredAlert(
        fingerprint=one.fingerprint,
        system=one.alert.system,
        state=AlertState.FIRING,
        finding=finding,
        worst=finding,
        started_at=one.started_at,
        fired_at=now,
        seen_at=now,
    )


def _finding(alert: OutsideAlert) -> Finding:
    """Return an outside alert as a finding: it says something and measures nothing."""
    return Finding(
        layer=Layer.OUTSIDE,
        measure=alert.rule,
        column=alert.fingerprint,
        method=alert.source,
        value=math.nan,
        baseline=math.nan,
        effect=0.0,
        interval=(0.0, 0.0),
        threshold=0.0,
        n=0,
        n_baseline=0,
        verdict=Verdict.ALARM,
        level=Level.PAGE if alert.pages else Level.TICKET,
        why=alert.title,
        slice=alert.slice,
    )


def _words(finding: Finding) -> tuple[object, ...]:
    return (finding.measure, finding.why, finding.level, finding.slice)
