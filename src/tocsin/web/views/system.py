"""A system: what is normal, what changed, for whom?"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from tocsin.base.phrases import count
from tocsin.base.slices import Slice
from tocsin.detect.finding import Finding, Layer, Verdict
from tocsin.incident.incident import Incident
from tocsin.ingest.change import Change
from tocsin.ingest.system import System
from tocsin.web.views import marks
from tocsin.web.views.groups import Table as GroupTable
from tocsin.web.views.marks import Figure, Mark
from tocsin.web.views.objectives import Row as Objective
from tocsin.web.views.series import Chart

ROWS_SHOWN, MONITORS_SHOWN = 16, 12
SURE = 12.0
"""Evidence (-log10 p) at which the bar is full."""


@dataclass(frozen=True, slots=True)
class Cell:
    """One cell of the heat map: what a measure says of a slice."""

    text: str
    mark: Mark
    strength: int
    """0-4: how much of the threshold the effect fills, for the depth of the tint."""
    why: str


@dataclass(frozen=True, slots=True)
class HeatRow:
    """One slice's row; a measure without a finding has None."""

    slice: Slice
    cells: tuple[Cell | None, ...]
    n: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Heat:
    """Slices by measures; `rest` are the rows that are folded away."""

    columns: tuple[str, ...]
    rows: tuple[HeatRow, ...]
    rest: tuple[HeatRow, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Monitor:
    """One monitor's result in its context."""

    key: str
    what: str
    layer: Layer
    slice: Slice
    mark: Mark
    figure: Figure
    why: str
    evidence: str
    evidence_share: float
    level: str


@dataclass(frozen=True, slots=True)
class Version:
    """One version of the system: when it was seen first, and its share of the window."""

    name: str
    first_at: datetime
    decisions: int
    share: float


@dataclass(frozen=True, slots=True, kw_only=True)
class SystemPage:
    """The page."""

    system: System
    slice: Slice
    mark: Mark
    answer: str
    lead: str
    evaluated_at: datetime | None
    incidents: tuple[Incident, ...]
    chart: Chart
    lengths: tuple[tuple[str, str, bool], ...]
    """Spans to choose from: key, words, whether it is this one."""
    heat: Heat
    objectives: tuple[Objective, ...]
    groups: tuple[GroupTable, ...]
    alarms: tuple[Monitor, ...]
    more_alarms: tuple[Monitor, ...]
    quiet: tuple[Monitor, ...]
    unjudged: tuple[Monitor, ...]
    versions: tuple[Version, ...]
    changes: tuple[Change, ...]
    reference_rows: int
    reference_sha256: str


def answer(
    system: System, findings: Sequence[Finding], open_incidents: Sequence[Incident]
) -> tuple[Mark, str, str]:
    """Return the state, the sentence of verdict and the sentence after it."""
    mark = marks.of_system(findings, open_incidents)
    alarms = [finding for finding in findings if finding.verdict is Verdict.ALARM]
    judged = [finding for finding in findings if finding.verdict is Verdict.OK]
    if open_incidents:
        first = open_incidents[0]
        why = alarms[0].why if alarms else first.severity_why
        return mark, sentence(first.title), sentence(why)
    if alarms:
        first = next((f for f in alarms if marks.of_finding(f) is mark), alarms[0])
        rest = len(alarms) - 1
        more = f"{count(rest, 'more monitor')} {'is' if rest == 1 else 'are'} beyond the threshold."
        others = f"{count(len(judged), 'other monitor')} {_verb(len(judged), 'see')}"
        lead = more if rest else f"{others} nothing unusual."
        return mark, in_words(first), lead
    if judged:
        unsaid = len(findings) - len(judged)
        lead = f"{count(len(judged), 'monitor')} {_verb(len(judged), 'see')} nothing unusual"
        lead += f"; {unsaid} more {_verb(unsaid, 'lack')} evidence." if unsaid else "."
        return mark, f"{system.name} behaves as its reference did.", lead
    if findings:
        return mark, f"There is too little evidence to judge {system.name}.", findings[0].why
    return mark, f"{system.name} has not been judged yet.", "Decisions are still being counted."


def heat(findings: Sequence[Finding]) -> Heat:
    """Return slices by measures, the slices in harm's way first."""
    said = [f for f in findings if f.column is None and f.layer is not Layer.HEALTH]
    order = dict.fromkeys(finding.measure for finding in said)
    table: dict[Slice, dict[str, Finding]] = {}
    for finding in said:
        table.setdefault(finding.slice, {})[finding.measure] = finding
    rows = [
        (
            _gravity(by_measure.values()),
            HeatRow(
                slice_,
                tuple(
                    _cell(by_measure[measure]) if measure in by_measure else None
                    for measure in order
                ),
                f"{max(f.n for f in by_measure.values()):,}",
            ),
        )
        for slice_, by_measure in table.items()
    ]
    rows.sort(key=lambda row: (bool(row[1].slice.conditions), -row[0], row[1].slice.label))
    ordered = [row for _, row in rows]
    return Heat(
        columns=tuple(marks.measure_of(measure).label for measure in order),
        rows=tuple(ordered[:ROWS_SHOWN]),
        rest=tuple(ordered[ROWS_SHOWN:]),
    )


def monitor(finding: Finding) -> Monitor:
    """Return a finding as the list of monitors shows it."""
    what = marks.measure_of(finding.measure).label
    if finding.column is not None:
        what = f"{finding.column} · {what}"
    sure = max(0.0, finding.evidence)
    return Monitor(
        key=finding.key,
        what=what,
        layer=finding.layer,
        slice=finding.slice,
        mark=marks.of_finding(finding),
        figure=marks.figure(finding),
        why=finding.why,
        evidence=seldom(sure),
        evidence_share=min(1.0, sure / SURE),
        level=finding.level.value,
    )


def monitors(
    findings: Sequence[Finding],
) -> tuple[tuple[Monitor, ...], tuple[Monitor, ...], tuple[Monitor, ...]]:
    """Return the monitors that alarm, those that are quiet, and those that lack evidence."""
    groups = (Verdict.ALARM, Verdict.OK, Verdict.INSUFFICIENT)
    alarms, quiet, unjudged = (
        tuple(monitor(f) for f in findings if f.verdict is verdict) for verdict in groups
    )
    return alarms, quiet, unjudged


def _cell(finding: Finding) -> Cell:
    mark = marks.of_finding(finding)
    if mark is Mark.NO_DATA:
        return Cell("–", mark, 0, finding.why)
    size = abs(finding.effect) / finding.threshold if finding.threshold else 0.0
    return Cell(marks.shift(finding), mark, min(4, int(size * 2)), finding.why)


def _gravity(findings: Iterable[Finding]) -> float:
    grave = {Mark.HARM: 1000.0, Mark.AT_RISK: 500.0, Mark.NO_DATA: -1.0}
    return max(grave.get(marks.of_finding(f), 0.0) + min(f.evidence, 300.0) for f in findings)


def _verb(n: int, verb: str) -> str:
    return f"{verb}s" if n == 1 else verb


def seldom(evidence: float) -> str:
    """Return how seldom chance alone shows so much, from -log10 of its probability.

    >>> seldom(0.0), seldom(2.3), seldom(7.1), seldom(40.0)
    ('none', '1 in 200', '1 in 10⁷', 'below 1 in 10¹²')
    """
    if evidence <= 0:
        return "none"
    if evidence >= SURE:
        return f"below 1 in {_in_words(SURE)}"
    return f"1 in {_in_words(evidence)}"


def _in_words(evidence: float) -> str:
    if evidence < 5:
        exact = 10**evidence
        size = 10 ** max(0, len(str(int(exact))) - 1)
        return f"{round(exact / size) * size:,}"
    return "10" + str(int(evidence)).translate(str.maketrans("0123456789", "⁰¹²³⁴⁵⁶⁷⁸⁹"))


def in_words(finding: Finding) -> str:
    """Return a finding's sentence; it begins with a capital unless a column's name begins it."""
    named = finding.column is not None and finding.why.startswith(finding.column)
    return finding.why if named else sentence(finding.why)


def sentence(text: str) -> str:
    """Return `text` with a capital at its head and a stop at its end.

    >>> sentence("income is missing")
    'Income is missing.'
    """
    end = "" if text.endswith((".", "!", "?")) else "."
    return f"{text[:1].upper()}{text[1:]}{end}"
