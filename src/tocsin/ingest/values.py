"""A feature's values as they rest in the lake, and which of them were of another type.

A wrong input is never a reason to refuse a decision: it is what the quality monitors look for.  It
becomes null in its column and its feature is named in the row's `mistyped`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, cast

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from tocsin.ingest import arrays
from tocsin.ingest.arrays import Column, Mask
from tocsin.ingest.rows import ARROW, MISTYPED_BETWEEN, Field, FieldKind
from tocsin.ingest.system import canonical

_VECTOR: Any = ARROW[FieldKind.EMBEDDING]


@dataclass(frozen=True, slots=True)
class Values:
    """A column of the lake; `wrong` tells where a value was there but of another type."""

    column: Column
    wrong: Mask | None = None


def read(column: Column, kind: FieldKind) -> Values:
    """Return a sender's column in the lake's type of `kind`.

    >>> read(pa.array(["7", None]), FieldKind.NUMERIC).wrong.tolist()
    [True, False]
    """
    match kind:
        case FieldKind.NUMERIC:
            found = _numbers(column)
        case FieldKind.CATEGORICAL | FieldKind.TEXT:
            found = arrays.texts(column)
        case FieldKind.BOOLEAN:
            found = _truths(column)
        case FieldKind.EMBEDDING:
            found = _vectors(column)
        case FieldKind.TIMESTAMP:
            found = arrays.instants(column, naive_is_utc=True).values
    if found.null_count == column.null_count:
        return Values(found)
    wrong = arrays.nulls(found) & ~arrays.nulls(column)
    if kind in {FieldKind.CATEGORICAL, FieldKind.TEXT}:
        wrong &= ~_blank(column)
    return Values(found, wrong if wrong.any() else None)


def mistyped(fields: Sequence[Field], wrong: Mapping[str, Mask], n: int) -> Column:
    """Return the lake's column `mistyped`: the names of each row's features of another type."""
    names = np.full(n, None, object)
    for field in fields:
        for row in np.flatnonzero(wrong[field.name]).tolist() if field.name in wrong else ():
            held = names[row]
            names[row] = field.name if held is None else held + MISTYPED_BETWEEN + field.name
    return pa.array(names, pa.string())


def _numbers(column: Column) -> Column:
    kind = column.type
    if pa.types.is_boolean(kind):
        column = column.cast(pa.uint8())
    elif not (pa.types.is_integer(kind) or pa.types.is_floating(kind) or pa.types.is_decimal(kind)):
        return pa.nulls(len(column), pa.float64())
    return column.cast(pa.float64(), safe=False)


def _truths(column: Column) -> Column:
    said = arrays.mapped(column, canonical)
    known = cast("Mask", arrays.dense(pc.is_in(said, value_set=pa.array(["true", "false"]))))
    return arrays.without(said, ~known)


def _vectors(column: Column) -> Column:
    kind = column.type
    if pa.types.is_fixed_size_list(kind) or pa.types.is_large_list(kind):
        kind = pa.list_(kind.value_type)
        column = column.cast(kind)
    inner = kind.value_type if pa.types.is_list(kind) else None
    if inner is None or not (pa.types.is_integer(inner) or pa.types.is_floating(inner)):
        return cast("Column", pa.array([None] * len(column), _VECTOR))
    return column.cast(_VECTOR, safe=False)


def _blank(column: Column) -> Mask:
    """Return where there is a text without characters: missing, not mistyped."""
    if not arrays.is_text(column.type):
        return np.asarray([value != value for value in column.to_pylist()], np.bool_)  # noqa: PLR0124 - NaN test
    length = arrays.dense(pc.binary_length(column.cast(pa.string())))  # null is NaN, not 0
    return cast("Mask", length == 0)
