"""Predictions: which rows of a body may enter the lake, and why the others may not.

A row is refused when its identity, time or answer cannot be trusted (id, at, score, latency,
decided_by).  A feature is never a reason to refuse: a missing or wrong input is exactly what the
quality monitors look for, so it is kept as missing, or named in `mistyped`.
"""

from collections.abc import Container, Sequence
from datetime import datetime, timedelta

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from tocsin.ingest import arrays, feast, lists, values, wire
from tocsin.ingest.arrays import Column, Mask
from tocsin.ingest.flaws import Flaws
from tocsin.ingest.rows import INSTANT, Accepted, Schema
from tocsin.ingest.system import Kind, System, canonical, named

CLOCK_SKEW = timedelta(minutes=5)
"""How far ahead of ours a sender's clock may run."""
ID_MAX_CHARS = 256
DECIDERS = ("system", "fallback", "review", "block", "rollback")
_KNOWN_DECIDERS = pa.array(list(DECIDERS))
_EPOCH = datetime.fromisoformat("1970-01-01T00:00:00+00:00")


def validate(
    rows: pa.Table | Sequence[object],
    schema: Schema,
    system: System,
    received_at: datetime,
    seen: Container[str] = (),
) -> Accepted:
    """Return the acceptable rows of a body of predictions and a reason for every other.

    Args:
        rows: what `parse.parse` returned: JSON objects or an Arrow table.
        schema: of the system's prediction table.
        system: gives the user's own column names, where the sender used those.
        received_at: now; instants more than five minutes later are refused.
        seen: ids accepted lately; such rows are dropped and counted, so that retries do no harm.
    """
    if isinstance(rows, pa.Table):
        declared = {field.name for field in schema.features}
        source = wire.of_table(feast.read_log(rows, declared), schema, system.columns)
    else:
        source = wire.of_objects(rows, schema, listed=system.kind is Kind.RANKING)
    return accept(source, schema, received_at, seen, kind=system.kind)


def accept(
    source: wire.Source,
    schema: Schema,
    received_at: datetime,
    seen: Container[str] = (),
    *,
    lenient: bool = False,
    label: Column | None = None,
    kind: Kind = Kind.BINARY,
) -> Accepted:
    """Return the rows of flat columns in the lake's schema.

    Args:
        source: flat columns under wire names.
        schema: of the system's prediction table.
        received_at: now.
        seen: ids accepted lately.
        lenient: the rows come from a file: instants without a zone are UTC.
        label: canonical labels to be carried along as a last column.
        kind: of the system; the answer of a regression is any finite number, that of a ranking
            a list of items.
    """
    flaws = Flaws(source.n)
    ids = identify(source, flaws)
    at = timely(source, flaws, received_at, lenient=lenient)
    score, prediction = _answers(source, flaws, kind)
    latency_ms = _from_zero(source, flaws, "latency_ms", "number of milliseconds")
    capacity_used = _from_zero(source, flaws, "capacity_used", "share of capacity")
    decided_by = _decided_by(source, flaws)
    keep, duplicates = fresh(ids, flaws, seen)
    columns = [
        ids,
        at,
        pa.repeat(pa.scalar(received_at, INSTANT), source.n),
        arrays.texts(source.get("version")).fill_null(""),
        score,
        prediction,
        latency_ms,
        decided_by,
        arrays.texts(source.get("directive")),
        arrays.texts(source.get("error")),
        capacity_used,
        *_features(source, schema),
    ]
    columns.extend(arrays.bands(source.get(f"attributes.{a.name}"), a) for a in schema.attributes)
    layout = schema.predictions()
    if label is not None:
        columns.append(label)
        layout = layout.append(pa.field("label", pa.string()))
    if not keep.all():
        columns = [column.filter(pa.array(keep)) for column in columns]
    table = pa.table(columns, schema=layout)
    return Accepted(table, flaws.rejections(ids), duplicates, source.ignored)


def _features(source: wire.Source, schema: Schema) -> list[Column]:
    """Return the column `mistyped`, then every feature's own."""
    read = {f.name: values.read(source.get(f"features.{f.name}"), f.kind) for f in schema.features}
    wrong = {name: found.wrong for name, found in read.items() if found.wrong is not None}
    for name, rows in source.mistyped.items():
        wrong[name] = rows | wrong[name] if name in wrong else rows
    return [
        values.mistyped(schema.features, wrong, source.n),
        *(found.column for found in read.values()),
    ]


def identify(source: wire.Source, flaws: Flaws) -> Column:
    """Return the ids as text and mark the rows that have none, or one that is too long."""
    for row, (field, reason) in source.faults.items():
        flaws.mark_rows({row: reason}, field)
    ids = arrays.texts(source.get("id"))
    flaws.mark(arrays.nulls(ids), "id", "id is missing; name every row so that a retry is harmless")
    length = arrays.dense(pc.utf8_length(ids))  # null is NaN, which is not longer than anything
    flaws.mark(length > ID_MAX_CHARS, "id", f"id is longer than {ID_MAX_CHARS} characters")
    return ids


