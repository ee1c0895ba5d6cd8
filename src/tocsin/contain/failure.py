"""What sort of failure an incident is: read off its findings and what is recorded, or said.

Most kinds show in the findings of the monitors or in recorded changes; the others (`SAID`) people
recognise, or an alert of another system names them.  What is not plain stays unexplained.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from tocsin.base.slices import Slice
from tocsin.detect.finding import Finding, Layer, Verdict
from tocsin.ingest.change import Change, ChangeKind


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


SAID = (Failure.MODERATION, Failure.GENERATION)
"""What nothing here tells apart: a person says it, or the alert of another system that names it."""
NAMES = ", ".join(Failure)
"""Every sort by its name, for messages."""
_OUTCOMES = "outcome_rate"
_BY_CHANGE = {ChangeKind.VENDOR: Failure.VENDOR, ChangeKind.INDEX: Failure.RETRIEVAL}


@dataclass(frozen=True, slots=True, kw_only=True)
class Signs:
    """What is known of an incident beside the findings of its system."""

    new_version: str | None = None
    """A version that began to decide shortly before the harm."""
    changes: Sequence[Change] = ()
    """What was recorded as changed shortly before the harm."""
    named: frozenset[str] = frozenset()
    """Sorts of failure that alerts of other systems name, in their words."""
    blind: bool = False
    """Whether the monitors worked once and are late now, and the incident was declared by hand
    without any alert or complaint: then it tells of nothing else."""


NO_SIGNS = Signs()


def recognise(findings: Sequence[Finding], slice_: Slice, signs: Signs = NO_SIGNS) -> Failure:
    """Return what sort of failure the alarms about people in `slice_`, and the signs, show.

    What somebody's alert names counts first, unless two name different ones.  That a vendor's model
    or an index is to blame follows from a recorded change as it does from a new version: exactly
    those whom it is about are hurt since.  Where more than one such change was made, none is.

    Args:
        findings: the latest findings of the system, of any verdict.
        slice_: who is hurt.
        signs: what else is known.
    """
    named = [failure for failure in Failure if failure.value in signs.named]
    if len(named) == 1:
        return named[0]
    alarms = [f for f in findings if f.verdict is Verdict.ALARM and f.slice.compatible(slice_)]
    layers = {f.layer for f in alarms}
    harmed = {Layer.PERFORMANCE, Layer.SLO} & layers
    changed = _changed(slice_, signs) if Layer.PERFORMANCE in layers else None
    shown = {
        Failure.INPUT: any(f.column and f.layer in (Layer.QUALITY, Layer.DRIFT) for f in alarms),
        Failure.OUTAGE: Layer.HEALTH in layers,
        Failure.POISONING: any(f.measure == _OUTCOMES for f in alarms),
        Failure.VENDOR: changed is Failure.VENDOR,
        Failure.RETRIEVAL: changed is Failure.RETRIEVAL,
        Failure.VERSION: changed is Failure.VERSION,
        Failure.UNFAIR: Layer.FAIRNESS in layers,
        Failure.DECAY: bool(harmed),
        Failure.KPI: Layer.KPI in layers,
        Failure.MONITORING: signs.blind and not alarms,
        Failure.UNEXPLAINED: True,
    }
    return next(failure for failure, there in shown.items() if there)


def _changed(slice_: Slice, signs: Signs) -> Failure | None:
    """Return whose change exactly those who are hurt met; None where that is not plain."""
    met = [one for one in signs.changes if one.kind in _BY_CHANGE and one.scope == slice_]
    blamed = {_BY_CHANGE[one.kind] for one in met}
    # a vendor's new model is a new version of the system: one change, recorded and seen
    seen = signs.new_version is not None and signs.new_version not in {one.version for one in met}
    if seen and not slice_.conditions:
        # what is recorded stands beside a version that everyone met: the version is the nearer
        return Failure.VERSION
    return blamed.pop() if len(blamed) == 1 and not seen else None
