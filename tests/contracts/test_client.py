"""What the SDK sends, ingest accepts; and both cut people into the same slices."""

import math
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.ingest.lending import NOW, SCHEMA, SYSTEM
from tocsin.ingest import changes, complaints, outcomes, predictions
from tocsin.ingest.parse import NDJSON, parse
from tocsin.ingest.rows import Attribute
from tocsin_client.conditions import condition
from tocsin_client.rows import encode

EDGES = st.lists(st.integers(-2000, 2000), min_size=1, max_size=4, unique=True).map(
    lambda edges: tuple(float(edge) for edge in sorted(edges))
)
RAW = (
    st.integers(-3000, 3000)
    | st.floats(allow_infinity=False)  # travels as null, see `rows`
    | st.booleans()
    | st.none()
    | st.sampled_from(["", "north", "31", "1e3", "nan", "inf", "-inf"])
)


@settings(deadline=None)  # a busy machine is no fault
@given(EDGES | st.just(()), RAW, RAW)
def test_a_directive_on_a_slice_concerns_exactly_those_whom_the_server_counts_in_it(
    edges: tuple[float, ...], one: object, other: object
) -> None:
    attribute = Attribute("age", edges)
    counted_as, value = attribute.band(one), attribute.band(other)
    if counted_as is not None:
        assert condition("age", counted_as).holds({"age": other}) == (value == counted_as)


@pytest.mark.parametrize("income", [10, 10.5, None, math.nan, math.inf, "text", [1], 10**400])
def test_a_prediction_with_any_input_is_accepted(income: object) -> None:
    row = encode(
        {
            "id": "a",
            "at": NOW - timedelta(seconds=1),
            "version": "v2",
            "features": {"income": income, "channel": "web"},
            "attributes": {"sex": "f", "age": 31},
            "score": 0.7,
            "prediction": True,
            "latency_ms": 1.5,
            "decided_by": "fallback",
            "directive": "dir_1",
            "error": "TimeoutError",
        }
    )
    found = predictions.validate(parse(row, NDJSON), SCHEMA, SYSTEM, NOW)
    assert found.rejected == ()
    kept = found.table.to_pylist()[0]
    assert (kept["decided_by"], kept["directive"], kept["s_age"]) == ("fallback", "dir_1", "25–40")


def test_a_number_that_is_not_finite_is_invalid_and_none_is_missing() -> None:
    body = b"".join(
        encode({"id": name, "at": NOW, "features": {"income": value}})
        for name, value in (("invalid", math.nan), ("missing", None))
    )
    found = predictions.validate(parse(body, NDJSON), SCHEMA, SYSTEM, NOW)
    invalid, missing = found.table.column("f_income").to_pylist()
    assert invalid is not None
    assert math.isnan(invalid)
    assert missing is None


def test_an_outcome_is_accepted() -> None:
    row = encode({"id": "a", "at": NOW, "label": True})
    assert outcomes.validate(parse(row, NDJSON), SYSTEM, NOW).rejected == ()


def test_a_change_and_a_complaint_are_accepted() -> None:
    at = datetime(2026, 11, 20, 13, tzinfo=UTC)
    (change,) = parse(
        encode(
            {
                "system": "loans",
                "kind": "deploy",
                "title": "model 7",
                "at": at,
                "scope": {"sex": "f"},
                "features": ["income"],
                "version": "7",
                "facts": {"commit": "9f3c"},
            }
        ),
        NDJSON,
    )
    assert changes.parse_change(change, "chg_1", NOW).scope.key == "sex=f"
    (complaint,) = parse(
        encode(
            {
                "system": "loans",
                "text": "declined twice",
                "prediction_id": None,
                "at": at,
                "slice": {},
                "contact": None,
            }
        ),
        NDJSON,
    )
    assert complaints.parse_complaint(complaint, "cmp_1", NOW).at == at
