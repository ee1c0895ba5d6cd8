from datetime import timedelta

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from tests.profile.rows import START
from tocsin.profile.cell import CellKey, Profile
from tocsin.profile.merge import merge

keys = st.builds(
    CellKey,
    st.sampled_from(["a", "b"]),
    st.sampled_from(["", "sex=f"]),
    st.sampled_from([START, START + timedelta(hours=1)]),
)
cells = st.lists(st.integers(-(2**40), 2**40), min_size=3, max_size=3)
profiles = st.dictionaries(keys, cells.map(lambda c: np.array(c, np.int64)))


def same(a: Profile, b: Profile) -> bool:
    return a.keys() == b.keys() and all(np.array_equal(a[k], b[k]) for k in a)


@given(profiles, profiles, profiles)
def test_merging_is_associative_and_commutative(a: Profile, b: Profile, c: Profile) -> None:
    assert same(merge(merge(a, b), c), merge(a, merge(b, c)))
    assert same(merge(a, b), merge(b, a))


@given(profiles)
def test_nothing_is_the_neutral_profile(a: Profile) -> None:
    assert same(merge(a, {}), a)
    assert same(merge({}, a), a)
