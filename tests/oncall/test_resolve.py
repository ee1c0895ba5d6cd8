"""Whom a step tells: by contact, by person, by schedule, or somebody else in its place."""

from dataclasses import replace

from tests.oncall.roster import (
    DEPUTY,
    HEAD,
    HOUR,
    LEAD,
    MINUTE,
    NIGHT,
    OPENED,
    POLICY,
    RISK,
    override,
)
from tocsin.oncall.policy import Contact, Step
from tocsin.oncall.resolve import Told, another_way, named, of_step, whom

NOBODY = "nobody was on call in schedule 'lending'"


def test_a_schedule_tells_whoever_is_on_call_then_by_the_preferred_way() -> None:
    assert whom(POLICY, 0, {}, OPENED) == Told(DEPUTY.contacts[:1])
    assert whom(POLICY, 0, {}, OPENED + 5 * MINUTE) == Told(LEAD.contacts[:1])


def test_a_person_is_told_by_the_preferred_way_alone() -> None:
    assert list(named(POLICY, POLICY.steps[2])) == [RISK.contacts[0]]
    assert whom(POLICY, 2, {}, OPENED) == Told(RISK.contacts[:1])


def test_in_a_gap_the_next_step_that_has_somebody_is_told_and_why() -> None:
    assert of_step(POLICY, 0, {}, NIGHT) == Told((), NOBODY)
    assert whom(POLICY, 0, {}, NIGHT) == Told(RISK.contacts[:1], NOBODY)


def test_in_a_gap_of_every_step_the_catch_all_is_told() -> None:
    gaping = replace(POLICY, steps=POLICY.steps[:2])
    assert whom(gaping, 0, {}, NIGHT) == Told(HEAD.contacts, NOBODY)
    assert whom(gaping, 2, {}, NIGHT) == Told(HEAD.contacts)


def test_a_step_that_names_somebody_else_too_is_not_passed_over() -> None:
    step = Step(0 * MINUTE, RISK.contacts, schedules=("lending",))
    both = replace(POLICY, steps=(step,))
    assert whom(both, 0, {}, NIGHT) == Told(RISK.contacts, NOBODY)
    assert whom(both, 0, {}, OPENED) == Told((*RISK.contacts, DEPUTY.contacts[0]))


def test_an_override_is_told_even_if_the_policy_never_heard_of_the_person() -> None:
    guest = override("guest", NIGHT, NIGHT + HOUR)
    assert whom(POLICY, 0, {"lending": [guest]}, NIGHT) == Told(guest.contacts[:1])
    known = replace(guest, contacts=())
    told = whom(POLICY, 0, {"lending": [known]}, NIGHT)
    assert told == Told(RISK.contacts[:1], "guest, on call in schedule 'lending', has no contact")


def test_an_override_of_another_schedule_changes_nothing() -> None:
    other = {"fraud": [override("guest", OPENED, NIGHT)]}
    assert whom(POLICY, 0, other, OPENED) == Told(DEPUTY.contacts[:1])


def test_nobody_is_told_twice_on_one_channel() -> None:
    step = Step(0 * MINUTE, (), people=("lending-deputy",), schedules=("lending",))
    assert whom(replace(POLICY, steps=(step,)), 0, {}, OPENED) == Told(DEPUTY.contacts[:1])


def test_the_ways_of_a_person_follow_their_own_order() -> None:
    mail, hook = LEAD.contacts
    assert another_way(POLICY, mail, {}, taken={"mail"}) == hook
    assert another_way(POLICY, hook, {}, taken={"mail", "hook"}) is None
    stranger = Contact("stranger", "mail", "")
    assert another_way(POLICY, stranger, {}, taken={"mail"}) is None
    guest = {"lending": [override("guest", OPENED, NIGHT)]}
    found = another_way(POLICY, Contact("guest", "mail", ""), guest, taken={"mail"})
    assert found == Contact("guest", "hook", "")
