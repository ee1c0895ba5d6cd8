"""Merging and dropping old counts, a day at a time, each in one unit.

Merging only adds rows up: whatever is summed over whole days is the same before and after.  A
merged row remembers from which epoch (`since`) to which (`epoch`) it counts; only closed epochs
are merged, so that what was closed stays what it is.
"""

from datetime import datetime, timedelta

import sqlalchemy as sa

from tocsin.base.spans import Span, bucket_of
from tocsin.profile.cell import Counts
from tocsin.profile.codec import pack, unpacker
from tocsin.profile.retention import DAY_S
from tocsin.profile.spec import Spec
from tocsin.store import epochs, tables
from tocsin.store.unit import Unit

_DAY = timedelta(seconds=DAY_S)


def split_day(conn: sa.Connection, spec: Spec, span: Span) -> datetime | None:
    """Return the oldest day within `span` with a cell in more than one row of closed epochs."""
    table = tables.profile
    query = (
        sa.select(table.c.bucket)
        .where(*_within(spec, span), table.c.epoch < epochs.present(conn, spec))
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
            *_of(spec),
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
    """Merge the rows of one day, closed epochs only; return how many fewer there are.

    Args:
        unit: where to write.
        spec: the system's present one.
        day: its start.
        length_s: of the cells afterwards: a bucket, so that only epochs merge, or a day.

    Raises:
        Conflict: the spec was replaced.
    """
    epochs.lock(unit.conn, spec)
    table, unpacked = tables.profile, unpacker(spec)
    old = (
        *_within(spec, Span(day, day + _DAY)),
        table.c.length_s <= length_s,
        table.c.epoch < epochs.present(unit.conn, spec),
    )
    columns = (table.c.bucket, table.c.slice, table.c.version, table.c.epoch, table.c.since)
    sums: dict[tuple[datetime, str, str], tuple[int, int, Counts]] = {}
    count = 0
    for bucket, slice_, version, epoch, since, body in unit.conn.execute(
        sa.select(*columns, table.c.body).where(*old)
    ):
        count += 1
        key = (day if length_s == DAY_S else bucket, slice_, version)
        held = sums.get(key)
        counts = unpacked(body)
        sums[key] = (
            (epoch, since, counts)
            if held is None
            else (max(epoch, held[0]), min(since, held[1]), held[2] + counts)
        )
    rows = [
        {
            "system": spec.system,
            "spec_hash": spec.hash,
            "bucket": bucket,
            "slice": slice_,
            "version": version,
            "length_s": length_s,
            "epoch": epoch,
            "since": since,
            "body": pack(counts),
        }
        for (bucket, slice_, version), (epoch, since, counts) in sums.items()
    ]
    if rows:
        unit.conn.execute(sa.delete(table).where(*old))
        unit.conn.execute(sa.insert(table), rows)
    return count - len(rows)


def drop_day(unit: Unit, system: str, before: datetime) -> bool:
    """Drop the oldest day of `system` before `before`, whatever its spec; return whether any."""
    table = tables.profile
    oldest = unit.conn.execute(
        sa.select(sa.func.min(table.c.bucket)).where(
            table.c.system == system, table.c.bucket < before
        )
    ).scalar_one_or_none()
    if oldest is None:
        return False
    end = min(before, bucket_of(oldest, DAY_S) + _DAY)
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


def _of(spec: Spec) -> tuple[sa.ColumnElement[bool], ...]:
    return (tables.profile.c.system == spec.system, tables.profile.c.spec_hash == spec.hash)


def _within(spec: Spec, span: Span) -> tuple[sa.ColumnElement[bool], ...]:
    bucket = tables.profile.c.bucket
    return (*_of(spec), bucket >= span.start, bucket < span.end)
