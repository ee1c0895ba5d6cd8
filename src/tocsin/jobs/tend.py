"""Tending the lake: rows past their age go, small files become big ones, what is needless goes.

One system's tables at most every two minutes, a bounded amount of work each time, so that other
duties have their turn; what is left over is done the next time.  It may be killed anywhere.

Files are put together only where the profile duty has counted all of their rows.  The entry in the
lake's log that does so is written while the unit of work holds the watermark, so that nobody begins
to count anew in between (decision 0010).
"""

from datetime import datetime, timedelta

from tocsin.base.errors import Conflict
from tocsin.jobs.per_system import per_system
from tocsin.jobs.rings import Rings
from tocsin.lake import tend
from tocsin.lake.delta import TABLES, TableName
from tocsin.lake.snapshot import StoredFile
from tocsin.lake.tiers import groups
from tocsin.store import stages
from tocsin.store.watermarks import Marks, marks

ACTOR = "tend"
EVERY = timedelta(minutes=2)
"""The pause between two rounds of one system."""
GROUPS_AT_ONCE = 4
"""Groups of files put together in one round of one table."""


def run(rings: Rings, now: datetime) -> None:
    """Tend the tables of every system whose turn it is."""
    per_system(rings, lambda name: _system(rings, name, now))


def _system(rings: Rings, name: str, now: datetime) -> None:
    with rings.database.reading() as conn:
        before = stages.get(conn, ACTOR, name)
    if before is not None and now - before.at < EVERY:
        return
    with rings.database.unit(ACTOR, now, quiet=True) as unit:
        stages.beat(unit, ACTOR, name)  # first, so that trouble has to wait for its turn too
    for table in TABLES:
        _table(rings, name, table, now)


def _table(rings: Rings, name: str, table: TableName, now: datetime) -> None:
    its = rings.lake.table(name, table)
    if its.version() < 0:
        return
    with rings.database.reading() as conn:
        seen = marks(conn, name, table)
    try:
        if rings.keep_predictions is not None:
            tend.drop_old(its, now - rings.keep_predictions, seen.counted, now)
        _, files = its.files()
        for group in groups(files, seen.every, seen.counted)[:GROUPS_AT_ONCE]:
            _put_together(rings, name, table, group, now)
    except Conflict:
        pass  # another worker, or an erasure, was at the same files: the next round looks again
    tend.clean(its, now)


def _put_together(
    rings: Rings, name: str, table: TableName, group: list[StoredFile], now: datetime
) -> None:
    its = rings.lake.table(name, table)
    rewritten = its.rewrite(group, lambda rows: rows)
    with rings.database.unit(ACTOR, now, quiet=True) as unit:
        if _apart(group, marks(unit.conn, name, table)):
            its.discard([rewritten])
            raise Conflict("the table is being counted anew")
        its.replace([rewritten], now, fresh=False)


def _apart(group: list[StoredFile], now: Marks) -> bool:
    """Return whether a watermark lies between the rows of these files, or before them."""
    first, last = min(file.last for file in group), max(file.last for file in group)
    return last > now.counted or any(first <= mark < last for mark in now.every)
