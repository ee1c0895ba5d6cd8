"""Profiles: the hourly counts of each system, moved forward together with the lake's watermarks.

`advance` is what makes counting exactly-once: the counts of some lake versions and the watermarks
that say that they were counted commit together or not at all.

Beside the cells of single slices rest the tallies: the outcomes of every leaf of the slice cube,
and marks.  One unit writes both, so whatever holds of cells holds of tallies.

A cell's counts are the sum of its rows, one for each epoch in which something was added (see
`epochs`); reading up to an epoch gives what was known when it closed.  Old cells span a whole day
(see `rollup`).  A cell belongs to a window by its start, whatever its length: windows side by side
count every cell once.
"""

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from tocsin.base.errors import Conflict
from tocsin.base.slices import Slice
from tocsin.base.spans import Span
from tocsin.profile.cell import CellKey, Cells, Counts, Marks, Moment, Profile, Sheet, Tally
from tocsin.profile.cells import cells as cells_of
from tocsin.profile.cells import combination as combined
from tocsin.profile.cells import without_features
from tocsin.profile.codec import adder, pack, pack_tally, unpack, unpack_tally, unpacker
from tocsin.profile.layout import layout_of
from tocsin.profile.leaves import Leaves, add
from tocsin.profile.leaves import leaves as leaves_of
from tocsin.profile.merge import marks as marks_of
from tocsin.profile.merge import total
from tocsin.profile.retention import DAY_S
from tocsin.profile.spec import Spec
from tocsin.profile.window import Window
from tocsin.store import epochs, tables
from tocsin.store.unit import Unit
from tocsin.store.upsert import insert_or_ignore, upsert

_NOTHING_YET = -1
_ROWS_AT_ONCE = 500  # below every database's limit of parameters in one statement


def watermark(conn: sa.Connection, system: str, table: str) -> int:
    """Return the last lake version of `table` that is counted under the present spec; -1: none."""
    marks, systems = tables.watermark, tables.system
    query = (
        sa.select(marks.c.version)
        .join(
            systems,
            sa.and_(systems.c.name == marks.c.system, systems.c.spec_hash == marks.c.spec_hash),
        )
        .where(marks.c.system == system, marks.c.lake_table == table)
    )
    version = conn.execute(query).scalar_one_or_none()
    return _NOTHING_YET if version is None else version


def advance(
    unit: Unit, spec: Spec, *, moves: Mapping[str, tuple[int, int]], delta: Profile
) -> None:
    """Add `delta` to the counts of the present epoch and move the watermarks, in this unit.

    Args:
        unit: where to write.
        spec: what gave the counts their meaning; must be the system's present one.
        moves: lake table to the versions (from, to) whose rows `delta` counts: from < .. <= to.
        delta: counts to add.

    Raises:
        Conflict: a watermark is not at its `from`, or the spec was replaced: count again.
    """
    epochs.lock(unit.conn, spec)
    for table, (start, end) in moves.items():
        _move(unit.conn, spec, table, start, end)
    epoch = epochs.present(unit.conn, spec)
    stamp = {**_named(spec), "length_s": spec.bucket_s, "epoch": epoch, "since": epoch}
    for table, rows in (
        (tables.profile, _cells(unit.conn, spec, epoch, delta)),
        (tables.tally, _tallies(unit.conn, spec, epoch, delta)),
    ):
        upsert(unit.conn, table, [stamp | row for row in rows])


def cells(
    conn: sa.Connection,
    spec: Spec,
    span: Span,
    *,
    version: str | None = None,
    slice: str | None = None,  # noqa: A002 - the trade's word for it
    as_of: int | None = None,
) -> Cells:
    """Return the stored cells of `spec.system` whose bucket starts within `span`.

    Args:
        conn: where to read.
        spec: what gives the counts their meaning; cells of other specs are not seen.
        span: which buckets, by their start.
        version: only this version of the system; None: all.
        slice: only the slice with this key ("" is everyone); None: all.
        as_of: only what was counted up to this closed epoch; None: all that is known.

    Raises:
        Conflict: what was known at `as_of` has since been merged with what came later.
    """
    table = tables.profile
    query = sa.select(
        table.c.version, table.c.slice, table.c.bucket, table.c.epoch, table.c.body
    ).where(*asked(table, spec, span, version, as_of))
    if slice is not None:
        query = query.where(table.c.slice == slice)
    found: dict[CellKey, Counts] = {}
    unpacked = unpacker(spec)
    for version_, slice_, bucket, epoch, body in conn.execute(query):
        require_kept(spec, bucket, epoch, as_of)
        key, counts = CellKey(version_, slice_, bucket), unpacked(body)
        held = found.get(key)
        found[key] = counts if held is None else held + counts
    return found


