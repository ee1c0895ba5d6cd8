"""Why nobody was called: what keeps alerts quiet, and the record of each that was.

silence, maintenance   somebody asked for it; lasts until it ends
inhibited              another alert, which calls people, explains it; lasts as long as that
level                  it asks for a ticket, or shows no harm; lasts until it pages or is over
duplicate              it joined an incident that people work on already; said once
severity               its incident is one that wakes nobody; said once
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from tocsin.alert import wording
from tocsin.alert.inhibit import Inhibition, explained, sources
from tocsin.alert.notice import Alert
from tocsin.alert.silence import Kind, Silence, silenced
from tocsin.base.slices import Slice
from tocsin.detect.finding import Finding, Level


class Reason(StrEnum):
    """What sort of thing kept an alert quiet."""

    SILENCE = "silence"
    MAINTENANCE = "maintenance"
    INHIBITED = "inhibited"
    LEVEL = "level"
    DUPLICATE = "duplicate"
    SEVERITY = "severity"
    CLOSED = "closed"


HOLDING = frozenset({Reason.SILENCE, Reason.MAINTENANCE, Reason.INHIBITED})
"""Reasons that keep an alert out of every incident."""
LASTING = HOLDING | {Reason.LEVEL, Reason.CLOSED}
"""Reasons that last for a while; the others are said once."""
TOLD = HOLDING | {Reason.SEVERITY}
"""Reasons that stand on the timeline of the incident that the alert joined or would have."""


Episode = tuple[str, datetime]
"""An alert's fingerprint, and when this episode of it began."""


@dataclass(frozen=True, slots=True)
class Hold:
    """What keeps one alert quiet: a reason, the id of what it is, and a sentence."""

    reason: Reason
    by: str
    why: str = field(compare=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Suppressed:
    """One episode of an alert that called nobody.

    `by` is the id of the silence or the incident, or the fingerprint of the alert that explains it.
    `over_at` is when that ended; None while it lasts, and `at` for what is said once.  `incident`
    is the one that it joined, or would have.
    """

    fingerprint: str
    started_at: datetime
    system: str
    what: str
    slice: Slice
    reason: Reason
    by: str
    why: str
    at: datetime
    over_at: datetime | None = None
    incident: str | None = None

    @property
    def episode(self) -> Episode:
        """Which episode of which alert."""
        return (self.fingerprint, self.started_at)

    @property
    def hold(self) -> Hold:
        """What kept it quiet."""
        return Hold(self.reason, self.by, self.why)


def holds(
    loose: Sequence[Alert],
    calling: Sequence[Alert],
    silences: Sequence[Silence],
    rules: Sequence[Inhibition],
    now: datetime,
) -> dict[str, Hold]:
    """Return what keeps alerts out of every incident, by fingerprint.

    Args:
        loose: firing alerts without an incident.
        calling: firing alerts whose incident is open, and `loose`.
        silences: any; those that are not in force count for nothing.
        rules: of inhibition.
        now: the instant.
    """
    held: dict[str, Hold] = {}
    for alert in loose:
        silence = silenced(alert, silences, now)
        if silence is not None:
            maintenance = silence.kind is Kind.MAINTENANCE
            reason = Reason.MAINTENANCE if maintenance else Reason.SILENCE
            held[alert.fingerprint] = Hold(reason, silence.id, silence.why)
    loud = sources([one for one in calling if one.fingerprint not in held], rules)
    for name, cause in explained(loose, loud, rules).items():
        why = f"explained by another alert: {told(cause.finding)}"
        held.setdefault(name, Hold(Reason.INHIBITED, cause.fingerprint, why))
    return held


def of_level(finding: Finding) -> Hold:
    """Return why a finding that founds no incident calls nobody."""
    if finding.level is Level.PAGE:
        return Hold(Reason.LEVEL, "", f"{finding.layer} alone shows no harm and wakes nobody")
    return Hold(Reason.LEVEL, "", "asks for a ticket, which wakes nobody")


def of_closed(incident: str) -> Hold:
    """Return why an alert calls nobody whose incident (its id) was resolved while it fired."""
    why = "its incident was resolved while it fired; it calls again once it has cleared"
    return Hold(Reason.CLOSED, incident, why)


def suppressed(alert: Alert, hold: Hold, now: datetime, incident: str | None = None) -> Suppressed:
    """Return the record of `alert` being kept quiet by `hold` since `now`."""
    return Suppressed(
        fingerprint=alert.fingerprint,
        started_at=alert.started_at,
        system=alert.system,
        what=told(alert.finding),
        slice=alert.slice,
        reason=hold.reason,
        by=hold.by,
        why=hold.why,
        at=now,
        over_at=None if hold.reason in LASTING else now,
        incident=incident,
    )


def lines(rows: Sequence[Suppressed], now: datetime) -> list[str]:
    """Return what a timeline says of `rows`: one line for each thing that kept alerts quiet.

    Args:
        rows: that are kept quiet from `now` on, or were until now.
        now: the instant.
    """
    heaps: dict[tuple[Hold, bool], list[Suppressed]] = {}
    for row in rows:
        heaps.setdefault((row.hold, row.at == now), []).append(row)
    return [_line(hold, heap, now, begins) for (hold, begins), heap in heaps.items()]


def told(finding: Finding) -> str:
    """Return a finding in words, with whom it is about."""
    return f"{wording.movement(finding)} for {finding.slice.label}"


def _line(hold: Hold, heap: Sequence[Suppressed], now: datetime, begins: bool) -> str:
    more = f" and {len(heap) - 1} more" if len(heap) > 1 else ""
    what = f"{heap[0].what}{more}"
    if hold.reason is Reason.SEVERITY:
        return f"nobody is called: {hold.why}"
    if begins:
        return f"kept quiet: {what}; {hold.why}"
    since = min(row.at for row in heap)
    return (
        f"nobody was called from {since:%Y-%m-%d %H:%M} to {now:%Y-%m-%d %H:%M} UTC: {what}; "
        f"{hold.why}"
    )
