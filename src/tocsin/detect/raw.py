"""Raw: the rows of one column as peers' methods take them, and what such a method says of them.

They bin and count for themselves, so profiles are no use to them.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from tocsin.detect.tails import Numbers
from tocsin.ingest import arrays
from tocsin.ingest.rows import FieldKind
from tocsin.ingest.system import System
from tocsin.profile.spec import Spec

Texts = NDArray[np.str_]


class Sort(StrEnum):
    """What a column holds, as peers tell columns apart: by the type in the file."""

    DECIMAL = "decimal"
    WHOLE = "whole"
    CATEGORY = "category"


@dataclass(frozen=True, slots=True, eq=False)
class Raw:
    """One column, row by row: numbers, or categories as texts; `there` says which are not missing.

    Infinite numbers count as missing.
    """

    sort: Sort
    values: Numbers | Texts
    there: NDArray[np.bool_]

    @classmethod
    def numbers(cls, values: Numbers, *, whole: bool = False) -> "Raw":
        """Return a column of numbers; what is not finite is missing."""
        sort = Sort.WHOLE if whole else Sort.DECIMAL
        return cls(sort, values, np.isfinite(values))

    @classmethod
    def categories(cls, values: Sequence[str | None]) -> "Raw":
        """Return a column of categories; None is missing."""
        there = np.array([value is not None for value in values], np.bool_)
        return cls(Sort.CATEGORY, np.array([value or "" for value in values], np.str_), there)

    @property
    def numeric(self) -> bool:
        """Whether it holds numbers."""
        return self.sort is not Sort.CATEGORY

    @property
    def known(self) -> Numbers | Texts:
        """The values that are there."""
        return self.values[self.there]

    @property
    def floats(self) -> Numbers:
        """The numbers that are there."""
        return np.asarray(self.known, np.float64)

    def part(self, start: int, end: int) -> "Raw":
        """Return the rows from `start` up to `end`."""
        return Raw(self.sort, self.values[start:end], self.there[start:end])

    def __len__(self) -> int:
        """Return the number of rows, missing ones too."""
        return len(self.values)


@dataclass(frozen=True, slots=True)
class Said:
    """The number, the peer's limit for it, its verdict, and its rule in words before the limit.

    `more` tells what else the number rests on, e.g. that it is a mean over chunks.
    """

    value: float
    limit: float
    drifted: bool
    rule: str
    more: str = ""


def counts(first: Raw, second: Raw) -> tuple[Numbers, Numbers]:
    """Return how often each value of either column stands in the first and in the second.

    Both arrays have one place per distinct value, in order.
    """
    a, b = first.known, second.known
    values, place = np.unique(np.concatenate([a, b]), return_inverse=True)
    one = np.bincount(place[: len(a)], minlength=len(values)).astype(np.float64)
    return one, np.bincount(place[len(a) :], minlength=len(values)).astype(np.float64)


def columns(
    reference: pa.Table, current: pa.Table, spec: Spec, system: System
) -> dict[str, tuple[Raw, Raw]]:
    """Return the rows of every column that both files share and peers would look at.

    Features that are numbers or categories, answers, outcomes and attributes; in order of time
    where the system names a column of times.
    """
    tables = [_ordered(table, system) for table in (reference, current)]
    found: dict[str, tuple[Raw, Raw]] = {}
    for name in _names(spec, system):
        if all(name in table.column_names for table in tables):
            was, now = (column(table, name) for table in tables)
            if was is not None and now is not None:
                found[name] = (was, now)
    return found


def _names(spec: Spec, system: System) -> Iterator[str]:
    peers = {FieldKind.NUMERIC, FieldKind.CATEGORICAL, FieldKind.BOOLEAN}
    named = [field.name for field in spec.schema.features if field.kind in peers]
    roles = (system.columns.score, system.columns.prediction, system.columns.label)
    yield from dict.fromkeys([*named, *(role for role in roles if role), *system.attributes])


def _ordered(table: pa.Table, system: System) -> pa.Table:
    time = system.columns.time
    if time is None:
        return table
    at = arrays.instants(arrays.whole(table.column(time)), naive_is_utc=True).values
    return table.take(np.argsort(arrays.ticks(at), kind="stable"))


def column(table: pa.Table, name: str) -> Raw | None:
    """Return a column's rows; None where it holds neither numbers nor categories."""
    cells = arrays.whole(table.column(name))
    kind = cells.type
    if pa.types.is_integer(kind) or pa.types.is_floating(kind) or pa.types.is_decimal(kind):
        values = np.asarray(arrays.dense(arrays.numbers(cells)), np.float64)
        return Raw.numbers(values, whole=pa.types.is_integer(kind))
    if pa.types.is_boolean(kind) or arrays.is_text(kind):
        return Raw.categories(arrays.texts(cells).to_pylist())
    return None