def timely(
    source: wire.Source, flaws: Flaws, received_at: datetime, *, lenient: bool = False
) -> Column:
    """Return the instants and mark the rows whose `at` is missing, unreadable, or in the future."""
    read = arrays.instants(source.get("at"), naive_is_utc=lenient)
    flaws.mark_rows(read.reasons, "at")
    flaws.mark(arrays.nulls(read.values), "at", "at is missing; send ISO 8601 with a zone")
    at_us = arrays.ticks(read.values)
    limit_us = latest_us(received_at)
    flaws.mark(
        at_us > limit_us,
        "at",
        lambda row: (
            f"clock skew: {_iso(read.values, row)} is more than 5 min ahead of our clock"
            f" ({received_at.isoformat(timespec='seconds')}); check the sender's clock"
        ),
    )
    flaws.mark(at_us < 0, "at", "at lies before 1970; check the unit")
    return read.values


def latest_us(received_at: datetime) -> int:
    """Return the latest instant that a row may have, in microseconds since 1970."""
    return int((received_at + CLOCK_SKEW - _EPOCH) / timedelta(microseconds=1))


def fresh(ids: Column, flaws: Flaws, seen: Container[str]) -> tuple[Mask, int]:
    """Return which rows are good and new, and how many good ones are repeats."""
    if not seen and not flaws.bad.any() and pc.count_distinct(ids).as_py() == len(ids):
        return np.ones(len(ids), np.bool_), 0
    good = np.flatnonzero(~flaws.bad)
    names: list[str] = ids.take(pa.array(good)).to_pylist()
    keep = np.zeros(len(flaws.bad), dtype=np.bool_)
    body: set[str] = set()
    for row, name in zip(good.tolist(), names, strict=True):
        if name not in body and name not in seen:
            keep[row] = True
            body.add(name)
    return keep, len(good) - int(keep.sum())


def _answers(source: wire.Source, flaws: Flaws, kind: Kind) -> tuple[Column, Column]:
    """Return the columns `score` and `prediction`."""
    if kind is Kind.REGRESSION:
        return _estimate(source, flaws), pa.nulls(source.n, pa.string())
    if kind is Kind.RANKING:
        shown, wrong = lists.shown(source.get("prediction"))
        flaws.mark(wrong, "prediction", f"prediction {lists.NO_LIST}")
        return pa.nulls(source.n, pa.float64()), shown
    read = named if kind is Kind.MULTICLASS else _class
    return _score(source, flaws), arrays.mapped(source.get("prediction"), read)


def _estimate(source: wire.Source, flaws: Flaws) -> Column:
    """Return a regression's answers: the field `prediction`, or `score` where that is missing."""
    found: Column = pa.nulls(source.n, pa.float64())
    for field in ("prediction", "score"):
        given = source.get(field)
        numbers = arrays.numbers(given, read_text=True)
        finite = np.isfinite(arrays.dense(numbers))
        said = ~arrays.nulls(given) & ~_blank(given)
        flaws.mark(said & ~finite, field, f"{field} must be a finite number")
        found = pc.coalesce(found, numbers)
    return found


def _blank(column: Column) -> Mask:
    if not arrays.is_text(column.type):
        return np.zeros(len(column), np.bool_)
    return arrays.nulls(arrays.texts(column))


def _score(source: wire.Source, flaws: Flaws) -> Column:
    score = arrays.numbers(source.get("score"))
    values = arrays.dense(score)
    inside = (values >= 0) & (values <= 1)
    missing = arrays.nulls(score)
    flaws.mark(~inside & ~missing, "score", "score must be a number between 0 and 1")
    return score


def _from_zero(source: wire.Source, flaws: Flaws, name: str, what: str) -> Column:
    numbers = arrays.numbers(source.get(name))
    sane = arrays.dense(numbers) >= 0
    flaws.mark(~sane & ~arrays.nulls(numbers), name, f"{name} must be a {what}, 0 or more")
    return numbers


def _decided_by(source: wire.Source, flaws: Flaws) -> Column:
    deciders = arrays.texts(source.get("decided_by")).fill_null("system")
    known = arrays.dense(pc.is_in(deciders, value_set=_KNOWN_DECIDERS))
    flaws.mark(~known, "decided_by", f"decided_by must be one of {', '.join(DECIDERS)}")
    return deciders


def _class(value: object) -> str | None:
    text = canonical(value)
    return None if text in ("", "nan") else text


def _iso(instants: Column, row: int) -> str:
    return instants[row].as_py().isoformat(timespec="seconds")
