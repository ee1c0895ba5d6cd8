"""Merging and dropping old counts, a day at a time, each in one unit.

Merging only adds rows up: whatever is summed over whole days is the same before and after.  A
merged row remembers from which epoch (`since`) to which (`epoch`) it counts; only closed epochs
are merged, so that what was closed stays what it is.

Cells and tallies are merged and dropped by the same unit: what is due is read from the cells alone.
"""

import operator
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Generic, TypeVar

import sqlalchemy as sa

from tocsin.base.spans import Span, bucket_of
from tocsin.profile.codec import pack, pack_tally, unpack_tally, unpacker
from tocsin.profile.merge import total
from tocsin.profile.retention import DAY_S
from tocsin.profile.spec import Spec
from tocsin.store import epochs, tables
from tocsin.store.unit import Unit

_DAY = timedelta(seconds=DAY_S)
_Added = TypeVar("_Added")


def split_day(conn: sa.Connection, spec: Spec, span: Span) -> datetime | None:
    """Return the oldest day within `span` with a cell in more than one row of closed epochs."""
    table = tables.profile
    query = (
        sa.select(table.c.bucket)
        .where(
            *_of(table, spec), *_starting(table, span), table.c.epoch < epochs.present(conn, spec)
        )
        .group_by(table.c.bucket, table.c.slice, table.c.version, table.c.length_s)
        .having(sa.func.count() > 1)
        .order_by(table.c.bucket)
        .limit(1)
    )
    bucket = conn.execute(query).scalar_one_or_none()
    return None if bucket is None else bucket_of(bucket, DAY_S)


def hourly_day(conn: sa.Connection, spec: Spec, before: datetime) -> datetime | None:
    """Return the oldest day before `before` with cells that are shorter than a day."""
    if spec.bucket_s >= DAY_S:
        return None
    table = tables.profile
    query = (
        sa.select(table.c.bucket)
        .where(
            *_of(table, spec),
            table.c.bucket < before,
            table.c.length_s < DAY_S,
            table.c.epoch < epochs.present(conn, spec),
        )
        .order_by(table.c.bucket)
        .limit(1)
    )
    bucket = conn.execute(query).scalar_one_or_none()
    return None if bucket is None else bucket_of(bucket, DAY_S)


def merge(unit: Unit, spec: Spec, day: datetime, length_s: int) -> int:
    """Merge the rows of one day, closed epochs only; return how many fewer rows of cells there are.

    Args:
        unit: where to write.
        spec: the system's present one.
        day: its start.
        length_s: of the cells afterwards: a bucket, so that only epochs merge, or a day.

    Raises:
        Conflict: the spec was replaced.
    """
    epochs.lock(unit.conn, spec)
    cells = _Merging(tables.profile, ("slice", "version"), unpacker(spec), operator.add, pack)
    tallies = _Merging(
        tables.tally,
        ("version",),
        lambda body: unpack_tally(body, spec),
        lambda a, b: total((a, b)),
        pack_tally,
    )
    _merge(unit.conn, spec, day, length_s, tallies)
    return _merge(unit.conn, spec, day, length_s, cells)


def drop_day(unit: Unit, system: str, before: datetime) -> bool:
    """Drop the oldest day of `system` before `before`, whatever its spec; return whether any."""
    cells = tables.profile
    oldest = unit.conn.execute(
        sa.select(sa.func.min(cells.c.bucket)).where(
            cells.c.system == system, cells.c.bucket < before
        )
    ).scalar_one_or_none()
    if oldest is None:
        return False
    end = min(before, bucket_of(oldest, DAY_S) + _DAY)
    for table in (cells, tables.tally):
        unit.conn.execute(sa.delete(table).where(table.c.system == system, table.c.bucket < end))
    return True


def forget(unit: Unit, system: str, *, epochs_before: datetime, orphans_before: datetime) -> None:
    """Forget old epochs, but the last under each spec, and outcomes that waited too long."""
    table, orphan = tables.epoch, tables.orphan_outcome
    newer = table.alias()
    later = sa.exists().where(
        newer.c.system == table.c.system,
        newer.c.spec_hash == table.c.spec_hash,
        newer.c.epoch > table.c.epoch,
    )
    unit.conn.execute(
        sa.delete(table).where(table.c.system == system, table.c.closed_at < epochs_before, later)
    )
    unit.conn.execute(
        sa.delete(orphan).where(orphan.c.system == system, orphan.c.received_at < orphans_before)
    )


@dataclass(frozen=True, slots=True)
class _Merging(Generic[_Added]):
    """How the rows of one table add up: by which names they are told apart within a bucket."""

    table: sa.Table
    names: tuple[str, ...]
    unpacked: Callable[[bytes], _Added]
    added: Callable[[_Added, _Added], _Added]
    packed: Callable[[_Added], bytes]


def _merge(
    conn: sa.Connection, spec: Spec, day: datetime, length_s: int, one: _Merging[_Added]
) -> int:
    table = one.table
    old = (
        *_of(table, spec),
        *_starting(table, Span(day, day + _DAY)),
        table.c.length_s <= length_s,
        table.c.epoch < epochs.present(conn, spec),
    )
    sums: dict[tuple[datetime, tuple[str, ...]], tuple[int, int, _Added]] = {}
    count = 0
    for row in conn.execute(sa.select(table).where(*old)).mappings():
        count += 1
        start = day if length_s == DAY_S else row["bucket"]
        key = (start, tuple(str(row[name]) for name in one.names))
        held = sums.get(key)
        counts = one.unpacked(row["body"])
        sums[key] = (
            (row["epoch"], row["since"], counts)
            if held is None
            else (
                max(row["epoch"], held[0]),
                min(row["since"], held[1]),
                one.added(held[2], counts),
            )
        )
    rows = [
        {
            "system": spec.system,
            "spec_hash": spec.hash,
            "bucket": bucket,
            **dict(zip(one.names, named, strict=True)),
            "length_s": length_s,
            "epoch": epoch,
            "since": since,
            "body": one.packed(counts),
        }
        for (bucket, named), (epoch, since, counts) in sums.items()
    ]
    if rows:
        conn.execute(sa.delete(table).where(*old))
        conn.execute(sa.insert(table), rows)
    return count - len(rows)


def _of(table: sa.Table, spec: Spec) -> tuple[sa.ColumnElement[bool], ...]:
    return (table.c.system == spec.system, table.c.spec_hash == spec.hash)


def _starting(table: sa.Table, span: Span) -> tuple[sa.ColumnElement[bool], ...]:
    return (table.c.bucket >= span.start, table.c.bucket < span.end)
