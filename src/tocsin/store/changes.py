"""Recorded changes and complaints: what diagnosis reads beside the counts."""

from dataclasses import replace

import sqlalchemy as sa

from tocsin.base.errors import NotFound
from tocsin.base.spans import Span
from tocsin.ingest.change import Change, Complaint
from tocsin.store import tables
from tocsin.store.codec import decode, encode
from tocsin.store.unit import Unit


def add(unit: Unit, change: Change) -> None:
    """Record `change`."""
    unit.conn.execute(
        sa.insert(tables.change).values(
            id=change.id, system=change.system, at=change.at, body=encode(change)
        )
    )
    unit.audit("change.recorded", change.id, system=change.system, kind=change.kind.value)


def get(conn: sa.Connection, id_: str) -> Change:
    """Return one change.

    Raises:
        NotFound: there is none with this id.
    """
    found = conn.execute(sa.select(tables.change.c.body).where(tables.change.c.id == id_))
    body = found.scalar_one_or_none()
    if body is None:
        raise NotFound(f"no change {id_}; see the system's changes")
    return decode(Change, body, where=f"change {id_}")


def between(conn: sa.Connection, system: str, span: Span) -> list[Change]:
    """Return the changes of `system` that happened within `span`, oldest first."""
    table = tables.change
    query = (
        sa.select(table.c.body)
        .where(table.c.system == system, table.c.at >= span.start, table.c.at < span.end)
        .order_by(table.c.at, table.c.id)
    )
    where = f"change of {system}"
    return [decode(Change, body, where=where) for body in conn.execute(query).scalars()]


def add_complaint(unit: Unit, complaint: Complaint) -> None:
    """Record `complaint`."""
    unit.conn.execute(
        sa.insert(tables.complaint).values(
            id=complaint.id, system=complaint.system, at=complaint.at, body=encode(complaint)
        )
    )
    unit.audit("complaint.recorded", complaint.id, system=complaint.system)


def get_complaint(conn: sa.Connection, id_: str) -> Complaint:
    """Return one complaint.

    Raises:
        NotFound: there is none with this id.
    """
    found = conn.execute(sa.select(tables.complaint.c.body).where(tables.complaint.c.id == id_))
    body = found.scalar_one_or_none()
    if body is None:
        raise NotFound(f"no complaint {id_}; see the incident's timeline")
    return decode(Complaint, body, where=f"complaint {id_}")


def erase_complaint(unit: Unit, id_: str) -> None:
    """Forget what a person wrote; that there was a complaint, when, and of what stays.

    Raises:
        NotFound: there is none with this id.
    """
    known = get_complaint(unit.conn, id_)
    blank = replace(known, text="erased", prediction_id=None, contact=None)
    table = tables.complaint
    unit.conn.execute(sa.update(table).where(table.c.id == id_).values(body=encode(blank)))
    unit.audit("complaint.erased", id_, system=known.system)


def complaints_by_system(conn: sa.Connection, span: Span) -> dict[str, int]:
    """Return how many complaints came within `span` about each system that had one."""
    table = tables.complaint
    query = (
        sa.select(table.c.system, sa.func.count())
        .where(table.c.at >= span.start, table.c.at < span.end)
        .group_by(table.c.system)
    )
    return dict(conn.execute(query).all())


def complaints_between(conn: sa.Connection, system: str, span: Span) -> list[Complaint]:
    """Return the complaints about `system` that came within `span`, oldest first."""
    table = tables.complaint
    query = (
        sa.select(table.c.body)
        .where(table.c.system == system, table.c.at >= span.start, table.c.at < span.end)
        .order_by(table.c.at, table.c.id)
    )
    where = f"complaint about {system}"
    return [decode(Complaint, body, where=where) for body in conn.execute(query).scalars()]
