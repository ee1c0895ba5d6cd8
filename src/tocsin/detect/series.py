"""A KPI over time: the sums of its buckets, and how surely each tells the value.

    rate   total successes in n trials      value total / n    variance p (1 - p) / n
    mean   total of n amounts               value total / n    variance 1 / n     (times a scale)
    sum    total                            value total        variance total     (times a scale)

The scale is learnt from the past (`season`), so that overdispersion is charged and not assumed
away.  Buckets without rows are not there: that nothing came is told by volume and silence.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from tocsin.detect.tails import Numbers
from tocsin.ingest.kpi import KpiKind


class Row(NamedTuple):
    """One reported piece of a KPI: when (seconds since 1970), its total and how many it counts."""

    at_s: float
    total: float
    n: float


@dataclass(frozen=True, eq=False)
class Series:
    """Buckets in order of time, arrays of shape (T,): starts in s since 1970, totals, counts."""

    start_s: Numbers
    total: Numbers
    n: Numbers

    @classmethod
    def of(cls, rows: Iterable[Row], every_s: int) -> "Series":
        """Return the sums of `rows`, in any order, by buckets of `every_s` seconds."""
        return cls.of_table(np.array([tuple(row) for row in rows], np.float64), every_s)

    @classmethod
    def of_table(cls, rows: Numbers, every_s: int) -> "Series":
        """Return the same of rows as an array of shape (R, 3): instants, totals, counts."""
        table = rows.reshape(-1, 3)
        start, place = np.unique(table[:, 0] // every_s * every_s, return_inverse=True)
        total, n = (summed(place, table[:, column], len(start)) for column in (1, 2))
        return cls(start, total, n)

    def __len__(self) -> int:
        """Return the number of buckets."""
        return len(self.start_s)

    def take(self, places: NDArray[np.intp]) -> "Series":
        """Return the buckets at `places`."""
        return Series(self.start_s[places], self.total[places], self.n[places])

    def cut(self, first: int, end: int) -> "Series":
        """Return the buckets from `first` up to `end`."""
        part = slice(first, end)
        return Series(self.start_s[part], self.total[part], self.n[part])

    def value(self, kind: KpiKind) -> Numbers:
        """Return what each bucket says; NaN where it counts nothing."""
        if kind is KpiKind.SUM:
            return self.total
        with np.errstate(invalid="ignore", divide="ignore"):
            return np.where(self.n > 0, self.total / self.n, np.nan)


def summed(place: NDArray[np.intp], part: Numbers, size: int) -> Numbers:
    """Return the sums of `part` by place, shape (size,)."""
    return np.bincount(place, weights=part, minlength=size).astype(np.float64)


def variance(kind: KpiKind, expected: Numbers, n: Numbers) -> Numbers:
    """Return the variance of a bucket's value up to a scale, > 0.

    Args:
        kind: of the KPI.
        expected: the value that is expected, shape (T,).
        n: what the bucket counts, shape (T,).
    """
    if kind is KpiKind.SUM:
        return np.maximum(expected, np.maximum(np.median(expected), 1.0) * 1e-3)
    counted = np.maximum(n, 1.0)
    if kind is KpiKind.MEAN:
        return 1.0 / counted
    share = np.clip(expected, 1e-6, 1 - 1e-6)
    return share * (1 - share) / counted
