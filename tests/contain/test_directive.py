from dataclasses import replace
from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from tests.contain.cases import NOON, NORTH, directive
from tocsin.base.slices import EVERYONE, Slice
from tocsin.contain.directive import OF_VERSION, Action, Directive, ranked
from tocsin_client.directives import read_board


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


def test_of_one_version_it_contains_who_is_hit_only_if_no_other_decided_there() -> None:
    of_v2 = replace(directive(), of_version="v2")
    assert not of_v2.contains(NORTH)
    assert replace(of_v2, sole=True).contains(NORTH)
    assert not replace(of_v2, sole=True).contains(EVERYONE)


def test_of_the_same_slice_what_is_of_a_version_stands_in_front() -> None:
    order = [
        directive(Action.FALLBACK, Slice.of({"region": "north", "sex": "f"})),
        replace(directive(Action.ROLLBACK, NORTH), of_version="v2"),
        directive(Action.BLOCK, NORTH),
        replace(directive(Action.BLOCK, EVERYONE), of_version="v2"),
    ]
    assert ranked(order[::-1]) == order


def some(
    action: Action, conditions: dict[str, str], of_version: str | None, number: int
) -> Directive:
    one = directive(action, Slice.of(conditions), id_=f"dir_{number:03d}")
    return replace(one, of_version=of_version)


SOME = st.lists(
    st.builds(
        some,
        st.sampled_from(sorted(OF_VERSION)),
        st.dictionaries(
            st.sampled_from(["region", "sex", "age"]), st.sampled_from(["a", "b"]), max_size=3
        ),
        st.sampled_from([None, "v1", "v2"]),
        st.integers(0, 999),
    ),
    max_size=8,
    unique_by=lambda one: one.id,
)


@given(SOME)
def test_the_serving_side_has_the_same_order(given_: list[Directive]) -> None:
    def told(one: Directive) -> dict[str, object]:
        facts = {"id": one.id, "action": one.action.value, "slice": one.slice.as_dict()}
        threshold = 0.5 if one.action is Action.THRESHOLD else None
        version = {} if one.of_version is None else {"of_version": one.of_version}
        ends = one.expires_at.isoformat()
        return {**facts, **version, "threshold": threshold, "expires_at": ends}

    lists = [[told(d) for d in given_ if (d.of_version is None) is none] for none in (True, False)]
    board = read_board({"version": 1, "directives": lists[0], "of_versions": lists[1]})
    order = ranked(given_)

    def ids(version: str | None) -> list[str]:
        return [d.id for d in order if d.action.decides and d.of_version == version]

    assert [d.id for d in board.directives] == ids(None)
    of = {name: [d.id for d in one.directives] for name, one in board.of_versions.items()}
    assert of == {name: ids(name) for name in ("v1", "v2") if ids(name)}
    for action in (Action.SHADOW, Action.THRESHOLD):
        mine = [d.id for d in order if d.action is action]
        assert [d.id for d in board.beside if d.action.value == action.value] == mine
