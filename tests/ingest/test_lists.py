import json
from datetime import UTC, datetime, timedelta

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.detect.shelves import SHELF, table
from tocsin.ingest import outcomes, predictions, tabular
from tocsin.ingest.lists import MOST_ITEMS, gains_of, items_of, lists, parsed, shown, wanted
from tocsin.ingest.rows import Schema
from tocsin.ingest.system import Kind, System
from tocsin.profile.learn import learn

NOW = datetime(2026, 11, 1, tzinfo=UTC)
SHOP = System(name="shop", kind=Kind.RANKING)
NAMES = st.text(st.characters(exclude_categories=("Cs",)), min_size=1, max_size=8)


@given(st.lists(NAMES, max_size=6))
def test_items_come_back_as_they_were_sent(names: list[str]) -> None:
    text = items_of(names)
    assert text is not None
    assert parsed([text]) == [names]
    assert items_of(text) == text


@given(st.dictionaries(NAMES, st.floats(0, 1e6), min_size=1, max_size=6))
def test_gains_by_item_come_back_as_they_were_sent(gains: dict[str, float]) -> None:
    text = gains_of(gains)
    assert text is not None
    assert parsed([text]) == [pytest.approx(gains, abs=0)]
    assert gains_of(text) == text


@pytest.mark.parametrize(
    "value", ["a", 3, True, {"a": 1}, [None], [["a"]], [""], "[", ["x"] * (MOST_ITEMS + 1)]
)
def test_what_is_no_list_of_items_is_none(value: object) -> None:
    assert items_of(value) is None


@pytest.mark.parametrize(
    "value",
    ["a", 3, [-1], ["a", 1], [float("nan")], {"a": -1}, {"a": "1"}, "{", [1e400], [10**400]],
)
def test_what_is_no_outcome_is_none(value: object) -> None:
    assert gains_of(value) is None


def test_columns_of_any_form_are_read_alike() -> None:
    given = [["a", "b"], [], None]
    texts = [json.dumps(one) if one is not None else None for one in given]
    expected = ['["a","b"]', "[]", None]
    for kind in (pa.list_(pa.string()), pa.large_list(pa.string())):
        assert shown(pa.array(given, kind))[0].to_pylist() == expected
    assert shown(pa.array(texts))[0].to_pylist() == expected
    assert shown(pa.array([[1, 2]], pa.list_(pa.int64())))[0].to_pylist() == ['["1","2"]']
    maps = pa.array([[("a", 1.0)], []], pa.map_(pa.string(), pa.float64()))
    assert wanted(maps)[0].to_pylist() == ['{"a":1}', "{}"]
    records = pa.array([{"a": 2.0, "b": None}, None])
    assert wanted(records)[0].to_pylist() == ['{"a":2}', None]
    assert wanted(pa.array([[True, False]]))[0].to_pylist() == ["[1,0]"]


def test_lists_are_told_from_other_columns() -> None:
    assert lists(pa.array([["a"]]))
    assert lists(pa.array(['["a"]', None]))
    assert not lists(pa.array(["a"]))
    assert not lists(pa.array([1]))
    assert not lists(pa.array([None], pa.string()))


def test_rows_of_json_are_taken_or_refused_one_by_one() -> None:
    rows: list[object] = [
        {"id": "1", "at": NOW.isoformat(), "prediction": ["a", "b"], "score": 7},
        {"id": "2", "at": NOW.isoformat(), "prediction": "a"},
        {"id": "3", "at": NOW.isoformat(), "prediction": []},
        {"id": "4", "at": NOW.isoformat()},
    ]
    found = predictions.validate(rows, Schema((), ()), SHOP, NOW)
    assert found.table["prediction"].to_pylist() == ['["a","b"]', "[]", None]
    assert found.table["score"].to_pylist() == [None] * 3
    (refused,) = found.rejected
    assert (refused.id, refused.field) == ("2", "prediction")
    assert "list of at most 1000 items" in refused.reason


def test_outcomes_of_json_are_gains_or_hits() -> None:
    labels = [[0, 1], ["b"], {"b": 3}, [], None, "yes"]
    rows = [{"id": str(k), "label": label} for k, label in enumerate(labels)]
    found = outcomes.validate(rows, SHOP, NOW)
    assert found.table["label"].to_pylist() == ["[0,1]", '{"b":1}', '{"b":3}', "[]"]
    assert [(one.id, one.reason.split()[1]) for one in found.rejected] == [
        ("4", "is"),
        ("5", "must"),
    ]


def test_a_list_is_still_no_answer_of_another_kind() -> None:
    rows = [{"id": "1", "at": NOW.isoformat(), "prediction": ["a"]}]
    found = predictions.validate(rows, Schema((), ()), System(name="yes or no"), NOW)
    assert found.table["prediction"].to_pylist() == [None]


def test_a_file_travels_and_arrives_as_it_is_read_at_rest() -> None:
    raw = table(50, np.random.default_rng(1))
    spec = learn(raw, SHELF)
    rest = tabular.from_table(raw, spec.schema, SHELF, NOW + timedelta(days=36500)).table
    wire = tabular.to_wire(raw, SHELF, "x")
    late = NOW + timedelta(days=36500)
    found = predictions.validate(wire.drop_columns(["label"]), spec.schema, SHELF, late)
    assert not found.rejected
    assert found.table["prediction"].to_pylist() == rest["prediction"].to_pylist()
    told = outcomes.validate(wire.select(["id", "label"]), SHELF, late)
    assert told.table["label"].to_pylist() == rest["label"].to_pylist()
