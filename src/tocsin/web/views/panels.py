"""The panels of a system's chart and of an incident's: which measures, bands, ticks and shades."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from tocsin.base.slices import Slice, parse
from tocsin.base.spans import Span
from tocsin.detect.course import accuracies
from tocsin.detect.finding import INVALID, Finding, Layer, Verdict
from tocsin.detect.kpi_findings import LinePoint
from tocsin.incident.incident import Incident
from tocsin.ingest.change import Change
from tocsin.ingest.kpi import KpiKind
from tocsin.ingest.system import Kind, System
from tocsin.profile.cell import Cells, Counts
from tocsin.profile.layout import Layout
from tocsin.profile.spec import Spec
from tocsin.web.views import series
from tocsin.web.views.marks import Mark
from tocsin.web.views.series import Chart, Line, Panel, Point, Shade, Share, Tick
from tocsin.web.views.system import Version

GROUPS_AT_MOST = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Counted:
    """What is drawn: counts of a slice in steps, its baseline's blocks, and protected groups."""

    layout: Layout
    span: Span
    step: timedelta
    slice: Slice
    sums: Counts
    """Shape (steps, width)."""
    blocks: Sequence[Counts]
    groups: Mapping[str, Counts]
    everyone: Sequence[Counts] = ()
    """The baseline's blocks of everyone, where `slice` is not everyone."""


def groups(system: System, spec: Spec) -> list[str]:
    """Return the first protected attribute's slice keys, as many as can be told apart."""
    if not system.protected:
        return []
    first = [system.protected[0]]
    keys = [key for key in spec.slices if [a for a, _ in parse(key).conditions] == first]
    return keys[:GROUPS_AT_MOST]


def system_chart(  # noqa: PLR0917 - what one page gathered
    counted: Counted,
    system: System,
    said: Sequence[Finding],
    known: Sequence[Incident],
    changed: Sequence[Change],
    lines: Mapping[str, Sequence[LinePoint]] | None = None,
) -> Chart:
    """Return the chart of a system or of one of its slices.

    Args:
        counted: what there is to draw.
        system: for its protected attributes.
        said: the latest findings: they give thresholds, and colour what alarms.
        known: incidents, shaded while they harmed.
        changed: drawn as ticks.
        lines: of the KPIs, by name.
    """
    span, step, layout, sums = counted.span, counted.step, counted.layout, counted.sums
    volume = Line(label="", points=series.counted(sums, layout, span, step))
    drawn: list[Panel | None] = [
        Panel(key="volume", title="Decisions", unit="count", lines=(volume,), height=40)
    ]
    match layout.spec.kind:
        case Kind.BINARY:
            drawn += [_rate("selection_rate", counted, said), _scores("Mean score", counted)]
            drawn.append(_accuracy(counted, said))
        case Kind.MULTICLASS:
            drawn += [_mix(counted, said), _scores("Mean confidence", counted)]
            drawn.append(_rate("accuracy", counted, said))
        case Kind.RANKING:
            drawn += [_rate("hit_rate", counted, said), _rate("ctr", counted, said)]
            drawn += [_quality(counted, said), _mix(counted, said)]
        case Kind.REGRESSION:
            drawn.append(_rate("failed_calls", counted, said))
    drawn.append(_missing(counted, said))
    if layout.spec.kind.classifies:
        drawn.append(_groups(counted, system, said))
    kinds = {kpi.name: kpi.kind for kpi in system.kpis}
    for name, points in (lines or {}).items():
        if name in kinds:
            drawn.append(_kpi(name, kinds[name], points, counted, said))
    return Chart(
        title=f"{system.name}, {counted.slice.label}, over time",
        span=span,
        step=step,
        panels=tuple(panel for panel in drawn if panel is not None and _says_something(panel)),
        ticks=tuple(Tick(change.at, change.title) for change in changed),
        shades=shades(known, counted.slice, span),
    )


def _kpi(
    name: str, kind: KpiKind, line: Sequence[LinePoint], counted: Counted, said: Sequence[Finding]
) -> Panel:
    """Return a KPI in the chart's steps: buckets on average, what is usual, where one may lie."""
    alarms = any(
        f.layer is Layer.KPI and f.column == name and f.verdict is Verdict.ALARM for f in said
    )
    steps: list[list[LinePoint]] = [[] for _ in range(len(counted.sums))]
    for one in line:
        if counted.span.holds(one.at):
            steps[int((one.at - counted.span.start) / counted.step)].append(one)
    now, usual = list[Point](), list[Point]()
    for place, some in enumerate(steps):
        at, n = counted.span.start + place * counted.step, round(sum(one.n for one in some))
        weights = [1.0 if kind is KpiKind.SUM else one.n for one in some]
        value, expected = (
            _average(zip(values, weights, strict=True))
            for values in ([one.value for one in some], [one.expected for one in some])
        )
        low, high = (
            _average((value, 1.0) for value in ends)
            for ends in ([one.low for one in some], [one.high for one in some])
        )
        now.append(Point(at, n, value))
        usual.append(Point(at, n, expected, low, high))
    return Panel(
        key=f"kpi-{name}",
        title=f"{name}, and its usual range",
        unit="share" if kind is KpiKind.RATE else "amount",
        lines=(
            Line(label=name, points=tuple(now), mark=Mark.HARM if alarms else None),
            Line(label="usual", points=tuple(usual)),
        ),
        interval=True,
    )