def window(
    conn: sa.Connection,
    spec: Spec,
    span: Span,
    *,
    slice: str | None = None,  # noqa: A002 - the trade's word for it
    as_of: int | None = None,
) -> Window:
    """Return the sum of the stored cells whose bucket starts within `span`, without leaves.

    The same as adding up `cells`, but summed in place: months of cells are read at every look.

    Args:
        conn: where to read.
        spec: what gives the counts their meaning; cells of other specs are not seen.
        span: which buckets, by their start.
        slice: only the slice with this key ("" is everyone); None: all.
        as_of: only what was counted up to this closed epoch; None: all that is known.

    Raises:
        Conflict: what was known at `as_of` has since been merged with what came later.
    """
    table = tables.profile
    query = sa.select(table.c.slice, table.c.epoch, table.c.body)
    query = query.where(*asked(table, spec, span, None, as_of))
    if slice is not None:
        query = query.where(table.c.slice == slice)
    sums: dict[str, Counts] = {}
    zero, added = layout_of(spec).zero, adder(spec)
    for key, epoch, body in conn.execute(query):
        require_kept(spec, span.start, epoch, as_of)
        if key not in sums:
            sums[key] = zero()
        added(body, sums[key])
    return Window(span, sums)


def tallies(
    conn: sa.Connection,
    spec: Spec,
    span: Span,
    *,
    version: str | None = None,
    as_of: int | None = None,
) -> Profile:
    """Return the stored tallies of `spec.system` whose bucket starts within `span`.

    Their features are empty: those are counted per single slice, see `cells`.

    Args:
        conn: where to read.
        spec: what gives the counts their meaning; tallies of other specs are not seen.
        span: which buckets, by their start.
        version: only this version of the system; None: all.
        as_of: only what was counted up to this closed epoch; None: all that is known.

    Raises:
        Conflict: what was known at `as_of` has since been merged with what came later.
    """
    table = tables.tally
    query = sa.select(table.c.version, table.c.bucket, table.c.epoch, table.c.body).where(
        *asked(table, spec, span, version, as_of)
    )
    parts: dict[Moment, list[Tally]] = {}
    for version_, bucket, epoch, body in conn.execute(query):
        require_kept(spec, bucket, epoch, as_of)
        parts.setdefault(Moment(version_, bucket), []).append(unpack_tally(body, spec))
    return {moment: total(some) for moment, some in parts.items()}


def outcomes(
    conn: sa.Connection,
    spec: Spec,
    span: Span,
    who: Slice,
    *,
    version: str | None = None,
    as_of: int | None = None,
) -> Mapping[datetime, Counts]:
    """Return the counts of the people in `who` by bucket, all versions (or one) added up.

    Read from the cells of a single slice, which are small, and else from the cube: vectors of
    shape (width,) or (outcomes,), whose first places, the outcomes, mean the same.

    Raises:
        BadInput: `who` has several conditions and is not in the cube.
    """
    if len(who.conditions) > 1:
        return combination(conn, spec, span, who, version=version, as_of=as_of)
    found: dict[datetime, Counts] = {}
    stored = cells(conn, spec, span, version=version, slice=who.key, as_of=as_of)
    for key, counts in stored.items():
        held = found.get(key.bucket)
        found[key.bucket] = counts if held is None else held + counts
    return found


def leaves(
    conn: sa.Connection, spec: Spec, span: Span, *, as_of: int | None = None
) -> Leaves | None:
    """Return how the people of each leaf fared in `span`, all versions added up; None: nobody.

    Args:
        conn: where to read.
        spec: of a system that classifies; what gives the counts their meaning.
        span: which buckets, by their start.
        as_of: only what was counted up to this closed epoch; None: all that is known.
    """
    return people(conn, spec, span, as_of=as_of)[0]


def people(
    conn: sa.Connection, spec: Spec, span: Span, *, as_of: int | None = None
) -> tuple[Leaves | None, Marks | None]:
    """Return the leaves, as of `leaves`, and the marks of `span`; None: nobody.

    There are leaves where the system classifies.  Arguments are those of `leaves`.
    """
    found = [*tallies(conn, spec, span, as_of=as_of).values()]
    if not found:
        return None, None
    crossed = spec.kind.classifies
    fared = add([leaves_of(tally.outcomes, spec) for tally in found]) if crossed else None
    return fared, marks_of([tally.marks for tally in found])


def combination(
    conn: sa.Connection,
    spec: Spec,
    span: Span,
    who: Slice,
    *,
    version: str | None = None,
    as_of: int | None = None,
) -> Mapping[datetime, Counts]:
    """Return the outcomes of the people in `who` by bucket; arguments are those of `cells`.

    Buckets in which nobody was counted are absent, versions (if not one is named) are added up, and
    `who` is what `profile.cells.in_cube` tells: up to three values that are kept apart.

    Returns:
        Vectors of shape (outcomes,), which are the first places of a whole cell's.

    Raises:
        BadInput: `who` is not in the cube.
        Conflict: what was known at `as_of` has since been merged with what came later.
    """
    nobody = combined(Sheet.empty(layout_of(spec).outcomes), spec, who)
    found: dict[datetime, Counts] = {}
    for moment, tally in tallies(conn, spec, span, version=version, as_of=as_of).items():
        counts = combined(tally.outcomes, spec, who)
        found[moment.bucket] = found.get(moment.bucket, nobody) + counts
    return found


