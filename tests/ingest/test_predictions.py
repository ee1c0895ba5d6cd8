import math
from datetime import UTC, datetime, timedelta
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.ingest.lending import NOW, SCHEMA, SYSTEM, row
from tocsin.ingest.predictions import validate
from tocsin.ingest.rows import Accepted


def read(*rows: object, seen: frozenset[str] = frozenset()) -> Accepted:
    return validate(list(rows), SCHEMA, SYSTEM, NOW, seen)


def test_a_faultless_row_arrives_in_the_lakes_schema() -> None:
    found = read(row())
    assert found.rejected == ()
    assert found.table.schema == SCHEMA.predictions()
    assert found.table.to_pylist() == [
        {
            "id": "a",
            "at": datetime(2026, 11, 20, 14, 0, tzinfo=UTC),
            "received_at": NOW,
            "version": "1",
            "score": 0.7,
            "prediction": "true",
            "latency_ms": 3.5,
            "decided_by": "system",
            "directive": None,
            "error": None,
            "capacity_used": None,
            "mistyped": None,
            "f_income": 10.0,
            "f_channel": "web",
            "s_sex": "f",
            "s_age": "25–40",
        }
    ]


@pytest.mark.parametrize(
    ("change", "field", "reason"),
    [
        ({"id": None}, "id", "missing"),
        ({"id": ""}, "id", "missing"),
        ({"id": "x" * 257}, "id", "longer than 256"),
        ({"id": ["a"]}, "id", "missing"),
        ({"at": None}, "at", "missing"),
        ({"at": "soon"}, "at", "'soon' is not an instant"),
        ({"at": "2026-11-20T14:00:00"}, "at", "no time zone"),
        ({"at": "2026-11-20T14:10:01Z"}, "at", "clock skew"),
        ({"at": "1969-12-31T23:59:59Z"}, "at", "before 1970"),
        ({"score": 1.01}, "score", "between 0 and 1"),
        ({"score": -0.1}, "score", "between 0 and 1"),
        ({"score": "0.7"}, "score", "between 0 and 1"),
        ({"score": math.nan}, "score", "between 0 and 1"),
        ({"latency_ms": -1}, "latency_ms", "0 or more"),
        ({"latency_ms": math.inf}, "latency_ms", "0 or more"),
        ({"capacity_used": -0.1}, "capacity_used", "share of capacity, 0 or more"),
        ({"capacity_used": "full"}, "capacity_used", "share of capacity, 0 or more"),
        ({"decided_by": "nobody"}, "decided_by", "must be one of"),
        ({"features": [1]}, "features", "must be an object"),
    ],
)
def test_a_bad_row_is_refused_with_field_and_reason_and_its_neighbour_kept(
    change: dict[str, object], field: str, reason: str
) -> None:
    found = read(row(id="good"), row(**change))
    assert found.table["id"].to_pylist() == ["good"]
    (rejection,) = found.rejected
    assert (rejection.row, rejection.field) == (1, field)
    assert reason in rejection.reason


def test_a_row_that_is_no_object_is_refused() -> None:
    found = read(row(), 7, None, [])
    assert [r.reason for r in found.rejected] == ["a row must be an object"] * 3


def test_five_minutes_of_clock_skew_are_forgiven() -> None:
    assert read(row(at=(NOW + timedelta(minutes=5)).isoformat())).table.num_rows == 1


@pytest.mark.parametrize("value", ["12.5", [1], {"a": 1}])
def test_a_feature_of_the_wrong_kind_is_null_and_named_as_mistyped(value: object) -> None:
    found = read(row(features={"income": value, "channel": [value]}), row(id="b"))
    assert found.table["f_income"].to_pylist()[0] is None
    assert found.table["mistyped"].to_pylist() == ["income\nchannel", None]
    assert not found.rejected


@pytest.mark.parametrize("value", [math.inf, 10**400])
def test_a_number_that_is_not_finite_is_kept(value: object) -> None:
    found = read(row(features={"income": value}))
    assert found.table["f_income"][0].as_py() == math.inf
    assert found.table["mistyped"][0].as_py() is None


