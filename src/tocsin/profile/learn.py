"""Learn a spec from the reference: which columns are counted, and into which bins.

Edges are fixed here once and never again, so that every later profile adds up with every other.
Numeric features get bins at the reference's 64 quantiles; a value that alone fills a quantile (a
point mass, such as zero income) gets a bin of its own.  Columns of times and of nested values that
nobody named are left out: they always move, or have no distribution to compare.
"""

from collections import Counter
from collections.abc import Sequence
from typing import cast

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from tocsin.base.errors import BadInput
from tocsin.base.slices import Slice
from tocsin.ingest import arrays
from tocsin.ingest.arrays import Column
from tocsin.ingest.rows import Attribute, Field, FieldKind, Schema
from tocsin.ingest.system import System, canonical, plain
from tocsin.profile.spec import Categories, NumericBins, Spec

FINE_BINS = 64
MOST_CATEGORIES = 50
MOST_SLICES = 50
"""Values of one attribute that are profiled as slices; rarer ones count in everyone only."""
_LARGEST = 1e300
"""Edges stay this side of the largest double, so that their differences are finite."""
FEWEST_NUMBERS = 20
"""Whole numbers with at most this many distinct values are codes, not amounts."""


def learn(table: pa.Table, system: System) -> Spec:
    """Return the spec of `system`, learnt from its reference.

    Args:
        table: the reference as the user has it, their column names; at least one row.
        system: names the columns' roles; `features` empty means every column without a role.

    Returns:
        A spec whose schema, bins, categories and slices cover the reference.

    Raises:
        BadInput: the reference is empty, a named column is missing, stands twice or has an
            unusable type, scores leave [0, 1], or predictions or labels are not two classes.
    """
    where = f"reference of {system.name}"
    if table.num_rows == 0:
        raise BadInput("the reference has no rows", where=where, do="give at least a few hundred")
    _check_columns(table, system, where)
    _check_classes(table, system, where)
    kinds = _features(table, system, where)
    attributes = tuple(_attribute(table, name) for name in system.attributes)
    slices = [key for attribute in attributes for key in _slices(table, attribute)]
    return Spec(
        system=system.name,
        schema=Schema(tuple(Field(name, kind) for name, kind in kinds), attributes),
        numeric=tuple(_numeric(table, name) for name, kind in kinds if kind is FieldKind.NUMERIC),
        categorical=tuple(
            _categories(table, name) for name, kind in kinds if kind is FieldKind.CATEGORICAL
        ),
        slices=tuple(slices),
        positive=canonical(system.columns.positive),
        threshold=system.threshold,
        bucket_s=system.bucket_s,
    )


def _roles(system: System) -> dict[str, str]:
    """Return role by column name."""
    columns = system.columns
    named = {
        "id": columns.id,
        "time": columns.time,
        "score": columns.score,
        "prediction": columns.prediction,
        "label": columns.label,
        "version": columns.version,
        "latency_ms": columns.latency_ms,
    }
    roles = {name: role for role, name in named.items() if name is not None}
    return roles | dict.fromkeys(system.attributes, "slice")


def _check_columns(table: pa.Table, system: System, where: str) -> None:
    have = Counter(table.column_names)
    for name, role in {**dict.fromkeys(system.features, "feature"), **_roles(system)}.items():
        if name not in have:
            raise BadInput(
                f"no column {name!r} (named as {role})",
                where=where,
                do="it has " + ", ".join(sorted(have)),
            )
    twice = sorted(name for name, times in have.items() if times > 1)
    if twice:
        raise BadInput(f"column {twice[0]!r} stands twice", where=where, do="rename one of them")


def _check_classes(table: pa.Table, system: System, where: str) -> None:
    columns, positive = system.columns, canonical(system.columns.positive)
    for role, name, fewest in (("prediction", columns.prediction, 1), ("label", columns.label, 2)):
        if name is None:
            continue
        classes = sorted(_times(arrays.mapped(arrays.whole(table.column(name)), _class)))
        shown = ", ".join(classes[:5]) + (", …" if len(classes) > 5 else "")
        if not fewest <= len(classes) <= 2:
            raise BadInput(
                f"column {name!r} ({role}) holds {len(classes)} classes ({shown}), not two",
                where=where,
                do=f"name the column that holds the {role}s of a yes-or-no decision",
            )
        if len(classes) == 2 and positive not in classes:
            raise BadInput(
                f"column {name!r} ({role}) never says {positive!r}, only {shown}",
                where=where,
                do=f"set `positive` to {classes[0]!r} or {classes[1]!r}",
            )
    if columns.score is not None:
        scores = _floats(table, columns.score, where)
        if scores.size and not (scores.min() >= 0 and scores.max() <= 1):
            raise BadInput(
                f"column {columns.score!r} (score) reaches from {scores.min():g}"
                f" to {scores.max():g}",
                where=where,
                do="scores are probabilities of the positive class, from 0 to 1",
            )


