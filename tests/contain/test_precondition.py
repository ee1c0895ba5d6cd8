"""What a step needs, and whether it holds."""

from dataclasses import replace
from datetime import timedelta

import pytest

from tests.contain.cases import BACK, FALLBACK, NOON, directive, plan
from tocsin.base.errors import Conflict
from tocsin.contain.directive import Action
from tocsin.contain.plan import Need, Step
from tocsin.contain.precondition import (
    HEARD_WITHIN,
    Facts,
    Precondition,
    needing,
    needs,
    preconditions,
    refuse,
    unmet,
)
from tocsin.contain.versions import Good

MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)
CANARY = Step(action=Action.CANARY, for_=HOUR, to_version="v2", share=0.1)
GOOD = Good("v1")
KNOWN = Facts(now=NOON, heard_at=NOON - MINUTE, decided_at={"v1": NOON - HOUR}, good=GOOD)


def judged(step: Step, need: Need, facts: Facts) -> Precondition:
    (one,) = preconditions(plan(replace(step, needs=(need,))), facts)
    assert one.need is need
    return one


@pytest.mark.parametrize(
    ("action", "needed"),
    [
        (Action.FALLBACK, (Need.HEARD, Need.RULES)),
        (Action.REVIEW, (Need.HEARD, Need.PEOPLE)),
        (Action.ROLLBACK, (Need.HEARD, Need.DECIDED, Need.LAST_GOOD)),
        (Action.CANARY, (Need.HEARD, Need.ANNOUNCED, Need.RELEASES)),
        (Action.SHADOW, (Need.HEARD, Need.ANNOUNCED)),
        (Action.BLOCK, (Need.HEARD,)),
        (Action.KILL, (Need.HEARD,)),
        (Action.THRESHOLD, (Need.HEARD,)),
        (Action.QUARANTINE, ()),
        (Action.FREEZE, ()),
        (Action.NOTIFY, ()),
    ],
)
def test_each_action_needs_what_it_rests_on(action: Action, needed: tuple[Need, ...]) -> None:
    assert needs(Step(action=action, for_=HOUR, to_version="v1"), GOOD, queue=True) == needed


def test_what_an_actuator_does_needs_nobody_to_listen() -> None:
    assert needs(replace(BACK, outside=("It moves.",)), None, queue=True) == (Need.DECIDED,)


def test_a_version_chosen_by_name_need_not_be_the_last_good_one() -> None:
    assert Need.LAST_GOOD not in needs(BACK, Good("v0"), queue=True)


def test_people_of_the_service_itself_are_not_counted_here() -> None:
    review = Step(action=Action.REVIEW, for_=HOUR)
    assert needs(review, None, queue=False) == (Need.HEARD,)


def test_what_is_needed_is_part_of_what_is_approved() -> None:
    bare = plan(BACK)
    asked = needing(bare, GOOD, queue=True)
    assert asked.steps[0].needs == (Need.HEARD, Need.DECIDED, Need.LAST_GOOD)
    assert asked.hash not in {bare.hash, needing(bare, None, queue=True).hash}
    assert needing(plan(replace(BACK, outside=("It moves.",))), GOOD, queue=True).hash


@pytest.mark.parametrize(
    ("silent", "pause", "held"),
    [
        (HEARD_WITHIN, timedelta(0), True),
        (HEARD_WITHIN + MINUTE, timedelta(0), False),
        # a nightly job is not missed at noon
        (timedelta(hours=30), timedelta(hours=24), True),
        (timedelta(hours=40), timedelta(hours=24), False),
        # nor is a clock that runs ahead
        (-MINUTE, timedelta(0), True),
    ],
)
def test_who_must_obey_may_be_silent_for_as_long_as_usual(
    silent: timedelta, pause: timedelta, held: bool
) -> None:
    facts = Facts(now=NOON, heard_at=NOON - silent, usual_pause=pause)
    one = judged(FALLBACK, Need.HEARD, facts)
    assert one.held is held
    assert bool(one.do) is not held


def test_nobody_ever_heard_is_said_so() -> None:
    one = judged(FALLBACK, Need.HEARD, Facts(now=NOON))
    assert (one.held, one.fact) == (
        False,
        "no guard and no gateway of loans has ever asked what is in force",
    )


def test_a_version_that_never_decided_here_is_no_place_to_return_to() -> None:
    assert judged(BACK, Need.DECIDED, KNOWN).fact == "version v1 decided here, last 11:00 UTC"
    lost = judged(BACK, Need.DECIDED, replace(KNOWN, decided_at={"v2": NOON}))
    assert (lost.held, lost.fact) == (False, "version v1 has never decided here")