def test_fields_the_system_has_no_place_for_are_named_once() -> None:
    found = read(row(colour="red", features={"incme": 1}), row(id="b", colour="blue"))
    assert found.ignored_fields == ("colour", "features.incme")
    assert found.table.num_rows == 2


def test_the_first_of_equal_ids_stays_and_the_rest_is_counted() -> None:
    found = read(row(score=0.1), row(score=0.2), row(id="old"), seen=frozenset({"old"}))
    assert found.table["score"].to_pylist() == [0.1]
    assert (found.duplicates, found.rejected) == (2, ())


def test_a_refused_row_does_not_hide_a_good_one_of_the_same_id() -> None:
    found = read(row(score=7), row(score=0.2))
    assert found.table["score"].to_pylist() == [0.2]
    assert found.duplicates == 0


def test_a_lone_surrogate_does_no_harm() -> None:
    found = read(row(id="a\ud800", features={"channel": "\udfff"}))
    assert found.table["id"].to_pylist() == ["a?"]


def test_the_capacity_in_use_may_be_more_than_there_is() -> None:
    found = read(row(id="a", capacity_used=0.25), row(id="b", capacity_used=1.5), row(id="c"))
    assert found.rejected == ()
    assert found.table["capacity_used"].to_pylist() == [0.25, 1.5, None]


def test_a_table_may_have_struct_flat_or_the_users_own_columns() -> None:
    wire = pa.Table.from_pylist([row()])
    at = pa.array([datetime(2026, 11, 20, 14, 0, tzinfo=UTC)])
    columns: dict[str, Any] = {
        "application_id": ["a"],
        "decided": at,
        "release": ["1"],
        "p": [0.7],
        "approved": [1],
        "latency_ms": [3.5],
        "income": [10],
        "channel": pa.array(["web"]).dictionary_encode(),
        "sex": ["f"],
        "age": [31],
        "note": ["x"],
    }
    own = pa.table(columns)
    expected = read(row()).table
    for table in (wire, wire.flatten(), own):
        found = validate(table, SCHEMA, SYSTEM, NOW)
        assert found.rejected == ()
        assert found.table == expected
    assert validate(own, SCHEMA, SYSTEM, NOW).ignored_fields == ("note",)


Strategy = st.SearchStrategy[Any]
_odd: Strategy = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=5), st.just([1])
)
_features: dict[str, Strategy] = {"income": _odd, "channel": _odd}
_attributes: dict[str, Strategy] = {"sex": _odd, "age": _odd}
_must: dict[str, Strategy] = {
    "id": st.one_of(st.sampled_from("abc"), _odd),
    "at": st.one_of(st.just(NOW.isoformat()), _odd),
}
_may: dict[str, Strategy] = {
    "score": _odd,
    "prediction": _odd,
    "latency_ms": _odd,
    "version": _odd,
    "decided_by": _odd,
    "features": st.one_of(_odd, st.fixed_dictionaries(_features)),
    "attributes": st.one_of(_odd, st.fixed_dictionaries(_attributes)),
}
_rows: st.SearchStrategy[list[Any]] = st.lists(
    st.fixed_dictionaries(_must, optional=_may), max_size=8
)


@given(_rows)
def test_every_row_is_accepted_a_duplicate_or_refused_for_a_reason(rows: list[Any]) -> None:
    found = read(*rows)
    assert found.table.num_rows + found.duplicates + len(found.rejected) == len(rows)
    assert all(r.reason for r in found.rejected)
    found.table.validate(full=True)
    scores = [s for s in found.table["score"].to_pylist() if s is not None]
    assert all(0 <= s <= 1 for s in scores)


@given(_rows, _rows)
def test_sending_a_body_again_adds_nothing(first: list[Any], second: list[Any]) -> None:
    ids = frozenset(str(name) for name in read(*first, *second).table["id"].to_pylist())
    again = read(*first, *second, seen=ids)
    assert again.table.num_rows == 0
