from dataclasses import replace
from datetime import timedelta

import pytest

from tests.contain.cases import BACK, FALLBACK, NOON, directive, plan
from tocsin.base.errors import BadInput
from tocsin.base.slices import Slice
from tocsin.contain.conflict import checked, conflict
from tocsin.contain.directive import Action
from tocsin.contain.plan import Step


def test_another_action_on_the_same_slice_is_refused_while_it_is_in_force() -> None:
    with pytest.raises(BadInput, match=r"region=north goes to human review already \(directive"):
        checked(plan(FALLBACK), [directive(Action.REVIEW)], NOON)
    ended = replace(directive(Action.REVIEW), reverted_at=NOON)
    assert checked(plan(FALLBACK), [ended], NOON)


def test_the_same_action_other_slices_and_other_systems_are_no_conflict() -> None:
    beside = [
        directive(),
        directive(Action.REVIEW, Slice.of({"region": "south"})),
        directive(Action.REVIEW, system="fraud"),
    ]
    assert conflict(plan(FALLBACK), beside, NOON) is None


@pytest.mark.parametrize(
    "steps",
    [
        (FALLBACK, replace(FALLBACK, action=Action.REVIEW)),
        (replace(FALLBACK, for_=timedelta(0)),),
        (Step(action=Action.ROLLBACK, for_=timedelta(hours=1)),),
        (replace(FALLBACK, to_version="v1"),),
    ],
)
def test_plans_that_make_no_sense_are_refused(steps: tuple[Step, ...]) -> None:
    with pytest.raises(BadInput, match="plan for loans"):
        checked(plan(*steps), [], NOON)


def test_a_plan_without_steps_is_refused() -> None:
    with pytest.raises(BadInput, match="no steps"):
        checked(replace(plan(BACK), steps=()), [], NOON)
