"""Foreign columns to the lake's columns, a whole column at a time.

Every function takes an Arrow array of whatever type the sender chose (decimals, dictionaries, large
or view strings, half floats) and returns one array of the same length.  Null stays null: null is
how the lake says "missing".  Python runs once per distinct value where Arrow has no function.
"""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, TypeAlias, cast

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from tocsin.base.errors import BadInput
from tocsin.base.spans import parse_instant
from tocsin.ingest.rows import INSTANT, Attribute
from tocsin.ingest.system import plain

Column: TypeAlias = Any
"""A `pa.Array`.  Spelt Any because pyarrow's stubs give no type to what its functions return."""
Mask: TypeAlias = NDArray[np.bool_]

_TICKS_PER_S = {"s": 1, "ms": 10**3, "us": 10**6, "ns": 10**9}
_LAST_S = 253_402_300_799
"""The last second of the year 9999: what lies beyond has no calendar date in Python or in Delta."""


@dataclass(frozen=True, slots=True)
class Instants:
    """Instants read from a column; null where missing or unreadable, with the reason by row."""

    values: Column
    reasons: Mapping[int, str] = field(default_factory=dict[int, str])


def whole(column: Column) -> Column:
    """Return one contiguous array without dictionary, run-end, extension or view wrapping."""
    if hasattr(column, "chunks"):
        if pa.types.is_dictionary(column.type) and column.num_chunks > 1:
            column = pa.chunked_array([whole(one) for one in column.chunks])
        column = column.chunk(0) if column.num_chunks == 1 else column.combine_chunks()
    if hasattr(column, "storage"):
        column = column.storage
    if pa.types.is_run_end_encoded(column.type):
        column = pc.call_function("run_end_decode", [column])
    if pa.types.is_dictionary(column.type):
        if pa.types.is_string_view(column.type.value_type):
            column = column.cast(pa.dictionary(column.type.index_type, pa.string()))
        column = column.dictionary_decode()
    # most of Arrow's functions do not take views
    return column.cast(pa.string()) if pa.types.is_string_view(column.type) else column


def chunk(column: Column) -> Column:
    """Return what `whole` does of a chunked array, but leave a dictionary where there is one.

    It holds no null: where a row has no value, its index is null.
    """
    if not pa.types.is_dictionary(column.type):
        return whole(column)
    views = pa.types.is_string_view(column.type.value_type)
    if views or any(one.dictionary.null_count for one in column.chunks):
        return whole(column).dictionary_encode()
    if column.num_chunks == 1:
        return column.chunk(0)
    return column.unify_dictionaries().combine_chunks()


def numbers(column: Column, *, read_text: bool = False) -> Column:
    """Return float64: null where missing, NaN where the value is no finite number.

    Args:
        column: any type; booleans count as 0 and 1, decimals are rounded to the nearest double.
        read_text: read numbers written as text (a CSV cell); elsewhere text is a wrong type.

    >>> numbers(pa.array([1, None, 3])).to_pylist(), numbers(pa.array(["7", "x"])).to_pylist()
    ([1.0, None, 3.0], [nan, nan])
    """
    kind = column.type
    if pa.types.is_boolean(kind):
        column = column.cast(pa.uint8())
    elif is_text(kind) and read_text:
        column = _mapped(column, _number_of, pa.float64())
    elif not (pa.types.is_integer(kind) or pa.types.is_floating(kind) or pa.types.is_decimal(kind)):
        invalid = np.full(len(column), math.nan)
        return pa.array(invalid, pa.float64(), mask=nulls(column))
    doubles = column.cast(pa.float64(), safe=False)
    values = dense(doubles)
    finite = np.isfinite(values)
    if np.count_nonzero(finite) == len(column) - column.null_count:
        return doubles
    return pa.array(np.where(finite, values, math.nan), pa.float64(), mask=nulls(column))


def texts(column: Column) -> Column:
    """Return strings: null where missing, empty or not a plain value (a list, a record).

    >>> texts(pa.array([1.0, 2.5, None])).to_pylist(), texts(pa.array(["a", ""])).to_pylist()
    (['1', '2.5', None], ['a', None])
    """
    if not is_text(column.type):
        return mapped(column, plain)
    strings = column.cast(pa.string())
    empty = dense(pc.binary_length(strings)) == 0
    return without(strings, empty)


def mapped(column: Column, function: Callable[[object], str | None]) -> Column:
    """Return strings, `function` applied once to each distinct value; null stays null.

    >>> mapped(pa.array([1, 1, None]), lambda value: f"<{value}>").to_pylist()
    ['<1>', '<1>', None]
    """
    return _mapped(column, function, pa.string())


def bands(column: Column, attribute: Attribute) -> Column:
    """Return the slice value of each raw attribute value; null where unknown.

    >>> bands(pa.array([19, 31, None]), Attribute("age", (25, 40))).to_pylist()
    ['<25', '25–40', None]
    """
    if not attribute.edges or is_text(column.type):
        return mapped(column, attribute.band)
    values = dense(numbers(column))
    places = np.searchsorted(np.asarray(attribute.edges), values, side="right")
    return picked(attribute.bands, np.where(np.isnan(values), -1, places))


