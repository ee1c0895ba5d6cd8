"""Who is asked to join: when, once, by whom next, and what is called off."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.incident.test_lifecycle import LATER, acknowledged, opened, resolved
from tests.oncall.roster import LENDING, POLICY, override
from tocsin.incident.command import Ask, Case, Command, When
from tocsin.incident.incident import Holding, Incident, Role, Severity
from tocsin.incident.joining import FIRST, Asked, Scene, ask_of, is_join, joins, preview
from tocsin.ingest.system import Risk
from tocsin.oncall.person import Contact, Person
from tocsin.oncall.policy import Call, Called, Step
from tocsin.oncall.resolve import Overrides

MINUTE = timedelta(minutes=1)
SEV1, SEV2, SEV3, _ = Severity
NAMES = ("aspen", "beech", "cherry", "damson")
PEOPLE = tuple(Person(name, (Contact(name, "mail", name),)) for name in NAMES)


def step(*people: str, after: int = 0, schedules: tuple[str, ...] = ()) -> Step:
    return Step(after * MINUTE, (), people=people, schedules=schedules)


def ask(role: Role | None, *steps: Step, severity: Severity = SEV2, only: bool = False) -> Ask:
    return Ask(role=role, when=When(severity=severity, only=only), steps=steps)


def matrix(*asks: Ask) -> Command:
    return Command(asks=asks, people=(*PEOPLE, *POLICY.people), schedules=(LENDING,))


def scene(
    incident: Incident,
    asked: Sequence[Asked] = (),
    *,
    paged: Sequence[Called] = (),
    minutes: float = 0,
    overrides: Overrides | None = None,
) -> Scene:
    return Scene(
        incident=incident,
        case=Case(severity=incident.severity, risk=Risk.MEDIUM),
        paged=paged,
        asked=asked,
        overrides=overrides or {},
        now=LATER + minutes * MINUTE,
    )


def made(call: Call, *, tried: bool = True, answered: bool = False) -> Asked:
    called = Called(
        rung=call.rung, round=call.round, contact=call.contact, due_at=call.due_at, tried=tried
    )
    return Asked(called, answered)


def people(calls: Sequence[Call | Called]) -> list[str]:
    return [call.contact.person for call in calls]


def test_an_ask_that_holds_calls_its_people_at_once_and_says_why() -> None:
    command = matrix(
        ask(Role.COMMUNICATIONS, step("aspen")), ask(None, step("beech", after=15)), ask(Role.LEGAL)
    )
    calls = joins(command, scene(opened())).calls
    assert [(one.rung, one.round, one.contact.person, one.due_at) for one in calls] == [
        (FIRST, 0, "aspen", LATER),
        (FIRST + 1, 0, "beech", LATER + 15 * MINUTE),
    ]
    assert [one.why for one in calls] == ["asked to join: communications (SEV2)", "told at SEV2"]
    assert joins(command, scene(opened(), [*map(made, calls)])).calls == ()


def test_it_goes_on_after_an_acknowledgement_and_ends_with_the_incident() -> None:
    command = matrix(ask(Role.LEGAL, step("aspen")))
    assert people(joins(command, scene(acknowledged())).calls) == ["aspen"]
    assert joins(command, scene(resolved())).calls == ()


def test_a_graver_severity_asks_those_who_were_not_asked_yet() -> None:
    command = matrix(ask(None, step("aspen")), ask(None, step("aspen", "beech"), severity=SEV1))
    first = [made(call) for call in joins(command, scene(opened())).calls]
    assert people([one.called for one in first]) == ["aspen"]
    graver = replace(opened(), severity=SEV1)
    assert people(joins(command, scene(graver, first)).calls) == ["beech"]


def test_nobody_is_asked_who_knows_already() -> None:
    command = matrix(ask(None, step("aspen", "beech", "cherry", "damson")))
    paged = Called(rung=0, round=0, contact=PEOPLE[0].contacts[0], due_at=LATER)
    later = replace(paged, contact=PEOPLE[1].contacts[0], due_at=LATER + MINUTE)
    incident = replace(
        acknowledged(),
        acknowledged_by="damson",
        commander=None,
        roles=(Holding(Role.SCRIBE, "cherry", LATER),),
    )
    assert people(joins(command, scene(incident, paged=[paged, later])).calls) == ["beech"]


def test_a_role_that_is_filled_asks_nobody_unless_it_is_shared() -> None:
    command = matrix(ask(Role.SCRIBE, step("aspen")), ask(Role.LEGAL, step("beech")))
    held = (Holding(Role.SCRIBE, "elder", LATER), Holding(Role.LEGAL, "fir", LATER))
    incident = replace(opened(), roles=held)
    assert people(joins(command, scene(incident)).calls) == ["beech"]


def test_the_lead_is_asked_although_somebody_leads_for_now() -> None:
    command = matrix(ask(Role.COMMANDER, step("aspen"), only=True))
    calls = joins(command, scene(acknowledged())).calls
    assert [one.why for one in calls] == ["asked to lead (SEV2)"]
    assert joins(command, scene(replace(acknowledged(), commander="aspen"))).calls == ()


def test_a_milder_lead_does_not_take_over_from_a_graver_one() -> None:
    command = matrix(
        ask(Role.COMMANDER, step("aspen"), severity=SEV1, only=True),
        ask(Role.COMMANDER, step("beech"), only=True),
    )
    graver = [made(call) for call in joins(command, scene(opened(SEV1))).calls]
    assert people([one.called for one in graver]) == ["aspen"]
    assert joins(command, scene(opened(SEV2), graver)).calls == ()
    milder = [made(call) for call in joins(command, scene(opened(SEV2))).calls]
    assert people(joins(command, scene(opened(SEV1), milder)).calls) == ["aspen"]


def test_the_steps_of_a_lead_are_taken_until_somebody_answers() -> None:
    command = matrix(
        ask(Role.COMMANDER, step("aspen"), step("beech", after=5), step("cherry", after=9))
    )
    incident = opened()
    asked = [made(call) for call in joins(command, scene(incident)).calls]
    assert joins(command, scene(incident, asked, minutes=4)).calls == ()
    second = joins(command, scene(incident, asked, minutes=5)).calls
    assert [(one.round, one.contact.person, one.due_at) for one in second] == [
        (1, "beech", LATER + 5 * MINUTE)
    ]
    answered = [replace(asked[0], answered=True)]
    assert joins(command, scene(incident, answered, minutes=20)).calls == ()
    takes_it = replace(incident, commander="aspen")
    assert joins(command, scene(takes_it, asked, minutes=20)).calls == ()
    late = joins(command, scene(incident, asked, minutes=20)).calls
    assert people(late) == ["beech", "cherry"]


def test_who_is_on_call_is_asked_and_an_override_replaces_who_was_planned() -> None:
    command = matrix(ask(Role.EXPERT, step(schedules=("lending",), after=20)))
    incident = opened()
    planned = joins(command, scene(incident)).calls
    assert people(planned) == ["lending-lead"]
    asked = [made(planned[0], tried=False)]
    swap = {"lending": [override("head", LATER, LATER + 60 * MINUTE)]}
    changed = joins(command, scene(incident, asked, overrides=swap))
    assert (people(changed.outdated), people(changed.calls)) == (["lending-lead"], ["head"])
    assert changed.calls[0].due_at >= LATER
    tried = [made(planned[0])]
    assert joins(command, scene(incident, tried, overrides=swap, minutes=21)).outdated == ()


def test_while_a_schedule_has_nobody_nobody_is_asked_and_later_they_are() -> None:
    command = matrix(ask(Role.EXPERT, step(schedules=("lending",))))
    at_night = replace(scene(opened()), now=LATER.replace(hour=22))
    assert joins(command, at_night).calls == ()
    in_the_morning = replace(at_night, now=LATER.replace(hour=6, minute=30) + timedelta(days=1))
    assert len(joins(command, in_the_morning).calls) == 1


@pytest.mark.parametrize(
    "after",
    [
        replace(opened(), severity=SEV3),
        replace(opened(), roles=(Holding(Role.SCRIBE, "beech", LATER),)),
        replace(opened(), commander="aspen"),
    ],
)
def test_what_was_planned_is_called_off_when_its_reason_is_gone(after: Incident) -> None:
    command = matrix(ask(Role.SCRIBE, step("aspen", after=15)))
    planned = joins(command, scene(opened())).calls
    waiting = [made(planned[0], tried=False)]
    gone = joins(command, scene(after, waiting, minutes=1))
    assert (people(gone.outdated), gone.calls) == (["aspen"], ())
    assert joins(command, scene(after, [made(planned[0])], minutes=1)).outdated == ()


def test_another_way_to_the_same_person_is_not_called_off() -> None:
    command = matrix(ask(Role.SCRIBE, step("aspen")))
    first = joins(command, scene(opened())).calls[0]
    other = replace(first, contact=Contact("aspen", "hook", ""))
    found = joins(command, scene(opened(), [made(first), made(other, tried=False)]))
    assert (found.calls, found.outdated) == ((), ())


def test_rungs_name_their_ask() -> None:
    command = matrix(ask(None, step("aspen")), ask(Role.LEGAL))
    assert not is_join(len(POLICY.steps))
    assert is_join(FIRST)
    assert ask_of(command, FIRST + 1) == command.asks[1]
    assert ask_of(command, FIRST + 2) is None
    assert ask_of(command, 0) is None


def test_a_preview_tells_everybody_who_could_be_asked() -> None:
    command = matrix(
        ask(Role.COMMANDER, step("aspen"), step("beech", after=5)),
        ask(Role.EXPERT, step(schedules=("lending",))),
        ask(Role.LEGAL),
    )
    found = [
        (one.at, [way.person for way in one.contacts], one.why)
        for one in preview(command, {}, LATER.replace(hour=22))
    ]
    at = LATER.replace(hour=22)
    assert found == [
        (at, ["aspen"], ""),
        (at + 5 * MINUTE, ["beech"], ""),
        (at, [], "nobody was on call in schedule 'lending'"),
    ]


STEPS = st.lists(st.sampled_from(NAMES), min_size=1, max_size=3, unique=True).map(
    lambda names: step(*names)
)
ASKS = st.lists(
    st.builds(
        ask,
        st.none() | st.sampled_from(Role),
        STEPS,
        severity=st.sampled_from([SEV1, SEV2, SEV3]),
        only=st.booleans(),
    ),
    max_size=6,
)


@given(ASKS, st.lists(st.sampled_from([SEV1, SEV2, SEV3]), min_size=1, max_size=6))
def test_whatever_the_matrix_and_the_severities_nobody_is_asked_twice_and_it_settles(
    asks: list[Ask], grades: list[Severity]
) -> None:
    command, asked = matrix(*asks), list[Asked]()
    for minute, grade in enumerate(grades):
        now = scene(opened(grade), asked, minutes=minute)
        asked += [made(call) for call in joins(command, now).calls]
        again = joins(command, replace(now, asked=asked))
        assert again.calls == ()
        assert again.outdated == ()
    names = people([one.called for one in asked])
    assert len(set(names)) == len(names)
    at_least = {
        name
        for one in asks
        if one.role in {None, Role.LEGAL, Role.EXPERT}
        and any(one.when.holds(Case(severity=grade, risk=Risk.LOW)) for grade in grades)
        for name in one.steps[0].people
    }
    assert at_least <= set(names)
