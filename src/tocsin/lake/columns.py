"""Columns at rest and columns as asked for: a feature may change its kind while the table stays.

A column of a Delta table has one type for ever.  A feature that was a number and becomes text goes
on in a second column, `text_f_<name>`, beside `f_<name>`; old rows lack the one, new rows the
other.  A reader says which type it wants, by the present spec, and gets one column: a value of
another kind becomes text where text is wanted, NaN (invalid) where a number is, else null.
"""

import math
from collections.abc import Iterable
from typing import Any, cast

import pyarrow as pa
import pyarrow.compute as pc

from tocsin.base.errors import BadInput
from tocsin.ingest.arrays import texts

_FEATURE = "f_"


def fitted(rows: pa.Table, have: pa.Schema) -> pa.Table:
    """Return `rows` with each column under the name that `have` keeps, or may keep, its type by.

    Raises:
        BadInput: a column that is no feature has another type than in the table.
    """
    names = [_resting(field, have) for field in _fields(rows.schema)]
    return rows if names == rows.column_names else rows.rename_columns(names)


def lacking(have: pa.Schema, want: pa.Schema) -> list[Any]:
    """Return the fields of `want`, nullable, that `have` has none of that name for."""
    return [field.with_nullable(True) for field in _fields(want) if field.name not in have.names]


def needed(have: pa.Schema, want: pa.Schema) -> list[str]:
    """Return the columns at rest that the columns of `want` are made of."""
    return [
        name
        for field in _fields(want)
        for name in (field.name, *_others(field.name, have))
        if name in have.names
    ]


def asked(rows: pa.Table, want: pa.Schema) -> pa.Table:
    """Return rows as they rest with exactly the columns of `want`."""
    made = [_one(rows, field) for field in _fields(want)]
    fields = [pa.field(field.name, field.type) for field in _fields(want)]
    return pa.table(cast("Any", made), schema=pa.schema(fields))


def _one(rows: pa.Table, field: Any) -> Any:  # noqa: ANN401 - pyarrow's fields and columns have no type in the stubs
    names = needed(rows.schema, pa.schema([field]))
    types: dict[str, Any] = {each.name: each.type for each in _fields(rows.schema)}
    same = [name for name in names if types[name] == field.type]
    column = cast("Any", rows[same[0]] if same else pa.nulls(rows.num_rows, field.type))
    for name in names:
        if name not in same and (other := rows[name]).null_count < rows.num_rows:
            column = cast("Any", pc).coalesce(column, _read_as(other, field.type))
    return column


def _read_as(column: Any, kind: pa.DataType) -> Any:  # noqa: ANN401 - as above
    if pa.types.is_string(kind):
        return texts(column.combine_chunks())
    if pa.types.is_float64(kind):
        return pc.if_else(column.is_null(), pa.scalar(None, kind), pa.scalar(math.nan, kind))
    return cast("Any", pa).nulls(len(column), kind)


def _resting(field: Any, have: pa.Schema) -> str:  # noqa: ANN401 - as above
    if field.name not in have.names or have.field(field.name).type == field.type:
        return field.name
    if not field.name.startswith(_FEATURE):
        was = str(cast("Any", have.field(field.name)).type)
        raise BadInput(f"column {field.name} is {field.type}, stored so far as {was}")
    return f"{_word(field.type)}_{field.name}"


def _others(name: str, have: pa.Schema) -> list[str]:
    """Return the columns in which the feature went on when its kind changed."""
    if not name.startswith(_FEATURE):
        return []
    return [n for n in have.names if n.endswith(f"_{name}") and n.partition("_f_")[0] in _WORDS]


_WORDS = ("text", "number", "truth", "instant", "vector", "whole")


def _word(kind: pa.DataType) -> str:
    """Return what a type is called in a column's name."""
    tests = (
        pa.types.is_string,
        pa.types.is_floating,
        pa.types.is_boolean,
        pa.types.is_timestamp,
        pa.types.is_nested,
        pa.types.is_integer,
    )
    for word, test in zip(_WORDS, tests, strict=True):
        if test(kind):
            return word
    raise BadInput(f"the lake keeps no features of type {kind}")


def _fields(schema: pa.Schema) -> Iterable[Any]:
    return cast("Iterable[Any]", schema)
