"""The nouns of the profile room: a moment, its tally of counts, and single cells.

A **profile** maps moments (version, bucket) to tallies.  A **tally** holds, sparsely,

    features   one row of counts per slice that any row fell into: everyone and each single value
    outcomes   one row of counts per leaf of the slice cube: one value of every attribute at once
    marks      of everyone: distinct-value registers, smallest and largest values, which merge by
               maximum, a sample of the decisions with how often each came, and how inputs hang
               together

What people get decided is counted per leaf, so that any combination of attributes is a sum; inputs
are counted per single value, because leaves times inputs would be too many.  `Layout` gives the
places of a row their meaning; `cells.py` puts the two together.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

Counts: TypeAlias = NDArray[np.int64]


@dataclass(frozen=True, slots=True, order=True)
class CellKey:
    """Which rows a cell counts: a version, a slice key ("" is everyone) and a bucket's start."""

    version: str
    slice: str
    bucket: datetime


Cells: TypeAlias = Mapping[CellKey, Counts]
"""One vector of whole numbers per cell, laid out by `Layout(spec)`; absent means zero."""


@dataclass(frozen=True, slots=True, order=True)
class Moment:
    """A version and a bucket's start."""

    version: str
    bucket: datetime


@dataclass(frozen=True, slots=True, eq=False)
class Sheet:
    """Rows of counts by code: `counts[i]` belongs to `codes[i]`; absent codes are zero.

    `codes` are increasing, shape (R,); `counts` has shape (R, width).
    """

    codes: Counts
    counts: Counts

    @classmethod
    def empty(cls, width: int) -> "Sheet":
        """Return the sheet that counts nothing."""
        return cls(np.zeros(0, np.int64), np.zeros((0, width), np.int64))

    def same_as(self, other: "Sheet") -> bool:
        """Return whether both hold the same rows."""
        return np.array_equal(self.codes, other.codes) and np.array_equal(self.counts, other.counts)


@dataclass(frozen=True, slots=True, eq=False)
class Sample:
    """The decisions with the smallest hashes, rising, and how often each came; see `repeats`."""

    hashes: NDArray[np.uint64]
    times: Counts

    def same_as(self, other: "Sample") -> bool:
        """Return whether both hold the same decisions equally often."""
        return np.array_equal(self.hashes, other.hashes) and np.array_equal(self.times, other.times)


NO_PAIRS: Counts = np.zeros(0, np.int64)
NO_SAMPLE = Sample(np.zeros(0, np.uint64), np.zeros(0, np.int64))


@dataclass(frozen=True, slots=True, eq=False)
class Marks:
    """What is known of everyone of one moment alone.

    registers: shape (columns, `sketch.REGISTERS`), uint8, see `layout.distinct_columns`.
    lowest, highest: shape (numeric columns,), +inf and -inf where no finite value was seen.
    sample: of the decisions; empty where the spec does not ask for it.
    pairs: sums of products of inputs, see `pairs`; empty where not asked for, or without rows.
    """

    registers: NDArray[np.uint8]
    lowest: NDArray[np.float64]
    highest: NDArray[np.float64]
    sample: Sample = NO_SAMPLE
    pairs: Counts = field(default_factory=lambda: NO_PAIRS)

    @classmethod
    def none(cls, columns: int, numeric: int, registers: int) -> "Marks":
        """Return the marks of no rows."""
        return cls(
            np.zeros((columns, registers), np.uint8),
            np.full(numeric, np.inf),
            np.full(numeric, -np.inf),
        )

    def same_as(self, other: "Marks") -> bool:
        """Return whether both are equal in every number."""
        return (
            np.array_equal(self.registers, other.registers)
            and np.array_equal(self.lowest, other.lowest)
            and np.array_equal(self.highest, other.highest)
            and self.sample.same_as(other.sample)
            and np.array_equal(self.pairs, other.pairs)
        )


@dataclass(frozen=True, slots=True, eq=False)
class Tally:
    """The counts of one moment, see the module."""

    features: Sheet
    outcomes: Sheet
    marks: Marks

    def same_as(self, other: "Tally") -> bool:
        """Return whether both count the same."""
        return (
            self.features.same_as(other.features)
            and self.outcomes.same_as(other.outcomes)
            and self.marks.same_as(other.marks)
        )


Profile: TypeAlias = Mapping[Moment, Tally]
"""The counts of some rows; an absent moment had none."""


def same(a: Profile, b: Profile) -> bool:
    """Return whether two profiles are identical, number by number."""
    return a.keys() == b.keys() and all(a[moment].same_as(b[moment]) for moment in a)