def test_the_last_good_version_must_still_be_that() -> None:
    assert judged(BACK, Need.LAST_GOOD, KNOWN).held
    other = judged(BACK, Need.LAST_GOOD, replace(KNOWN, good=Good("v0", ("v1",))))
    assert (other.held, other.fact) == (
        False,
        "version v1 is not the last good one any more: that is v0 now",
    )
    assert "none is known to be good" in judged(BACK, Need.LAST_GOOD, Facts(now=NOON)).fact


def test_a_candidate_must_have_decided_or_been_announced() -> None:
    unheard = judged(CANARY, Need.ANNOUNCED, KNOWN)
    assert not unheard.held
    assert "nor does a change recorded in 30 d name it" in unheard.fact
    told = judged(CANARY, Need.ANNOUNCED, replace(KNOWN, announced_at={"v2": NOON - HOUR}))
    assert (told.held, told.fact) == (True, "a change recorded for 11:00 UTC names version v2")
    assert judged(CANARY, Need.ANNOUNCED, replace(KNOWN, decided_at={"v2": NOON})).held


def test_a_canary_waits_for_the_end_of_a_freeze() -> None:
    assert judged(CANARY, Need.RELEASES, KNOWN).held
    frozen = replace(KNOWN, frozen=directive(Action.FREEZE))
    one = judged(CANARY, Need.RELEASES, frozen)
    assert (one.held, one.fact) == (False, "releases are frozen until 16:00 UTC (directive dir_1)")


def test_people_who_are_behind_get_nothing_more() -> None:
    review = Step(action=Action.REVIEW, for_=HOUR)
    assert judged(review, Need.PEOPLE, replace(KNOWN, waiting=4_000)).held
    assert not judged(review, Need.PEOPLE, replace(KNOWN, waiting=3, late=1)).held


def test_rules_that_nobody_has_seen_are_not_known_and_hold_nobody_up() -> None:
    asked = needing(plan(), None, queue=True)
    assert judged(FALLBACK, Need.RULES, replace(KNOWN, by_rules=34)).held
    assert judged(FALLBACK, Need.RULES, KNOWN).held is None
    assert unmet(asked, KNOWN) == ()
    refuse(asked, unmet(asked, KNOWN))


def test_what_several_steps_need_is_told_once() -> None:
    two = plan(FALLBACK, replace(FALLBACK, slice=BACK.slice))
    asked = preconditions(needing(two, None, queue=True), KNOWN)
    assert [one.need for one in asked] == [Need.HEARD, Need.RULES]


def test_all_that_does_not_hold_is_named_with_what_to_do() -> None:
    asked = needing(plan(BACK), GOOD, queue=True)
    lacking = unmet(asked, Facts(now=NOON))
    with pytest.raises(Conflict) as caught:
        refuse(asked, lacking)
    said = str(caught.value)
    assert all(one.fact in said and one.do in said for one in lacking)
    assert [one.need for one in lacking] == [Need.DECIDED, Need.LAST_GOOD]
    assert "break the glass" in said


def test_of_what_may_change_by_itself_people_are_warned_only() -> None:
    facts = replace(KNOWN, heard_at=None, waiting=3, late=1)
    review = Step(action=Action.REVIEW, for_=HOUR)
    for step in (review, CANARY):
        asked = needing(plan(step), None, queue=True)
        beware = [one for one in preconditions(asked, facts) if one.held is False]
        assert [one.word for one in beware] == ["beware", "beware"]
        assert all(one.text.startswith("Beware: ") and one.do for one in beware)
        assert unmet(asked, facts) == ()


def test_a_plan_of_an_earlier_release_needs_nothing() -> None:
    assert preconditions(plan(), Facts(now=NOON)) == ()


def test_a_version_whose_decisions_are_meant_must_be_known_to_decide_or_announced() -> None:
    step = replace(FALLBACK, of_version="v1")
    assert needs(step, GOOD, queue=True)[-1] is Need.OF_VERSION
    decided = judged(step, Need.OF_VERSION, KNOWN)
    assert (decided.held, decided.do) == (True, "")
    assert decided.fact == "version v1 decided here, last 11:00 UTC"
    meant = replace(step, of_version="v7")
    announced = replace(KNOWN, announced_at={"v7": NOON - HOUR})
    assert judged(meant, Need.OF_VERSION, announced).held
    unknown = judged(meant, Need.OF_VERSION, KNOWN)
    assert unknown.refuses
    assert unknown.fact.startswith("version v7 has never decided here, nor does a change")
    assert "mend its name" in unknown.do
