"""Slices are canonical, survive their key, and know who is in them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tocsin.base.errors import BadInput
from tocsin.base.slices import EVERYONE, Slice, parse

names = st.text(min_size=1, max_size=8).filter(lambda text: text.strip() == text)
conditions = st.dictionaries(names, names, max_size=4)


@given(conditions)
def test_the_key_brings_the_slice_back(wanted: dict[str, str]) -> None:
    assert parse(Slice.of(wanted).key) == Slice.of(wanted)


@given(conditions, conditions)
def test_whoever_matches_both_makes_them_compatible(a: dict[str, str], b: dict[str, str]) -> None:
    one, two = Slice.of(a), Slice.of(b)
    person = {**a, **b}
    if one.matches(person) and two.matches(person):
        assert one.compatible(two)


@given(conditions, conditions)
def test_a_narrower_slice_matches_fewer(a: dict[str, str], b: dict[str, str]) -> None:
    narrow = Slice.of({**a, **b})
    assert narrow.within(Slice.of({k: v for k, v in a.items() if k not in b}))
    assert narrow.within(EVERYONE)


@pytest.mark.parametrize("key", ["region", "=north", "a=1&a=2"])
def test_what_is_no_slice_is_refused(key: str) -> None:
    with pytest.raises(BadInput, match="not a slice"):
        parse(key)


def test_everyone_has_an_empty_key_and_a_name() -> None:
    assert (EVERYONE.key, EVERYONE.label) == ("", "everyone")
    assert parse("  ") == EVERYONE