def grain(conn: sa.Connection, spec: Spec, span: Span) -> int:
    """Return the length in seconds of the longest cell that touches `span`: a bucket, or a day.

    Series over old time must not have finer steps, nor steps that cut through days.
    """
    table = tables.profile
    query = sa.select(sa.func.max(table.c.length_s)).where(
        *_of(tables.profile, spec),
        table.c.bucket > span.start - timedelta(seconds=DAY_S),
        table.c.bucket < span.end,
        table.c.slice == "",
    )
    return max(spec.bucket_s, conn.execute(query).scalar_one_or_none() or 0)


def first_and_last(conn: sa.Connection, system: str) -> Span | None:
    """Return the span of the stored buckets under the present spec; None where there are none."""
    systems = tables.system
    named = sa.select(systems.c.spec_hash).where(systems.c.name == system)
    stored = conn.execute(named).one_or_none()
    if stored is None:
        return None
    table = tables.profile
    mine = (table.c.system == system, table.c.spec_hash == stored.spec_hash)
    buckets = sa.select(table.c.bucket).where(*mine)
    # two walks to an end of the key; min() and max() in one query would read every cell
    first = conn.execute(buckets.order_by(table.c.bucket).limit(1)).scalar_one_or_none()
    if first is None:
        return None
    last = conn.execute(buckets.order_by(table.c.bucket.desc()).limit(1)).scalar_one()
    longest = sa.select(sa.func.max(table.c.length_s)).where(*mine, table.c.bucket == last)
    return Span(first, last + timedelta(seconds=conn.execute(longest).scalar_one()))


def _named(spec: Spec) -> dict[str, object]:
    return {"system": spec.system, "spec_hash": spec.hash}


def _of(table: sa.Table, spec: Spec) -> tuple[sa.ColumnElement[bool], ...]:
    return (table.c.system == spec.system, table.c.spec_hash == spec.hash)


def asked(
    table: sa.Table, spec: Spec, span: Span, version: str | None, as_of: int | None
) -> list[sa.ColumnElement[bool]]:
    """Return what rows of `table` must be; arguments as of `cells`."""
    where = [*_of(table, spec), table.c.bucket >= span.start, table.c.bucket < span.end]
    if as_of is not None:
        where.append(table.c.since <= as_of)
    if version is not None:
        where.append(table.c.version == version)
    return where


def require_kept(spec: Spec, bucket: datetime, epoch: int, as_of: int | None) -> None:
    """Raise Conflict if what was known at `as_of` has been merged with what came later."""
    if as_of is not None and epoch > as_of:
        raise Conflict(
            f"{spec.system}: what was known of {bucket:%Y-%m-%d %H:%M} at epoch {as_of} is not"
            " kept any more; retention.as_of in tocsin.yaml says for how long it is"
        )


def _move(conn: sa.Connection, spec: Spec, table: str, start: int, end: int) -> None:
    marks = tables.watermark
    key = {**_named(spec), "lake_table": table}
    insert_or_ignore(conn, marks, [{**key, "version": _NOTHING_YET}])
    moved = conn.execute(
        sa.update(marks)
        .where(*(marks.c[name] == value for name, value in key.items()), marks.c.version == start)
        .values(version=end)
    )
    if moved.rowcount != 1:
        raise Conflict(f"{spec.system}: {table} is not at version {start} any more; count again")


def _cells(conn: sa.Connection, spec: Spec, epoch: int, delta: Profile) -> list[dict[str, object]]:
    """Return what becomes of the cells that `delta` adds to."""
    known = {
        CellKey(row.version, row.slice, row.bucket): row.body
        for row in _open_rows(conn, tables.profile, spec, epoch, delta)
    }
    rows: list[dict[str, object]] = []
    for key, counts in cells_of(delta, spec).items():
        body = known.get(key)
        whole = counts if body is None else counts + unpack(body, spec)
        named = {"bucket": key.bucket, "slice": key.slice, "version": key.version}
        rows.append({**named, "body": pack(whole)})
    return rows


def _tallies(
    conn: sa.Connection, spec: Spec, epoch: int, delta: Profile
) -> list[dict[str, object]]:
    """Return what becomes of the tallies that `delta` adds to."""
    known = {
        Moment(row.version, row.bucket): row.body
        for row in _open_rows(conn, tables.tally, spec, epoch, delta)
    }
    rows: list[dict[str, object]] = []
    for moment, counted in delta.items():
        tally = without_features(counted)
        if moment in known:
            tally = total([tally, unpack_tally(known[moment], spec)])
        named = {"bucket": moment.bucket, "version": moment.version}
        rows.append({**named, "body": pack_tally(tally)})
    return rows


def _open_rows(
    conn: sa.Connection, table: sa.Table, spec: Spec, epoch: int, delta: Profile
) -> Iterator[sa.Row[Any]]:
    """Yield the rows of the open epoch in the buckets of `delta`."""
    buckets = sorted({moment.bucket for moment in delta})
    for k in range(0, len(buckets), _ROWS_AT_ONCE):
        query = sa.select(table).where(
            *_of(table, spec),
            table.c.bucket.in_(buckets[k : k + _ROWS_AT_ONCE]),
            table.c.length_s == spec.bucket_s,
            table.c.epoch == epoch,
        )
        yield from conn.execute(query)