def _average(weighed: Iterable[tuple[float, float]]) -> float | None:
    known = [(value, weight) for value, weight in weighed if not math.isnan(value) and weight > 0]
    total = sum(weight for _, weight in known)
    return sum(value * weight for value, weight in known) / total if known else None


def recovery_chart(
    counted: Counted, incident: Incident, measure: str, changed: Sequence[Change]
) -> Chart:
    """Return the chart of an incident: the harm measure in its slice, from before until now."""
    panel = series.share_panel(
        series.share_of(measure),
        counted.sums,
        counted.layout,
        counted.span,
        counted.step,
        blocks=counted.blocks,
        height=160,
        interval=True,
    )
    own = (
        (incident.detected_at, "detected"),
        (incident.contained_at, "contained"),
        (incident.recovered_at, "recovered"),
    )
    ticks = [Tick(at, name) for at, name in own if at is not None and counted.span.holds(at)]
    ticks += [Tick(change.at, change.title) for change in changed]
    return Chart(
        title=f"{panel.title} of {counted.slice.label} during {incident.name}",
        span=counted.span,
        step=counted.step,
        panels=(panel,),
        ticks=tuple(sorted(ticks, key=lambda tick: tick.at)),
        shades=shades((incident,), counted.slice, counted.span),
    )


def shades(known: Sequence[Incident], slice_: Slice, span: Span) -> tuple[Shade, ...]:
    """Return the stretches in which people were harmed, from impact until recovery, each once."""
    ran: list[Span] = []
    for incident in known:
        if not incident.slice.compatible(slice_):
            continue
        start = incident.impact_from or incident.detected_at
        ends = incident.recovered_at or incident.contained_at or incident.resolved_at or span.end
        inside = Span(max(start, span.start), min(max(ends, start), span.end))
        if inside.start < inside.end:
            ran.append(inside)
    merged: list[Span] = []
    for one in sorted(ran):
        if merged and one.start <= merged[-1].end:
            merged[-1] = Span(merged[-1].start, max(merged[-1].end, one.end))
        else:
            merged.append(one)
    return tuple(Shade(one) for one in merged)


def versions(cells: Cells, layout: Layout) -> list[Version]:
    """Return the versions of a profile's cells, the newest first."""
    began: dict[str, datetime] = {}
    decisions: dict[str, int] = {}
    for key, counts in cells.items():
        began[key.version] = min(key.bucket, began.get(key.version, key.bucket))
        decisions[key.version] = decisions.get(key.version, 0) + layout.one(counts, "n")
    total = sum(decisions.values()) or 1
    order = sorted(began, key=lambda name: (began[name], name), reverse=True)
    return [Version(v, began[v], decisions[v], decisions[v] / total) for v in order]


def _says_something(panel: Panel) -> bool:
    return any(point.value is not None for line in panel.lines for point in line.points)


def _rate(name: str, counted: Counted, said: Sequence[Finding]) -> Panel:
    whole = (name, None, counted.slice)  # not of one class or position
    about = [f for f in said if (f.measure, f.column, f.slice) == whole]
    alarms = any(f.verdict is Verdict.ALARM for f in about)
    return series.share_panel(
        name,
        counted.sums,
        counted.layout,
        counted.span,
        counted.step,
        blocks=counted.blocks,
        mark=Mark.HARM if alarms else None,
        threshold=_threshold(about),
        interval=name == "accuracy",
    )


def _scores(title: str, counted: Counted) -> Panel:
    points = series.mean_scores(counted.sums, counted.layout, counted.span, counted.step)
    line = Line(label="", points=points)
    return Panel(key="score", title=title, unit="share", lines=(line,), height=48)


def _mix(counted: Counted, said: Sequence[Finding]) -> Panel:
    """Return the shares of the classes that are answered most, each a named line."""
    alarms = any(
        (f.measure, f.column, f.slice) == ("jsd", "prediction", counted.slice)
        and f.verdict is Verdict.ALARM
        for f in said
    )
    mark = Mark.AT_RISK if alarms else None
    shares = series.mix(counted.sums, counted.layout, counted.span, counted.step)
    lines = (Line(label=name, points=points, mark=mark) for name, points in shares.items())
    ranked = counted.layout.spec.kind is Kind.RANKING
    title = "Lists by the item on top" if ranked else "Answers by class"
    return Panel(key="mix", title=title, unit="share", lines=tuple(lines), height=88)


