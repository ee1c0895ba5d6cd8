"""Who is silent is asked again, so often, so long apart; then it is given up."""

from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.incident.test_joining import MINUTE, PEOPLE, ask, made, matrix, people, scene, step
from tests.incident.test_lifecycle import LATER, acknowledged, opened, resolved
from tocsin.incident.command import Again, Command
from tocsin.incident.incident import Holding, Incident, Role
from tocsin.incident.insist import again, given_up
from tocsin.incident.joining import AGAIN, FIRST, Asked, joins
from tocsin.oncall.policy import Call

LEGAL = matrix(ask(Role.LEGAL, step("aspen")))
TOLD = matrix(ask(None, step("aspen", "beech")))


def first(command: Command) -> list[Asked]:
    return [made(call) for call in joins(command, scene(opened())).calls]


def test_whom_nobody_hears_of_is_asked_again_when_the_time_has_come() -> None:
    asked = first(LEGAL)
    assert again(LEGAL, scene(opened(), asked, minutes=14)) == ()
    (call,) = again(LEGAL, scene(opened(), asked, minutes=15))
    assert (call.rung, call.round, call.contact) == (FIRST, AGAIN, PEOPLE[0].contacts[0])
    assert call.due_at == LATER + 15 * MINUTE
    assert call.why == "asked to join: legal and compliance (SEV2), for the 2nd time"


def played(command: Command, until: int, incident: Incident | None = None) -> list[Call]:
    """Let minutes pass in which everybody is silent; return every repeat."""
    asked, calls = first(command), list[Call]()
    for minute in range(until):
        new = again(command, scene(incident or opened(), asked, minutes=minute))
        calls += new
        asked += [made(call) for call in new]
    return calls


def test_it_ends_after_so_many_times() -> None:
    calls = played(LEGAL, 600)
    assert [(call.due_at - LATER) // MINUTE for call in calls] == [15, 30]
    assert [call.round for call in calls] == [AGAIN, 2 * AGAIN]
    often = replace(LEGAL, again=Again(after=5 * MINUTE, times=4))
    assert [(call.due_at - LATER) // MINUTE for call in played(often, 600)] == [5, 10, 15, 20]
    assert played(replace(LEGAL, again=Again(times=0)), 600) == []


def test_then_it_is_given_up_with_the_name_and_how_often() -> None:
    asked = [*first(LEGAL), *map(made, played(LEGAL, 40))]
    assert given_up(LEGAL, scene(opened(), asked, minutes=44)) == ()
    (silent,) = given_up(LEGAL, scene(opened(), asked, minutes=45))
    assert (silent.people, silent.times) == (("aspen",), 3)
    assert again(LEGAL, scene(opened(), asked, minutes=900)) == ()


def test_a_repeat_that_is_planned_is_not_planned_again() -> None:
    asked = first(LEGAL)
    (call,) = again(LEGAL, scene(opened(), asked, minutes=15))
    waiting = [*asked, made(call, tried=False)]
    assert again(LEGAL, scene(opened(), waiting, minutes=60)) == ()
    assert joins(LEGAL, scene(opened(), waiting, minutes=60)).outdated == ()


def took(person: str, role: Role = Role.LEGAL) -> Incident:
    return replace(opened(), roles=(Holding(role, person, LATER),))


@pytest.mark.parametrize(
    ("incident", "asked"),
    [
        (resolved(), first(LEGAL)),
        (took("aspen"), first(LEGAL)),
        (took("aspen", Role.SCRIBE), first(LEGAL)),
        (replace(acknowledged(), acknowledged_by="aspen"), first(LEGAL)),
        (opened(), [replace(one, answered=True) for one in first(LEGAL)]),
    ],
    ids=["over", "took the role", "took another", "has it", "answered"],
)
def test_whoever_is_heard_of_is_left_in_peace(incident: Incident, asked: Sequence[Asked]) -> None:
    later = scene(incident, asked, minutes=60)
    assert again(LEGAL, later) == ()
    assert given_up(LEGAL, later) == ()


def test_one_answer_is_enough_for_a_role_and_everybody_answers_for_themselves_when_told() -> None:
    role = matrix(ask(Role.LEGAL, step("aspen", "beech")))
    for command, left in ((role, []), (TOLD, ["beech"])):
        one, other = first(command)
        asked = [replace(one, answered=True), other]
        assert people(again(command, scene(opened(), asked, minutes=15))) == left


def test_a_repeat_goes_to_whoever_can_be_called_by_then_and_leaves_if_they_answer() -> None:
    (call,) = again(LEGAL, scene(opened(), first(LEGAL), minutes=15))
    waiting = [*first(LEGAL), made(call, tried=False)]
    gone = joins(LEGAL, scene(took("aspen"), waiting, minutes=15)).outdated
    assert [(one.round, one.contact.person) for one in gone] == [(AGAIN, "aspen")]


@given(st.lists(st.integers(0, 120), max_size=40), st.integers(0, 4))
def test_however_often_it_is_looked_nobody_is_asked_too_often_or_too_soon(
    minutes: list[int], times: int
) -> None:
    command = replace(TOLD, again=Again(times=times))
    asked = first(command)
    for minute in sorted(minutes):
        asked += [made(c) for c in again(command, scene(opened(), asked, minutes=minute))]
    for name in ("aspen", "beech"):
        at = [a.called.due_at for a in asked if a.called.contact.person == name]
        assert len(at) <= 1 + times
        gaps = [b - a for a, b in pairwise(at)]
        assert all(gap >= 15 * MINUTE for gap in gaps)
