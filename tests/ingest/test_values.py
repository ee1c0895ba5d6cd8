from datetime import UTC, datetime
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.ingest.lending import NOW
from tocsin.ingest import values, wire
from tocsin.ingest.rows import ARROW, Field, FieldKind, Schema

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=2),
    max_leaves=6,
)


@pytest.mark.parametrize(
    ("kind", "given_", "kept", "wrong"),
    [
        (FieldKind.NUMERIC, pa.array([1, None]), [1.0, None], None),
        (FieldKind.NUMERIC, pa.array([True, False]), [1.0, 0.0], None),
        (FieldKind.NUMERIC, pa.array(["7", None]), [None, None], [True, False]),
        (FieldKind.CATEGORICAL, pa.array([1.0, 2.5]), ["1", "2.5"], None),
        (FieldKind.CATEGORICAL, pa.array(["a", "", None]), ["a", None, None], None),
        (FieldKind.TEXT, pa.array([["a"], None]), [None, None], [True, False]),
        (
            FieldKind.BOOLEAN,
            pa.array(["TRUE", "maybe", None]),
            ["true", None, None],
            [False, True, False],
        ),
        (FieldKind.BOOLEAN, pa.array([2, 1.5]), [None, None], [True, True]),
        (FieldKind.EMBEDDING, pa.array([[1, 2], None]), [[1.0, 2.0], None], None),
        (FieldKind.EMBEDDING, pa.array(["x", None]), [None, None], [True, False]),
        (
            FieldKind.TIMESTAMP,
            pa.array(["2026-11-25T00:00:00Z"]),
            [datetime(2026, 11, 25, tzinfo=UTC)],
            None,
        ),
        (FieldKind.TIMESTAMP, pa.array(["soon", None]), [None, None], [True, False]),
    ],
)
def test_a_value_is_kept_or_of_another_type(
    kind: FieldKind, given_: Any, kept: list[object], wrong: list[bool] | None
) -> None:
    found = values.read(given_, kind)
    assert found.column.to_pylist() == kept
    assert (None if found.wrong is None else found.wrong.tolist()) == wrong


@pytest.mark.parametrize("kind", list(FieldKind))
@given(st.lists(JSON, min_size=1, max_size=6))
def test_no_json_value_stops_a_feature_of_any_kind(kind: FieldKind, given_: list[object]) -> None:
    schema = Schema((Field("x", kind),), ())
    rows = [
        {"id": str(k), "at": NOW.isoformat(), "features": {"x": v}} for k, v in enumerate(given_)
    ]
    source = wire.of_objects(rows, schema)
    found = values.read(source.get("features.x"), kind)
    assert len(found.column) == len(given_)
    assert found.column.type in (ARROW[kind], pa.string())


def test_the_features_of_another_type_are_named_row_by_row() -> None:
    fields = (Field("a", FieldKind.NUMERIC), Field("b", FieldKind.NUMERIC))
    wrong = {"a": np.array([True, False, False]), "b": np.array([True, False, True])}
    told = values.mistyped(fields, wrong, 3).to_pylist()
    assert told[1:] == [None, "b"]
    assert set(str(told[0]).split(values.MISTYPED_BETWEEN)) == {"a", "b"}
