from datetime import timedelta
from itertools import pairwise

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.profile.rows import START, lake_rows, spec_of, table
from tocsin.profile import merge as merging
from tocsin.profile.cell import Marks, Moment, Profile, Sheet, Tally, same
from tocsin.profile.kernel import profile
from tocsin.profile.merge import OTHER_VERSIONS, add_up, merge

moments = st.builds(
    Moment,
    st.sampled_from(["a", "b"]),
    st.sampled_from([START, START + timedelta(hours=1)]),
)


@st.composite
def sheets(draw: st.DrawFn) -> Sheet:
    codes = draw(st.lists(st.integers(0, 9), unique=True, max_size=4).map(sorted))
    numbers = st.lists(st.integers(-(2**40), 2**40), min_size=2, max_size=2)
    counts = [draw(numbers) for _ in codes]
    return Sheet(np.array(codes, np.int64), np.array(counts, np.int64).reshape(-1, 2))


@st.composite
def marks(draw: st.DrawFn) -> Marks:
    registers = draw(st.lists(st.integers(0, 57), min_size=3, max_size=3))
    ends = draw(st.lists(st.floats(-9, 9), min_size=2, max_size=2).map(sorted))
    return Marks(np.array([registers], np.uint8), np.array(ends[:1]), np.array(ends[1:]))


tallies = st.builds(Tally, sheets(), sheets(), marks())
profiles = st.dictionaries(moments, tallies)


@given(profiles, profiles, profiles)
def test_merging_is_associative_and_commutative(a: Profile, b: Profile, c: Profile) -> None:
    assert same(merge(merge(a, b), c), merge(a, merge(b, c)))
    assert same(merge(a, b), merge(b, a))


@given(profiles)
def test_nothing_is_the_neutral_profile(a: Profile) -> None:
    assert same(merge(a, {}), a)
    assert same(merge({}, a), a)


@settings(max_examples=20, deadline=None)
@given(st.lists(st.integers(0, 600), max_size=4), st.randoms(use_true_random=False))
def test_more_versions_than_a_bucket_keeps_are_added_up_however_the_rows_are_split(
    cuts: list[int], random: object
) -> None:
    raw = table(600, 1, hours=2)
    spec = spec_of(raw)
    rows = lake_rows(raw, spec)
    names = pa.array([f"v{k % 37}" for k in range(600)])
    rows = rows.set_column(rows.column_names.index("version"), "version", names)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(merging, "MOST_VERSIONS", 5)
        whole = profile(rows, spec)
        borders = [0, *sorted(cuts), 600]
        parts = [profile(rows.slice(a, b - a), spec) for a, b in pairwise(borders)]
        random.shuffle(parts)  # pyright: ignore[reportAttributeAccessIssue] - a Random
        assert same(add_up(parts), whole)
    assert len(whole) == 2 * 6
    assert {moment.version for moment in whole} > {OTHER_VERSIONS}
    assert sum(int(t.outcomes.counts[:, 0].sum()) for t in whole.values()) == 600
