from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any, cast

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.profile.rows import START
from tocsin.ingest.rows import INSTANT, Attribute, Schema
from tocsin.profile import groups as grouping
from tocsin.profile.cell import Moment
from tocsin.profile.columns import Batch
from tocsin.profile.groups import Groups, by_time, groups
from tocsin.profile.spec import Spec

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
ATTRIBUTES = {"sex": ("f", "m"), "area": ("north", "south", "west"), "odd": ()}


def spec(*names: str) -> Spec:
    """Return a spec that cuts by these attributes."""
    return Spec(
        system="s",
        schema=Schema((), tuple(Attribute(name) for name in names)),
        numeric=(),
        categorical=(),
        slices=tuple(f"{name}={value}" for name in names for value in ATTRIBUTES[name]),
        positive="true",
        threshold=0.5,
        bucket_s=3600,
    )


SPEC = spec(*ATTRIBUTES)
values = st.sampled_from([None, "f", "m", "north", "south", "west", "stranger"])
rows = st.lists(st.tuples(st.tuples(values, values, values), st.integers(0, 2)), min_size=1)
Rows = list[tuple[tuple[str | None, str | None, str | None], int]]


def place(attribute: str, value: str | None) -> int:
    """Return a value's place: its own, then any other, then unknown."""
    known = ATTRIBUTES[attribute]
    if value is None:
        return len(known) + 1
    return known.index(value) if value in known else len(known)


def leaf(values: Sequence[str | None]) -> int:
    """Return the leaf of someone with these attribute values."""
    code = 0
    for name, value in zip(ATTRIBUTES, values, strict=True):
        code = code * (len(ATTRIBUTES[name]) + 2) + place(name, value)
    return code


def grouped(drawn: Rows, moments: int = 3) -> Groups:
    """Return the groups of rows that have attribute values and a moment."""
    columns = zip(*(own for own, _ in drawn), strict=True)
    named = zip(ATTRIBUTES, columns, strict=True)
    batch = Batch({f"s_{k}": pa.array(v, pa.string()) for k, v in named}, len(drawn))
    return groups(batch, SPEC, np.array([moment for _, moment in drawn]), moments)


@pytest.mark.parametrize("dense", [0, 1 << 20])
@settings(deadline=None)
@given(drawn=rows)
def test_every_row_is_in_the_group_of_its_moment_and_leaf(dense: int, drawn: Rows) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(grouping, "_DENSE", dense)
        found = grouped(drawn)
    expected = [(moment, leaf(own)) for own, moment in drawn]
    keys = list(zip(found.moment_of.tolist(), found.leaf_of.tolist(), strict=True))
    assert keys == sorted(set(expected))  # rising, none twice, none empty
    assert [keys[g] for g in found.group.tolist()] == expected
    assert dict(zip(keys, found.sizes.tolist(), strict=True)) == Counter(expected)
    assert found.moment.tolist() == [moment for _, moment in drawn]


@settings(deadline=None)
@given(rows)
def test_an_attribute_tells_the_value_of_each_row_and_of_each_group(drawn: Rows) -> None:
    found = grouped(drawn)
    assert [a.known for a in found.attributes] == [2, 3, 0]
    assert [a.first for a in found.attributes] == [1, 3, 6]  # 0 is everyone
    for k, (name, attribute) in enumerate(zip(ATTRIBUTES, found.attributes, strict=True)):
        assert attribute.size == attribute.known + 2
        cell = [moment * attribute.size + place(name, own[k]) for own, moment in drawn]
        assert found.cells[k].tolist() == cell
        assert attribute.of_group[found.group].tolist() == cell


@settings(deadline=None)
@given(rows)
def test_slices_with_rows_are_everyone_and_the_values_kept_apart_that_occur(drawn: Rows) -> None:
    keys = ["", *SPEC.slices]
    for moment in range(3):
        slices = grouped(drawn).slices_with_rows(moment).tolist()
        met = {
            keys.index(f"{name}={value}")
            for own, when in drawn
            for name, value in zip(ATTRIBUTES, own, strict=True)
            if when == moment and value in ATTRIBUTES[name]
        }
        assert slices == sorted({0} | met)


def test_without_attributes_everyone_is_in_one_leaf() -> None:
    found = groups(Batch({}, 3), spec(), np.array([1, 0, 1]), 2)
    assert found.leaf_of.tolist() == [0, 0]
    assert found.sizes.tolist() == [1, 2]
    assert found.cells.tolist() == [[1, 0, 1]]
    assert found.slices_with_rows(1).tolist() == [0]


times = st.datetimes(datetime(1970, 1, 1), datetime(9999, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001 - the zone is drawn
versions = st.sampled_from([None, "", "a", "b", "Zürich"])


@pytest.mark.parametrize("bucket_s", [1, 3600, 86400])
@pytest.mark.parametrize("encoded", [False, True])
@settings(deadline=None)
@given(drawn=st.lists(st.tuples(times, versions), min_size=1))
def test_a_moment_is_the_version_and_the_start_of_the_bucket(
    bucket_s: int, encoded: bool, drawn: list[tuple[datetime, str | None]]
) -> None:
    at, named = zip(*drawn, strict=True)
    version: Any = pa.array(named, pa.string())
    if encoded:
        version = version.dictionary_encode()
    batch = Batch({"at": pa.array(at, INSTANT), "version": version}, len(drawn))
    moments, moment_of = by_time(batch, replace(SPEC, bucket_s=bucket_s))
    bucket = timedelta(seconds=bucket_s)
    expected = [Moment(v or "", EPOCH + (t - EPOCH) // bucket * bucket) for t, v in drawn]
    assert [moments[k] for k in moment_of.tolist()] == expected
    assert sorted(moments) == sorted(set(expected))  # none twice, none empty


def test_a_version_told_in_two_ways_is_one_moment() -> None:
    words = pa.array(["a", "", "a"])
    codes: Any = pa.array([0, 1, 2, None])
    version: Any = cast("Any", pa.DictionaryArray).from_arrays(codes, words)
    at = pa.array([START] * 4, INSTANT)
    moments, moment_of = by_time(Batch({"at": at, "version": version}, 4), SPEC)
    assert [moments[k].version for k in moment_of.tolist()] == ["a", "", "a", ""]
    assert len(moments) == 2
