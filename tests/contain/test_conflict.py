from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.contain.cases import BACK, FALLBACK, NOON, directive, plan
from tocsin.base.errors import BadInput
from tocsin.base.slices import EVERYONE, Slice
from tocsin.contain.conflict import checked, conflict
from tocsin.contain.directive import Action, Directive, OnAbort
from tocsin.contain.plan import Step
from tocsin_client.conditions import condition
from tocsin_client.directives import read_board


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


HOUR = timedelta(hours=1)
CANARY = Step(action=Action.CANARY, for_=HOUR, to_version="v3", share=0.1)
SHADOW = Step(action=Action.SHADOW, for_=HOUR, to_version="v3")
MOVED = Step(action=Action.THRESHOLD, for_=HOUR, threshold=0.7)


@pytest.mark.parametrize(
    ("step", "said"),
    [
        (replace(CANARY, to_version=None), "canary with version None"),
        (replace(SHADOW, to_version=None), "shadow with version None"),
        (replace(MOVED, to_version="v1"), "threshold with version 'v1'"),
        (replace(CANARY, share=None), "canary of a share of None"),
        (replace(CANARY, share=0.0), "canary of a share of 0.0"),
        (replace(CANARY, share=1.1), "canary of a share of 1.1"),
        (replace(SHADOW, share=0.0), "shadow of a share of 0.0"),
        (replace(FALLBACK, share=0.5), "fallback of a share of 0.5"),
        (replace(MOVED, threshold=None), "threshold with threshold None"),
        (replace(MOVED, threshold=1.5), "threshold with threshold 1.5"),
        (replace(MOVED, threshold=float("nan")), "threshold with threshold nan"),
        (replace(FALLBACK, threshold=0.5), "fallback with threshold 0.5"),
        (Step(action=Action.QUARANTINE, for_=HOUR), "quarantine of everyone"),
        (replace(FALLBACK, action=Action.KILL), "kill for region=north"),
        (replace(FALLBACK, action=Action.FREEZE), "freeze for region=north"),
    ],
)
def test_a_step_needs_what_its_action_needs_and_nothing_else(step: Step, said: str) -> None:
    with pytest.raises(BadInput, match=said):
        checked(plan(step), [], NOON)


@pytest.mark.parametrize(
    "step",
    [
        CANARY,
        replace(CANARY, share=1.0),
        SHADOW,
        replace(SHADOW, share=0.5),
        MOVED,
        replace(MOVED, threshold=0.0),
        *(Step(action=a, for_=HOUR) for a in (Action.KILL, Action.FREEZE, Action.NOTIFY)),
        replace(FALLBACK, action=Action.BLOCK),
    ],
)
def test_steps_that_make_sense_are_taken(step: Step) -> None:
    assert checked(plan(step), [], NOON).steps == (step,)


def test_what_stands_beside_a_decision_conflicts_only_with_itself() -> None:
    everyone = [directive(Action.FALLBACK, Slice.of({}))]
    for step in (SHADOW, MOVED, Step(action=Action.NOTIFY, for_=HOUR)):
        assert conflict(plan(step), everyone, NOON) is None
    moved = replace(directive(Action.THRESHOLD, Slice.of({})), threshold=0.6)
    assert conflict(plan(MOVED), [moved], NOON) is not None
    assert conflict(plan(replace(MOVED, threshold=0.6)), [moved], NOON) is None
    assert conflict(plan(CANARY), everyone, NOON) is not None


def test_two_shares_of_one_canary_are_a_conflict() -> None:
    other = replace(directive(Action.CANARY, Slice.of({})), to_version="v3", share=0.2)
    clash = conflict(plan(CANARY), [other], NOON)
    assert clash
    assert clash.why == "20 % of everyone is decided with version v3 already (directive dir_1)"


def test_nothing_refuses_a_kill_switch() -> None:
    everyone = [directive(action, Slice.of({})) for action in (Action.REVIEW, Action.BLOCK)]
    assert conflict(plan(Step(action=Action.KILL, for_=HOUR)), everyone, NOON) is None


