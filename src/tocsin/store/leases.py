"""Which worker holds a duty.

A worker that dies loses it when its lease runs out, or when another begins on the same host.
"""

from collections.abc import Callable
from datetime import timedelta

import sqlalchemy as sa

from tocsin.store import tables
from tocsin.store.unit import Unit
from tocsin.store.upsert import insert_or_ignore

_SKEW = timedelta(minutes=1)
"""How far the clocks of two hosts may be apart."""


def hold(unit: Unit, duty: str, owner: str, for_: timedelta) -> bool:
    """Take or renew the lease on `duty`; return whether it is `owner`'s for this long from now.

    One that lasts longer than anybody is given one is free: the clock that it was given by was put
    back since.
    """
    table = tables.lease
    until = unit.now + for_
    insert_or_ignore(unit.conn, table, [{"duty": duty, "owner": owner, "until": until}])
    free = sa.or_(table.c.owner == owner, table.c.until <= unit.now, table.c.until > until + _SKEW)
    taken = unit.conn.execute(
        sa.update(table).where(table.c.duty == duty, free).values(owner=owner, until=until)
    )
    return taken.rowcount == 1


def inherit(unit: Unit, gone: Callable[[str], bool]) -> list[str]:
    """Free the leases of owners who are `gone`, and return these: nobody waits for the dead."""
    table = tables.lease
    owners = unit.conn.execute(sa.select(table.c.owner).distinct().order_by(table.c.owner))
    found = [owner for owner in owners.scalars() if gone(owner)]
    if found:
        unit.conn.execute(sa.delete(table).where(table.c.owner.in_(found)))
    return found


def release(unit: Unit, duty: str, owner: str) -> None:
    """Give the lease on `duty` back, so that another worker need not wait for its end."""
    table = tables.lease
    mine = (table.c.duty == duty, table.c.owner == owner)
    unit.conn.execute(sa.delete(table).where(*mine))
