"""Outcomes: the labels of predictions, whenever they become known.

`at` is when the label became known; where the sender does not say, it is when we received it.
"""

from collections.abc import Callable, Container, Sequence
from datetime import datetime

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from tocsin.ingest import arrays, lists, predictions, wire
from tocsin.ingest.arrays import Column
from tocsin.ingest.flaws import Flaws
from tocsin.ingest.rows import INSTANT, OUTCOMES, Accepted
from tocsin.ingest.system import Kind, System, canonical, named, plain

_YES_NO = pa.array(["true", "false"])


def validate(
    rows: pa.Table | Sequence[object],
    system: System,
    received_at: datetime,
    seen: Container[str] = (),
) -> Accepted:
    """Return the acceptable rows of a body of outcomes and a reason for every other.

    Args:
        rows: what `parse.parse` returned: JSON objects or an Arrow table.
        system: gives the user's own column names and the class that means yes.
        received_at: now.
        seen: prediction ids whose outcome was accepted lately; the first label stands.
    """
    source = (
        wire.of_table(rows, None, system.columns)
        if isinstance(rows, pa.Table)
        else wire.of_objects(rows, None, listed=system.kind is Kind.RANKING)
    )
    flaws = Flaws(source.n)
    ids = predictions.identify(source, flaws)
    now = pa.scalar(received_at, INSTANT)
    if "at" in source.columns:
        read = arrays.instants(source.columns["at"])
        flaws.mark_rows(read.reasons, "at")
        given = wire.Source(source.n, {"at": read.values.fill_null(now)})
        at = predictions.timely(given, flaws, received_at)
    else:
        at = pa.repeat(now, source.n)
    label = labels(source.get("label"), system, flaws, required=True)
    keep, duplicates = predictions.fresh(ids, flaws, seen)
    columns = [ids, at, pa.repeat(now, source.n), label]
    table = pa.table([c.filter(pa.array(keep)) for c in columns], schema=OUTCOMES)
    return Accepted(table, flaws.rejections(ids), duplicates, source.ignored)


def labels(column: Column, system: System, flaws: Flaws, *, required: bool) -> Column:
    """Return canonical labels and mark the rows whose label is missing or no class of the system.

    Where the positive class is `true` or `false`, its opposite is known and anything else is a
    fault; where it is a word such as `approved`, every other word is a negative class.  The labels
    of a regression are finite numbers; those of one class of several any names; those of a ranking
    gains (see `lists`).
    """
    if system.kind is Kind.RANKING:
        read, wrong = lists.wanted(column)
        if required:
            flaws.mark(arrays.nulls(read) & ~wrong, "label", "label is missing")
        flaws.mark(wrong, "label", f"label {lists.NO_GAINS}")
        return read
    if system.kind is Kind.REGRESSION:
        return _amounts(column, flaws, required=required)
    read = arrays.mapped(column, reader(system.kind))
    if required:
        flaws.mark(arrays.nulls(read), "label", "label is missing")
    if system.kind is Kind.BINARY and system.columns.positive in ("true", "false"):
        known = arrays.dense(pc.is_in(read, value_set=_YES_NO))
        wrong = ~known & ~arrays.nulls(read)
        flaws.mark(
            wrong,
            "label",
            lambda row: f"label {read[row].as_py()!r} must be true or false (or 1, 0)",
        )
    return read


def _amounts(column: Column, flaws: Flaws, *, required: bool) -> Column:
    """Return numbers as text, `3` and `3.0` alike, and mark what is none."""
    numbers = arrays.numbers(column, read_text=True)
    missing = arrays.nulls(numbers)
    if required:
        flaws.mark(missing, "label", "label is missing")
    wrong = ~np.isfinite(arrays.dense(numbers)) & ~missing
    flaws.mark(wrong, "label", "label must be a finite number")
    return arrays.without(numbers, wrong).cast(pa.string())


def reader(kind: Kind) -> Callable[[object], str | None]:
    """Return what reads a cell of answers or labels of a system of this kind, none of lists."""
    readers = {Kind.BINARY: label_of, Kind.MULTICLASS: named, Kind.REGRESSION: plain}
    return readers[kind]


def label_of(value: object) -> str | None:
    """Return a label in canonical form; None where the cell holds none."""
    text = canonical(value)
    return None if text in ("", "nan") else text
