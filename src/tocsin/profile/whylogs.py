"""whylogs: the figures of a profile that it exported, and ours of the same rows beside them.

Read is what `view.to_pandas()` writes, `to_csv` or `to_json`.  Its own binary is not: quantiles and
distinct values rest in it as sketches of another library.  Neither can a profile be a reference of
ours, whose counts are on a grid that these sketches do not tell.

    missing    whylogs: nulls and infinities; ours: what is null or not finite
    distinct   estimates of both; ours is off by 6.5 % (one standard error)
    mean, std  std of a sample (n - 1); see `measures` for how exact ours are
    5 % ...    quantiles: ours is off by at most a bin, whylogs' by what its sketch merged
"""

import csv
import io
import json
import math
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import TypeAlias, cast

import pyarrow as pa

from tocsin.base.errors import BadInput
from tocsin.ingest import arrays
from tocsin.ingest.rows import INSTANT, FieldKind
from tocsin.ingest.system import System
from tocsin.ingest.values import read
from tocsin.profile import measures, views
from tocsin.profile.cell import Counts, Marks
from tocsin.profile.cells import vectors
from tocsin.profile.kernel import profile
from tocsin.profile.layout import layout_of
from tocsin.profile.learn import learn
from tocsin.profile.merge import total
from tocsin.profile.spec import NumericBins, Spec

Figures: TypeAlias = Mapping[str, float]
"""By name, those that are there: see `NAMES`."""

_QUANTILES = {"5 %": 0.05, "25 %": 0.25, "50 %": 0.5, "75 %": 0.75, "95 %": 0.95}
_SAID_OF_NUMBERS = {
    "mean": "distribution/mean",
    "std": "distribution/stddev",
    "min": "distribution/min",
    "5 %": "distribution/q_05",
    "25 %": "distribution/q_25",
    "50 %": "distribution/median",
    "75 %": "distribution/q_75",
    "95 %": "distribution/q_95",
    "max": "distribution/max",
}
NAMES = ("rows", "missing", "distinct", *_SAID_OF_NUMBERS)
_AT = datetime(2000, 1, 1, tzinfo=UTC)
_READABLE = "give what `view.to_pandas().to_csv(path)` or `.to_json(path)` wrote"


def theirs(body: bytes, *, where: str = "") -> dict[str, Figures]:
    """Return the figures of each column in an exported profile.

    Raises:
        BadInput: it is none.
    """
    if body.startswith(b"WHY1"):
        raise BadInput("is a profile in whylogs' own binary", where=where, do=_READABLE)
    try:
        text = body.decode("utf-8-sig")
        rows = _of_json(text) if text.lstrip().startswith("{") else _of_csv(text)
    except ValueError:
        rows = {}
    found = {column: figures for column, row in rows.items() if (figures := _figures(row))}
    if not found:
        raise BadInput("is no exported whylogs profile", where=where, do=_READABLE)
    return found


def ours(table: pa.Table, asked: Mapping[str, Figures]) -> dict[str, Figures]:
    """Return the figures of the columns that are asked for, as the kernel counts them.

    Args:
        table: the rows that were profiled.
        asked: what whylogs said of each column; of numbers it has a mean.
    """
    some = table.select([name for name in dict.fromkeys(table.column_names) if name in asked])
    if not some.num_rows or not some.num_columns:
        return {}
    numbers = [name for name in some.column_names if "mean" in asked[name] and _numeric(some, name)]
    spec = learn(some, System(name="whylogs", kinds=dict.fromkeys(numbers, "numeric")))
    columns = {
        f"f_{one.name}": read(arrays.whole(some.column(one.name)), one.kind).column
        for one in spec.schema.features
    }
    at = pa.array([_AT] * some.num_rows, INSTANT)
    tally = total([*profile(pa.table({"at": at, **columns}), spec).values()])
    cell = vectors(tally, spec)[""]
    layout, grids = layout_of(spec), {bins.name: bins for bins in spec.numeric}
    found: dict[str, Figures] = {}
    for field in spec.schema.features:
        name = field.name
        if field.kind is FieldKind.NUMERIC:
            found[name] = _of_numbers(spec, cell, tally.marks, grids[name])
            continue
        first = (*views.names(field, 0)[:1], name)[0]
        told = {
            "rows": float(layout.one(cell, "n")),
            "missing": float(layout.one(cell, f"f_{first}.missing")),
        }
        if first == name:  # its values are counted, not only their form
            told["distinct"] = measures.distinct(layout, tally.marks, name)
        found[name] = told
    return found


def _numeric(table: pa.Table, name: str) -> bool:
    kind = arrays.whole(table.column(name)).type
    return pa.types.is_integer(kind) or pa.types.is_floating(kind) or pa.types.is_decimal(kind)


def _of_numbers(spec: Spec, cell: Counts, marks: Marks, bins: NumericBins) -> Figures:
    layout, name = layout_of(spec), bins.name
    n = layout.one(cell, "n")
    absent = sum(layout.one(cell, f"f_{name}.{part}") for part in ("missing", "invalid"))
    of_sample = (n - absent) / max(n - absent - 1, 1)
    figures = {
        "rows": float(n),
        "missing": float(absent),
        "distinct": measures.distinct(layout, marks, name),
        "mean": measures.mean(layout, cell, bins),
        "std": measures.root(measures.variance(layout, cell, bins) * of_sample),
        "min": measures.lowest(layout, marks, name),
        "max": measures.highest(layout, marks, name),
    }
    for said, q in _QUANTILES.items():
        figures[said] = measures.quantile(layout, cell, bins, q)
    return figures


def _of_csv(text: str) -> dict[str, Mapping[str, object]]:
    return {str(row.get("column")): dict(row) for row in csv.DictReader(io.StringIO(text))}


def _of_json(text: str) -> dict[str, Mapping[str, object]]:
    """Return a row per column of `to_json`, whose outer keys are the figures."""
    rows: dict[str, dict[str, object]] = {}
    for figure, by_column in cast("dict[str, object]", json.loads(text)).items():
        if isinstance(by_column, dict):
            for column, value in cast("dict[str, object]", by_column).items():
                rows.setdefault(column, {})[figure] = value
    return dict(rows)


def _figures(row: Mapping[str, object]) -> Figures:
    """Return the figures of one exported row; none where it does not count rows."""
    n = _number(row, "counts/n")
    if n is None:
        return {}
    figures = {"rows": n}
    figures["missing"] = (_number(row, "counts/null") or 0.0) + (_number(row, "counts/inf") or 0.0)
    wanted = {"distinct": "cardinality/est"}
    if _number(row, "distribution/n"):  # of a column without a number it is 0, and so is the mean
        wanted |= _SAID_OF_NUMBERS
    for name, key in wanted.items():
        value = _number(row, key)
        if value is not None:
            figures[name] = value
    return figures


def _number(row: Mapping[str, object], key: str) -> float | None:
    try:
        value = float(str(row.get(key, "")))
    except ValueError:
        return None
    return value if math.isfinite(value) else None
