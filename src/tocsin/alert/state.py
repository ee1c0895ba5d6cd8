"""What becomes of a finding over time: pending → firing → resolved, with hysteresis.

A monitor's alarm is *pending* until it has alarmed in `confirm` evaluations in a row, so that one
unlucky window wakes nobody.  It fires at once where the evidence is overwhelming: p <= 10^-12
(`evidence` >= 12), or an interval whose nearer end lies beyond twice the threshold.
It is *resolved* after `clear` quiet evaluations in a row.  `insufficient` is neither: it ends a
pending alarm, and it never resolves a firing one, since absence of evidence is no recovery.

An evaluation counts once, so a duty may run as often as it likes: a finding equal to the one last
seen is the same evidence looked at twice and moves nothing.  A monitor that an evaluation does not
mention was quiet in it (`detect.evaluate` lists alarms in full, but not every quiet monitor).
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from tocsin.alert.fingerprint import fingerprint
from tocsin.alert.notice import Alert
from tocsin.detect.finding import Finding, Level, Verdict

OVERWHELMING_EVIDENCE = 12.0


class AlertState(StrEnum):
    """How far an alert has come."""

    PENDING = "pending"
    FIRING = "firing"
    RESOLVED = "resolved"


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredAlert:
    """One monitor's alarm as it is remembered between evaluations.

    `finding` is the latest one seen, alarm or not; `worst` the alarm that pages, or has the most
    evidence, so far.
    `alarms` and `quiet` count evaluations in a row.  Fingerprint and start name the episode.
    """

    fingerprint: str
    system: str
    state: AlertState
    finding: Finding
    worst: Finding
    started_at: datetime
    """When it first alarmed."""
    fired_at: datetime | None = None
    resolved_at: datetime | None = None
    seen_at: datetime
    """The last evaluation that was counted."""
    alarms: int = 1
    quiet: int = 0
    incident: str | None = None

    @property
    def episode(self) -> tuple[str, datetime]:
        """What names this episode among all alerts."""
        return (self.fingerprint, self.started_at)

    @property
    def alert(self) -> Alert:
        """The alert as other rooms see it: at its worst, since its first alarm."""
        return Alert(
            fingerprint=self.fingerprint,
            system=self.system,
            finding=self.worst,
            started_at=self.started_at,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """How many alarms in a row make an alert fire, and how many quiet evaluations end it."""

    confirm: int = 2
    clear: int = 3


@dataclass(frozen=True, slots=True)
class Changes:
    """What one evaluation changed.  Every alert named here is to be saved.

    `continued` holds pending and firing alerts whose counts or numbers moved, and pending ones
    that came to nothing (their state is resolved and `fired_at` is None).
    """

    opened: tuple[StoredAlert, ...] = ()
    continued: tuple[StoredAlert, ...] = ()
    resolved: tuple[StoredAlert, ...] = ()

    @property
    def all(self) -> tuple[StoredAlert, ...]:
        """Every changed alert."""
        return (*self.opened, *self.continued, *self.resolved)


def advance(
    system: str,
    known: Sequence[StoredAlert],
    findings: Sequence[Finding],
    now: datetime,
    rule: Rule | None = None,
) -> Changes:
    """Return what `findings`, one evaluation of `system`, change about its alerts.

    Args:
        system: the system's name.
        known: its pending and firing alerts.
        findings: at most one per monitor; findings of level `info` raise no alert.
        now: the instant of the evaluation, which tells one from the next.
        rule: how patient to be.
    """
    rule = rule or Rule()
    standing = {alert.fingerprint: alert for alert in known if alert.state != AlertState.RESOLVED}
    said = {fingerprint(system, finding): finding for finding in findings}
    opened: list[StoredAlert] = []
    continued: list[StoredAlert] = []
    resolved: list[StoredAlert] = []
    for name in dict.fromkeys((*said, *standing)):
        before, finding = standing.get(name), said.get(name)
        if before is not None:
            after = _aged(before, finding, now)
        else:
            after = _born(system, finding, now) if finding is not None else None
        if after is None or after == before:
            continue
        after = _settled(after, now, rule)
        was_firing = before is not None and before.state == AlertState.FIRING
        if after.state == AlertState.FIRING and not was_firing:
            opened.append(after)
        elif after.state == AlertState.RESOLVED and was_firing:
            resolved.append(after)
        else:
            continued.append(after)
    return Changes(tuple(opened), tuple(continued), tuple(resolved))


def overwhelming(finding: Finding) -> bool:
    """Return whether one alarm is proof enough to fire at once."""
    low, high = finding.interval
    if low > 0:
        nearest = low
    elif high < 0:
        nearest = -high
    else:
        nearest = 0.0
    far_beyond = finding.threshold > 0 and nearest > 2 * finding.threshold
    return finding.evidence >= OVERWHELMING_EVIDENCE or far_beyond


def _born(system: str, finding: Finding, now: datetime) -> StoredAlert | None:
    if finding.verdict != Verdict.ALARM or finding.level == Level.INFO:
        return None
    return StoredAlert(
        fingerprint=fingerprint(system, finding),
        system=system,
        state=AlertState.PENDING,
        finding=finding,
        worst=finding,
        started_at=now,
        seen_at=now,
    )


def _aged(alert: StoredAlert, finding: Finding | None, now: datetime) -> StoredAlert:
    if finding is None:
        if now <= alert.seen_at:
            return alert
        return replace(alert, alarms=0, quiet=alert.quiet + 1, seen_at=now)
    if _same(finding, alert.finding):
        return alert
    alert = replace(alert, finding=finding, seen_at=now)
    if finding.verdict == Verdict.ALARM and finding.level != Level.INFO:
        worst = max(alert.worst, finding, key=_gravity)
        return replace(alert, worst=worst, alarms=alert.alarms + 1, quiet=0)
    if finding.verdict == Verdict.INSUFFICIENT:
        return replace(alert, alarms=0)
    return replace(alert, alarms=0, quiet=alert.quiet + 1)


def _gravity(finding: Finding) -> tuple[bool, float]:
    return (finding.level == Level.PAGE, finding.evidence)


def _same(one: Finding, other: Finding) -> bool:
    """Return whether two findings say the same; a number that cannot be said equals itself."""
    return one == other or _told(one) == _told(other)


def _told(finding: Finding) -> tuple[object, ...]:
    numbers = (finding.value, finding.baseline, finding.effect, *finding.interval)
    said = tuple("unsaid" if math.isnan(number) else number for number in numbers)
    evidence = "unsaid" if math.isnan(finding.evidence) else finding.evidence
    rest = (finding.n, finding.n_baseline, finding.verdict, finding.level, finding.why)
    return (finding.key, finding.window, finding.version, *said, evidence, *rest)


def _settled(alert: StoredAlert, now: datetime, rule: Rule) -> StoredAlert:
    if alert.state == AlertState.PENDING:
        if alert.alarms >= rule.confirm or (alert.alarms and overwhelming(alert.finding)):
            return replace(alert, state=AlertState.FIRING, fired_at=now)
        if not alert.alarms:
            return replace(alert, state=AlertState.RESOLVED, resolved_at=now)
    elif alert.quiet >= rule.clear:
        return replace(alert, state=AlertState.RESOLVED, resolved_at=now)
    return alert
