"""Lists in a table of healthy decisions: is it a ranking, and which columns say so.

Either a column holds lists of items, or each item shown has a row that names its request, whose
name then stands in several rows.
"""

from collections.abc import Sequence
from typing import cast

import pyarrow as pa
import pyarrow.compute as pc

from tocsin.ingest import arrays
from tocsin.ingest.lists import lists

_LISTS = (
    *("items", "shown", "ranking", "ranked", "recommendations", "recommended", "slate", "results"),
    *("prediction", "predictions", "impressions", "documents"),
)
_WANTED = (
    *("clicked", "clicks", "click", "relevance", "relevances", "rel", "gains", "gain", "hits"),
    *("label", "labels", "target", "purchased", "wanted"),
)
_ITEM = (
    *("item", "item_id", "product", "product_id", "doc_id", "document_id", "article_id", "sku"),
    *("movie_id", "video_id", "track_id", "listing_id"),
)
_REQUEST = (
    *("request_id", "request", "list_id", "query_id", "qid", "impression_id", "search_id"),
    *("session_id", "id"),
)
_POSITION = ("position", "rank", "pos", "slot")
_SCORE = ("score", "relevance_score", "p", "probability")


def ranked(table: pa.Table) -> dict[str, str]:
    """Return the roles of the columns of a ranking; empty: it seems to be none.

    Args:
        table: of lists, or of items.
    """
    nested = [n for n in table.column_names if lists(arrays.whole(table.column(n)))]
    prediction = _named(nested, _LISTS)
    if prediction is not None:
        found = {"id": _named(table.column_names, _REQUEST), "prediction": prediction}
        return _known(found | {"label": _named(nested, _WANTED)})
    request, item = (_named(table.column_names, names) for names in (_REQUEST, _ITEM))
    if request is None or item is None or not _repeats(table, request):
        return {}
    amounts = [n for n in table.column_names if _amounts(table, n)]
    return _known(
        {
            "id": request,
            "item": item,
            "position": _named(amounts, _POSITION),
            "score": _named(amounts, _SCORE),
            "label": _named(amounts, _WANTED),
        }
    )


def _known(roles: dict[str, str | None]) -> dict[str, str]:
    return {role: name for role, name in roles.items() if name is not None}


def _named(columns: Sequence[str], names: Sequence[str]) -> str | None:
    lowered = {name.lower(): name for name in columns}
    return next((lowered[name] for name in names if name in lowered), None)


def _repeats(table: pa.Table, name: str) -> bool:
    return 2 * int(pc.count_distinct(table.column(name)).as_py()) <= table.num_rows


def _amounts(table: pa.Table, name: str) -> bool:
    kind = cast("pa.DataType", table.schema.field(name).type)
    numbers = pa.types.is_integer(kind) or pa.types.is_floating(kind)
    return numbers or pa.types.is_boolean(kind)
