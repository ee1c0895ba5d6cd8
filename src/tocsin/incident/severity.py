"""Severity: a matrix of harm × reach, moved by risk, undoing and speed, and why in one sentence.

Read the table, then move: risk `high` makes it one step graver, `low` one milder.  What can never
be undone is one graver, unless it takes effect a day later or more: then there is time to stop it.
What is easily undone and takes effect so late is one milder.

                   few        some       many
    unfair         SEV2       SEV2       SEV1
    wrong          SEV3       SEV2       SEV1
    shifted        SEV3       SEV2       SEV2
    silent         SEV2       SEV2       SEV1
    broken         SEV3       SEV2       SEV1
    business       SEV3       SEV2       SEV2
    promise        SEV2       SEV2       SEV1
    suspicious     SEV4       SEV3       SEV3

Reach is the larger of two: the share of traffic affected, and the affected decisions an hour.
What its owner asked to be paged for (`promise`) is never milder than SEV2.
Drift and quality alarms alone (`suspicious`) never wake anybody: that row stops at SEV3.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from enum import StrEnum

from tocsin.base.phrases import number, percent
from tocsin.base.slices import EVERYONE
from tocsin.base.spans import describe
from tocsin.detect.finding import Finding, Layer, Level
from tocsin.incident.incident import Severity
from tocsin.ingest.system import Impact, Risk, System, Undo


class Harm(StrEnum):
    """What is going wrong for people, from the layer and measure of a finding."""

    UNFAIR = "unfair"
    WRONG = "wrong"
    SHIFTED = "shifted"
    SILENT = "silent"
    BROKEN = "broken"
    BUSINESS = "business"
    PROMISE = "promise"
    SAID = "said"
    SUSPICIOUS = "suspicious"


class Reach(StrEnum):
    """How many are hit."""

    FEW = "few"
    SOME = "some"
    MANY = "many"


Row = tuple[Severity, Severity, Severity]
_S1, _S2, _S3, _S4 = Severity.SEV1, Severity.SEV2, Severity.SEV3, Severity.SEV4
ROWS: Mapping[Harm, Row] = {
    Harm.UNFAIR: (_S2, _S2, _S1),
    Harm.WRONG: (_S3, _S2, _S1),
    Harm.SHIFTED: (_S3, _S2, _S2),
    Harm.SILENT: (_S2, _S2, _S1),
    Harm.BROKEN: (_S3, _S2, _S1),
    Harm.BUSINESS: (_S3, _S2, _S2),
    Harm.PROMISE: (_S2, _S2, _S1),
    Harm.SAID: (_S2, _S2, _S2),
    Harm.SUSPICIOUS: (_S4, _S3, _S3),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Matrix:
    """The severity settings: a row of (few, some, many) per harm, and where reach changes its name.

    `some_share` and `many_share` are shares of traffic (0-1); `some_per_hour` and `many_per_hour`
    are affected decisions an hour.
    """

    rows: Mapping[Harm, Row] = field(default_factory=lambda: dict(ROWS))
    some_share: float = 0.05
    many_share: float = 0.25
    some_per_hour: float = 200.0
    many_per_hour: float = 5000.0


LATE = timedelta(days=1)
"""What takes effect so long after can still be stopped."""
MEASURES: Mapping[str, Harm] = {
    "selection_rate": Harm.SHIFTED,
    "silence": Harm.SILENT,
    "volume": Harm.SILENT,
}
"""Measures whose harm their layer does not tell."""

LAYERS: Mapping[Layer, Harm] = {
    Layer.FAIRNESS: Harm.UNFAIR,
    Layer.PERFORMANCE: Harm.WRONG,
    Layer.HEALTH: Harm.BROKEN,
    Layer.KPI: Harm.BUSINESS,
    Layer.SLO: Harm.PROMISE,
    Layer.OUTSIDE: Harm.SAID,
    Layer.QUALITY: Harm.SUSPICIOUS,
    Layer.DRIFT: Harm.SUSPICIOUS,
}

_SAID: Mapping[Harm, str] = {
    Harm.UNFAIR: "a protected group is treated worse than before",
    Harm.WRONG: "decisions are wrong more often",
    Harm.SHIFTED: "decisions have shifted",
    Harm.SILENT: "decisions no longer reach us",
    Harm.BROKEN: "the service fails or answers late",
    Harm.BUSINESS: "a number that the business lives by has moved",
    Harm.PROMISE: "an objective, or a bound that its owner set, is being missed",
    Harm.SAID: "another monitoring system raises an alarm",
    Harm.SUSPICIOUS: "inputs look different, no harm is measured",
}


def harm_of(finding: Finding) -> Harm:
    """Return what kind of harm a finding shows; `suspicious` unless it asks for a page."""
    if finding.level != Level.PAGE:
        return Harm.SUSPICIOUS
    if finding.asked_for:
        return Harm.PROMISE
    return MEASURES.get(finding.measure, LAYERS[finding.layer])


def severity(
    system: System,
    alarms: Sequence[Finding],
    everyone: Sequence[Finding] = (),
    matrix: Matrix | None = None,
) -> tuple[Severity, str]:
    """Return the gravest severity of any alarm, and the sentence that says why.

    Args:
        system: the system, for its risk.
        alarms: the incident's findings, at least one.
        everyone: findings of the same evaluation about everyone, alarm or not; they tell how much
            traffic there is, which turns an alarm's n into a share.
        matrix: the severity settings.
    """
    matrix = matrix or Matrix()
    judged = [(*_judge(system, alarm, everyone, matrix), -alarm.evidence) for alarm in alarms]
    gravest = min(judged, key=lambda one: (one[0], one[2], one[1]))
    return gravest[0], gravest[1]


def share_of(alarm: Finding, everyone: Sequence[Finding]) -> float:
    """Return the share of traffic (0-1) that `alarm` is about; NaN where it cannot be told.

    Labelled rows are compared with labelled rows: the denominator is everyone's n of the same
    measure, else the largest n of everyone.  What another system says counts nothing.
    """
    if alarm.layer is Layer.OUTSIDE:
        return math.nan
    if alarm.slice == EVERYONE:
        return 1.0
    whole = [one for one in everyone if one.slice == EVERYONE and one.n > 0]
    same = [one for one in whole if (one.layer, one.measure) == (alarm.layer, alarm.measure)]
    total = max((one.n for one in same or whole), default=0)
    return min(1.0, alarm.n / total) if total else math.nan


def per_hour(alarm: Finding) -> float:
    """Return how many decisions an hour `alarm` is about; NaN where it has no window.

    The n of a KPI or an SLO counts what that counts, which need not be decisions.
    """
    if alarm.layer in {Layer.KPI, Layer.SLO} or alarm.window is None:
        return math.nan
    if alarm.window.length.total_seconds() <= 0:
        return math.nan
    return alarm.n * 3600 / alarm.window.length.total_seconds()


def reach(share: float, decisions_per_hour: float, matrix: Matrix) -> Reach:
    """Return how many are hit: the larger of what share and rate say; unknown numbers say `few`."""
    if share >= matrix.many_share or decisions_per_hour >= matrix.many_per_hour:
        return Reach.MANY
    if share >= matrix.some_share or decisions_per_hour >= matrix.some_per_hour:
        return Reach.SOME
    return Reach.FEW


def _judge(
    system: System, alarm: Finding, everyone: Sequence[Finding], matrix: Matrix
) -> tuple[Severity, str]:
    harm = harm_of(alarm)
    share, rate = share_of(alarm, everyone), per_hour(alarm)
    how_many = reach(share, rate, matrix)
    level = int(matrix.rows[harm][list(Reach).index(how_many)])
    level += {Risk.HIGH: -1, Risk.MEDIUM: 0, Risk.LOW: 1}[system.risk]
    held, lasting = _lasting(system.impact)
    level += held
    if harm == Harm.SUSPICIOUS:
        level = max(level, Severity.SEV3)
    if harm in {Harm.PROMISE, Harm.SAID}:  # its owner asked to be called, whatever the risk
        level = min(level, Severity.SEV2)
    grave = Severity(min(max(level, Severity.SEV1), Severity.SEV4))
    whom = "everyone" if alarm.slice == EVERYONE else alarm.slice.label
    facts = [f"{percent(share)} of traffic"] if not math.isnan(share) else []
    facts += [f"about {number(_rounded(rate))} decisions an hour"] if not math.isnan(rate) else []
    told = f" ({', '.join(facts)})" if facts else ""
    said = _SAID[harm]
    if harm is Harm.WRONG and alarm.measure in ("mae", "rmse", "bias"):
        said = "answers are further off"
    elif harm is Harm.WRONG and alarm.measure == "value_per_decision":
        said = "decisions bring less"
    elif harm is Harm.WRONG and alarm.measure == "calibration":
        said = "scores no longer mean what they meant"
    elif harm is Harm.WRONG and alarm.measure.startswith("estimated_"):
        said = "decisions are wrong more often, to judge by their scores,"
    return grave, f"{said} for {whom}{told}; {system.risk} risk system{lasting}"


def _lasting(impact: Impact) -> tuple[int, str]:
    """Return how many steps milder undoing and speed make it, and what is said of them."""
    late = impact.takes_effect is not None and impact.takes_effect >= LATE
    when = "at once"
    if impact.takes_effect:
        when = f"after {describe(impact.takes_effect)}"
    if impact.undo is Undo.NEVER:
        return (0 if late else -1), f"; decisions take effect {when} and cannot be undone"
    if impact.undo is Undo.EASILY:
        return (1 if late else 0), f"; decisions take effect {when} and are easily undone"
    if impact.undo is Undo.HARDLY:
        return 0, f"; decisions take effect {when} and are hard to undo"
    return 0, (f"; decisions take effect {when}" if impact.takes_effect is not None else "")


def _rounded(rate: float) -> float:
    return rate if rate < 1 else float(round(rate))
