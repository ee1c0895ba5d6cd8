"""A user's own rows as the kernel counts them, where no row could be refused: without copies.

Counting needs neither ids nor text spelt out.  Where a few looks at whole columns show that
`tabular.from_table` would accept every row, its result is had at a fraction of the cost: numbers
and instants as they are, texts and answers dictionary-encoded.
"""

from collections.abc import Callable
from datetime import datetime
from typing import Any, cast

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from tocsin.ingest import arrays, feast, predictions, tabular, values
from tocsin.ingest.arrays import Column
from tocsin.ingest.outcomes import reader
from tocsin.ingest.rows import INSTANT, MISTYPED, FieldKind, Schema
from tocsin.ingest.system import Kind, System, plain

_COUNTABLE = frozenset({Kind.BINARY, Kind.MULTICLASS})
_TEXTUAL = frozenset({FieldKind.CATEGORICAL, FieldKind.TEXT})
_FEW = 1 << 12
"""Whole numbers that span no more than this are told apart by subtraction instead of hashing."""
_EXACT = 1 << 62
"""Whole numbers this far from zero leave no room for one more."""


def countable(
    table: pa.Table, schema: Schema, system: System, received_at: datetime
) -> pa.Table | None:
    """Return what `tabular.from_table` would, for counting; None where any row might be refused.

    Args:
        table: the user's column names.
        schema: learnt from the reference.
        system: one whose answers are classes; tells what the columns mean.
        received_at: now; rows from the future would be refused.

    Raises:
        BadInput: the table lacks a column.
    """
    if tabular.TEXT_CELLS in (table.schema.metadata or {}) or feast.is_log(table):
        return None
    if system.kind not in _COUNTABLE or table.num_rows == 0:
        return None
    tabular.require_columns(table, schema, system)
    at = _instants(table, system, received_at)
    answers = _answers(table, system)
    if at is None or answers is None:
        return None
    columns: dict[str, Column] = {"at": at, **answers}
    wrong: dict[str, arrays.Mask] = {}
    for field in schema.features:
        given = arrays.chunk(table.column(field.name))
        if field.kind in _TEXTUAL and _spelt(given):
            columns[f"f_{field.name}"] = given
            continue
        found = values.read(arrays.whole(given), field.kind)
        columns[f"f_{field.name}"] = found.column
        if found.wrong is not None:
            wrong[field.name] = found.wrong
    if wrong:
        columns[MISTYPED] = values.mistyped(schema.features, wrong, table.num_rows)
    for attribute in schema.attributes:
        given = arrays.chunk(table.column(attribute.name))
        bands = arrays.bands(arrays.whole(given), attribute) if attribute.edges else None
        columns[f"s_{attribute.name}"] = coded(given, attribute.band) if bands is None else bands
    return pa.table(columns)


def coded(column: Column, function: Callable[[object], str | None]) -> Column:
    """Return `function` of each value, dictionary-encoded; it is called once per distinct value.

    Lists and records are no values: null.

    >>> coded(pa.array([1, 0, None, 1]), lambda value: "yes" if value else "no").to_pylist()
    ['yes', 'no', None, 'yes']
    """
    if pa.types.is_nested(column.type):
        return cast("Column", pa.nulls(len(column), pa.string()).dictionary_encode())
    if _spelt(column) and pa.types.is_dictionary(column.type):
        words = column.dictionary.to_pylist()
        if [function(word) for word in words] == words:
            return column
    known, of_row = _distinct(column)
    said = [function(value) for value in known]
    texts = list(dict.fromkeys(text for text in said if text is not None))
    place = {text: k for k, text in enumerate(texts)}
    places = np.array([-1 if text is None else place[text] for text in said] + [-1], np.int32)
    index = places.take(of_row)
    indices: Any = pa.array(index, mask=index < 0)
    return cast("Column", pa.DictionaryArray.from_arrays(indices, pa.array(texts, pa.string())))


def _distinct(column: Column) -> tuple[list[object], NDArray[np.intp]]:
    """Return the distinct values, and which of them each row has; one more for null.

    A list or a record is no value that could be told: it is null, as `arrays.mapped` has it.
    """
    n, kind = len(column), column.type
    if pa.types.is_dictionary(kind):
        kind = kind.value_type
    if pa.types.is_null(kind) or pa.types.is_nested(kind):
        return [], np.zeros(n, np.intp)
    if pa.types.is_integer(column.type) and n > column.null_count:
        ends: Any = pc.min_max(column).as_py()
        low, span = int(ends["min"]), int(ends["max"] - ends["min"])
        if span < _FEW and abs(low) < _EXACT:
            index = column.cast(pa.int64()).fill_null(low + span + 1)
            return list(range(low, low + span + 1)), (np.asarray(index) - low).astype(np.intp)
    encoded = column if pa.types.is_dictionary(column.type) else pc.dictionary_encode(column)
    known: list[object] = encoded.dictionary.to_pylist()
    # the indices may be too narrow for one more
    return known, np.asarray(encoded.indices.cast(pa.int64()).fill_null(len(known)), np.intp)


def _spelt(column: Column) -> bool:
    """Return whether texts are ready to be counted: plain, and none of them empty."""
    kind = column.type
    texts = column.dictionary if pa.types.is_dictionary(kind) else column
    if not arrays.is_text(texts.type):
        return False
    lengths: Any = pc.call_function("binary_length", [texts])
    return 0 not in pc.unique(lengths).to_pylist()


def _instants(table: pa.Table, system: System, received_at: datetime) -> Column | None:
    if system.columns.time is None:
        return pa.repeat(pa.scalar(received_at, INSTANT), table.num_rows)
    given = arrays.whole(table.column(system.columns.time))
    if not pa.types.is_timestamp(given.type) or given.null_count:
        return None
    if given.type.unit == "us":
        at = given.cast(INSTANT)
    else:
        read = arrays.instants(given, naive_is_utc=True)
        if read.reasons:
            return None
        at = read.values
    ticks = arrays.ticks(at)
    latest = predictions.latest_us(received_at)
    return at if ticks.min() >= 0 and ticks.max() <= latest else None


def _answers(table: pa.Table, system: System) -> dict[str, Column] | None:
    """Return the columns with roles; None where one holds a value that would be refused."""
    columns, roles = tabular.answers(table, system), system.columns
    read = reader(system.kind)
    found: dict[str, Column] = {}
    for name, high in (("score", 1.0), ("latency_ms", np.inf), ("capacity_used", np.inf)):
        if name in columns:
            numbers = arrays.numbers(columns[name])
            known = arrays.dense(numbers.drop_null() if numbers.null_count else numbers)
            if len(known) and not (known.min() >= 0 and known.max() <= high):
                return None
            found[name] = numbers
    if "version" in columns:
        found["version"] = coded(columns["version"], plain)
    if "prediction" in columns:
        found["prediction"] = coded(columns["prediction"], read)
    if roles.label is not None and roles.label in table.column_names:
        label = coded(arrays.chunk(table.column(roles.label)), read)
        said = set(label.dictionary.to_pylist())
        yes_or_no = system.kind is Kind.BINARY and roles.positive in {"true", "false"}
        if yes_or_no and not said <= {"true", "false"}:
            return None
        found["label"] = label
    return found
