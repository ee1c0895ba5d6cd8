from dataclasses import replace

import numpy as np
import pyarrow as pa
import pytest

from tests.detect.shelves import SHELF, by_item, table
from tocsin.base.errors import BadInput
from tocsin.ingest.requests import refuse_parts, requests
from tocsin.ingest.system import Columns, Kind, System

ITEMS = System(
    name="shop",
    kind=Kind.RANKING,
    columns=Columns(id="list", item="item", position="place", label="click"),
)
ROWS = pa.table(
    {
        "list": ["x", "y", "x", "y", "z", "x"],
        "item": ["b", "c", "a", "d", None, "e"],
        "place": [2, 1, 1, 2, 1, 3],
        "click": [0, 1, 1, None, None, 0],
        "device": ["phone", "desk", "phone", "desk", "desk", "phone"],
    }
)


def test_rows_of_items_become_lists_in_the_order_of_positions() -> None:
    assert requests(ROWS, ITEMS).to_pylist() == [
        {"list": "x", "item": ["a", "b", "e"], "click": [1, 0, 0], "device": "phone"},
        {"list": "y", "item": ["c", "d"], "click": [1, 0], "device": "desk"},
        {"list": "z", "item": [], "click": None, "device": "desk"},
    ]


def test_without_positions_the_highest_score_stands_first() -> None:
    scored = ROWS.append_column("score", pa.array([0.1, 0.5, 0.9, 0.6, 0.0, 3.0]))
    system = replace(ITEMS, columns=replace(ITEMS.columns, position=None, score="score"))
    assert requests(scored, system)["item"].to_pylist() == [["e", "a", "b"], ["d", "c"], []]
    unscored = replace(ITEMS, columns=replace(ITEMS.columns, position=None))
    assert requests(ROWS, unscored)["item"].to_pylist() == [["b", "a", "e"], ["c", "d"], []]


def test_any_order_of_the_rows_tells_the_same_lists() -> None:
    r = np.random.default_rng(1)
    lists = table(200, r)
    system = replace(
        SHELF,
        columns=Columns(
            id="request", time="at", item="items", position="position", label="clicked"
        ),
    )
    again = requests(by_item(lists, r), system).sort_by("at")
    assert again["items"].to_pylist() == lists["items"].to_pylist()
    assert again["clicked"].to_pylist() == lists["clicked"].to_pylist()
    assert again["device"].to_pylist() == lists["device"].to_pylist()


def test_clicks_may_be_words_and_numbers_may_be_text() -> None:
    words = ROWS.set_column(3, "click", pa.array(["no", "yes", "true", "", None, "0.5"]))
    words = words.set_column(2, "place", pa.array(["2", "1", "1", "2", "1", "10"]))
    assert requests(words, ITEMS)["click"].to_pylist() == [[1, 0, 0.5], [1, 0], None]


def test_lists_are_left_as_they_are() -> None:
    lists = requests(ROWS, ITEMS)
    assert requests(lists, ITEMS) is lists
    assert requests(ROWS, System(name="other")) is ROWS
    refuse_parts(lists, ITEMS)
    refuse_parts(ROWS, System(name="other"))


def test_a_row_without_id_and_a_missing_column_are_told() -> None:
    with pytest.raises(BadInput, match="row 1 has no id"):
        requests(ROWS.set_column(0, "list", pa.array(["x", None, *"xxxx"])), ITEMS)
    with pytest.raises(BadInput, match="place"):
        requests(ROWS.drop_columns(["place"]), ITEMS)


def test_part_of_a_table_of_items_is_refused() -> None:
    with pytest.raises(BadInput, match="other parts of the data"):
        refuse_parts(ROWS, ITEMS)
