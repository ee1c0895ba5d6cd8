"""Feast's logs of served features: golden cases, and files and bodies that hold them."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.ingest import golden
from tests.ingest.lending import NOW
from tocsin.ingest import feast, predictions
from tocsin.ingest.rows import Attribute, Field, FieldKind, Schema
from tocsin.ingest.system import Columns, System
from tocsin.ingest.tabular import from_table, to_wire
from tocsin.lake.files import read_table

SCHEMA = Schema(
    features=(
        Field("income", FieldKind.NUMERIC),
        Field("income_age_s", FieldKind.NUMERIC),
        Field("channel", FieldKind.CATEGORICAL),
    ),
    attributes=(Attribute("sex"),),
)
SYSTEM = System(name="loan-approval", protected=("sex",))
TYPES: dict[str, Any] = {
    "double": pa.float64(),
    "string": pa.string(),
    "int32": pa.int32(),
    "date32": pa.date32(),
    "timestamp[s, UTC]": pa.timestamp("s", tz="UTC"),
    "timestamp[us, UTC]": pa.timestamp("us", tz="UTC"),
}


def table_of(case: dict[str, Any]) -> pa.Table:
    columns: dict[str, Any] = {
        name: pa.array(column["values"], pa.string()).cast(TYPES[column["type"]])
        if "[" in column["type"] or column["type"] == "date32"
        else pa.array(column["values"], TYPES[column["type"]])
        for name, column in case["columns"].items()
    }
    return pa.table(columns)


def outcome_of(case: dict[str, Any]) -> dict[str, Any]:
    """Return the rows of a case's table and what was refused or had no place."""
    found = predictions.validate(table_of(case), SCHEMA, SYSTEM, NOW)
    return golden.said(found) | {"ignored": list(found.ignored_fields)}


@pytest.mark.parametrize("name", golden.cases("feast"))
def test_served_features_become_the_rows_written_beside_them(name: str) -> None:
    assert outcome_of(golden.case("feast", name)) == golden.expected("feast", name)


def test_a_file_of_served_features_is_read_like_any_other(tmp_path: Path) -> None:
    pq.write_table(table_of(golden.case("feast", "served")), tmp_path / "log.parquet")
    table = read_table(tmp_path / "log.parquet")
    assert set(table.column_names) == {
        "sex",
        "income",
        "income_age_s",
        "channel",
        "channel_age_s",
        "__log_timestamp",
        "__request_id",
    }
    columns = Columns(id="__request_id", time="__log_timestamp")
    system = System(name="loan-approval", columns=columns, protected=("sex",))
    at = datetime(2026, 11, 20, 14, tzinfo=UTC)
    sent = to_wire(table, system, "x")
    assert sent["features.income_age_s"].to_pylist() == [3600.0, 30.0]
    accepted = from_table(table, SCHEMA, system, NOW)
    assert accepted.table["at"].to_pylist() == [at, at]
    assert accepted.table == predictions.validate(sent, SCHEMA, system, NOW).table.append_column(
        "label", pa.nulls(2, pa.string())
    ).select(accepted.table.column_names)


def test_any_other_table_is_left_as_it_is() -> None:
    other = pa.table({"a__b": [1], "a__b__status": [0]})
    assert feast.read_log(other) is other
    twice = pa.table([[1], [1], [1]], names=["__request_id", "__log_timestamp", "__request_id"])
    assert feast.read_log(twice) is twice


ODD = st.none() | st.integers(-(2**31), 2**31 - 1)
NAME = st.sampled_from(
    ["a__x", "a__x__status", "a__x__timestamp", "__x", "a__", "x", "a__x__status__status", "b__x"]
)


@given(columns=st.dictionaries(NAME, st.lists(ODD, min_size=3, max_size=3)), kind=st.booleans())
def test_whatever_a_log_holds_its_rows_are_kept(
    columns: dict[str, list[int | None]], kind: bool
) -> None:
    own: dict[str, Any] = {
        "__request_id": ["r", "r", None],
        "__log_timestamp": [1, 2, 3] if kind else ["soon", "", "2026-11-20"],
    }
    table = pa.table(own | dict(columns))
    read = feast.read_log(table)
    assert read.num_rows == 3
    assert read["__request_id"].to_pylist() == ["r-0", "r-1", None]
    accepted = predictions.validate(table, SCHEMA, SYSTEM, NOW)
    assert accepted.table.num_rows + len(accepted.rejected) == 3
