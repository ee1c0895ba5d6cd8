from dataclasses import replace
from datetime import timedelta

import pytest

from tests.store import examples
from tests.web.views.nouns import HOUR, NOW
from tocsin.base.slices import EVERYONE
from tocsin.contain.approval import Standing
from tocsin.contain.plan import NOT_KNOWN, PlanState, Reach
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


def test_the_reach_of_several_steps_is_that_of_the_furthest_at_least() -> None:
    (women,) = PLAN.plan.steps
    far = replace(women, slice=EVERYONE, reach=Reach(share=0.5, decisions_per_hour=9.0, n=9))
    unknown = replace(far, reach=NOT_KNOWN)
    for steps, said in (
        ((women, far), "at least 50 % of traffic, for 4 h"),
        ((women, replace(far, share=0.3)), "at least 15 % of traffic, for 4 h"),
        ((women, unknown), "reach not known, for 4 h"),
    ):
        plan = replace(PLAN, plan=replace(PLAN.plan, steps=steps))
        assert plan_view(plan, Standing(needed=1), NOW).effect == said


def test_steps_about_two_versions_of_one_slice_reach_further_together() -> None:
    (women,) = PLAN.plan.steps
    reach = Reach(share=0.1, decisions_per_hour=9.0, n=9)
    steps = tuple(replace(women, of_version=one, reach=reach) for one in ("1", "2"))
    shown = plan_view(replace(PLAN, plan=replace(PLAN.plan, steps=steps)), Standing(needed=1), NOW)
    assert shown.effect == "at least 10 % of traffic, for 4 h"
    again = (f"where it would, version {one} decides for sex=f again" for one in (1, 2))
    assert shown.undone == "; ".join(again)
