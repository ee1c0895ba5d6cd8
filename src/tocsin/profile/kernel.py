"""The kernel: rows in, counts out.

A pure function on Arrow tables, so that every engine that runs it over any split of the rows and
merges gives the same numbers.

Each column is turned into bin numbers once; one `bincount` per column and attribute then fills all
cells of that attribute at a time.  Everyone is the sum over the values of any one attribute.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import cast

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from tocsin.base.slices import Slice, parse
from tocsin.ingest import arrays
from tocsin.ingest.arrays import Column
from tocsin.profile.cell import CellKey, Counts, Profile
from tocsin.profile.layout import DECIDERS, Layout, layout_of, score_edges
from tocsin.profile.spec import LATENCY_EDGES_MS, NumericBins, Spec

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MOST_NUMBERS = 16_000_000
"""Rows are counted in parts so that one dense block of cells stays below 128 MB."""
_FARTHEST = float(1 << 36)
"""Units beyond which a value enters a sum as if it were this far, so that int64 never overflows."""

Codes = NDArray[np.intp]
Flags = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class _Part:
    """One column's contribution: place `codes[i]` (below 0: none) gains `weights[i]`, or 1."""

    place: slice
    codes: Codes
    weights: Counts | None = None


_PartsOf = Callable[[pa.Table, Layout], Iterator[_Part]]


@dataclass(frozen=True, slots=True)
class _Group:
    """An attribute: the code of each row's value, the last code for values without a slice."""

    keys: tuple[str, ...]
    codes: Codes


def profile(rows: pa.Table, spec: Spec) -> Profile:
    """Return the counts of `rows` by version, slice and bucket.

    Args:
        rows: predictions in the lake's schema (`spec.schema.predictions()`); a column `label`
            (canonical text, null where unknown) beside it is counted too.  Columns of the schema
            that are absent count as null.
        spec: learnt from the reference.

    Returns:
        One vector per (version, slice, bucket) that any row falls into.
    """
    return _count(rows, spec, _all_parts)


def profile_labels(rows: pa.Table, spec: Spec) -> Profile:
    """Return only what outcomes add to a profile: for labels that arrive after their predictions.

    Args:
        rows: predictions joined with their `label`; the bucket is that of the prediction's `at`.
        spec: learnt from the reference.
    """
    return _count(rows, spec, _labels)


def _all_parts(rows: pa.Table, layout: Layout) -> Iterator[_Part]:
    yield from _predictions(rows, layout)
    if "label" in rows.column_names:
        yield from _labels(rows, layout)


def _predictions(rows: pa.Table, layout: Layout) -> Iterator[_Part]:
    spec, n = layout.spec, rows.num_rows
    system = np.zeros(n, np.intp)
    yield _Part(layout.places["n"], system)
    failed = ~_nulls(rows, "error")
    yield _flag(layout, "n_error", failed)
    deciders = _places(rows, "decided_by", DECIDERS)
    deciders[_nulls(rows, "decided_by")] = 0  # nobody else said so: the system decided
    yield _Part(layout.places["n_by_decider"], deciders)
    answered = ~_nulls(rows, "prediction")
    yield _flag(layout, "n_prediction", answered)
    yield _flag(layout, "n_positive", _equals(rows, "prediction", spec.positive))
    scores = _scores(rows, spec)
    yield _Part(layout.places["score_hist"], scores)
    yield _flag(layout, "score_missing", (scores < 0) & (deciders == 0) & ~failed & answered)
    latency = _numbers(rows, "latency_ms")
    slow = np.searchsorted(np.array(LATENCY_EDGES_MS), latency, side="right")
    yield _Part(layout.places["latency_hist"], np.where(np.isnan(latency), -1, slow))
    for bins in spec.numeric:
        yield from _numeric(rows, layout, bins)
    for categories in spec.categorical:
        name = f"f_{categories.name}"
        missing = _nulls(rows, name)
        codes = _places(rows, name, categories.values)
        yield _Part(layout.places[f"{name}.counts"], codes)
        yield _flag(layout, f"{name}.unseen", (codes < 0) & ~missing)
        yield _flag(layout, f"{name}.missing", missing)


