"""Which alerts belong together: one incident for one shared cause, not thirty alerts.

Two alerts of one system share a cause, as far as can be told when they fire, if they began within
`span` of each other and somebody could be hit by both: their slices are compatible (no attribute
asked to have two values), or one of them is about everyone, or they are two ends of one disparity
(fairness findings about the same attribute).  A group is a connected component of that relation.
An open incident of the system absorbs what is related to any of its alerts, however late it comes.

Only page-level alerts of harm (see `founds`) found a group.  All others attach to one as evidence
if they began at most `EVIDENCE_SPAN` before it (inputs often drift before harm can be measured), or
stay tickets.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from tocsin.alert.notice import Alert
from tocsin.base.slices import EVERYONE, Slice
from tocsin.detect.finding import Finding, Layer, Level
from tocsin.ingest.monitor import Against

SPAN = timedelta(hours=1)
EVIDENCE_SPAN = timedelta(days=3)
_INPUT = (Layer.DRIFT, Layer.QUALITY)
SHARPER = 1.5
"""How many times larger than everyone's a slice's effect must be for the slice to be the story."""


@dataclass(frozen=True, slots=True)
class OpenGroup:
    """An open incident as grouping sees it: whose it is, since when, and its alerts so far."""

    incident: str
    system: str
    slice: Slice
    since: datetime
    alerts: tuple[Alert, ...] = ()


@dataclass(frozen=True, slots=True)
class Grouping:
    """`joined`: (incident, alert) pairs; `fresh`: new groups, each with a page-level alert."""

    joined: tuple[tuple[str, Alert], ...] = ()
    fresh: tuple[tuple[Alert, ...], ...] = ()


def group(
    alerts: Sequence[Alert], open_groups: Sequence[OpenGroup], *, span: timedelta = SPAN
) -> Grouping:
    """Return where each of `alerts`, firing and without an incident, belongs.

    Args:
        alerts: any number, of any system.
        open_groups: incidents that are not resolved, oldest first; the first that fits absorbs.
        span: how far apart alerts of one fresh group may have begun.
    """
    joined: list[tuple[str, Alert]] = []
    left: list[Alert] = []
    for alert in alerts:
        home = next((one for one in open_groups if _belongs(alert, one)), None)
        if home is None:
            left.append(alert)
        else:
            joined.append((home.incident, alert))
    founders = [alert for alert in left if founds(alert.finding)]
    clusters = _components(founders, span)
    for alert in left:
        if not founds(alert.finding):
            for cluster in clusters:
                if any(related(alert, other, EVIDENCE_SPAN) for other in cluster):
                    cluster.append(alert)
                    break
    return Grouping(tuple(joined), tuple(tuple(cluster) for cluster in clusters))


def founds(finding: Finding) -> bool:
    """Return whether a finding can be what an incident is about: it pages, and it shows harm.

    Drift and quality may be raised to page level beside harm; alone they are never the story,
    unless the system's owner asked to be paged for them.
    """
    asked = finding.method in set(Against)
    return finding.level == Level.PAGE and (asked or finding.layer not in _INPUT)


def related(one: Alert, other: Alert, span: timedelta = SPAN) -> bool:
    """Return whether two alerts may share a cause."""
    together = abs(one.started_at - other.started_at) <= span
    return together and one.system == other.system and _kin(one, other)


def main_finding(alerts: Sequence[Alert]) -> Finding:
    """Return the finding that tells a group's story best.

    The finding of harm with the most evidence names the measure.  Among findings of that
    measure, a slice is preferred to everyone only where its effect is at least `SHARPER` times
    everyone's; of several such slices the one with the most evidence, since a tiny slice moves far
    by chance.

    Args:
        alerts: at least one.
    """
    findings = [alert.finding for alert in alerts]
    loud = [finding for finding in findings if founds(finding)] or findings
    top = max(loud, key=_strength)
    same = [
        f for f in loud if (f.layer, f.measure, f.column) == (top.layer, top.measure, top.column)
    ]
    everyone = next((finding for finding in same if finding.slice == EVERYONE), None)
    if everyone is None:
        return top
    sharp = [
        finding
        for finding in same
        if finding.slice != EVERYONE and abs(finding.effect) >= SHARPER * abs(everyone.effect)
    ]
    return max(sharp, key=_strength) if sharp else everyone


def _strength(finding: Finding) -> tuple[float, float, str]:
    return (finding.evidence, abs(finding.effect), finding.key)


def _belongs(alert: Alert, home: OpenGroup) -> bool:
    if alert.system != home.system:
        return False
    if not founds(alert.finding) and alert.started_at < home.since - EVIDENCE_SPAN:
        return False
    if alert.slice == EVERYONE or alert.slice.compatible(home.slice):
        return True
    return any(_kin(alert, other) for other in home.alerts)


def _kin(one: Alert, other: Alert) -> bool:
    if one.slice.compatible(other.slice):  # everyone is compatible with every slice
        return True
    fair = one.finding.layer == other.finding.layer == Layer.FAIRNESS
    return fair and bool(
        {a for a, _ in one.slice.conditions} & {a for a, _ in other.slice.conditions}
    )


def _components(alerts: Sequence[Alert], span: timedelta) -> list[list[Alert]]:
    clusters: list[list[Alert]] = []
    for alert in alerts:
        near = [c for c in clusters if any(related(alert, other, span) for other in c)]
        merged = [member for cluster in near for member in cluster] + [alert]
        clusters = [cluster for cluster in clusters if cluster not in near]
        clusters.append(merged)
    return clusters