def instants(column: Column, *, naive_is_utc: bool = False) -> Instants:
    """Return microseconds in UTC.

    Args:
        column: timestamps, dates or ISO 8601 text.  Numbers are refused: their unit is a guess.
        naive_is_utc: take instants without a zone as UTC (files); otherwise they are refused.
    """
    if pa.types.is_timestamp(column.type):
        return _from_timestamps(column, naive_is_utc=naive_is_utc)
    if pa.types.is_date(column.type) and naive_is_utc:
        return Instants(column.cast(pa.timestamp("us")).cast(INSTANT))
    if is_text(column.type):
        return _from_texts(column.cast(pa.string()), naive_is_utc=naive_is_utc)
    return _refused(column, f"{column.type} is not an instant; send ISO 8601 text or timestamps")


def without(column: Column, rows: Mask) -> Column:
    """Return the column with null wherever `rows` is true."""
    if not rows.any():
        return column
    return pc.if_else(pa.array(~rows), column, pa.scalar(None, column.type))


def picked(words: Sequence[str], places: NDArray[Any]) -> Column:
    """Return `words[place]` for each place; null where the place is negative.

    >>> picked(["no", "yes"], np.array([1, -1, 0])).to_pylist()
    ['yes', None, 'no']
    """
    indices = cast("Any", pa.array(places, pa.int64(), mask=places < 0))
    return pa.array(words, pa.string()).take(indices)


def dense(column: Column) -> NDArray[Any]:
    """Return the column as NumPy holds it; null is NaN among floats and None among objects."""
    return column.to_numpy(zero_copy_only=False)


def ticks(instants: Column) -> NDArray[np.int64]:
    """Return the integer count behind each timestamp; 0 where null."""
    return instants.cast(pa.int64()).fill_null(0).to_numpy()


def nulls(column: Column) -> Mask:
    """Return where the column is null."""
    return dense(column.is_null()) if column.null_count else np.zeros(len(column), np.bool_)


def is_text(kind: pa.DataType) -> bool:
    """Return whether a type holds Unicode text."""
    return (
        pa.types.is_string(kind) or pa.types.is_large_string(kind) or pa.types.is_string_view(kind)
    )


def _mapped(column: Column, function: Callable[[object], object], kind: pa.DataType) -> Column:
    if pa.types.is_null(column.type) or pa.types.is_nested(column.type):
        return pa.array([None] * len(column), kind)
    encoded = column.dictionary_encode()
    known: Column = pa.array([function(v) for v in encoded.dictionary.to_pylist()], kind)
    return known.take(encoded.indices)


def _number_of(value: object) -> float | None:
    text = str(value).strip()
    try:
        return float(text) if text else None
    except ValueError:
        return math.nan


def _refused(column: Column, reason: str) -> Instants:
    rows: list[int] = np.flatnonzero(~nulls(column)).tolist()
    return Instants(pa.nulls(len(column), INSTANT), dict.fromkeys(rows, reason))


def _from_timestamps(column: Column, *, naive_is_utc: bool) -> Instants:
    kind = column.type
    if kind.tz is None and not naive_is_utc:
        return _refused(column, "has no time zone; send timestamps with a zone, e.g. UTC")
    limit = min(_LAST_S * _TICKS_PER_S[kind.unit], 2**63 - 1)
    count = ticks(column)
    wild = (count > limit) | (count < -limit)
    zoned = without(column, wild).cast(pa.timestamp("us", tz=kind.tz), safe=False)
    rows: list[int] = np.flatnonzero(wild).tolist()
    return Instants(zoned.cast(INSTANT), dict.fromkeys(rows, "lies outside the calendar"))


def _from_texts(column: Column, *, naive_is_utc: bool) -> Instants:
    try:
        return Instants(column.cast(INSTANT))
    except pa.ArrowInvalid:  # one odd value is enough: read each distinct one by itself
        pass
    encoded = column.dictionary_encode()
    values: list[datetime | None] = []
    faults: dict[int, str] = {}
    for place, text in enumerate(encoded.dictionary.to_pylist()):
        try:
            values.append(_read(str(text), naive_is_utc=naive_is_utc))
        except BadInput as fault:
            values.append(None)
            faults[place] = str(fault)
        except OverflowError:
            values.append(None)
            faults[place] = f"{text!r} lies outside the calendar"
    read = cast("Column", pa.array(values, INSTANT)).take(encoded.indices)
    places: list[int | None] = encoded.indices.to_pylist() if faults else []
    return Instants(
        read,
        {row: faults[place] for row, place in enumerate(places) if place in faults},
    )


def _read(text: str, *, naive_is_utc: bool) -> datetime:
    if naive_is_utc:
        try:
            at = datetime.fromisoformat(text.strip())
        except ValueError:
            return parse_instant(text)
        return at.replace(tzinfo=UTC) if at.tzinfo is None else at.astimezone(UTC)
    return parse_instant(text.strip())
