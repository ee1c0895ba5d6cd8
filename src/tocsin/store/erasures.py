"""Erasures: what was asked to be erased, and the receipt when it is done.

An erasure is a row before anything is removed.  Once it is done the row forgets which ids it named.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import cast

import sqlalchemy as sa

from tocsin.base.errors import NotFound
from tocsin.diagnose.ledger import LedgerRow
from tocsin.store import referrals, tables
from tocsin.store.codec import decode, encode
from tocsin.store.unit import Unit

_IDS_AT_ONCE = 500


@dataclass(frozen=True, slots=True)
class Erasure:
    """`number` predictions of `system` to be erased; `rows` says where they stood, once counted.

    `ids` are the ids as they are stored; empty when it is done.
    """

    id: str
    system: str
    asked_at: datetime
    asked_by: str
    number: int
    ids: Sequence[str]
    rows: Mapping[str, int]
    done_at: datetime | None


def ask(unit: Unit, system: str, ids: Sequence[str]) -> Erasure:
    """Record that these ids are to be erased."""
    names = sorted(set(ids))
    erasure = Erasure(unit.new_id("ers"), system, unit.now, unit.actor, len(names), names, {}, None)
    row = {name: getattr(erasure, name) for name in tables.erasure.c.keys()}  # noqa: SIM118 - a column collection
    unit.conn.execute(sa.insert(tables.erasure).values(**row))
    unit.audit("erasure.asked", erasure.id, system=system, predictions=str(len(names)))
    return erasure


def get(conn: sa.Connection, system: str, id_: str) -> Erasure:
    """Return one erasure of `system`.

    Raises:
        NotFound: there is none.
    """
    table = tables.erasure
    query = sa.select(table).where(table.c.system == system, table.c.id == id_)
    row = conn.execute(query).mappings().one_or_none()
    if row is None:
        raise NotFound(f"{system} has no erasure {id_!r}")
    return Erasure(**row)


def of_system(conn: sa.Connection, system: str, *, due: bool = False) -> list[Erasure]:
    """Return the erasures of `system`, oldest first; `due`: only those that are not done."""
    table = tables.erasure
    query = sa.select(table).where(table.c.system == system).order_by(table.c.asked_at, table.c.id)
    if due:
        query = query.where(table.c.done_at.is_(None))
    return [Erasure(**row) for row in conn.execute(query).mappings()]


def count(unit: Unit, erasure: Erasure, rows: Mapping[str, int]) -> None:
    """Keep how many rows there were before the first was removed."""
    table = tables.erasure
    unit.conn.execute(sa.update(table).where(table.c.id == erasure.id).values(rows=dict(rows)))


def finish(unit: Unit, erasure: Erasure) -> None:
    """Forget what records hold of these predictions, and which they were; keep the receipt.

    On ledgers their decisions keep their time and version, so that the count stays; in the queue of
    outcomes that wait for a prediction, of logged calls, and of decisions before people, nothing is
    left.
    """
    for k in range(0, len(erasure.ids), _IDS_AT_ONCE):
        some = erasure.ids[k : k + _IDS_AT_ONCE]
        for table in (tables.orphan_outcome, tables.half):
            unit.conn.execute(
                sa.delete(table).where(table.c.system == erasure.system, table.c.id.in_(some))
            )
        referrals.erase(unit, erasure.system, some)
        _blank_ledgers(unit, erasure, some)
    table = tables.erasure
    unit.conn.execute(
        sa.update(table).where(table.c.id == erasure.id).values(ids=[], done_at=unit.now)
    )
    rows = {name: str(number) for name, number in erasure.rows.items()}
    unit.audit("erasure.done", erasure.id, system=erasure.system, **rows)


def _blank_ledgers(unit: Unit, erasure: Erasure, ids: Sequence[str]) -> None:
    table, incidents = tables.ledger, tables.incident
    query = (
        sa.select(table.c.incident, table.c.prediction_id, table.c.body)
        .join(incidents, incidents.c.id == table.c.incident)
        .where(incidents.c.system == erasure.system, table.c.prediction_id.in_(ids))
    )
    for incident, id_, body in unit.conn.execute(query).all():
        place = sorted(erasure.ids).index(id_) + 1
        known = decode(LedgerRow, body, where=f"ledger of {incident}")
        blank = replace(
            known,
            prediction_id=f"erased {erasure.id}/{place}",
            score=None,
            prediction=None,
            attributes=cast("Mapping[str, str]", {}),
        )
        unit.conn.execute(
            sa.update(table)
            .where(table.c.incident == incident, table.c.prediction_id == id_)
            .values(prediction_id=blank.prediction_id, body=encode(blank))
        )
