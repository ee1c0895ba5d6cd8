"""What sort of failure an incident is: read off its findings, or said by a person.

Some kinds show in the findings of the monitors; the others (`SAID`) people recognise, or a
playbook of their own names them.
"""

from collections.abc import Sequence
from enum import StrEnum

from tocsin.base.slices import Slice
from tocsin.detect.finding import Finding, Layer, Verdict


class Failure(StrEnum):
    """What sort of failure it is."""

    INPUT = "input"
    """A feature pipeline feeds the system something else than it learnt from."""
    POISONING = "poisoning"
    """Outcomes themselves move: what the system learns from may be false."""
    UNFAIR = "unfair"
    """A group is treated unlike its baseline."""
    VERSION = "version"
    """Everyone has been hurt since a recent new version."""
    DECAY = "decay"
    """It decides worse than it did, and no input is to blame."""
    KPI = "kpi"
    """A number that the business lives by moved."""
    OUTAGE = "outage"
    """It fails, answers too late, or too rarely."""
    MODERATION = "moderation"
    """What should have been stopped went through."""
    GENERATION = "generation"
    """It wrote something harmful."""
    RETRIEVAL = "retrieval"
    """It answered from a stale or broken index."""
    VENDOR = "vendor"
    """A model that somebody else runs changed."""
    MONITORING = "monitoring"
    """The monitors themselves are late or blind."""
    UNEXPLAINED = "unexplained"


SAID = (
    Failure.MODERATION,
    Failure.GENERATION,
    Failure.RETRIEVAL,
    Failure.VENDOR,
    Failure.MONITORING,
)
"""What no monitor tells apart yet."""
_OUTCOMES = "outcome_rate"


def recognise(findings: Sequence[Finding], slice_: Slice, *, new_version: bool) -> Failure:
    """Return what sort of failure the alarms about people in `slice_` show.

    Args:
        findings: the latest findings of the system, of any verdict.
        slice_: who is hurt.
        new_version: whether a new version began to decide shortly before the harm.
    """
    alarms = [f for f in findings if f.verdict is Verdict.ALARM and f.slice.compatible(slice_)]
    layers = {f.layer for f in alarms}
    harmed = {Layer.PERFORMANCE, Layer.SLO} & layers
    shown = {
        Failure.INPUT: any(f.column and f.layer in (Layer.QUALITY, Layer.DRIFT) for f in alarms),
        Failure.OUTAGE: Layer.HEALTH in layers,
        Failure.POISONING: any(f.measure == _OUTCOMES for f in alarms),
        Failure.VERSION: new_version and not slice_.conditions and Layer.PERFORMANCE in layers,
        Failure.UNFAIR: Layer.FAIRNESS in layers,
        Failure.DECAY: bool(harmed),
        Failure.KPI: Layer.KPI in layers,
        Failure.UNEXPLAINED: True,
    }
    return next(failure for failure, there in shown.items() if there)
