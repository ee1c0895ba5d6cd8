import json
from collections.abc import Mapping
from itertools import product
from pathlib import Path
from typing import Any

import pytest

from tocsin.base.slices import Slice
from tocsin.contain.overlap import both, overlap
from tocsin_client.conditions import condition

CASES = json.loads(
    (Path(__file__).parents[1] / "fixtures" / "contain" / "overlaps.json").read_text("utf-8")
)


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case['one']} {case['other']}")
def test_slices_overlap_where_somebody_may_be_in_both(case: Mapping[str, Any]) -> None:
    one, other = Slice.of(case["one"]), Slice.of(case["other"])
    expected = case["in_both"] is not None
    assert (overlap(one, other), overlap(other, one)) == (expected, expected)


def test_who_is_in_both_is_told_as_one_slice() -> None:
    north, young = Slice.of({"region": "north"}), Slice.of({"age": "<25"})
    assert both(north, young) == both(young, north) == Slice.of({"age": "<25", "region": "north"})


def test_the_serving_side_finds_nobody_in_slices_that_are_said_to_be_apart() -> None:
    values = ("<25", "25–40", "≥30", "≥40", "30", "24.9", "old", "1,000–2,000")
    people = (*range(0, 2100, 5), 24.9, 39.9, 40, *values)
    for value, rival in product(values, values):
        seen = any(
            condition("age", value).holds({"age": one})
            and condition("age", rival).holds({"age": one})
            for one in people
        )
        assert overlap(Slice.of({"age": value}), Slice.of({"age": rival})) is seen
