"""Rows are always one line of strict JSON, whatever the service put into them."""

import json
import math
from datetime import UTC, datetime, timedelta, timezone
from enum import Enum
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tocsin_client.rows import encode, iso, plain, text


class Colour(Enum):
    RED = "red"


class Hostile:
    """Raises whatever is asked of it."""

    def __getattribute__(self, name: str) -> Any:
        raise RuntimeError(name)

    def __str__(self) -> str:
        raise RuntimeError


def strictly(line: bytes) -> Any:
    def refuse(constant: str) -> Any:
        raise AssertionError(constant)

    assert line.count(b"\n") == 1
    assert line.endswith(b"\n")
    return json.loads(line, parse_constant=refuse)


ANYTHING = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text()
    | st.binary()
    | st.datetimes()
    | st.decimals()
    | st.sampled_from([np.float32(0.5), np.int64(3), np.array([1.0, math.nan]), Colour.RED]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.tuples(inner)
        | st.dictionaries(st.text() | st.integers() | st.tuples(st.text()), inner, max_size=3)
    ),
    max_leaves=10,
)


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])  # a busy machine is no fault
@given(st.dictionaries(st.sampled_from(["id", "score", "features", "attributes"]), ANYTHING))
def test_whatever_a_row_holds_it_becomes_one_line_of_strict_json(row: dict[str, object]) -> None:
    decoded = strictly(encode(row))
    assert decoded.keys() == row.keys()
    assert decoded.get("score") is None or math.isfinite(decoded["score"])


def test_numpy_and_enums_travel_as_plain_values() -> None:
    row = {
        "features": {"a": np.float32(0.5), "b": np.int64(3), "c": np.bool_(True), "d": Colour.RED}
    }
    assert strictly(encode(row)) == {"features": {"a": 0.5, "b": 3, "c": True, "d": "red"}}


def test_an_infinite_feature_is_told_apart_from_a_missing_one_and_an_attribute_is_unknown() -> None:
    inputs = {"income": math.nan, "age": None, "debt": -math.inf}
    row = strictly(encode({"features": inputs, "attributes": inputs}))
    assert row["features"] == {"income": "NaN", "age": None, "debt": "-Infinity"}
    assert row["attributes"] == {"income": None, "age": None, "debt": None}


def test_an_object_that_raises_costs_its_own_field_only() -> None:
    row = strictly(encode({"id": "a", "features": {"x": Hostile()}, "score": Hostile()}))
    assert row == {"id": "a", "features": None, "score": None}


def test_a_circle_and_a_huge_integer_do_not_stop_a_row() -> None:
    circle: dict[str, object] = {"n": 10**5000}
    circle["self"] = circle
    assert strictly(encode({"id": "a", "features": circle}))["id"] == "a"


@pytest.mark.parametrize(
    ("value", "known"),
    [
        ("north", "north"),
        (True, "true"),
        (np.bool_(False), "false"),
        (3, "3"),
        (3.0, "3"),
        (2.5, "2.5"),
        (np.int64(3), "3"),
        (Colour.RED, "red"),
        (None, ""),
        (math.nan, ""),
        (np.float32("nan"), ""),
    ],
)
def test_an_attribute_has_the_text_that_the_server_gives_it(value: object, known: str) -> None:
    assert text(value) == known


def test_instants_travel_in_utc() -> None:
    paris = timezone(timedelta(hours=2))
    assert iso(datetime(2026, 7, 1, 14, 0, tzinfo=paris)) == "2026-07-01T12:00:00.000000Z"
    assert plain(datetime(2026, 7, 1, tzinfo=UTC)) == "2026-07-01T00:00:00.000000Z"
