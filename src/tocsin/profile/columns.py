"""Columns: one batch of rows as NumPy reads it, each column taken apart at most once.

Text may come as strings or dictionary-encoded; the latter is far cheaper, since only distinct
values are looked up.  Columns of the schema that are absent are null.
"""

from collections.abc import Container, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from typing import Any, cast

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from tocsin.ingest import arrays
from tocsin.ingest.arrays import Column
from tocsin.ingest.rows import INSTANT
from tocsin.profile.cell import Counts
from tocsin.profile.garbled import garbled
from tocsin.profile.sketch import Hashes, text_hashes

Codes = NDArray[np.intp]
Flags = NDArray[np.bool_]
Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Known:
    """The texts that a spec knows of one column: those with a place of their own, and others."""

    values: tuple[str, ...]
    others: tuple[str, ...] = ()

    @cached_property
    def array(self) -> Column:
        """Both, as one array."""
        return pa.array([*self.values, *self.others], pa.string())

    @cached_property
    def hashes(self) -> Hashes:
        """A 64-bit hash of each."""
        return text_hashes((*self.values, *self.others))


@lru_cache(maxsize=1024)
def known(values: tuple[str, ...], others: tuple[str, ...] = ()) -> Known:
    """Return these texts, prepared for look-ups once."""
    return Known(values, others)


@dataclass(frozen=True, eq=False)
class Words:
    """The distinct values of a text column, shape (W,), and what was looked up of them."""

    texts: Column
    _looked: dict[Known, tuple[Codes, Hashes]] = field(
        default_factory=dict[Known, tuple[Codes, Hashes]]
    )

    @cached_property
    def garbled(self) -> Flags:
        """Which texts have a broken encoding, and a last one for null, shape (W + 1,)."""
        return np.append(garbled(self.texts), np.False_)

    def places(self, of: Known) -> Codes:
        """Return each text's place, and a last one for null, shape (W + 1,).

        Of K values: below K its own, K for any of the others, K + 1 for a stranger, K + 2 for null.
        """
        return self._look(of)[0]

    def hashes(self, of: Known) -> Hashes:
        """Return a 64-bit hash of each text, shape (W,)."""
        return self._look(of)[1]

    def _look(self, of: Known) -> tuple[Codes, Hashes]:
        if of not in self._looked:
            size = len(of.values)
            found = cast("Column", pc.index_in(self.texts, value_set=of.array))
            index = np.asarray(found.fill_null(-1), np.intp)
            place = np.where(index < 0, size + 1, np.minimum(index, size))
            strange = np.flatnonzero(index < 0)
            hashes = np.append(of.hashes, np.uint64(0))[index]  # -1 is the last, filled next
            hashes[strange] = text_hashes(self.texts.take(pa.array(strange)).to_pylist())
            self._looked[of] = np.append(place, size + 2), hashes
        return self._looked[of]


def batches(rows: pa.Table, most: int, prose: Container[str]) -> Iterator[tuple[int, "Batch"]]:
    """Yield `rows` in batches of at most `most`, each with the number of its first row.

    Args:
        rows: any chunking.
        most: rows of a batch.
        prose: text columns that hardly repeat a value, not worth a dictionary.
    """
    columns: dict[str, Column] = {}
    for name in rows.column_names:
        column = arrays.chunk(rows.column(name))
        if arrays.is_text(column.type) and name not in prose:
            column = pc.dictionary_encode(column)
        columns[name] = column
    words: dict[str, Words] = {}
    for start in range(0, rows.num_rows, most):
        some = {name: column.slice(start, most) for name, column in columns.items()}
        yield start, Batch(some, min(most, rows.num_rows - start), words)


