"""Housekeeping of one table: what may be dropped, what must be erased, what nobody needs any more.

Every step leaves the table whole: files are written first, one log entry makes them take the place
of others, and only then is anything removed.  A process that dies in between leaves files that no
entry names; they are removed later.
"""

from collections.abc import Collection
from datetime import datetime, timedelta
from typing import cast

import pyarrow as pa
import pyarrow.compute as pc

from tocsin.lake.snapshot import StoredFile
from tocsin.lake.table import Table

GRACE = timedelta(hours=6)
"""How long a file that is no longer part of a table stays, for those who are reading it."""
KEEP_ENTRIES = timedelta(hours=1)
"""How long a log entry stays after a checkpoint made it needless."""
CHECKPOINT_EVERY = 50
"""Entries between two checkpoints."""
SLACK = timedelta(days=1)
"""A file is rewritten for rows past their age only when they are this much past it."""
_FILES_AT_ONCE = 200


def drop_old(table: Table, before: datetime, counted: int, now: datetime) -> int:
    """Drop rows whose `at` lies before an instant; return how many.

    Whole files go at once; a file that also holds younger rows is rewritten when its oldest row is
    `SLACK` past its time.  Rows that nobody has counted yet stay until they are.

    Raises:
        Conflict: another process changed the same files; look again.
    """
    _, files = table.files()
    old = [f for f in files if f.last <= counted and f.at[0] < before][:_FILES_AT_ONCE]
    gone = [f for f in old if f.at[1] < before]
    mixed = [f for f in old if f.at[1] >= before and f.at[0] < before - SLACK]

    def young(rows: pa.Table) -> pa.Table:
        return rows.filter(pc.field("at") >= before)

    changes = [table.without(gone)] if gone else []
    changes += [table.rewrite([file], young) for file in mixed]
    if changes:
        table.replace(changes, now, fresh=True)
    return sum(change.lost for change in changes)


def erase(table: Table, ids: Collection[str], now: datetime) -> int:
    """Remove every row with one of these ids, and every file that ever held it; return how many.

    Readers who are at it meet a missing file and look again; so does whoever reads an older
    version, for whom the rows are gone too.  The log's older entries, which name ids, go as well.

    Raises:
        Conflict: another process changed the same files; look again.
    """
    wanted = pa.array(sorted(ids), pa.string())

    def others(rows: pa.Table) -> pa.Table:
        return rows.filter(~pc.field("id").isin(wanted))

    lost = 0
    while held := _holding(table, ids):
        changes = [table.rewrite([file], others) for file in held]
        table.replace(changes, now, fresh=True)
        lost += sum(change.lost for change in changes)
    soon = now + timedelta(seconds=1)
    table.vacuum(soon, strays=False)
    table.checkpoint(after=1, forget_before=now - GRACE)
    table.expire(None)
    return lost


def clean(table: Table, now: datetime) -> None:
    """Write a checkpoint if one is due; remove entries and files that nobody needs any more."""
    if table.checkpoint(after=CHECKPOINT_EVERY, forget_before=now - GRACE):
        table.expire(now - KEEP_ENTRIES)
    table.vacuum(now - GRACE, strays=True)


def _holding(table: Table, ids: Collection[str]) -> list[StoredFile]:
    """Return some of the files that hold a row with one of these ids; none: there are none."""
    first, final = min(ids), max(ids)
    wanted = frozenset(ids)
    found: list[StoredFile] = []
    _, files = table.files()
    for file in files:
        if file.ids is not None and not (file.ids[1] >= first and file.ids[0] <= final):
            continue
        if not wanted.isdisjoint(cast("list[str]", table.file(file, ["id"])["id"].to_pylist())):
            found.append(file)
            if len(found) == _FILES_AT_ONCE:
                break
    return found
