"""From a row of the lake to what people are shown of it: the same for every way it came.

Only what the lake holds is shown: dropped columns are not there, hashed ones are hashes.
"""

import math
from collections.abc import Mapping
from datetime import datetime
from typing import cast

from tocsin.contain.referral import Kind, Referred
from tocsin.ingest.rows import Field, FieldKind, Schema
from tocsin.ingest.system import Kind as SystemKind
from tocsin.ingest.system import System

TEXT_MAX_CHARS = 20_000
"""Longest text that is kept of an input."""
Row = Mapping[str, object]


def referred(
    row: Row,
    schema: Schema,
    system: System,
    *,
    kind: Kind,
    probability: float,
    why: str = "",
) -> Referred:
    """Return what people are shown of one row of predictions.

    Args:
        row: in the lake's schema, as it may be stored (`ingest.privacy`).
        schema: names and kinds of inputs.
        system: whose decision it is.
        kind: why it is before people.
        probability: with which chance, 0-1.
        why: a sentence for people.
    """
    return Referred(
        prediction_id=str(row["id"]),
        at=cast("datetime", row["at"]),
        version=str(row.get("version") or ""),
        inputs={field.name: _shown(row.get(f"f_{field.name}"), field) for field in schema.features},
        attributes={
            one.name: str(value)
            for one in schema.attributes
            if (value := row.get(f"s_{one.name}")) is not None
        },
        score=_number(row.get("score")) if system.kind is not SystemKind.REGRESSION else None,
        answer=_answer(row, system),
        directive=_text(row.get("directive")),
        why=why,
        kind=kind,
        probability=probability,
    )


def _answer(row: Row, system: System) -> str | None:
    if system.kind is SystemKind.REGRESSION:
        number = _number(row.get("score"))
        return None if number is None else f"{number:g}"
    return _text(row.get("prediction"))


def _shown(value: object, field: Field) -> object:
    """Return an input as people can read it; a vector by its length alone."""
    if isinstance(value, list):
        return f"a vector of {len(cast('list[object]', value))} numbers"
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, str) and len(value) > TEXT_MAX_CHARS:
        return value[:TEXT_MAX_CHARS] + "…"
    if field.kind is FieldKind.NUMERIC and isinstance(value, float) and value.is_integer():
        return int(value)
    return value


def _number(value: object) -> float | None:
    known = isinstance(value, int | float) and math.isfinite(value)
    return float(cast("float", value)) if known else None


def _text(value: object) -> str | None:
    return str(value) if value else None
