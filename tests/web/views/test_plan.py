from dataclasses import replace
from datetime import timedelta

import pytest

from tests.store import examples
from tests.web.views.nouns import HOUR, NOW
from tocsin.contain.approval import Standing
from tocsin.contain.plan import PlanState, Reach
from tocsin.store.containment import StoredPlan
from tocsin.web.views.plan import plan_view

PLAN = StoredPlan(replace(examples.plan("inc_1"), made_at=NOW), PlanState.PROPOSED, None, NOW)


def test_a_button_says_how_much_for_how_long_and_how_many_must_approve() -> None:
    one = plan_view(PLAN, Standing(needed=1), NOW)
    assert one.verb == "Send sex=f to the fallback rules"
    assert one.effect == "8 % of traffic, for 4 h"
    two = plan_view(PLAN, Standing(needed=2, by=("aspen",)), NOW + HOUR)
    assert two.effect == "8 % of traffic, for 3 h; once 2 people have approved"


def test_traffic_that_was_not_seen_is_said() -> None:
    unseen = replace(PLAN.plan, reach=Reach(share=0.0, decisions_per_hour=0.0, n=0))
    one = plan_view(replace(PLAN, plan=unseen), Standing(needed=1), NOW)
    assert one.effect == "no traffic seen there lately, for 4 h"


@pytest.mark.parametrize(("hours", "late"), [(3.9, False), (4, True)])
def test_a_plan_that_ran_out_is_late(hours: float, late: bool) -> None:
    assert plan_view(PLAN, Standing(needed=1), NOW + timedelta(hours=hours)).late is late
