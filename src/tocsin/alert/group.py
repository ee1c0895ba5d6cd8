"""Which alerts belong together: one incident for one shared cause, not thirty alerts.

Two alerts of one system share a cause, as far as can be told when they fire, if they began within
`span` of each other and somebody could be hit by both: their slices are compatible (no attribute
asked to have two values), or one of them is about everyone, or they are two ends of one disparity
(fairness findings about the same attribute).  A group is a connected component of that relation.
An open incident of the system absorbs what is related to any of its alerts, however late it comes;
once it has recovered, only what began at most `SPAN` after that.

Two regions that fall at one time may be two faults; when one monitor alarms within `span` in `MANY`
values of one attribute, something that they share has failed: they are one group, or join the
incident of the first.

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

SPAN = timedelta(hours=1)
EVIDENCE_SPAN = timedelta(days=3)
_INPUT = (Layer.DRIFT, Layer.QUALITY)
MANY = 3
"""Values of one attribute whose alarms of one monitor are one fault."""
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
    recovered_at: datetime | None = None


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
        home = home or _systemic_home(alert, open_groups, span)
        if home is None:
            left.append(alert)
        else:
            joined.append((home.incident, alert))
    founders = [alert for alert in left if founds(alert.finding)]
    clusters = _systemic(_components(founders, span), span)
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
    shows = finding.asked_for or finding.layer not in _INPUT
    return finding.level == Level.PAGE and shows


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
    if home.recovered_at is not None and alert.started_at > home.recovered_at + SPAN:
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


def _monitor(alert: Alert) -> tuple[object, ...]:
    """Return what alerts of one monitor about other values of the same attributes share."""
    found = alert.finding
    attributes = tuple(attribute for attribute, _ in alert.slice.conditions)
    return alert.system, found.layer, found.measure, found.column, attributes


def _systemic_home(
    alert: Alert, open_groups: Sequence[OpenGroup], span: timedelta
) -> OpenGroup | None:
    """Return the first incident of a monitor that alarms in all values but one of `MANY`."""
    if not alert.slice.conditions:
        return None
    same = {
        other.slice: home
        for home in reversed(open_groups)
        for other in home.alerts
        if _monitor(other) == _monitor(alert) and abs(other.started_at - alert.started_at) <= span
    }
    homes = [home for home in open_groups if any(home is one for one in same.values())]
    return homes[0] if len(same.keys() - {alert.slice}) >= MANY - 1 else None


def _systemic(clusters: Sequence[list[Alert]], span: timedelta) -> list[list[Alert]]:
    """Join the clusters in which one monitor alarms in `MANY` values of an attribute or more."""
    by_monitor: dict[tuple[object, ...], list[Alert]] = {}
    for alert in (alert for cluster in clusters for alert in cluster):
        if alert.slice.conditions:
            by_monitor.setdefault(_monitor(alert), []).append(alert)
    joined = [list(cluster) for cluster in clusters]
    for alerts in by_monitor.values():
        for first in alerts:
            late = first.started_at + span
            together = [a for a in alerts if first.started_at <= a.started_at <= late]
            if len({alert.slice for alert in together}) < MANY:
                continue
            hit = [cluster for cluster in joined if any(alert in cluster for alert in together)]
            joined = [cluster for cluster in joined if cluster not in hit]
            joined.append([alert for cluster in hit for alert in cluster])
    return joined


def _components(alerts: Sequence[Alert], span: timedelta) -> list[list[Alert]]:
    clusters: list[list[Alert]] = []
    for alert in alerts:
        near = [c for c in clusters if any(related(alert, other, span) for other in c)]
        merged = [member for cluster in near for member in cluster] + [alert]
        clusters = [cluster for cluster in clusters if cluster not in near]
        clusters.append(merged)
    return clusters
