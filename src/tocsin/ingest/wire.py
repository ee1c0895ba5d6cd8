"""Rows as they travel, brought to flat columns: `id`, `at`, …, `features.x`, `attributes.y`.

Two forms come in.  Objects (JSON): `{"id", "at", …, "features": {…}, "attributes": {…}}`.  Tables
(Arrow, Parquet): the same names, with struct columns or already flat; failing that, the names that
the user's own tables have (`System.columns`, bare feature and attribute names).
"""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, cast

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from tocsin.base.errors import BadInput
from tocsin.ingest import feast
from tocsin.ingest.arrays import Column, Mask, whole
from tocsin.ingest.rows import ARROW, FieldKind, Schema
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
    "capacity_used",
)
OUTCOME_FIELDS = ("id", "at", "label")
_LOGS_OWN = {"id": feast.REQUEST_ID, "at": feast.LOGGED_AT}
"""What a feature store's log calls a row and its instant, where the user's table does not."""
_NOTHING: dict[object, object] = {}
_EXACT = 2.0**53
"""From here on a double stands for several whole numbers: two ids could become one."""
_NUMBERS = frozenset({"score", "latency_ms", "capacity_used"})
_ANSWERS = frozenset({"prediction", "label"})


@dataclass(frozen=True, slots=True)
class Source:
    """`n` rows as flat columns; an absent column is missing everywhere.

    `faults` are rows that could not be taken apart: row number to (field, reason).  `mistyped`
    tells by feature the rows whose value could not even enter a column of the feature's type.
    """

    n: int
    columns: Mapping[str, Column]
    ignored: tuple[str, ...] = ()
    faults: Mapping[int, tuple[str, str]] = field(default_factory=dict[int, tuple[str, str]])
    mistyped: Mapping[str, Mask] = field(default_factory=dict[str, Mask])

    def get(self, name: str) -> Column:
        """Return a column, all null where the sender has none."""
        return self.columns[name] if name in self.columns else pa.nulls(self.n)


def of_objects(rows: Sequence[object], schema: Schema | None, *, listed: bool = False) -> Source:
    """Return the columns of JSON rows.

    Args:
        rows: one object each; anything else is a fault of that row.
        schema: of predictions; None for outcomes, which have neither features nor attributes.
        listed: answers and labels are lists (see `lists`), which travel as JSON.
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
    columns |= _as_json(columns) if listed else {}
    for group, names in groups.items():
        held = [_object(row.get(group) or _NOTHING) for row in outer]
        for number, part in enumerate(held):
            if part is None:
                faults.setdefault(number, (group, f"{group} must be an object of name and value"))
        inner = [part or _NOTHING for part in held]
        _note_others(ignored, inner, names, f"{group}.")
        columns |= {f"{group}.{name}": [part.get(name) for part in inner] for name in names}
    kinds = {f"features.{f.name}": f.kind for f in (schema.features if schema else ())}
    arrays: dict[str, Column] = {}
    mistyped: dict[str, Mask] = {}
    for name, given in columns.items():
        kind = kinds.get(name, FieldKind.NUMERIC if name in _NUMBERS else FieldKind.TEXT)
        arrays[name], wrong = _column(given, kind)
        if wrong is not None and name in kinds:
            mistyped[name.partition(".")[2]] = wrong
        elif wrong is not None and kind is FieldKind.NUMERIC:
            nan = np.where(wrong, np.nan, 0.0)  # no number: for the rules of the field to refuse
            arrays[name] = pc.if_else(pa.array(wrong), pa.array(nan), arrays[name])
    return Source(len(rows), arrays, tuple(ignored), faults, mistyped)


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
        "prediction": columns.answer,
        "latency_ms": columns.latency_ms,
        "capacity_used": columns.capacity_used,
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


def _as_json(columns: Mapping[str, Sequence[object]]) -> dict[str, list[object]]:
    """Return the answers and labels among columns, lists and records as JSON."""
    return {
        name: [json.dumps(v) if isinstance(v, list | Mapping) else v for v in columns[name]]
        for name in _ANSWERS & columns.keys()
    }


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


def _column(given: Sequence[object], kind: FieldKind) -> tuple[Column, Mask | None]:
    """Return JSON values as a column, and which of them are of another type, null there."""
    as_is, read = _READERS.get(kind, (pa.string(), _string))
    try:
        return pa.array(cast("list[Any]", given), as_is), None
    except (pa.ArrowInvalid, pa.ArrowTypeError, OverflowError, UnicodeEncodeError):
        pass
    values = [None if v is None else read(v) for v in given]
    wrong = [v is None and g is not None and g != "" for v, g in zip(values, given, strict=True)]
    return pa.array(values, as_is), np.array(wrong, np.bool_) if any(wrong) else None


def _float(value: object) -> float | None:
    """JSON has no number that is not finite: senders write those as text."""
    if isinstance(value, str) and value in _NOT_FINITE:
        return float(value)
    try:
        return float(value) if isinstance(value, int | float) else None
    except OverflowError:
        return float("inf")


def _vector(value: object) -> list[float] | None:
    if not isinstance(value, list):
        return None
    numbers = [_float(v) for v in cast("list[object]", value)]
    return None if None in numbers else cast("list[float]", numbers)


def _string(value: object) -> str | None:
    """A lone surrogate, legal in JSON and nowhere else, becomes a question mark."""
    text = None if isinstance(value, Mapping | list) else plain(value)
    return None if text is None else text.encode("utf-8", "replace").decode()


_NOT_FINITE = frozenset({"NaN", "Infinity", "-Infinity"})
_READERS: Mapping[FieldKind, tuple[pa.DataType, Callable[[object], object]]] = {
    FieldKind.NUMERIC: (pa.float64(), _float),
    FieldKind.EMBEDDING: (ARROW[FieldKind.EMBEDDING], _vector),
}
"""How JSON values become a column; every other kind travels as text."""
