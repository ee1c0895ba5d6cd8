"""Levels: what an alarm asks of people.  Harm wakes; movement alone never does.

selection rate, accuracy, precision, recall, AUC, calibration,
hit rate, NDCG, MRR, click-through rate, empty lists,
gap between groups                                                     page   (risk low: ticket)
KPI                                                                    page   (risk low: ticket)
the same by estimate, which is an alarm only where the estimate holds  page   (risk low: ticket)
error share, time-out share                                            page   (risk low: ticket)
silence; volume at less than half, in a window or in the last hours    page
an SLO that burns fast                                                 page
an SLO that burns slowly, or whose budget is spent                     ticket
slow answers; saturation; volume at more than double; an hour's volume that is off,
or a slice's                                                           ticket
missing, invalid, garbled, unseen, out of range, broken rule, constant,
distinct, repeated, scale, drift                                       ticket, and page where
harm alarms for the same people or more
"""

from collections.abc import Sequence
from dataclasses import replace

from tocsin.detect import arrivals
from tocsin.detect.finding import Finding, Layer, Level, Verdict
from tocsin.detect.slo import FAST
from tocsin.ingest.system import Risk, System

_ORDER = {Level.PAGE: 0, Level.TICKET: 1, Level.INFO: 2}
_VERDICTS = {Verdict.ALARM: 0, Verdict.OK: 1, Verdict.INSUFFICIENT: 2}
_HARM = (Layer.PERFORMANCE, Layer.FAIRNESS, Layer.KPI, Layer.SLO)
_FAILED = ("error_share", "timeout_share")
_INPUT = (Layer.QUALITY, Layer.DRIFT)


def levelled(findings: Sequence[Finding], system: System) -> list[Finding]:
    """Return the findings with the level of each alarm, gravest and best proven first.

    Evidence orders within a level, which puts the slice that a fault is confined to before the
    slices and the whole that it dilutes into: the same excess among fewer rows weighs more.
    """
    own = [
        f if f.verdict is not Verdict.ALARM else replace(f, level=_own(f, system)) for f in findings
    ]
    harmed = [f.slice for f in own if f.level is Level.PAGE and f.layer in _HARM]
    raised = [
        replace(f, level=Level.PAGE)
        if f.level is Level.TICKET
        and f.layer in _INPUT
        and not f.asked_for
        and any(map(f.slice.within, harmed))
        else f
        for f in _folded(own)
    ]
    return sorted(raised, key=lambda f: (_ORDER[f.level], _VERDICTS[f.verdict], -f.evidence, f.key))


def _folded(findings: Sequence[Finding]) -> list[Finding]:
    """Leave out slices that move no more, surely, and the same way as everyone: one tells it."""
    whole = {
        _movement(f): f.effect
        for f in findings
        if f.verdict is Verdict.ALARM and not f.slice.conditions
    }
    return [
        f
        for f in findings
        if f.layer not in _INPUT
        or not f.slice.conditions
        or f.interval[0] > whole.get(_movement(f), 0.0)
    ]


def _movement(finding: Finding) -> tuple[Layer, str, str | None, bool]:
    rises = finding.value >= finding.baseline
    return finding.layer, finding.measure, finding.column, rises


def _own(finding: Finding, system: System) -> Level:
    """Return the level of an alarm by itself."""
    if finding.asked_for:
        return finding.level
    if finding.layer is Layer.SLO:
        return Level.PAGE if finding.measure == FAST else Level.TICKET
    if finding.measure == "silence":
        return Level.PAGE
    if finding.measure == "volume":
        return Level.PAGE if finding.value < finding.baseline else Level.TICKET
    if finding.measure == arrivals.MEASURE:
        halved = finding.value < finding.baseline / 2
        return Level.PAGE if halved and not finding.slice.conditions else Level.TICKET
    harm = finding.layer in _HARM or finding.measure in _FAILED
    return Level.PAGE if harm and system.risk is not Risk.LOW else Level.TICKET