def test_only_a_canary_stops_by_itself() -> None:
    with pytest.raises(BadInput, match="fallback that stops by itself"):
        checked(plan(replace(FALLBACK, on_abort=OnAbort.STOP)), [], NOON)


YOUNG = Slice.of({"age": "<25"})


def test_slices_that_overlap_and_are_equally_specific_conflict_and_the_error_names_both() -> None:
    with pytest.raises(BadInput) as told:
        checked(plan(FALLBACK), [directive(Action.REVIEW, YOUNG)], NOON)
    assert str(told.value) == (
        "plan for loans: age=<25 goes to human review already (directive dir_1); “Send region=north"
        " to the fallback rules” is equally specific, so nothing would say which holds for age=<25"
        " and region=north; revert dir_1 first, or narrow one of them: the most specific wins, such"
        " as age=<25 and region=north"
    )


def test_of_different_specificity_the_more_specific_wins_without_a_conflict() -> None:
    narrow = Slice.of({"region": "north", "sex": "f"})
    for slice_ in (Slice.of({}), narrow):
        assert conflict(plan(FALLBACK), [directive(Action.REVIEW, slice_)], NOON) is None


def test_the_same_thing_may_be_asked_of_slices_that_overlap() -> None:
    assert conflict(plan(FALLBACK), [directive(Action.FALLBACK, YOUNG)], NOON) is None


def test_two_steps_of_one_plan_conflict_in_the_same_way() -> None:
    clash = conflict(plan(FALLBACK, Step(action=Action.REVIEW, slice=YOUNG, for_=HOUR)), [], NOON)
    assert clash
    assert "two things of age=<25 and region=north" in clash.why


def test_bands_that_overlap_are_not_taken_for_different_people() -> None:
    step = replace(FALLBACK, slice=Slice.of({"age": "25–40"}))
    for value, clashes in (("≥30", True), ("≥40", False), ("30", True), ("<25", False)):
        other = directive(Action.REVIEW, Slice.of({"age": value}))
        assert (conflict(plan(step), [other], NOON) is not None) is clashes


VALUES = {
    "region": ("north", "south"),
    "age": ("<25", "25–40", "≥30", "30", "old"),
    "sex": ("f",),
}
PEOPLE = [
    {name: value for name, value in zip(VALUES, person, strict=True) if value is not None}
    for person in product(
        ("north", "south", "east", None),
        (20, 25, 30, 35, 40, 99, "30", "25–40", "old", None),
        ("f", "m", None),
    )
]
SLICES = st.fixed_dictionaries(
    {}, optional={name: st.sampled_from(values) for name, values in VALUES.items()}
)
STEPS = st.builds(
    Step,
    action=st.sampled_from([Action.FALLBACK, Action.REVIEW, Action.BLOCK]),
    slice=SLICES.map(Slice.of),
    for_=st.just(HOUR),
)


def whom(one: Directive | Step, person: Mapping[str, object]) -> bool:
    """Return whether the serving side takes the person for one of the slice."""
    return all(condition(name, value).holds(person) for name, value in one.slice.conditions)


OF_V2 = replace(FALLBACK, of_version="v2")
BACK_OF_V2 = replace(BACK, of_version="v2")


@pytest.mark.parametrize(
    ("step", "said"),
    [
        (replace(CANARY, of_version="v2"), "canary of version 'v2': its share is of people"),
        (Step(action=Action.KILL, for_=HOUR, of_version="v2"), "kill of version 'v2'"),
        (Step(action=Action.FREEZE, for_=HOUR, of_version="v2"), "freeze of version 'v2'"),
        (replace(FALLBACK, action=Action.NOTIFY, of_version="v2"), "notify of version 'v2'"),
        (replace(FALLBACK, action=Action.QUARANTINE, of_version="v2"), "quarantine of version"),
        (replace(FALLBACK, of_version=""), "fallback of version ''"),
        (replace(BACK, of_version="v1"), "rollback of version 'v1' to itself"),
        (replace(SHADOW, of_version="v3"), "shadow of version 'v3' to itself"),
    ],
)
def test_what_cannot_be_of_one_version_says_why_and_what_to_do(step: Step, said: str) -> None:
    with pytest.raises(BadInput, match=said) as refused:
        checked(plan(step), [], NOON)
    assert refused.value.do
    assert refused.value.where == "plan for loans"


