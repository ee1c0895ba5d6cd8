"""States and numbers as every page says them: a shape, a colour and a word; a value in context."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import Protocol

from tocsin.base.phrases import number, percent
from tocsin.base.spans import describe
from tocsin.detect.finding import MEASURED, Finding, Layer, Level, Verdict
from tocsin.incident.incident import Incident, State
from tocsin.ingest.rule import BREAKS


class Mark(StrEnum):
    """A state; its value is the CSS class and the name of its shape."""

    HARM = "harm"
    AT_RISK = "at-risk"
    CONTAINED = "contained"
    HEALTHY = "healthy"
    NO_DATA = "no-data"

    @property
    def word(self) -> str:
        """What is read aloud and stands beside the shape."""
        return _WORDS[self]


_WORDS = {
    Mark.HARM: "harm",
    Mark.AT_RISK: "at risk",
    Mark.CONTAINED: "contained",
    Mark.HEALTHY: "healthy",
    Mark.NO_DATA: "no data",
}
GRAVEST = (Mark.HARM, Mark.AT_RISK, Mark.CONTAINED, Mark.NO_DATA, Mark.HEALTHY)
"""The order in which systems are listed."""


class Judged(Protocol):
    """What a state is read off: a finding, or only its gist."""

    @property
    def layer(self) -> Layer:
        """Where in the system it looks."""
        ...

    @property
    def verdict(self) -> Verdict:
        """What the evidence allows to say."""
        ...

    @property
    def level(self) -> Level:
        """What it asks of people."""
        ...


@dataclass(frozen=True, slots=True)
class Figure:
    """A number in its context, every part in words: `71.2 %`, `±1.9`, `90.4 %`, `2,310`."""

    value: str
    around: str = ""
    was: str = ""
    n: str = ""


@dataclass(frozen=True, slots=True)
class Measure:
    """What people call a measure, and whether it is a share, a length of time or a number."""

    label: str
    unit: str = "share"


MEASURES = {
    "selection_rate": Measure("selection rate"),
    "selection_rate_gap": Measure("selection gap"),
    "tpr_gap": Measure("deserved-yes gap"),
    "fpr_gap": Measure("undeserved-yes gap"),
    "ppv_gap": Measure("right-yes gap"),
    "accuracy_gap": Measure("accuracy gap"),
    "selection_rate_difference": Measure("selection difference"),
    "tpr_difference": Measure("deserved-yes difference"),
    "fpr_difference": Measure("undeserved-yes difference"),
    "ppv_difference": Measure("right-yes difference"),
    "selection_rate_ratio": Measure("selection ratio", "number"),
    "auc": Measure("AUC", "number"),
    "calibration": Measure("outcomes against scores"),
    "outcome_rate": Measure("outcomes that are yes"),
    "macro_f1": Measure("macro-F1"),
    "overconfidence": Measure("confidence less accuracy"),
    "hit_rate_gap": Measure("hit-rate gap"),
    "empty_lists": Measure("empty lists"),
    "ndcg": Measure("NDCG", "number"),
    "mrr": Measure("mean reciprocal rank", "number"),
    "ctr": Measure("click-through rate"),
    "concentration": Measure("concentration of items"),
    "mae": Measure("mean error", "number"),
    "rmse": Measure("root mean square error", "number"),
    "bias": Measure("bias", "number"),
    "value_per_decision": Measure("value of a decision", "number"),
    "estimated_auc": Measure("estimated AUC", "number"),
    "jsd": Measure("distribution shift", "bits"),
    "out_of_range": Measure("out of range"),
    "constant": Measure("most frequent value"),
    "scale": Measure("scale", "number"),
    "association": Measure("rank correlation", "number"),
    "selection_rate_apart": Measure("selection rate beside the others'"),
    "accuracy_apart": Measure("accuracy beside the others'"),
    "hit_rate_apart": Measure("hit rate beside the others'"),
    "conditional_shift": Measure("shift beyond what others tell", "number"),
    "distinct": Measure("different values", "number"),
    "repeated": Measure("repeated decisions"),
    "error_share": Measure("failed calls"),
    "slow_share": Measure("slow calls"),
    "saturated_share": Measure("decisions near full capacity"),
    "timeout_share": Measure("calls that timed out"),
    "silence": Measure("silence", "seconds"),
    "volume": Measure("volume", "number"),
    "hourly_volume": Measure("volume for the hour", "number"),
    "fast_burn": Measure("fast burn", "number"),
    "slow_burn": Measure("slow burn", "number"),
    "budget_left": Measure("error budget left"),
}


def measure_of(name: str) -> Measure:
    """Return how a measure is called; one that is not known here is called by its name.

    >>> measure_of("false_positive_rate").label
    'false positive rate'
    """
    if name.startswith(BREAKS):
        return Measure(name, "share")
    unit = "number" if name.startswith(("mean_", "sum_")) else "share"
    return MEASURES.get(name, Measure(name.replace("_", " "), unit))


def unit_by_slice(name: str) -> str:
    """Return the unit of what is drawn slice by slice of a measure: of a gap, the groups' shares.

    >>> unit_by_slice("auc"), unit_by_slice("selection_rate_ratio")
    ('number', 'share')
    """
    return "number" if name == "auc" else "share"


def in_unit(value: float, unit: str) -> str:
    """Return `value` with its unit; `–` where it cannot be said.

    >>> in_unit(0.7123, "share"), in_unit(90.0, "seconds"), in_unit(float("nan"), "share")
    ('71.2 %', '1 min 30 s', '–')
    >>> in_unit(0.0005, "bits"), in_unit(0.2535, "bits")
    ('0.0005 bits', '0.254 bits')
    """
    if not math.isfinite(value):
        return "–"
    match unit:
        case "share":
            return percent(value)
        case "seconds":
            return describe(timedelta(seconds=value))
        case "bits":
            # what matters is half a thousandth: three decimals would double it
            return f"{value:.4f} bits" if abs(value) < 0.01 else f"{value:.3f} bits"
        case "count":
            return f"{value:,.0f}"
        case _:
            return f"{value:.3f}" if abs(value) < 1 else number(value)


def figure(finding: Finding) -> Figure:
    """Return a finding's value beside its interval, its baseline and its n."""
    unit = measure_of(finding.measure).unit
    low, high = finding.interval
    around = ""
    relative = finding.layer is Layer.KPI  # to the KPI: no interval of its value
    if math.isfinite(high - low) and unit != "seconds" and not relative:
        half = (high - low) / 2
        around = f"±{half * 100:.1f}" if unit == "share" else f"±{half:.3f}"
    return Figure(
        value=in_unit(finding.value, unit),
        around=around,
        was=in_unit(finding.baseline, unit) if math.isfinite(finding.baseline) else "",
        n=f"{finding.n:,}",
    )


