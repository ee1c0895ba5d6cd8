"""Views: how a feature of any kind is looked at through numbers.

    kind        numeric views of feature x
    numeric     x
    text        x.chars       length in characters
                x.non_ascii   bytes beyond one a character, by bytes, 0-0.75: other scripts, and
                              broken encodings
                x.replaced    replacement characters (U+FFFD), the trace of a broken encoding
    timestamp   x.age_s       seconds from its instant to the decision
    embedding   x.norm        Euclidean length
                x.cosine      cosine of the angle to the reference's mean vector, -1 to 1
                x.axis1 ...   coordinate along the reference's principal axes

Categorical and boolean features are counted by value and have no numeric view.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from tocsin.ingest.rows import Field, FieldKind
from tocsin.profile.columns import Batch, Flags, Floats
from tocsin.profile.spec import Embedding

AXES = 4
"""Principal axes of an embedding that are looked along."""
_US_PER_S = 1e6


@dataclass(frozen=True, slots=True, eq=False)
class View:
    """One numeric view: a value for each row, arbitrary where `missing` or `mistyped` is true."""

    name: str
    values: Floats
    missing: Flags | None = None
    mistyped: Flags | None = None


def names(field: Field, axes: int) -> tuple[str, ...]:
    """Return the names of a feature's numeric views.

    Args:
        field: the feature.
        axes: principal axes of an embedding.
    """
    match field.kind:
        case FieldKind.NUMERIC:
            return (field.name,)
        case FieldKind.TEXT:
            return tuple(f"{field.name}.{part}" for part in ("chars", "non_ascii", "replaced"))
        case FieldKind.TIMESTAMP:
            return (f"{field.name}.age_s",)
        case FieldKind.EMBEDDING:
            parts = ("norm", "cosine", *(f"axis{k + 1}" for k in range(axes)))
            return tuple(f"{field.name}.{part}" for part in parts)
        case FieldKind.CATEGORICAL | FieldKind.BOOLEAN:
            return ()


def views(batch: Batch, field: Field, embedding: Embedding | None) -> Iterator[View]:
    """Yield the numeric views of one feature's column `f_<name>`.

    Args:
        batch: rows in the lake's schema.
        field: the feature.
        embedding: its directions, where it is a vector.
    """
    column = f"f_{field.name}"
    missing = batch.nulls(column)
    named = names(field, len(embedding.axes) if embedding else 0)
    match field.kind:
        case FieldKind.NUMERIC:
            yield View(named[0], batch.floats(column), missing)
        case FieldKind.TEXT:
            for name, values in zip(named, _text(batch, column), strict=True):
                yield View(name, values, missing)
        case FieldKind.TIMESTAMP:
            age_us = batch.ticks("at") - batch.ticks(column)
            yield View(named[0], age_us / _US_PER_S, missing)
        case FieldKind.EMBEDDING:
            assert embedding is not None
            yield from _vectors(batch, column, embedding, named)
        case FieldKind.CATEGORICAL | FieldKind.BOOLEAN:
            pass


def vectors(batch: Batch, column: str, length: int) -> tuple[Floats, Flags]:
    """Return a column of lists as a matrix, and which rows hold vectors of that length.

    Args:
        batch: the rows.
        column: its name; lists of numbers, of any length.
        length: numbers a vector must have.

    Returns:
        Shape (n, length), zero where a row does not fit, and shape (n,).
    """
    lists: Any = batch.column(column)
    matrix = np.zeros((batch.n, length))
    if pa.types.is_string(lists.type):  # the column is absent
        return matrix, np.zeros(batch.n, np.bool_)
    if pa.types.is_fixed_size_list(lists.type):
        lists = lists.cast(pa.list_(lists.type.value_type))
    lengths = np.asarray(pc.list_value_length(lists).fill_null(-1), np.int64)
    fits: Flags = lengths == length
    flat: Any = lists.filter(pa.array(fits)).flatten().cast(pa.float64()).fill_null(np.nan)
    matrix[fits] = np.asarray(flat).reshape(-1, length)
    return matrix, fits


def _text(batch: Batch, column: str) -> tuple[Floats, Floats, Floats]:
    texts: Any = batch.column(column)
    if pa.types.is_dictionary(texts.type):
        texts = texts.dictionary_decode()
    texts = texts.cast(pa.string()).fill_null("")
    chars = np.asarray(pc.utf8_length(texts), np.float64)
    size = np.asarray(pc.binary_length(texts), np.float64)
    # a character of b > 1 bytes counts b - 1 of them here, ASCII none
    non_ascii = (size - chars) / np.maximum(size, 1.0)
    replaced = np.asarray(pc.count_substring(texts, pattern="�"), np.float64)
    return chars, non_ascii, replaced


def _vectors(
    batch: Batch, column: str, embedding: Embedding, named: tuple[str, ...]
) -> Iterator[View]:
    missing = batch.nulls(column)
    matrix, fits = vectors(batch, column, len(embedding.mean))
    misfit = ~fits if missing is None else ~fits & ~missing
    mean = np.array(embedding.mean)
    with np.errstate(invalid="ignore", over="ignore"):
        norm = np.sqrt(np.einsum("ij,ij->i", matrix, matrix))
        length = np.maximum(norm * np.sqrt(mean @ mean), 1e-300)
        # einsum goes row by row; a matrix product may round differently in another batch
        looked = [norm, np.einsum("ij,j->i", matrix, mean) / length]
        looked += [np.einsum("ij,j->i", matrix - mean, np.array(a)) for a in embedding.axes]
    for name, values in zip(named, looked, strict=True):
        yield View(name, values, missing, misfit if misfit.any() else None)
