"""Erasing predictions by id: from the lake at once, then from records, then the receipt.

The erasure is a row already.  Killed anywhere, it begins again: what is gone is not found, files
that were replaced but not removed are removed, and only then is it done.
"""

from datetime import datetime

from tocsin.base.errors import Conflict
from tocsin.jobs.per_system import per_system
from tocsin.jobs.rings import Rings
from tocsin.lake import tend
from tocsin.lake.delta import TABLES
from tocsin.store import erasures
from tocsin.store.erasures import Erasure

ACTOR = "erase"


def run(rings: Rings, now: datetime) -> None:
    """Do every erasure that was asked for."""

    def catch_up(name: str) -> None:
        with rings.database.reading() as conn:
            due = erasures.of_system(conn, name, due=True)
        for erasure in due:
            _erase(rings, erasure, now)

    per_system(rings, catch_up)


def _erase(rings: Rings, erasure: Erasure, now: datetime) -> None:
    if not erasure.rows:
        rows = {
            table: rings.lake.scan(erasure.system, table, ids=erasure.ids, columns=["id"]).num_rows
            for table in TABLES
        }
        with rings.database.unit(ACTOR, now, quiet=True) as unit:
            erasures.count(unit, erasure, rows)
    try:
        for table in TABLES:
            its = rings.lake.table(erasure.system, table)
            if its.version() >= 0:
                tend.erase(its, erasure.ids, now)
    except Conflict:
        return  # another worker was at the same files: the next round looks again
    with rings.database.unit(ACTOR, now) as unit:
        current = erasures.get(unit.conn, erasure.system, erasure.id)
        if current.done_at is None:  # another worker may have been faster
            erasures.finish(unit, current)
