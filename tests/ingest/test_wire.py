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
