"""Rivals: what Evidently and NannyML say of a window by default, and how loudly.

Their rules are `tocsin.detect.evidently` and `.nannyml`, which give their numbers (`tables.py`).
Loudness is a rule's number over its limit, so that 1 is their alarm and any other level gives an
alarm of another false-alarm rate.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from tocsin.detect import evidently, nannyml
from tocsin.detect.raw import Raw

Rows = NDArray[np.intp]
Chunks = Sequence[NDArray[np.float64]]
DEVIATIONS = 3.0


@dataclass(frozen=True, eq=False)
class Columns:
    """All columns of a table as rivals take them, to be cut by rows."""

    raw: Mapping[str, Raw]
    groups: Mapping[str, tuple[tuple[str, ...], Rows]]
    """Of each attribute its values, and the place of each row's value among them."""
    right: NDArray[np.bool_]
    """Whether each answer was right."""

    @classmethod
    def of(
        cls, table: pa.Table, numeric: Sequence[str], coded: Sequence[str], slices: Sequence[str]
    ) -> "Columns":
        """Return the inputs, the attributes that cut slices, and the outcomes of `table`."""
        raw = {name: Raw.numbers(floats(table, name)) for name in numeric}
        raw |= {
            name: Raw.categories([None if one is None else str(one) for one in texts(table, name)])
            for name in coded
        }
        groups = {name: _coded([str(one) for one in texts(table, name)]) for name in slices}
        yes, late = (np.array(texts(table, name), np.bool_) for name in ("yes", "late"))
        return cls(raw, groups, yes == late)

    def take(self, rows: Rows) -> "Columns":
        """Return some rows."""
        raw = {
            name: Raw(one.sort, one.values[rows], one.there[rows]) for name, one in self.raw.items()
        }
        groups = {name: (values, codes[rows]) for name, (values, codes) in self.groups.items()}
        return Columns(raw, groups, self.right[rows])

    def only(self, *columns: str) -> "Columns":
        """Return the same with some of the inputs."""
        return Columns({name: self.raw[name] for name in columns}, self.groups, self.right)

    def sliced(self) -> Iterator[tuple[str, "Columns"]]:
        """Yield each slice and its rows."""
        for name, (values, codes) in self.groups.items():
            for code, value in enumerate(values):
                yield f"{name}={value}", self.take(np.flatnonzero(codes == code))

    def accuracies(self) -> dict[str, tuple[float, int]]:
        """Return the accuracy and the rows of each slice that has any."""
        found: dict[str, tuple[float, int]] = {}
        for name, (values, codes) in self.groups.items():
            n = np.bincount(codes, minlength=len(values))
            right = np.bincount(codes, self.right, len(values))
            seen = zip(values, n.tolist(), right.tolist(), strict=True)
            found |= {f"{name}={value}": (k / m, m) for value, m, k in seen if m}
        return found


def _coded(values: list[str]) -> tuple[tuple[str, ...], Rows]:
    names, codes = np.unique(np.array(values), return_inverse=True)
    return tuple(names.tolist()), codes


def floats(table: pa.Table, name: str) -> NDArray[np.float64]:
    """Return a column as floats, NaN where missing."""
    return np.asarray(table.column(name).cast(pa.float64()).to_numpy(), np.float64)


def texts(table: pa.Table, name: str) -> list[object]:
    """Return a column's values."""
    return list(table.column(name).to_pylist())


def evidently_drift(was: Columns, now: Columns) -> dict[str, float]:
    """Return the loudness of Evidently's default drift test of each column (reference > 1,000)."""
    found: dict[str, float] = {}
    for name, column in was.raw.items():
        if not (now.raw[name].there.any() and column.there.any()):
            continue
        few = column.numeric and len(np.unique(column.floats)) <= 5
        test = evidently.wasserstein if column.numeric and not few else evidently.jensenshannon
        found[name] = test(column, now.raw[name]).value / 0.1
    return found


@dataclass(frozen=True, eq=False)
class Nannyml:
    """NannyML's default drift rule and realised accuracy, fitted on chunks of the reference."""

    distances: Mapping[str, tuple[nannyml.Distance, float, float]]
    accuracy: tuple[float, float]

    @classmethod
    def of(cls, reference: Columns, size: int) -> "Nannyml | None":
        """Return the rules for windows of `size` rows; None where the reference has no 3 chunks."""
        n = len(reference.right)
        parts = [np.arange(start, start + size) for start in range(0, n - size + 1, size)]
        if len(parts) < 3:
            return None
        distances: dict[str, tuple[nannyml.Distance, float, float]] = {}
        for name, column in reference.raw.items():
            apart = nannyml.jensen_shannon(column)
            seen = [apart(Raw(column.sort, column.values[p], column.there[p])) for p in parts]
            distances[name] = (apart, float(np.nanmean(seen)), float(np.nanstd(seen)))
        rights = [float(reference.right[part].mean()) for part in parts]
        return cls(distances, (float(np.mean(rights)), float(np.std(rights))))

    def drift(self, now: Columns) -> dict[str, float]:
        """Return the loudness of each column's drift."""
        found: dict[str, float] = {}
        for name, (apart, mean, spread) in self.distances.items():
            value = apart(now.raw[name])
            limit = mean + DEVIATIONS * spread
            found[name] = float(value / limit) if limit > 0 and np.isfinite(value) else 0.0
        return found

    def performance(self, now: Columns) -> float:
        """Return the loudness of realised accuracy."""
        mean, spread = self.accuracy
        return abs(float(now.right.mean()) - mean) / max(DEVIATIONS * spread, 1e-9)
