"""The overview: are we safe now?"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from tocsin.base.phrases import count
from tocsin.base.spans import Span, describe
from tocsin.detect.finding import MEASURED, Layer
from tocsin.detect.stages import Stage, silent_duties
from tocsin.incident.incident import Incident, State
from tocsin.ingest.system import System
from tocsin.web.views import marks
from tocsin.web.views.marks import GRAVEST, Judged, Mark

SPARK_SLOTS = 24


@dataclass(frozen=True, slots=True)
class Bar:
    """One bar of a spark: height 0-16, and whether an incident ran then."""

    height: int
    hit: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Watched:
    """What the store knows of one system; gathered by the page."""

    system: System
    findings: Sequence[Judged]
    evaluated_at: datetime | None
    open_incidents: Sequence[Incident]
    decisions: Sequence[int]
    """Decisions in each of `SPARK_SLOTS` equal parts of `span`, oldest first."""
    span: Span
    affected: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class SystemLine:
    """One system in the table."""

    name: str
    owner: str
    mark: Mark
    says: str
    layers: tuple[tuple[Layer, Mark], ...]
    bars: tuple[Bar, ...]
    decisions: str
    evaluated_at: datetime | None
    rank: int


@dataclass(frozen=True, slots=True, kw_only=True)
class IncidentLine:
    """One incident in a list."""

    incident: Incident
    mark: Mark
    doing: str
    """What is being done about it, e.g. `contained`, `nobody has it yet`."""
    affected: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Overview:
    """The page."""

    mark: Mark
    answer: str
    lead: str
    incidents: tuple[IncidentLine, ...]
    systems: tuple[SystemLine, ...]
    layers: tuple[Layer, ...]
    spark_length: str
    problems: tuple[str, ...]
    evaluated_at: datetime | None


def overview(
    watched: Sequence[Watched],
    incidents: Sequence[tuple[Incident, int]],
    stages: Sequence[Stage],
    *,
    now: datetime,
    stale_after: timedelta,
) -> Overview:
    """Return the page.

    Args:
        watched: every system.
        incidents: the open ones, gravest first, with how many decisions each has harmed.
        stages: the workers' signs of life.
        now: the instant of looking.
        stale_after: a stage silent for so long is taken for dead.
    """
    lines = tuple(sorted((_line(one) for one in watched), key=lambda s: (s.rank, s.name)))
    evaluated = [one.evaluated_at for one in watched if one.evaluated_at is not None]
    mark, answer, lead = _answer(lines, [incident for incident, _ in incidents], now)
    lengths = {one.span.length for one in watched}
    said = f"the last {describe(max(lengths))}" if len(lengths) == 1 else "the last hours"
    return Overview(
        mark=mark,
        answer=answer,
        lead=lead,
        incidents=in_order(incident_line(incident, affected) for incident, affected in incidents),
        systems=lines,
        layers=MEASURED,
        spark_length=said,
        problems=tuple(problems(stages, now, stale_after)),
        evaluated_at=min(evaluated, default=None),
    )


def problems(stages: Sequence[Stage], now: datetime, stale_after: timedelta) -> list[str]:
    """Return what is wrong with the watchers themselves, in words."""
    if not stages:
        return ["No worker has ever reported: nothing is being watched. Start tocsin up."]
    found = [
        f"The stage {stage.stage} last reported {describe(now - stage.at)} ago."
        for stage in silent_duties(stages, now, stale_after)
    ]
    return found + [
        f"The stage {stage.stage} has failed {count(stage.failures, 'time')} in a row"
        f"{f' for {stage.system}' if stage.system else ''}: {stage.note}"
        for stage in stages
        if stage.failures >= 3
    ]


def incident_line(incident: Incident, affected: int = 0) -> IncidentLine:
    """Return an incident as lists show it."""
    return IncidentLine(
        incident=incident,
        mark=marks.of_incident(incident),
        doing=doing(incident),
        affected=count(affected, "decision") if affected else "",
    )


def in_order(lines: Iterable[IncidentLine]) -> tuple[IncidentLine, ...]:
    """Return incidents in the order of work: harm first, then the gravest, then the oldest."""
    return tuple(
        sorted(
            lines,
            key=lambda line: (
                GRAVEST.index(line.mark),
                line.incident.acknowledged_at is not None,
                line.incident.severity,
                line.incident.detected_at,
            ),
        )
    )


def doing(incident: Incident) -> str:
    """Return what is being done about an incident, in a few words."""
    match incident.state:
        case State.OPEN:
            return "nobody has it yet"
        case State.ACKNOWLEDGED:
            who = incident.commander or incident.acknowledged_by or "somebody"
            return f"{who} has it, not contained"
        case State.CONTAINED:
            how = "recovered" if incident.recovered_at is not None else "contained"
            return how if incident.acknowledged_at is not None else f"{how}, nobody has it yet"
        case State.RESOLVED:
            return "over"


def _line(one: Watched) -> SystemLine:
    mark = marks.of_system(one.findings, one.open_incidents)
    alarms = [f for f in one.findings if marks.of_finding(f) in (Mark.HARM, Mark.AT_RISK)]
    if one.open_incidents:
        says = ", ".join(incident.name for incident in one.open_incidents[:2])
        says += f" and {len(one.open_incidents) - 2} more" if len(one.open_incidents) > 2 else ""
    elif alarms:
        says = f"{mark.word}: {count(len(alarms), 'alarm')}"
    else:
        says = mark.word
    return SystemLine(
        name=one.system.name,
        owner=one.system.owner,
        mark=mark,
        says=says,
        layers=marks.by_layer(one.findings),
        bars=_bars(one),
        decisions=f"{sum(one.decisions):,}",
        evaluated_at=one.evaluated_at,
        rank=GRAVEST.index(mark),
    )


def _bars(one: Watched) -> tuple[Bar, ...]:
    most = max(one.decisions, default=0) or 1
    step = one.span.length / max(1, len(one.decisions))
    bars: list[Bar] = []
    for place, n in enumerate(one.decisions):
        slot = Span(one.span.start + place * step, one.span.start + (place + 1) * step)
        hit = any(
            slot.overlaps(Span(began, max(incident.recovered_at or one.span.end, slot.start)))
            for incident in one.open_incidents
            for began in (min(incident.impact_from or incident.detected_at, slot.end),)
            if began < slot.end
        )
        bars.append(Bar(max(1, round(16 * n / most)) if n else 0, hit))
    return tuple(bars)


def _answer(
    lines: Sequence[SystemLine], incidents: Sequence[Incident], now: datetime
) -> tuple[Mark, str, str]:
    by_mark = {mark: sum(line.mark is mark for line in lines) for mark in Mark}
    if not lines:
        return Mark.NO_DATA, "No system is watched yet.", ""
    harm, contained, risk, none = (
        by_mark[mark] for mark in (Mark.HARM, Mark.CONTAINED, Mark.AT_RISK, Mark.NO_DATA)
    )
    mark = next(
        (m for m in (Mark.HARM, Mark.CONTAINED, Mark.AT_RISK, Mark.NO_DATA) if by_mark[m]),
        Mark.HEALTHY,
    )
    if harm + contained:
        needy = harm + contained
        answer = f"{count(needy, 'system')} {'needs' if needy == 1 else 'need'} you."
    elif risk:
        answer = f"No harm seen; {count(risk, 'system')} to look at."
    elif none:
        answer = f"{count(none, 'system')} cannot be judged yet."
    elif len(lines) == 1:
        answer = f"{lines[0].name} is healthy."
    else:
        answer = f"All {len(lines)} systems are healthy."
    return mark, answer, " ".join([*_open_words(incidents, now), *_rest_words(by_mark, mark)])


def _open_words(incidents: Sequence[Incident], now: datetime) -> list[str]:
    if not incidents:
        return []
    if len(incidents) == 1:
        one = incidents[0]
        since = f"open for {describe(now - one.detected_at)}"
        if one.state is State.CONTAINED and one.contained_at is not None:
            ago = f"contained {describe(now - one.contained_at)} ago"
            alone = ", and nobody has it yet" if one.acknowledged_at is None else ""
            return [f"{one.name} {since}, {ago}{alone}."]
        return [f"{one.name} {since}, {doing(one)}."]
    alone = sum(one.acknowledged_at is None for one in incidents)
    words = f"{len(incidents)} incidents are open"
    return [f"{words}, {alone} of them nobody has yet." if alone else f"{words}."]


def _rest_words(by_mark: dict[Mark, int], said: Mark) -> list[str]:
    names = (
        (Mark.AT_RISK, "at risk"),
        (Mark.NO_DATA, "cannot be judged yet"),
        (Mark.HEALTHY, "healthy"),
    )
    return [f"{by_mark[m]} {word}." for m, word in names if by_mark[m] and m is not said]