class Batch:
    """Some rows in the lake's schema."""

    def __init__(
        self, columns: Mapping[str, Column], n: int, words: dict[str, Words] | None = None
    ) -> None:
        """Hold `n` rows; `words` is shared by batches whose columns have the same dictionaries."""
        self._columns, self.n = columns, n
        self._words: dict[str, Words] = {} if words is None else words

    def take(self, rows: Codes) -> "Batch":
        """Return a batch of these rows."""
        index = pa.array(rows)
        columns = {name: column.take(index) for name, column in self._columns.items()}
        return Batch(columns, len(rows), self._words)

    def __contains__(self, name: str) -> bool:
        return name in self._columns

    def column(self, name: str) -> Column:
        """Return a column as one array, texts dictionary-encoded or not; null where absent."""
        found = self._columns.get(name)
        return pa.nulls(self.n, pa.string()) if found is None else found

    def ticks(self, name: str) -> Counts:
        """Return a column of instants as microseconds since 1970; null is 0."""
        at: Column = self.column(name).cast(INSTANT).cast(pa.int64()).fill_null(0)
        return np.asarray(at.to_numpy(zero_copy_only=False), np.int64)

    def floats(self, name: str) -> Floats:
        """Return a column as floats; null is NaN."""
        column = self.column(name)
        if not pa.types.is_float64(column.type):
            column = column.cast(pa.float64())
        return np.asarray(column.to_numpy(zero_copy_only=False), np.float64)

    def numbers(self, name: str) -> Floats:
        """Return a column of numbers, or of texts that are numbers, as floats; null is NaN."""
        column = self.column(name)
        if pa.types.is_dictionary(column.type):
            column = column.dictionary_decode()
        return np.asarray(column.cast(pa.float64()).to_numpy(zero_copy_only=False), np.float64)

    def nulls(self, name: str) -> Flags | None:
        """Return where a column is null; None where it nowhere is."""
        column = self.column(name)
        return None if column.null_count == 0 else np.asarray(column.is_null())

    def present(self, name: str) -> Flags:
        """Return where a column is not null."""
        nulls = self.nulls(name)
        return np.ones(self.n, np.bool_) if nulls is None else ~nulls

    def words(self, name: str) -> tuple[Words, Codes]:
        """Return a text column's distinct values, and which each row has; one more for null."""
        column = self.column(name)
        if not pa.types.is_dictionary(column.type):
            column = pc.dictionary_encode(column.cast(pa.string()))
            words = Words(column.dictionary)
        else:
            if name not in self._words:
                self._words[name] = Words(column.dictionary.cast(pa.string()))
            words = self._words[name]
        indices: Any = column.indices
        if indices.type.bit_width < 32:  # too narrow for one or two more codes than there are words
            indices = indices.cast(pa.int32())
        if indices.null_count:
            indices = indices.fill_null(len(words.texts))
        return words, np.asarray(indices)

    def places(self, name: str, values: tuple[str, ...]) -> Codes:
        """Return each text's place in `values`; len(values) for any other, one more for null."""
        words, of_row = self.words(name)
        place = words.places(known(values))
        return (place - (place > len(values))).take(of_row)

    def bytes_of(self, name: str) -> tuple[Counts, Hashes]:
        """Return where each text of a column begins, shape (n + 1,), and all their bytes.

        The bytes come eight by eight, the first lowest, and one more such word.
        """
        column: Any = self.column(name)
        if pa.types.is_dictionary(column.type):
            column = column.dictionary_decode()
        column = column.cast(pa.large_string())
        _, offsets, data = column.buffers()
        starts = np.frombuffer(offsets, np.int64)[column.offset : column.offset + self.n + 1]
        first, last = int(starts[0]), int(starts[-1])
        words = np.zeros((last - first) // 8 + 2, np.uint64)
        if data is not None:
            words.view(np.uint8)[: last - first] = np.frombuffer(data, np.uint8)[first:last]
        return starts - first, words

    def garbled(self, name: str) -> Flags:
        """Return where a column's text has a broken encoding."""
        column = self.column(name)
        if pa.types.is_dictionary(column.type):
            words, of_row = self.words(name)
            return words.garbled.take(of_row)
        return garbled(column.cast(pa.string()))

    def equals(self, name: str, value: str) -> Flags:
        """Return where a column of texts holds `value`."""
        return self.places(name, (value,)) == 0
