from dataclasses import replace
from datetime import timedelta

import pytest

from tests.contain.cases import BACK, FALLBACK, NOON, directive, plan
from tocsin.base.errors import Conflict
from tocsin.contain.apply import apply, revert
from tocsin.contain.directive import Action
from tocsin.contain.plan import Reach


def test_an_approved_plan_becomes_one_directive_for_each_step() -> None:
    two = plan(FALLBACK, BACK)
    later = NOON + timedelta(minutes=30)
    first, second = apply(two, two.hash, later, ("dir_1", "dir_2"))
    assert (first.id, first.action, first.slice) == ("dir_1", Action.FALLBACK, FALLBACK.slice)
    assert (first.plan, first.incident, first.created_at) == ("plan_1", "inc_1", later)
    # late approval shortens: the end is what the approver read
    assert first.expires_at == NOON + timedelta(hours=4)
    assert second.to_version == "v1"


def test_the_hash_of_another_plan_approves_nothing() -> None:
    with pytest.raises(Conflict, match="hash"):
        apply(plan(FALLBACK), plan(BACK).hash, NOON, ("dir_1",))


def test_a_plan_that_has_run_out_is_refused() -> None:
    both = plan(FALLBACK, BACK)
    with pytest.raises(Conflict, match="run out"):
        apply(both, both.hash, NOON + timedelta(hours=1), ("dir_1", "dir_2"))


def test_a_conflict_that_arose_since_planning_is_refused() -> None:
    with pytest.raises(Conflict, match="no longer fits"):
        apply(plan(), plan().hash, NOON, ("dir_2",), [directive(Action.REVIEW)])


def test_a_directive_is_reverted_once() -> None:
    ended = revert(directive(), NOON + timedelta(minutes=1))
    assert not ended.in_force(NOON + timedelta(minutes=1))
    with pytest.raises(Conflict, match="not in force"):
        revert(ended, NOON + timedelta(minutes=2))


def test_a_directive_is_of_the_version_of_its_step_and_says_whether_no_other_decided() -> None:
    whole = Reach(share=0.2, decisions_per_hour=10, n=100, sole=True)
    of_v2 = replace(FALLBACK, of_version="v2")
    made = plan(of_v2, replace(of_v2, reach=whole), replace(BACK, reach=whole))
    given = apply(made, made.hash, NOON, ("dir_1", "dir_2", "dir_3"))
    assert [one.of_version for one in given] == ["v2", "v2", None]
    assert [one.sole for one in given] == [False, True, False]