def _quality(counted: Counted, said: Sequence[Finding]) -> Panel:
    """Return mean NDCG of the lists whose outcome is known."""
    about = [f for f in said if (f.measure, f.slice) == ("ndcg", counted.slice)]
    alarms = any(f.verdict is Verdict.ALARM for f in about)
    points = series.ndcg(counted.sums, counted.layout, counted.span, counted.step)
    line = Line(label="", points=points, mark=Mark.HARM if alarms else None)
    title = f"NDCG@{counted.layout.spec.top}"
    return Panel(key="ndcg", title=title, unit="index", lines=(line,), threshold=_threshold(about))


def _accuracy(counted: Counted, said: Sequence[Finding]) -> Panel:
    """Return the panel of accuracy: what outcomes show and, beside it, what scores say."""
    panel = _rate("accuracy", counted, said)
    about = [f for f in said if f.measure == "estimated_accuracy" and f.slice == counted.slice]
    if any(INVALID in f.why for f in about):
        return replace(panel, title=f"{panel.title} (estimate withdrawn)")
    ranges = accuracies(counted.layout, counted.sums, counted.blocks, counted.everyone)
    scored = counted.layout.get(counted.sums, "score_hist").sum(-1).tolist()
    points = tuple(
        Point(shown.at, n, one[1], one[0], one[2]) if one else Point(shown.at, n)
        for shown, n, one in zip(panel.lines[0].points, scored, ranges, strict=True)
    )
    if all(point.value is None for point in points):
        return panel
    alarms = any(f.verdict is Verdict.ALARM for f in about)
    estimate = Line(label="estimate", points=points, mark=Mark.HARM if alarms else None)
    known = replace(panel.lines[0], label="known")
    return replace(panel, title=f"{panel.title}, known and estimated", lines=(known, estimate))


def _threshold(about: Sequence[Finding]) -> float | None:
    """Return the value beyond which a finding alarms, on the side to which the measure moved."""
    for finding in about:
        if math.isfinite(finding.baseline):
            side = 1.0 if finding.value > finding.baseline and finding.effect > 0 else -1.0
            return min(1.0, max(0.0, finding.baseline + side * finding.threshold))
    return None


def _missing(counted: Counted, said: Sequence[Finding]) -> Panel | None:
    """Return the missing share of the feature that misses most over its baseline."""
    about = [
        f
        for f in said
        if f.layer is Layer.QUALITY and f.measure == "missing" and f.slice == counted.slice
    ]
    features = [f.column for f in about if f.column is not None]
    layout = counted.layout
    names = [n for f in features for n in (f"f_{f}.missing",) if n in layout.places]
    if not names:
        names = [
            name for name in layout.places if name.startswith("f_") and name.endswith(".missing")
        ]
    if not names:
        return None
    worst = max(names, key=lambda name: _excess(name, counted))
    feature = worst.removeprefix("f_").removesuffix(".missing")
    share = Share(f"Missing {feature}", (worst,), ("n",))
    points = series.shares(counted.sums, layout, share.yes, share.of, counted.span, counted.step)
    alarms = any(f.column == feature and f.verdict is Verdict.ALARM for f in about)
    return Panel(
        key="missing",
        title=share.title,
        unit="share",
        lines=(Line(label="", points=points, mark=Mark.HARM if alarms else None),),
        usual=series.usual_range(counted.blocks, layout, share, points),
        height=40,
    )


def _excess(name: str, counted: Counted) -> float:
    """Return how much larger a cell's share of `n` is in the last steps than in the baseline."""
    layout = counted.layout
    late = counted.sums[-max(1, len(counted.sums) // 7) :]
    now = layout.get(late, name).sum() / max(1, layout.get(late, "n").sum())
    was = sum(layout.one(block, name) for block in counted.blocks)
    return float(now - was / max(1, sum(layout.one(block, "n") for block in counted.blocks)))


def _groups(counted: Counted, system: System, said: Sequence[Finding]) -> Panel | None:
    """Return a rate by the first protected attribute's groups, each a named line.

    It is the selection rate; accuracy where classes are chosen, the hit rate of a ranking.
    """
    if not counted.groups:
        return None
    share = series.share_in("selection_rate", counted.layout)
    lines: list[Line] = []
    for key, sums in counted.groups.items():
        slice_ = parse(key)
        harm = any(
            f.verdict is Verdict.ALARM and f.slice == slice_ and f.layer is Layer.FAIRNESS
            for f in said
        )
        points = series.shares(
            sums, counted.layout, share.yes, share.of, counted.span, counted.step
        )
        lines.append(
            Line(label=slice_.conditions[0][1], points=points, mark=Mark.HARM if harm else None)
        )
    return Panel(
        key="groups",
        title=f"{share.title} by {system.protected[0]}",
        unit="share",
        lines=tuple(lines),
        height=88,
    )
