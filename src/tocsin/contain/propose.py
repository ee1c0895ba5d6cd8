"""From a playbook, and from whom an incident hits, to a plan that somebody can approve.

The first action of the playbook is planned that can be: there may be no version to return to, and
then people decide.  Nothing is ever contained without an end.
"""

from datetime import datetime

from tocsin.base.slices import Slice
from tocsin.contain.directive import Action
from tocsin.contain.plan import NOT_KNOWN, Plan
from tocsin.contain.playbook import Playbook, Step
from tocsin.contain.versions import Good
from tocsin.ingest.system import System

_REVIEW = Step(say="Let people decide meanwhile", action=Action.REVIEW)


def propose(
    system: System,
    playbook: Playbook,
    slice_: Slice,
    *,
    now: datetime,
    id_: str,
    incident: str | None,
    made_by: str = "tocsin",
    good: Good | None = None,
    candidate: str | None = None,
) -> Plan:
    """Return the plan for a playbook's first action; `conflict.checked` must still pass.

    How far it reaches is still to be measured.

    Args:
        system: whose decisions are contained.
        playbook: what is done against such a failure.
        slice_: who is contained.
        now: the instant of the plan, cut to whole seconds, as the plan is read out in seconds.
        id_: a new plan id.
        incident: the incident that the plan serves, if any.
        made_by: who proposes it.
        good: what to roll back to; without one, the next action of the playbook is planned.
        candidate: what to try; likewise.
    """
    planned = (one.planned(slice_, good, candidate) for one in (*playbook.steps, _REVIEW))
    step = next(one for one in planned if one is not None)
    return Plan(
        id=id_,
        incident=incident,
        system=system.name,
        steps=(step,),
        reach=NOT_KNOWN,
        risk=system.risk,
        made_at=now.replace(microsecond=0),
        made_by=made_by,
    )
