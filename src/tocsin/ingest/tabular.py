"""A user's own table (a file, a data frame) to the lake's schema.

The table has the user's column names, as `System.columns` tells them.  It is history at rest, so
some things are read more kindly than on the wire: an instant without a zone is UTC, a table without
id or time gets row numbers and the time of reading, and a number in a CSV cell is a number.
"""

from datetime import datetime
from difflib import get_close_matches

import numpy as np
import pyarrow as pa

from tocsin.base.errors import BadInput
from tocsin.base.phrases import listing
from tocsin.ingest import arrays, outcomes, predictions, wire
from tocsin.ingest.arrays import Column
from tocsin.ingest.flaws import Flaws
from tocsin.ingest.rows import INSTANT, Accepted, FieldKind, Schema
from tocsin.ingest.system import Kind, System

TEXT_CELLS = b"tocsin.text_cells"
"""Key in a table's metadata: its cells were text (CSV), so numbers in a text column are read."""
_SHOWN_NAMES = 12


def from_table(
    table: pa.Table,
    schema: Schema,
    system: System,
    received_at: datetime,
) -> Accepted:
    """Return the user's rows in the lake's prediction schema, with `label` where they have one.

    The result's columns are those of `schema.predictions()`, in the table's row order, and a last
    column `label` (canonical text, null where unknown) if the system names a label column that the
    table has; drop it before the lake.  Where there is no prediction column but a score, the
    prediction is yes at and above `system.threshold`.

    Args:
        table: any Arrow table with the user's column names; see also `TEXT_CELLS`.
        schema: learnt from the reference, see `profile.learn`.
        system: tells what the columns mean.
        received_at: now; rows from the future are refused.

    Raises:
        BadInput: the table is empty, or lacks a column; the message names all that are missing.
    """
    if table.num_rows == 0:
        raise BadInput("the table has no rows", do="give a table with at least one row")
    require_columns(table, schema, system)
    columns = _identity(table, system, received_at) | answers(table, system)
    columns |= {f"features.{f.name}": _column(table, f.name) for f in schema.features}
    columns |= {f"attributes.{a.name}": _column(table, a.name) for a in schema.attributes}
    if TEXT_CELLS in (table.schema.metadata or {}):
        numeric = {f"features.{f.name}" for f in schema.features if f.kind is FieldKind.NUMERIC}
        for name in numeric | ({"score", "latency_ms", "capacity_used"} & columns.keys()):
            columns[name] = arrays.numbers(columns[name], read_text=True)
    flaws, label = Flaws(table.num_rows), None
    if system.columns.label in table.column_names:
        given = _column(table, system.columns.label)
        label = outcomes.labels(given, system, flaws, required=False)
    source = wire.Source(table.num_rows, columns, faults=flaws.found)
    return predictions.accept(
        source, schema, received_at, lenient=True, label=label, kind=system.kind
    )


def to_wire(table: pa.Table, system: System, id_prefix: str) -> pa.Table:
    """Return the user's rows as they travel (see `wire`), in order of time.

    The columns are `id`, `at` and what else the system names, `features.<name>` for every other
    column (or only those the system lists), `attributes.<name>`, and `label` if the table has it.

    Args:
        table: any Arrow table with the user's column names.
        system: tells what the columns mean.
        id_prefix: where the table has no id column, rows are called by this and their number.

    Raises:
        BadInput: the table is empty, lacks a column, or an instant is missing or unreadable.
    """
    if table.num_rows == 0:
        raise BadInput("the table has no rows", do="give a table with at least one row")
    if system.columns.time is None:
        raise BadInput(f"{system.name} has no time column", do="set columns.time in tocsin.yaml")
    roles = _roles(system)
    label = system.columns.label
    require(table, (*roles, *system.features, *system.attributes))
    read = arrays.instants(_column(table, system.columns.time), naive_is_utc=True)
    unread = np.flatnonzero(arrays.nulls(read.values)).tolist()
    if unread:
        reason = read.reasons.get(unread[0], "no time")
        raise BadInput(
            f"row {unread[0]}: {reason} ({len(unread):,} such rows)",
            where=f"column {system.columns.time!r}",
            do="give every row an instant",
        )
    ids = system.columns.id
    columns: dict[str, Column] = {
        "id": _column(table, ids) if ids else _numbered(id_prefix, table.num_rows),
        "at": read.values,
    } | answers(table, system)
    if label in table.column_names:
        given = _column(table, label)
        if system.kind is not Kind.RANKING:  # lists are read where they arrive
            given = arrays.mapped(given, outcomes.reader(system.kind))
        columns["label"] = given
    others = [n for n in table.column_names if n not in roles and n != label]
    columns |= {f"features.{n}": _column(table, n) for n in system.features or others}
    columns |= {f"attributes.{n}": _column(table, n) for n in system.attributes}
    return pa.table(columns).sort_by("at")


def require_columns(table: pa.Table, schema: Schema, system: System) -> None:
    """Raise a `BadInput` that names every column of the system's that `table` lacks.

    Raises:
        BadInput: a column is missing, or stands twice.
    """
    require(table, (*_roles(system), *(f.name for f in schema.features), *system.attributes))


def require(table: pa.Table, names: tuple[str, ...]) -> None:
    """Raise a `BadInput` that names every column that `table` lacks, and what it has instead.

    Raises:
        BadInput: a column is missing, or stands twice.
    """
    have = table.column_names
    for name in names:
        if have.count(name) > 1:
            raise BadInput(f"column {name!r} stands twice", do="give each column its own name")
    missing = [name for name in dict.fromkeys(names) if name not in have]
    if not missing:
        return
    near = get_close_matches(missing[0], have, n=1)
    shown = ", ".join(have[:_SHOWN_NAMES]) + (", …" if len(have) > _SHOWN_NAMES else "")
    what = "column" if len(missing) == 1 else "columns"
    raise BadInput(
        f"{what} {listing([repr(name) for name in missing])} missing",
        do=f"did you mean {near[0]!r}?" if near else f"the table has {shown}",
    )


def _roles(system: System) -> tuple[str, ...]:
    own = wire.own_names(system.columns)
    return tuple(name for field, name in own.items() if name and field != "label")


def _identity(table: pa.Table, system: System, received_at: datetime) -> dict[str, Column]:
    ids, time = system.columns.id, system.columns.time
    n = table.num_rows
    return {
        "id": _column(table, ids) if ids else _numbered("row ", n),
        "at": _column(table, time) if time else pa.repeat(pa.scalar(received_at, INSTANT), n),
    }


def _numbered(prefix: str, n: int) -> Column:
    return pa.array([f"{prefix}{k}" for k in range(n)], pa.string())


def answers(table: pa.Table, system: System) -> dict[str, Column]:
    """Return the columns of version, answer, latency and load by their names on the wire."""
    own = wire.own_names(system.columns)
    columns = {
        field: _column(table, own[field])
        for field in ("version", "score", "prediction", "latency_ms", "capacity_used")
        if own[field]
    }
    decides = system.kind is Kind.BINARY
    if decides and "prediction" not in columns and "score" in columns:
        yes = system.columns.positive
        no = "false" if yes == "true" else f"not {yes}"
        score = arrays.numbers(columns["score"], read_text=True)
        values = arrays.dense(score)
        above = np.where(np.isnan(values), -1, values >= system.threshold)
        columns["prediction"] = arrays.picked((no, yes), above)
    return columns


def _column(table: pa.Table, name: str | None) -> Column:
    assert name is not None
    return arrays.whole(table.column(name))