def _numeric(rows: pa.Table, layout: Layout, bins: NumericBins) -> Iterator[_Part]:
    name = f"f_{bins.name}"
    values, missing = _numbers(rows, name), _nulls(rows, name)
    invalid = ~missing & ~np.isfinite(values)
    usable = ~missing & ~invalid
    codes = np.searchsorted(np.array(bins.edges), values, side="right") - 1
    last = len(bins.edges) - 1
    inside = usable & (codes >= 0) & (codes < last)
    yield _Part(layout.places[f"{name}.hist"], np.where(inside, codes, -1))
    yield _flag(layout, f"{name}.under", usable & (codes < 0))
    yield _flag(layout, f"{name}.over", usable & (codes >= last))
    yield _flag(layout, f"{name}.missing", missing)
    yield _flag(layout, f"{name}.invalid", invalid)
    with np.errstate(over="ignore"):  # an overflow is clipped on the next line
        steps = (np.where(usable, values, 0.0) - bins.edges[0]) / bins.unit
    units = np.rint(np.clip(steps, -_FARTHEST, _FARTHEST)).astype(np.int64)
    yield _Part(layout.places[f"{name}.sum"], np.where(usable, 0, -1), units)


def _labels(rows: pa.Table, layout: Layout) -> Iterator[_Part]:
    spec = layout.spec
    known = ~_nulls(rows, "label")
    truth = _equals(rows, "label", spec.positive)
    answered = known & ~_nulls(rows, "prediction")
    yes = _equals(rows, "prediction", spec.positive)
    yield _flag(layout, "n_labelled", known)
    scores = _scores(rows, spec)
    yield _Part(layout.places["pos_hist"], np.where(known & truth, scores, -1))
    yield _Part(layout.places["neg_hist"], np.where(known & ~truth, scores, -1))
    yield _flag(layout, "tp", answered & yes & truth)
    yield _flag(layout, "fp", answered & yes & ~truth)
    yield _flag(layout, "tn", answered & ~yes & ~truth)
    yield _flag(layout, "fn", answered & ~yes & truth)


def profile_parts(
    rows: pa.Table, spec: Spec, part_of: Codes, how_many: int
) -> list[dict[str, Counts]]:
    """Return the counts of `rows` by slice, apart for each of `how_many` parts.

    Args:
        rows: as for `profile`; versions and buckets are added up.
        spec: learnt from the reference.
        part_of: the part that each row belongs to, 0 <= part < how_many.
        how_many: number of parts.
    """
    return _tally(rows, spec, _all_parts, part_of, how_many)


def _count(rows: pa.Table, spec: Spec, parts_of: _PartsOf) -> Profile:
    if rows.num_rows == 0:
        return {}
    moments, moment_of = _moments(rows, spec)
    tallies = _tally(rows, spec, parts_of, moment_of, len(moments))
    return {
        CellKey(version, key, bucket): counts
        for (version, bucket), cells in zip(moments, tallies, strict=True)
        for key, counts in cells.items()
    }