def _class(value: object) -> str | None:
    return None if plain(value) is None else canonical(value)


def _features(table: pa.Table, system: System, where: str) -> list[tuple[str, FieldKind]]:
    kinds: list[tuple[str, FieldKind]] = []
    taken = _roles(system)
    names = system.features or [
        n for n in table.column_names if n not in taken and n not in system.dropped
    ]
    for name in names:
        kind = _kind(arrays.whole(table.column(name)))
        if kind is not None:
            kinds.append((name, kind))
        elif system.features:
            raise BadInput(
                f"feature {name!r} is of type {table.column(name).type}",
                where=where,
                do="turn it into a number or a text",
            )
    return kinds


def _kind(column: Column) -> FieldKind | None:
    kind = column.type
    if pa.types.is_integer(kind):
        distinct = int(pc.count_distinct(column).as_py())
        return FieldKind.CATEGORICAL if distinct <= FEWEST_NUMBERS else FieldKind.NUMERIC
    if pa.types.is_floating(kind) or pa.types.is_decimal(kind):
        return FieldKind.NUMERIC
    if pa.types.is_boolean(kind) or pa.types.is_null(kind) or arrays.is_text(kind):
        return FieldKind.CATEGORICAL
    return None


def _floats(table: pa.Table, name: str, where: str) -> NDArray[np.float64]:
    """Return the finite values of a column."""
    column = arrays.whole(table.column(name))
    if arrays.is_text(column.type):
        raise BadInput(f"column {name!r} holds text, not numbers", where=where, do="give numbers")
    values = np.asarray(arrays.numbers(column).drop_null(), np.float64)
    return values[np.isfinite(values)]


def _numeric(table: pa.Table, name: str) -> NumericBins:
    values = np.clip(np.sort(_floats(table, name, name)), -_LARGEST, _LARGEST)
    if values.size == 0:
        return NumericBins(name, (0.0, 1.0), 1e-6)
    edges = _edges(values)
    span = edges[-1] - edges[0]
    unit = float(f"1e{int(np.floor(np.log10(span))) - 6}") if span > 1e-290 else 1e-300
    return NumericBins(name, tuple(edges), unit)


def _edges(values: NDArray[np.float64]) -> list[float]:
    """Return strictly increasing borders for sorted `values`: quantiles, point masses on their own.

    The last border is just above the largest value, so that no value of the reference is outside.
    """
    cuts = values[np.linspace(0, values.size - 1, FINE_BINS + 1).round().astype(int)]
    distinct, times = np.unique(cuts, return_counts=True)
    masses = distinct[times > 1]
    above = np.nextafter(np.concatenate([masses, values[-1:]]), np.inf)
    return [float(e) for e in np.unique(np.concatenate([distinct[:-1], masses, above]))]


def _categories(table: pa.Table, name: str) -> Categories:
    times = _times(arrays.texts(arrays.whole(table.column(name))))
    return Categories(name, tuple(_frequent(times, MOST_CATEGORIES)))


def _times(column: Column) -> Counter[str]:
    """Return how often each text stands in a column; nulls are not counted."""
    counted = cast("pa.StructArray", pc.value_counts(column.drop_null()))
    values = cast("list[str]", counted.field("values").to_pylist())
    times = cast("list[int]", counted.field("counts").to_pylist())
    return Counter(dict(zip(values, times, strict=True)))


def _frequent(times: Counter[str], most: int) -> Sequence[str]:
    """Return the most frequent texts, ties by alphabet, so that the spec is the same every time."""
    return [v for v, _ in sorted(times.items(), key=lambda item: (-item[1], item[0]))[:most]]


def _attribute(table: pa.Table, name: str) -> Attribute:
    if _kind(arrays.whole(table.column(name))) is not FieldKind.NUMERIC:
        return Attribute(name)
    values = _floats(table, name, name)
    if values.size == 0:
        return Attribute(name)
    quartiles = np.quantile(values, [0.25, 0.5, 0.75])
    step = 10.0 ** np.floor(np.log10(max(float(values.max() - values.min()), 1e-9) / 10))
    rounded = sorted({float(round(q / step) * step) for q in quartiles})
    # float noise such as 0.30000000000000004 would show in the names of the bands
    clean = sorted({float(f"{edge:.10g}") for edge in rounded})
    low, high = float(values.min()), float(values.max())
    return Attribute(name, tuple(edge for edge in clean if low < edge <= high))


def _slices(table: pa.Table, attribute: Attribute) -> list[str]:
    times = _times(arrays.bands(arrays.whole(table.column(attribute.name)), attribute))
    chosen = _frequent(times, MOST_SLICES)
    order = [band for band in attribute.bands if band in chosen] or chosen
    return [Slice.of({attribute.name: value}).key for value in order]
