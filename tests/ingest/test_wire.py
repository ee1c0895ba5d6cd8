import pyarrow as pa
import pytest

from tests.ingest.lending import SCHEMA, SYSTEM
from tocsin.base.errors import BadInput
from tocsin.ingest import wire


def test_wire_names_win_over_the_users_names() -> None:
    table = pa.table({"id": ["wire"], "application_id": ["own"]})
    source = wire.of_table(table, SCHEMA, SYSTEM.columns)
    assert source.get("id").to_pylist() == ["wire"]
    assert source.ignored == ("application_id",)


def test_one_bare_column_feeds_both_a_feature_and_an_attribute() -> None:
    both = pa.table({"id": ["a"], "income": [1.0], "sex": ["f"], "features": [{"sex": "m"}]})
    source = wire.of_table(both, SCHEMA, SYSTEM.columns)
    assert source.get("attributes.sex").to_pylist() == ["f"]
    assert source.ignored == ("features.sex",)


def test_an_absent_column_is_missing_everywhere() -> None:
    source = wire.of_objects([{}, {}], SCHEMA)
    assert source.get("score").null_count == 2
    assert source.get("nothing").null_count == 2


def test_a_column_that_stands_twice_is_refused() -> None:
    table = pa.Table.from_arrays([pa.array([1]), pa.array([2])], names=["id", "id"])
    with pytest.raises(BadInput, match="'id' stands twice"):
        wire.of_table(table, SCHEMA, SYSTEM.columns)


def test_a_number_too_large_to_be_exact_is_no_id() -> None:
    source = wire.of_objects([{"id": 2.0**53}, {"id": 2.0**53 - 1}, {"id": 2**63 - 1}], SCHEMA)
    assert source.faults == {0: ("id", "id is a number too large to be exact; send it as text")}


def test_a_row_or_a_group_that_is_no_object_is_a_fault_of_that_row_alone() -> None:
    rows = [7, {"id": "a", "features": [1]}, {"id": "b", "features": {"income": 1.0, "other": 2}}]
    source = wire.of_objects(rows, SCHEMA)
    assert {row: field for row, (field, _reason) in source.faults.items()} == {0: "", 1: "features"}
    assert source.get("features.income").to_pylist() == [None, None, 1.0]
    assert source.ignored == ("features.other",)
