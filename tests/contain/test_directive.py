from dataclasses import replace
from datetime import timedelta

from tests.contain.cases import NOON, NORTH, directive
from tocsin.base.slices import EVERYONE, Slice
from tocsin.contain.directive import Action, ranked


def test_a_directive_holds_from_its_making_to_just_before_its_end() -> None:
    one = directive(hours=1)
    seconds = (-1, 0, 3_599, 3_600)
    held = [one.in_force(NOON + timedelta(seconds=s)) for s in seconds]
    assert held == [False, True, True, False]


def test_a_reverted_directive_holds_no_more() -> None:
    assert not replace(directive(), reverted_at=NOON).in_force(NOON)


def test_the_first_to_obey_stands_in_front() -> None:
    narrow = Slice.of({"region": "north", "sex": "f"})
    later = NOON + timedelta(minutes=1)
    order = [
        directive(Action.KILL, EVERYONE),
        directive(Action.FALLBACK, narrow),
        directive(Action.BLOCK, NORTH),
        directive(Action.REVIEW, NORTH),
        replace(directive(Action.ROLLBACK, NORTH, id_="dir_2"), created_at=later),
        directive(Action.ROLLBACK, NORTH),
        directive(Action.CANARY, NORTH),
        directive(Action.BLOCK, EVERYONE),
    ]
    assert ranked(order[::-1]) == order
    assert ranked(order) == order


def test_it_contains_who_is_hit_only_if_all_of_them_get_something_else() -> None:
    young, all_ages = Slice.of({"age": "25–40"}), Slice.of({"age": "≥25"})
    north = directive(slice_=NORTH)
    assert north.contains(NORTH)
    assert north.contains(Slice.of({"region": "north", "sex": "f"}))
    assert not north.contains(EVERYONE)
    assert not north.contains(Slice.of({"region": "south"}))
    assert directive(slice_=all_ages).contains(young)
    assert not directive(slice_=young).contains(all_ages)
    canary = directive(Action.CANARY, EVERYONE)
    assert not replace(canary, share=0.99).contains(NORTH)
    assert replace(canary, share=1.0).contains(NORTH)
    assert directive(Action.THRESHOLD).contains(NORTH)
    assert not directive(Action.SHADOW).contains(NORTH)
