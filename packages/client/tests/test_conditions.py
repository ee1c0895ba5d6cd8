"""Who meets a condition of a slice."""

import json
from pathlib import Path
from typing import Any

import pytest

from tocsin_client.conditions import condition


@pytest.mark.parametrize(
    ("band", "value", "held"),
    [
        ("<25", 24.9, True),
        ("<25", 25, False),
        ("25–40", 25, True),
        ("25–40", "31", True),
        ("25–40", 40, False),
        ("25–40", "25–40", True),
        ("-5–-1", -5, True),
        ("-5–-1", -1, False),
        ("≥60", 60, True),
        ("≥1,250", 1300, True),
        ("≥1,250", 1200, False),
        ("≥0", True, False),
        ("≥0", None, False),
        ("≥0", "unknown", False),
        ("north–south", "north", False),
        ("<b", "a", False),
        ("", "", False),
        ("3", 3.0, True),
        ("true", True, True),
    ],
)
def test_a_band_holds_the_numbers_inside_it(band: str, value: object, held: bool) -> None:
    assert condition("x", band).holds({"x": value}) is held


def test_an_unknown_attribute_meets_no_condition() -> None:
    assert not condition("region", "north").holds({})


OVERLAPS = Path(__file__).parents[3] / "tests" / "fixtures" / "contain" / "overlaps.json"


@pytest.mark.parametrize("case", json.loads(OVERLAPS.read_text("utf-8")), ids=str)
def test_the_server_and_this_client_agree_on_who_is_in_two_slices(case: dict[str, Any]) -> None:
    sides = [[condition(*pair) for pair in case[side].items()] for side in ("one", "other")]
    told = case["in_both"]
    people = (
        [told] if told else [{**case["one"], **case["other"]}, {**case["other"], **case["one"]}]
    )
    for person in people:
        in_both = all(one.holds(person) for side in sides for one in side)
        assert in_both is (told is not None)