def _tally(
    rows: pa.Table, spec: Spec, parts_of: _PartsOf, moment_of: Codes, moments: int
) -> list[dict[str, Counts]]:
    """Return for each moment the counts by slice key; a slice without any count is absent."""
    layout = layout_of(spec)
    groups = _groups(rows, spec)
    cells_a_moment = sum(len(group.keys) + 1 for group in groups)
    at_once = max(1, _MOST_NUMBERS // (layout.width * cells_a_moment))
    if moments > at_once:
        counted: list[dict[str, Counts]] = []
        for first in range(0, moments, at_once):
            these = np.flatnonzero((moment_of >= first) & (moment_of < first + at_once))
            some = min(at_once, moments - first)
            counted += _tally(rows.take(these), spec, parts_of, moment_of[these] - first, some)
        return counted
    blocks = [
        _Block(group, moment_of * (len(group.keys) + 1) + group.codes, moments, layout.width)
        for group in groups
    ]
    for part in parts_of(rows, layout):
        used = None if part.codes.min(initial=0) >= 0 else np.flatnonzero(part.codes >= 0)
        for block in blocks:
            block.add(part, used)
    everyone = blocks[0].counts.sum(axis=1)
    tallies: list[dict[str, Counts]] = []
    for moment in range(moments):
        cells = {"": everyone[moment]}
        for block in blocks:
            cells |= dict(zip(block.group.keys, block.counts[moment], strict=False))
        tallies.append({key: counts.copy() for key, counts in cells.items() if counts.any()})
    return tallies


class _Block:
    """The cells of one attribute: counts of shape (moments, values + 1, width)."""

    def __init__(self, group: _Group, cell_of: Codes, moments: int, width: int) -> None:
        self.group, self._cell_of = group, cell_of
        self.counts: Counts = np.zeros((moments, len(group.keys) + 1, width), np.int64)

    def add(self, part: _Part, used: Codes | None) -> None:
        """Count one column; `used` are the rows that it counts, None is all."""
        moments, values, _ = self.counts.shape
        size = part.place.stop - part.place.start
        cells, codes = self._cell_of, part.codes
        if used is not None:
            cells, codes = cells[used], codes[used]
        flat = cells * size + codes if size > 1 else cells
        if part.weights is None:
            sums = np.bincount(flat, minlength=moments * values * size)
        else:  # bincount adds weights as floats, which are not exact beyond 2**53
            sums = np.zeros(moments * values * size, np.int64)
            np.add.at(sums, flat, part.weights if used is None else part.weights[used])
        self.counts[:, :, part.place] = sums.reshape(moments, values, size)


def _moments(rows: pa.Table, spec: Spec) -> tuple[list[tuple[str, datetime]], Codes]:
    """Return the distinct (version, bucket start) of the rows, and which of them each row has."""
    at_us = _array(rows, "at").cast(pa.timestamp("us", tz="UTC")).cast(pa.int64())
    bucket = np.asarray(at_us.to_numpy(zero_copy_only=False), np.int64) // (
        spec.bucket_s * 1_000_000
    )
    versions: Column = _array(rows, "version").fill_null("")
    names = [str(v) for v in pc.unique(versions).to_pylist()]
    codes = np.asarray(pc.index_in(versions, value_set=pa.array(names, pa.string())), np.int64)
    first = int(bucket.min())
    length = int(bucket.max()) - first + 1
    distinct, inverse = np.unique(codes * length + (bucket - first), return_inverse=True)
    moments = [
        (names[c // length], _EPOCH + timedelta(seconds=(c % length + first) * spec.bucket_s))
        for c in (int(d) for d in distinct)
    ]
    return moments, inverse.astype(np.intp)


def _groups(rows: pa.Table, spec: Spec) -> list[_Group]:
    values: dict[str, list[str]] = {}
    for key in spec.slices:
        attribute, value = parse(key).conditions[0]
        values.setdefault(attribute, []).append(value)
    groups: list[_Group] = []
    for attribute, known in values.items():
        codes = _places(rows, f"s_{attribute}", tuple(known))
        codes[codes < 0] = len(known)
        groups.append(_Group(tuple(Slice.of({attribute: v}).key for v in known), codes))
    return groups or [_Group((), np.zeros(rows.num_rows, np.intp))]


def _scores(rows: pa.Table, spec: Spec) -> Codes:
    values = _numbers(rows, "score")
    codes = np.searchsorted(score_edges(spec)[1:-1], values, side="right")
    return np.where(np.isnan(values), -1, codes)


def _array(rows: pa.Table, name: str) -> Column:
    if name not in rows.column_names:
        return pa.nulls(rows.num_rows, pa.string())
    return arrays.whole(rows.column(name))


def _numbers(rows: pa.Table, name: str) -> NDArray[np.float64]:
    """Return a column as floats; null and NaN are both NaN."""
    column = _array(rows, name).cast(pa.float64())
    return np.asarray(column.to_numpy(zero_copy_only=False), np.float64)


def _nulls(rows: pa.Table, name: str) -> Flags:
    return arrays.nulls(_array(rows, name))


def _places(rows: pa.Table, name: str, values: tuple[str, ...]) -> Codes:
    """Return the place of each text in `values`, -1 for null and for others."""
    if not values:
        return np.full(rows.num_rows, -1, np.intp)
    column = _array(rows, name).cast(pa.string())
    found = cast("Column", pc.index_in(column, value_set=pa.array(values, pa.string())))
    return np.asarray(found.fill_null(-1), np.intp).copy()


def _equals(rows: pa.Table, name: str, value: str) -> Flags:
    return _places(rows, name, (value,)) == 0


def _flag(layout: Layout, name: str, flags: Flags) -> _Part:
    return _Part(layout.places[name], np.where(flags, 0, -1))
