"""Rivals: what Evidently and NannyML say of a window by default, and how loudly.

Their rules are `tocsin.detect.evidently` and `.nannyml`, which give their numbers (`tables.py`).
Loudness is a rule's number over its limit, so that 1 is their alarm and any other level gives an
alarm of another false-alarm rate.
"""

import hashlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray
from scipy.spatial import distance

from tocsin.detect import evidently, nannyml
from tocsin.detect.raw import Raw, Sort
from tocsin.ingest import arrays

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
        raw |= {name: _categories(table, name) for name in coded}
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


def _categories(table: pa.Table, name: str) -> Raw:
    """Return a column of categories, a number for each text: no rival asks what they are called."""
    coded: Any = arrays.whole(table.column(name)).dictionary_encode()
    known = [_number(str(one)) for one in coded.dictionary.to_pylist()]
    codes = np.asarray(coded.indices.fill_null(-1), np.intp)
    values = np.array([*known, 0.0])[codes]
    return Raw(Sort.CATEGORY, values, codes >= 0)


def _number(text: str) -> float:
    digest = hashlib.blake2b(text.encode(), digest_size=6).digest()
    return float(int.from_bytes(digest, "big"))  # 48 bits, which a float holds


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
        if now.raw[name].there.any() and column.there.any():
            test = evidently.wasserstein if _many(column) else evidently.jensenshannon
            found[name] = test(column, now.raw[name]).value / evidently.FAR
    return found


def _many(column: Raw) -> bool:
    return column.numeric and len(np.unique(column.floats)) > 5


@dataclass(frozen=True, eq=False)
class Evidently:
    """`evidently_drift`, its reference sorted once: the same numbers for a tenth of the time."""

    apart: Mapping[str, Callable[[Raw], float]]

    @classmethod
    def of(cls, reference: Columns) -> "Evidently":
        """Prepare the columns that have any value."""
        return cls(
            {
                name: _earth_moved(column) if _many(column) else _jensen_shannon(column)
                for name, column in reference.raw.items()
                if column.there.any()
            }
        )

    def drift(self, now: Columns) -> dict[str, float]:
        """Return what `evidently_drift` does.

        >>> first, second = (
        ...     Raw.numbers(np.random.default_rng(k).gamma(2, 1 + k / 9, 400)) for k in (0, 1)
        ... )
        >>> exact = evidently.wasserstein(first, second).value
        >>> abs(_earth_moved(first)(second) - exact) < 1e-12
        True
        """
        return {
            name: apart(now.raw[name]) / evidently.FAR
            for name, apart in self.apart.items()
            if now.raw[name].there.any()
        }


def _earth_moved(reference: Raw) -> Callable[[Raw], float]:
    """Return Wasserstein's distance from a reference, over its spread.

    With Q the reference's quantile function, each of n sorted values v takes what lies between its
    two quantiles, all below it up and all above it down:  sum of ∫ |Q(t) - v| dt.
    """
    known = np.sort(reference.floats)
    spread = max(float(reference.floats.std()), 0.001)
    mass = np.concatenate([[0.0], np.cumsum(known - known.mean()) / len(known)])

    def moved(t: NDArray[np.float64]) -> NDArray[np.float64]:
        place = np.minimum((t * len(known)).astype(np.intp), len(known) - 1)
        return mass[place] + (t - place / len(known)) * (known[place] - known.mean())

    def apart(now: Raw) -> float:
        values = np.sort(now.floats)
        borders = np.arange(len(values) + 1) / len(values)
        low, high = borders[:-1], borders[1:]
        middle = np.clip(np.searchsorted(known, values) / len(known), low, high)
        at_low, at_middle, at_high = moved(low), moved(middle), moved(high)
        v = values - known.mean()
        below = v * (middle - low) - (at_middle - at_low)
        above = (at_high - at_middle) - v * (high - middle)
        return float((below + above).sum()) / spread

    return apart


def _jensen_shannon(reference: Raw) -> Callable[[Raw], float]:
    values, seen = np.unique(reference.known, return_counts=True)
    shares = seen / len(reference.known)

    def apart(now: Raw) -> float:
        found, times = np.unique(now.known, return_counts=True)
        every = np.union1d(values, found)
        p, q = np.zeros((2, len(every)))
        p[np.searchsorted(every, values)] = shares
        q[np.searchsorted(every, found)] = times / len(now.known)
        return float(distance.jensenshannon(p, q))

    return apart


def assert_same(was: Columns, now: Columns) -> None:
    """Raise an error where the quick numbers are not Evidently's."""
    quick, exact = Evidently.of(was).drift(now), evidently_drift(was, now)
    for name, value in exact.items():
        if not np.isclose(quick[name], value, rtol=1e-7, atol=1e-7):
            raise AssertionError(f"{name}: {quick[name]} is not Evidently's {value}")


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