@pytest.mark.parametrize(
    "step",
    [OF_V2, BACK_OF_V2, replace(SHADOW, of_version="v2"), replace(MOVED, of_version="v2")]
    + [replace(OF_V2, action=action) for action in (Action.REVIEW, Action.BLOCK)],
)
def test_what_can_be_of_one_version_is_let_through(step: Step) -> None:
    assert checked(plan(step), [], NOON)


def test_only_what_is_of_the_same_version_conflicts() -> None:
    review = directive(Action.REVIEW)
    assert conflict(plan(OF_V2), [review], NOON) is None
    assert conflict(plan(OF_V2), [replace(review, of_version="v1")], NOON) is None
    clash = conflict(plan(OF_V2), [replace(review, of_version="v2")], NOON)
    assert clash is not None
    assert "region=north goes to human review where version v2 would decide already" in clash.why
    within = conflict(plan(OF_V2, replace(OF_V2, action=Action.REVIEW)), [], NOON)
    assert within is not None
    assert (
        within.why == "the plan asks for two things of region=north where version v2 would decide"
    )


def test_two_versions_may_not_send_decisions_back_to_one_another() -> None:
    back = replace(BACK_OF_V2, to_version="v2", of_version="v1")
    clash = conflict(plan(BACK_OF_V2, back), [], NOON)
    assert clash is not None
    assert "versions v1 and v2 would send everyone back to one another" in clash.why
    running = replace(directive(Action.ROLLBACK), to_version="v2", of_version="v1")
    beside = conflict(plan(BACK_OF_V2), [running], NOON)
    assert beside is not None
    assert beside.do == "revert dir_1 first"
    south = replace(running, slice=Slice.of({"region": "south"}))
    north = replace(BACK_OF_V2, slice=FALLBACK.slice)
    assert conflict(plan(north), [south], NOON) is None


def test_nor_may_several_versions_send_them_round() -> None:
    back = replace(directive(Action.ROLLBACK), slice=EVERYONE)
    on = replace(back, id="dir_1", of_version="v1", to_version="v0")
    home = replace(back, id="dir_2", of_version="v0", to_version="v2")
    clash = conflict(plan(BACK_OF_V2), [on, home], NOON)
    assert clash is not None
    assert "versions v2, v1 and v0 would send everyone back to one another" in clash.why
    assert clash.do == "revert dir_2 first"
    north, south = FALLBACK.slice, Slice.of({"region": "south"})
    for others in (
        [on],
        [on, replace(home, to_version="v3")],
        [replace(on, slice=north), replace(home, slice=south)],
    ):
        assert conflict(plan(BACK_OF_V2), others, NOON) is None


@given(st.lists(STEPS, max_size=6))
def test_what_is_let_in_force_leaves_nobody_in_doubt_and_what_is_refused_would_have(
    steps: list[Step],
) -> None:
    running: list[Directive] = []
    for number, step in enumerate(steps):
        refused = conflict(plan(step), running, NOON)
        rivals = [
            one
            for one in running
            if len(one.slice.conditions) == len(step.slice.conditions)
            and one.action is not step.action
            and any(whom(one, person) and whom(step, person) for person in PEOPLE)
        ]
        assert (refused is not None) is bool(rivals)
        if refused is None:
            running.append(directive(step.action, step.slice, id_=f"dir_{number}"))
    board = read_board(
        {
            "version": 1,
            "directives": [
                {
                    "id": one.id,
                    "action": one.action.value,
                    "slice": one.slice.as_dict(),
                    "expires_at": one.expires_at.isoformat(),
                }
                for one in running
            ],
        }
    )
    for person in PEOPLE:
        held = [one for one in running if whom(one, person)]
        most = max((len(one.slice.conditions) for one in held), default=0)
        wanted = {one.action for one in held if len(one.slice.conditions) == most}
        chosen = board.choose(person, NOON)
        assert len(wanted) <= 1
        assert wanted == ({Action(chosen.action.value)} if chosen else set())
