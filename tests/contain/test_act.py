"""What an actuator does next follows from its newest act and from what is in force."""

from collections.abc import Collection
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.contain.cases import BACK, FALLBACK, plan
from tests.jobs.dial import Dial, outlet
from tocsin.base.errors import BadInput
from tocsin.contain.act import (
    Act,
    Deed,
    Do,
    Phase,
    found_first,
    grip,
    judge,
    next_change,
    told,
)
from tocsin.contain.apply import apply
from tocsin.contain.directive import Action, Directive

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)


def held(*ids: str) -> list[Directive]:
    return [
        Directive(
            id=id_,
            system="loans",
            action=Action.REVIEW,
            created_at=NOON,
            expires_at=NOON + timedelta(hours=4),
        )
        for id_ in ids
    ]


def act(deed: Deed = Deed.APPLY, phase: Phase = Phase.APPLIED, **fields: object) -> Act:
    plain = Act(
        id="act_1",
        actuator="dial",
        target="dial",
        seq=1,
        system="loans",
        incident=None,
        directive="a",
        deed=deed,
        phase=phase,
        holds=("a",),
        base="0",
        ours=("0",),
        wanted="1",
        made_at=NOON,
    )
    return replace(plain, **fields)  # pyright: ignore[reportArgumentType] - fields of the noun


def test_a_directive_that_began_is_applied_and_one_that_ended_is_reverted() -> None:
    first = next_change(None, held("a"), ())
    assert first is not None
    assert (first.deed, first.directive, first.holds) == (Deed.APPLY, "a", ("a",))
    assert next_change(act(), held("a"), ()) is None
    second = next_change(act(), held("a", "b"), ())
    assert second is not None
    assert (second.directive, second.holds, second.grip.base) == ("b", ("a", "b"), "0")
    gone = next_change(act(), [], ())
    assert gone is not None
    assert (gone.deed, gone.directive, gone.holds) == (Deed.REVERT, "a", ())
    assert gone.grip.ours == ("1",)


def test_while_an_act_is_under_way_there_is_no_other() -> None:
    for phase in (Phase.PENDING, Phase.APPLYING):
        assert next_change(act(phase=phase), [], ()) is None


def test_one_end_at_a_time_and_ends_before_beginnings() -> None:
    both = act(holds=("a", "b"))
    change = next_change(both, held("b", "c"), ())
    assert change is not None
    assert (change.deed, change.directive, change.holds) == (Deed.REVERT, "a", ("b",))


def test_what_failed_is_taken_back_where_it_may_have_changed_something() -> None:
    untouched = act(phase=Phase.FAILED)
    assert next_change(untouched, held("a"), {"a"}) is None
    touched = act(phase=Phase.FAILED, touched=True, ours=("0", "1"))
    change = next_change(touched, held("a"), {"a"})
    assert change is not None
    assert (change.deed, change.holds, change.grip.ours) == (Deed.REVERT, (), ("0", "1"))
    second = act(phase=Phase.FAILED, held=("a",), holds=("a", "b"), directive="b", ours=("1",))
    assert grip(second).holds == ("a",)


def test_a_failed_end_lets_go() -> None:
    left = act(Deed.REVERT, Phase.FAILED, held=("a", "b"), holds=("b",))
    assert grip(left).holds == ()
    assert next_change(left, held("b"), {"a", "b"}) is None


def test_a_dropped_beginning_that_touched_is_taken_back() -> None:
    change = next_change(act(phase=Phase.DROPPED, touched=True), [], ())
    assert change is not None
    assert change.deed is Deed.REVERT
    assert next_change(act(phase=Phase.DROPPED), [], ()) is None


def test_what_was_found_first_is_gone_back_to() -> None:
    new = act(phase=Phase.PENDING, base=None, ours=(), wanted=None)
    assert found_first(new, "7").base == "7"
    assert found_first(new, "7").ours == ("7",)
    later = found_first(act(), "9")
    assert (later.before, later.base, later.ours) == ("9", "0", ("0",))


@pytest.mark.parametrize(("found", "do"), [("1", Do.NOTHING), ("0", Do.WRITE), ("2", Do.LEAVE)])
def test_what_somebody_else_set_is_left_alone(found: str, do: Do) -> None:
    assert judge(act(), found) is do


