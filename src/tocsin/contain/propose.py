"""The built-in playbook: from what failed, and where, to a plan that somebody can approve.

    failure                                          first containment
    ---------------------------------------------    ---------------------------------------------
    an input is wrong in the slice                   fallback rules on the slice
    the system fails or times out                    fallback rules on the slice
    everyone is hurt since a recent new version      roll back to the last good one (`versions`)
    one group is treated unlike its baseline         human review of the group
    anything else that harms                         human review of the slice

Every plan holds for four hours unless told otherwise; nothing is ever contained without an end.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from tocsin.base.slices import Slice
from tocsin.contain.directive import Action
from tocsin.contain.plan import Plan, Reach, Step
from tocsin.contain.versions import Good
from tocsin.detect.finding import Finding, Layer, Verdict
from tocsin.ingest.system import System

HOLD_FOR = timedelta(hours=4)


class Failure(StrEnum):
    """What sort of failure the findings show."""

    INPUT = "input"
    OUTAGE = "outage"
    VERSION = "version"
    UNFAIR = "unfair"
    UNEXPLAINED = "unexplained"


@dataclass(frozen=True, slots=True)
class Play:
    """What the playbook does first against one kind of failure."""

    action: Action
    reason: str


PLAYBOOK = {
    Failure.INPUT: Play(
        Action.FALLBACK, "An input is wrong there, so every answer built on it may be."
    ),
    Failure.OUTAGE: Play(Action.FALLBACK, "The system fails there; the rules still answer."),
    Failure.VERSION: Play(Action.ROLLBACK, "Everyone has been hurt since the new version."),
    Failure.UNFAIR: Play(
        Action.REVIEW, "The group is treated unlike its baseline; people should decide."
    ),
    Failure.UNEXPLAINED: Play(
        Action.REVIEW, "The cause is not known yet; people should decide meanwhile."
    ),
}


def recognise(findings: Sequence[Finding], slice_: Slice, *, new_version: bool) -> Failure:
    """Return what sort of failure the alarms about people in `slice_` show.

    Args:
        findings: the latest findings of the system, of any verdict.
        slice_: who is hurt.
        new_version: whether a new version began to decide shortly before the harm.
    """
    alarms = [f for f in findings if f.verdict is Verdict.ALARM and f.slice.compatible(slice_)]
    layers = {f.layer for f in alarms}
    if any(f.column and f.layer in (Layer.QUALITY, Layer.DRIFT) for f in alarms):
        return Failure.INPUT
    if Layer.HEALTH in layers:
        return Failure.OUTAGE
    if new_version and not slice_.conditions and Layer.PERFORMANCE in layers:
        return Failure.VERSION
    return Failure.UNFAIR if Layer.FAIRNESS in layers else Failure.UNEXPLAINED


def propose(
    system: System,
    failure: Failure,
    slice_: Slice,
    reach: Reach,
    *,
    now: datetime,
    id_: str,
    incident: str | None,
    made_by: str = "tocsin",
    good: Good | None = None,
    for_: timedelta = HOLD_FOR,
) -> Plan:
    """Return the playbook's plan; `conflict.checked` must still pass before it is stored.

    Args:
        system: whose decisions are contained.
        failure: what `recognise` found.
        slice_: who is contained.
        reach: how much traffic that is.
        now: the instant of the plan, cut to whole seconds, as the plan is read out in seconds.
        id_: a new plan id.
        incident: the incident that the plan serves, if any.
        made_by: who proposes it.
        good: what to roll back to; a rollback without one becomes a human review.
        for_: how long it holds from `now`.
    """
    play = PLAYBOOK[failure]
    back = good if play.action is Action.ROLLBACK else None
    if play.action is Action.ROLLBACK and back is None:
        play = PLAYBOOK[Failure.UNEXPLAINED]
    step = Step(
        action=play.action,
        slice=slice_,
        for_=for_,
        to_version=back.version if back else None,
        reason=f"{play.reason} Version {back.why}" if back else play.reason,
    )
    return Plan(
        id=id_,
        incident=incident,
        system=system.name,
        steps=(step,),
        reach=reach,
        risk=system.risk,
        made_at=now.replace(microsecond=0),
        made_by=made_by,
    )
