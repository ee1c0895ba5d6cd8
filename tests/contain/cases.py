"""Plans and directives as the contain room's tests use them."""

from datetime import UTC, datetime, timedelta

from tocsin.base.slices import Slice
from tocsin.contain.directive import Action, Directive
from tocsin.contain.plan import Plan, Reach, Step
from tocsin.ingest.system import Risk

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)
NORTH = Slice.of({"region": "north"})
FALLBACK = Step(action=Action.FALLBACK, slice=NORTH, for_=timedelta(hours=4))
BACK = Step(action=Action.ROLLBACK, for_=timedelta(hours=1), to_version="v1")


def plan(*steps: Step, made_at: datetime = NOON) -> Plan:
    return Plan(
        id="plan_1",
        incident="inc_1",
        system="loans",
        steps=steps or (FALLBACK,),
        reach=Reach(share=0.13, decisions_per_hour=410.0, n=820),
        risk=Risk.HIGH,
        made_at=made_at,
        made_by="lending",
    )


def directive(
    action: Action = Action.FALLBACK,
    slice_: Slice = NORTH,
    *,
    hours: float = 4,
    system: str = "loans",
    id_: str = "dir_1",
) -> Directive:
    return Directive(
        id=id_,
        system=system,
        action=action,
        slice=slice_,
        created_at=NOON,
        expires_at=NOON + timedelta(hours=hours),
    )
