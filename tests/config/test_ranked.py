import numpy as np
import pyarrow as pa
import pytest

from tests.detect.shelves import by_item, table
from tocsin.config.guess import guess, to_yaml
from tocsin.config.load import load
from tocsin.config.ranked import ranked
from tocsin.ingest.system import Kind

LISTS = table(60, np.random.default_rng(1))


def test_lists_and_rows_of_items_are_told() -> None:
    assert ranked(LISTS) == {"id": "request", "prediction": "items", "label": "clicked"}
    rows = by_item(LISTS, np.random.default_rng(2))
    renamed = rows.rename_columns(
        [
            "item_id" if n == "items" else "query_id" if n == "request" else n
            for n in rows.column_names
        ]
    )
    assert ranked(renamed) == {
        "id": "query_id",
        "item": "item_id",
        "position": "position",
        "label": "clicked",
    }


@pytest.mark.parametrize(
    "table",
    [
        pa.table({"item": ["a", "b"], "id": ["1", "2"], "score": [0.1, 0.2]}),  # one item a request
        pa.table({"item": ["a", "b"], "score": [0.1, 0.2]}),
        pa.table({"meaning": [[0.1, 0.2]], "score": [0.1]}),  # an embedding
    ],
)
def test_other_tables_are_no_rankings(table: pa.Table) -> None:
    assert ranked(table) == {}


def test_the_guess_becomes_a_declaration() -> None:
    names = ["request_id" if n == "request" else n for n in LISTS.column_names]
    guessed = guess(LISTS.rename_columns(names))
    text = to_yaml(guessed, system="shelf", reference="reference.parquet")
    system = load(text, "tocsin.yaml").systems["shelf"]
    assert (system.kind, system.top) == (Kind.RANKING, 10)
    assert (system.columns.id, system.columns.time) == ("request_id", "at")
    assert (system.columns.answer, system.columns.label) == ("items", "clicked")
    assert "positive" not in text
