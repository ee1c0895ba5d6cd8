"""Epochs: what was known when.

Counts are only ever added to the rows of a system's present epoch.  Closing it ends it: the next
counts begin new rows, and the sum of all rows up to a closed epoch never changes again.  Whoever
closes an epoch before reading may therefore read the very same numbers later, whatever arrives.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from tocsin.base.errors import Conflict, NotFound
from tocsin.profile.spec import Spec
from tocsin.store import tables
from tocsin.store.unit import Unit


@dataclass(frozen=True, slots=True)
class Stamp:
    """What something was computed from: the counts under one spec up to one closed epoch."""

    spec_hash: str
    epoch: int


@dataclass(frozen=True, slots=True)
class Closed:
    """A closed epoch and the terms of the evaluation it was closed for; None: it never ended."""

    at: datetime
    terms: Any


def present(conn: sa.Connection, spec: Spec) -> int:
    """Return the number of the epoch that is open under `spec`; the first is 0."""
    table = tables.epoch
    query = sa.select(sa.func.max(table.c.epoch)).where(*_of(spec.system, spec.hash))
    last = conn.execute(query).scalar_one_or_none()
    return 0 if last is None else last + 1


def last_closed_at(conn: sa.Connection, spec: Spec) -> datetime | None:
    """Return when an epoch was closed last under `spec`; None: never."""
    table = tables.epoch
    query = sa.select(sa.func.max(table.c.closed_at)).where(*_of(spec.system, spec.hash))
    return conn.execute(query).scalar_one_or_none()


def closed_since(conn: sa.Connection, spec: Spec, since: datetime) -> dict[int, datetime]:
    """Return when each epoch of `spec` that closed at `since` or later did, and the last before."""
    table = tables.epoch
    mine = _of(spec.system, spec.hash)
    before = sa.select(sa.func.max(table.c.epoch)).where(*mine, table.c.closed_at < since)
    first = conn.execute(before).scalar_one_or_none()
    query = sa.select(table.c.epoch, table.c.closed_at).where(*mine)
    query = query.where(table.c.closed_at >= since if first is None else table.c.epoch >= first)
    return {row.epoch: row.closed_at for row in conn.execute(query.order_by(table.c.epoch))}


def close(unit: Unit, spec: Spec) -> Stamp:
    """End the present epoch of `spec.system`, in this unit; its rows never change again.

    Raises:
        Conflict: the spec was replaced.
    """
    lock(unit.conn, spec)
    stamp = Stamp(spec.hash, present(unit.conn, spec))
    row = {"system": spec.system, "spec_hash": stamp.spec_hash, "epoch": stamp.epoch}
    unit.conn.execute(sa.insert(tables.epoch).values(**row, closed_at=unit.now))
    return stamp


def keep(unit: Unit, system: str, stamp: Stamp, terms: object) -> None:
    """Keep the `terms` (JSON) of the evaluation that the epoch of `stamp` was closed for."""
    unit.conn.execute(
        sa.update(tables.epoch)
        .where(*_of(system, stamp.spec_hash), tables.epoch.c.epoch == stamp.epoch)
        .values(terms=terms)
    )


def get(conn: sa.Connection, system: str, stamp: Stamp) -> Closed:
    """Return the closed epoch that `stamp` names.

    Raises:
        NotFound: it is not closed yet, or so old that it was forgotten.
    """
    table = tables.epoch
    query = sa.select(table.c.closed_at, table.c.terms).where(
        *_of(system, stamp.spec_hash), table.c.epoch == stamp.epoch
    )
    row = conn.execute(query).one_or_none()
    if row is None:
        raise NotFound(
            f"{system}: epoch {stamp.epoch} under spec {stamp.spec_hash} is not kept;"
            " retention.as_of in tocsin.yaml says for how long epochs are"
        )
    return Closed(row.closed_at, row.terms)


def lock(conn: sa.Connection, spec: Spec) -> None:
    """Refuse a spec that is not the present one; on PostgreSQL let one writer per system go on.

    Raises:
        Conflict: the spec was replaced.
    """
    table = tables.system
    query = sa.select(table.c.spec_hash).where(table.c.name == spec.system).with_for_update()
    now = conn.execute(query).scalar_one_or_none()
    if now != spec.hash:
        raise Conflict(f"{spec.system}: its spec was replaced; count again under the present one")


def _of(system: str, spec_hash: str) -> tuple[sa.ColumnElement[bool], ...]:
    return (tables.epoch.c.system == system, tables.epoch.c.spec_hash == spec_hash)
