import pytest

from tocsin.base.errors import BadInput
from tocsin.config.load import load
from tocsin.ingest.system import Kind

TEXT = """\
version: 1
systems:
  shop:
    kind: %s
    columns: {%s}
    reference: reference.parquet
"""


@pytest.mark.parametrize(
    "columns", ["prediction: items", "item: sku, id: request", "item: sku, id: r, position: place"]
)
def test_a_ranking_has_lists_or_items(columns: str) -> None:
    read = load(TEXT % ("ranking", columns), "tocsin.yaml").systems["shop"]
    assert read.kind is Kind.RANKING
    assert read.columns.answer in {"items", "sku"}


@pytest.mark.parametrize(
    ("kind", "columns", "said"),
    [
        ("ranking", "id: request", "either its lists or its items"),
        ("ranking", "prediction: items, item: sku, id: request", "either its lists or its items"),
        ("ranking", "item: sku", "items need the name of their request"),
        ("ranking", "prediction: items, position: place", "a list has its positions in it"),
        ("binary", "score: p, item: sku", "columns.item is of a ranking"),
        ("multiclass", "prediction: c, position: place", "columns.position is of a ranking"),
        ("regression", "id: x", "a regression needs its answers"),
    ],
)
def test_what_does_not_fit_the_kind_is_refused(kind: str, columns: str, said: str) -> None:
    with pytest.raises(BadInput, match=said):
        load(TEXT % (kind, columns), "tocsin.yaml")