STEPS = st.lists(
    st.tuples(
        st.sampled_from(["begin", "end"]),
        st.sampled_from("abc"),
        st.sampled_from([Phase.APPLIED, Phase.FAILED]),
        st.booleans(),
    ),
    max_size=12,
)


@given(steps=STEPS)
@settings(max_examples=200, deadline=None)
def test_whatever_happens_it_comes_to_rest_and_nothing_is_left_behind(
    steps: list[tuple[str, str, Phase, bool]],
) -> None:
    """A model of the setting: it holds a set; each act that writes makes it what the act holds."""
    running: list[str] = []
    given_up: set[str] = set()
    tip: Act | None = None
    setting: tuple[str, ...] = ()
    ends = [*steps, *(("end", id_, Phase.APPLIED, False) for id_ in "abc")]
    for what, id_, phase, touched in ends:
        if what == "begin" and id_ not in running and id_ not in given_up:
            running.append(id_)
        elif what == "end" and id_ in running:
            running.remove(id_)
        for _ in range(10):
            change = next_change(tip, held(*running), given_up)
            if change is None:
                break
            fails = phase is Phase.FAILED and change.deed is Deed.APPLY
            if not fails or touched:
                setting = change.holds
            done = Phase.APPLIED if change.deed is Deed.APPLY else Phase.REVERTED
            tip = _after(tip, change.directive, change.deed, change.holds, change.grip.holds)
            tip = replace(tip, phase=Phase.FAILED if fails else done, touched=touched or not fails)
            given_up |= {change.directive} if fails else set()
        assert next_change(tip, held(*running), given_up) is None
        assert set(setting) == set(running) - given_up
    assert setting == ()


def _after(
    tip: Act | None, id_: str, deed: Deed, holds: tuple[str, ...], before: Collection[str]
) -> Act:
    seq = tip.seq + 1 if tip else 1
    return act(deed, seq=seq, directive=id_, holds=holds, held=tuple(before))


def test_a_plan_says_what_the_actuators_of_its_system_do_for_each_step(tmp_path: Path) -> None:
    mine = outlet(Dial(tmp_path / "x"))
    shy = replace(mine, name="shy", actions=frozenset({Action.BLOCK}))
    other = replace(mine, name="other", system="fraud")
    known = {one.name: one for one in (mine, shy, other)}
    made = told(plan(FALLBACK, BACK), known)
    assert [step.outside for step in made.steps] == [
        ("dial (dial) turns the dial to fallback.",),
        (),
    ]
    assert told(plan(FALLBACK), {}) == plan(FALLBACK)


def test_only_what_was_approved_word_for_word_is_carried_out(tmp_path: Path) -> None:
    mine = outlet(Dial(tmp_path / "x"))
    made = told(plan(FALLBACK), {"dial": mine})
    (one,) = apply(made, made.hash, NOON, ["dir_1"])
    assert mine.acts_on(one)
    renamed = replace(mine, name="since-declared")
    assert renamed.serves(one)
    assert not renamed.acts_on(one)
    assert not replace(mine, actions=frozenset()).acts_on(one)
    assert renamed.acts_on(replace(one, plan=None))


def test_what_cannot_tell_versions_apart_is_refused_at_planning_not_let_loose_on_everyone(
    tmp_path: Path,
) -> None:
    blind = outlet(Dial(tmp_path / "x"))
    of_v2 = plan(replace(FALLBACK, of_version="v2"))
    with pytest.raises(
        BadInput, match="dial \\(dial\\) carries out fallback and cannot tell"
    ) as why:
        told(of_v2, {"dial": blind})
    assert "take fallback from the `actions` of dial" in why.value.do
    assert not blind.serves(of_v2.steps[0])
    knows = replace(blind, name="hook", actuator=Dial(tmp_path / "y", versions=True))
    made = told(of_v2, {"dial": blind, "hook": knows})
    assert [step.outside for step in made.steps] == [("hook (dial) turns the dial to fallback.",)]
    elsewhere = replace(blind, system="fraud")
    assert told(of_v2, {"dial": elsewhere}) == of_v2
