"""Rows as they travel, brought to flat columns: `id`, `at`, …, `features.x`, `attributes.y`.

Two forms come in.  Objects (JSON): `{"id", "at", …, "features": {…}, "attributes": {…}}`.  Tables
(Arrow, Parquet): the same names, with struct columns or already flat; failing that, the names that
the user's own tables have (`System.columns`, bare feature and attribute names).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, cast

import pyarrow as pa

from tocsin.base.errors import BadInput
from tocsin.ingest import feast
from tocsin.ingest.arrays import Column, whole
from tocsin.ingest.rows import FieldKind, Schema
from tocsin.ingest.system import Columns, plain

PREDICTION_FIELDS = (
    "id",
    "at",
    "version",
    "score",
    "prediction",
    "latency_ms",
    "decided_by",
    "directive",
    "error",
)
OUTCOME_FIELDS = ("id", "at", "label")
_LOGS_OWN = {"id": feast.REQUEST_ID, "at": feast.LOGGED_AT}
"""What a feature store's log calls a row and its instant, where the user's table does not."""
_NOTHING: dict[object, object] = {}
_EXACT = 2.0**53
"""From here on a double stands for several whole numbers: two ids could become one."""
_NUMBERS = frozenset({"score", "latency_ms"})


@dataclass(frozen=True, slots=True)
class Source:
    """`n` rows as flat columns; an absent column is missing everywhere.

    `faults` are rows that could not be taken apart: row number to (field, reason).
    """

    n: int
    columns: Mapping[str, Column]
    ignored: tuple[str, ...] = ()
    faults: Mapping[int, tuple[str, str]] = field(default_factory=dict[int, tuple[str, str]])

    def get(self, name: str) -> Column:
        """Return a column, all null where the sender has none."""
        return self.columns[name] if name in self.columns else pa.nulls(self.n)


def of_objects(rows: Sequence[object], schema: Schema | None) -> Source:
    """Return the columns of JSON rows.

    Args:
        rows: one object each; anything else is a fault of that row.
        schema: of predictions; None for outcomes, which have neither features nor attributes.
    """
    tops = PREDICTION_FIELDS if schema else OUTCOME_FIELDS
    groups = _groups(schema)
    faults: dict[int, tuple[str, str]] = {}
    ignored: dict[str, None] = {}
    found = [_object(row) for row in rows]
    for number, row in enumerate(found):
        if row is None:
            faults[number] = ("", "a row must be an object")
        elif _is_inexact(row.get("id")):
            faults[number] = ("id", "id is a number too large to be exact; send it as text")
    outer = [row or _NOTHING for row in found]
    _note_others(ignored, outer, (*tops, *groups), "")
    columns = {name: [row.get(name) for row in outer] for name in tops}  # a column at a time: fast
    for group, names in groups.items():
        held = [_object(row.get(group) or _NOTHING) for row in outer]
        for number, part in enumerate(held):
            if part is None:
                faults.setdefault(number, (group, f"{group} must be an object of name and value"))
        inner = [part or _NOTHING for part in held]
        _note_others(ignored, inner, names, f"{group}.")
        columns |= {f"{group}.{name}": [part.get(name) for part in inner] for name in names}
    numeric = _NUMBERS | {
        f"features.{f.name}"
        for f in (schema.features if schema else ())
        if f.kind is FieldKind.NUMERIC
    }
    arrays = {
        name: _floats(values) if name in numeric else _strings(values)
        for name, values in columns.items()
    }
    return Source(len(rows), arrays, tuple(ignored), faults)


def of_table(table: pa.Table, schema: Schema | None, columns: Columns) -> Source:
    """Return the columns of an Arrow table, under wire names or the user's own.

    Raises:
        BadInput: two columns have the same name.
    """
    flat = table
    while any(pa.types.is_struct(kind) for kind in flat.schema.types):
        flat = flat.flatten()
    names = flat.column_names
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise BadInput(f"column {twice[0]!r} stands twice", do="give each column its own name")
    used: dict[str, str] = {}
    own = own_names(columns)
    for name in PREDICTION_FIELDS if schema else OUTCOME_FIELDS:
        used |= _first(name, (name, own.get(name), _LOGS_OWN.get(name)), names)
    for group, members in _groups(schema).items():
        for name in members:
            used |= _first(f"{group}.{name}", (f"{group}.{name}", name), names)
    taken = set(used.values())
    return Source(
        flat.num_rows,
        {target: whole(flat.column(name)) for target, name in used.items()},
        tuple(name for name in names if name not in taken),
    )


def own_names(columns: Columns) -> dict[str, str | None]:
    """Return the user's column for each wire field that can have one."""
    return {
        "id": columns.id,
        "at": columns.time,
        "version": columns.version,
        "score": columns.score,
        "prediction": columns.prediction,
        "latency_ms": columns.latency_ms,
        "label": columns.label,
    }


def _groups(schema: Schema | None) -> dict[str, tuple[str, ...]]:
    if schema is None:
        return {}
    return {
        "features": tuple(f.name for f in schema.features),
        "attributes": tuple(a.name for a in schema.attributes),
    }


def _first(target: str, candidates: Sequence[str | None], names: Sequence[str]) -> dict[str, str]:
    found = next((name for name in candidates if name in names), None)
    return {} if found is None else {target: found}


def _object(value: object) -> dict[object, object] | None:
    return cast("dict[object, object]", value) if isinstance(value, dict) else None


def _is_inexact(value: object) -> bool:
    return isinstance(value, float) and abs(value) >= _EXACT


def _note_others(
    ignored: dict[str, None],
    rows: Sequence[Mapping[object, object]],
    names: Sequence[str],
    prefix: str,
) -> None:
    """Add to `ignored` what the rows hold beside `names`."""
    known = frozenset[object](names)
    for row in rows:
        if not row.keys() <= known:
            ignored |= dict.fromkeys(f"{prefix}{name}" for name in row if name not in known)


def _floats(values: Sequence[object]) -> Column:
    try:
        return pa.array(cast("list[Any]", values), pa.float64())
    except (pa.ArrowInvalid, pa.ArrowTypeError, OverflowError):
        return pa.array([None if v is None else _float(v) for v in values], pa.float64())


def _float(value: object) -> float:
    try:
        return float(value) if isinstance(value, int | float) else float("nan")
    except OverflowError:
        return float("inf")


def _strings(values: Sequence[object]) -> Column:
    try:
        return pa.array(cast("list[Any]", values), pa.string())
    except (pa.ArrowInvalid, pa.ArrowTypeError, UnicodeEncodeError):
        return pa.array([_string(v) for v in values], pa.string())


def _string(value: object) -> str | None:
    """A lone surrogate, legal in JSON and nowhere else, becomes a question mark."""
    text = None if isinstance(value, Mapping | list) else plain(value)
    return None if text is None else text.encode("utf-8", "replace").decode()
