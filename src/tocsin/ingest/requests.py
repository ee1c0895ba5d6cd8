"""Requests: a table that has a row for each item shown, to one that has a row for each request.

What somebody is shown at once is one decision: its items are right or wrong together, and whoever
counts them one by one takes one person for many.  So a system whose `columns.item` is set is read
as a table of items; rows with the same `columns.id` are one request.  Its items stand in the order
of `columns.position`, or else of `columns.score`, the highest first, or else of the table.  What
else a request has (time, version, features, attributes) is that of its first item.  A row without
an item says that nothing was shown.
Refuses: part of a table.  The rows of a request may lie anywhere in it.
"""

from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from tocsin.base.errors import BadInput
from tocsin.ingest import arrays
from tocsin.ingest.arrays import Column
from tocsin.ingest.system import System, canonical
from tocsin.ingest.tabular import require

_CLICKED = {"true": 1.0, "false": 0.0}


def requests(table: pa.Table, system: System) -> pa.Table:
    """Return `table` with a row for each request, in the order in which they first occur.

    The columns of items and of labels hold lists then, the column of positions is gone.  A table
    that has a row for each request is returned as it is, as is that of a system without items.

    Args:
        table: the whole of it, with the user's column names.
        system: tells which column holds the items.

    Raises:
        BadInput: a column is missing or stands twice, or a row has no id.
    """
    columns = system.columns
    if not _of_items(table, system) or table.num_rows == 0:
        return table
    used = (columns.id, columns.item, columns.position)
    require(table, tuple(filter(None, used)))
    assert columns.id is not None  # the declaration has seen to it
    assert columns.item is not None
    request = _numbered(_column(table, columns.id), columns.id)
    order = np.lexsort((_place(table, system), request))
    items: Column = arrays.texts(_column(table, columns.item)).take(pa.array(order))
    there = ~arrays.nulls(items)
    first = np.flatnonzero(np.diff(request[order], prepend=-1))
    ends = np.append(0, np.cumsum(there))[np.append(first, len(order))]
    found = table.take(order[first])
    found = _put(found, columns.item, _lists(ends, items.filter(pa.array(there))))
    if columns.label is not None and columns.label in table.column_names:
        label = _gains(_column(table, columns.label)).take(pa.array(order))
        known = np.add.reduceat(~arrays.nulls(label), first) > 0
        gains = _lists(ends, label.filter(pa.array(there)).fill_null(0.0))  # no say: not wanted
        found = _put(found, columns.label, arrays.without(gains, ~known))
    return found if columns.position is None else found.drop_columns([columns.position])


def refuse_parts(table: pa.Table, system: System) -> None:
    """Refuse part of a table that has a row for each item: others may hold the rest of a request.

    Raises:
        BadInput: it is such a table.
    """
    if _of_items(table, system):
        raise BadInput(
            "a request's rows may lie in other parts of the data",
            where=f"systems.{system.name}.columns.item",
            do="give a row for each request, its items in a list (columns.prediction)",
        )


def _of_items(table: pa.Table, system: System) -> bool:
    item = system.columns.item
    if item is None:
        return False
    return item not in table.column_names or not pa.types.is_nested(table.column(item).type)


def _column(table: pa.Table, name: str | None) -> Column:
    assert name is not None
    return arrays.whole(table.column(name))


def _put(table: pa.Table, name: str, column: Column) -> pa.Table:
    return table.set_column(table.column_names.index(name), name, column)


def _numbered(ids: Column, name: str) -> NDArray[np.int64]:
    """Return a number for each row that its request's rows share, rising as they first occur."""
    encoded = arrays.texts(ids).dictionary_encode()
    without: list[int] = np.flatnonzero(arrays.nulls(encoded.indices)).tolist()
    if without:
        raise BadInput(
            f"row {without[0]} has no id ({len(without):,} such rows)",
            where=f"column {name!r}",
            do="name the request that each row belongs to",
        )
    return np.asarray(encoded.indices, np.int64)


def _place(table: pa.Table, system: System) -> NDArray[np.float64]:
    """Return what the items of a request are sorted by; of equal ones the table's order decides."""
    position, score = system.columns.position, system.columns.score
    if position is None and score is None:
        return np.zeros(table.num_rows)
    numbers = arrays.numbers(_column(table, position or score), read_text=True)
    values: Any = np.nan_to_num(arrays.dense(numbers), nan=np.inf if position else -np.inf)
    return np.asarray(values if position else -values, np.float64)


def _lists(ends: NDArray[np.int64], values: Column) -> Column:
    made: Any = pa.LargeListArray
    return made.from_arrays(pa.array(ends, pa.int64()), values)


def _gains(column: Column) -> Column:
    """Return how much each item was wanted; yes and no in any spelling are 1 and 0."""
    if not arrays.is_text(column.type):
        return arrays.numbers(column)
    words = arrays.mapped(column, lambda value: str(_CLICKED.get(canonical(value), value)))
    return arrays.numbers(words, read_text=True)