def shift(finding: Finding) -> str:
    """Return how far the value is from its baseline, signed, in points of a hundred for shares."""
    unit = measure_of(finding.measure).unit
    change = finding.value - finding.baseline
    if not math.isfinite(change):
        return "–"
    text = f"{change * 100:+.1f}" if unit == "share" else f"{change:+.2g}"
    return text.replace("-", "−")


def of_finding(finding: Judged) -> Mark:
    """Return a finding's state: an alarm that pages is harm, any other alarm a risk."""
    match finding.verdict:
        case Verdict.ALARM:
            return Mark.HARM if finding.level is Level.PAGE else Mark.AT_RISK
        case Verdict.OK:
            return Mark.HEALTHY
        case Verdict.INSUFFICIENT:
            return Mark.NO_DATA


def of_findings(findings: Iterable[Judged]) -> Mark:
    """Return the gravest state; healthy needs at least one monitor that could judge.

    >>> of_findings([])
    <Mark.NO_DATA: 'no-data'>
    """
    marks = {of_finding(finding) for finding in findings}
    order = (Mark.HARM, Mark.AT_RISK, Mark.HEALTHY, Mark.NO_DATA)
    return next((mark for mark in order if mark in marks), Mark.NO_DATA)


def of_incident(incident: Incident) -> Mark:
    """Return an incident's state: harm until it is contained, healthy once it is over."""
    if incident.state is State.RESOLVED or incident.recovered_at is not None:
        return Mark.HEALTHY
    return Mark.CONTAINED if incident.state is State.CONTAINED else Mark.HARM


def of_system(findings: Sequence[Judged], open_incidents: Sequence[Incident]) -> Mark:
    """Return a system's state: its open incidents speak first, then its monitors."""
    if open_incidents:
        marks = {of_incident(incident) for incident in open_incidents}
        return next(m for m in (Mark.HARM, Mark.CONTAINED, Mark.HEALTHY) if m in marks)
    return of_findings(findings)


def by_layer(findings: Sequence[Judged]) -> tuple[tuple[Layer, Mark], ...]:
    """Return each layer's state, from machine to meaning."""
    return tuple(
        (layer, of_findings(finding for finding in findings if finding.layer is layer))
        for layer in MEASURED
    )
