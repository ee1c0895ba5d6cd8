"""Links between incidents; one that was taken back keeps its row and is not shown."""

import sqlalchemy as sa
from sqlalchemy.engine import RowMapping

from tocsin.base.errors import NotFound
from tocsin.incident.relate import Link, LinkKind
from tocsin.store import tables
from tocsin.store.unit import Unit


def add(unit: Unit, incident: str, other: str, kind: LinkKind) -> tuple[Link, bool]:
    """Link two incidents by id; return the link, and whether it is new.

    A link that stands already, in either direction if it is `related`, is returned as it is.
    """
    for one in of_incident(unit.conn, incident):
        same = (one.incident, one.other) == (incident, other)
        turned = kind is LinkKind.RELATED and (one.other, one.incident) == (incident, other)
        if one.kind is kind and (same or turned):
            return one, False
    link = Link(
        id=unit.new_id("link"),
        incident=incident,
        other=other,
        kind=kind,
        made_at=unit.now,
        made_by=unit.actor,
    )
    unit.conn.execute(
        sa.insert(tables.incident_link).values(
            id=link.id,
            incident=incident,
            other=other,
            kind=kind.value,
            made_at=link.made_at,
            made_by=link.made_by,
        )
    )
    unit.audit("incident.linked", incident, other=other, kind=kind.value)
    return link, True


def remove(unit: Unit, link: Link) -> bool:
    """Take a link back; return whether it still stood."""
    table = tables.incident_link
    done = unit.conn.execute(
        sa.update(table)
        .where(table.c.id == link.id, table.c.removed_at.is_(None))
        .values(removed_at=unit.now, removed_by=unit.actor)
    )
    if done.rowcount:
        unit.audit("incident.unlinked", link.incident, other=link.other, kind=link.kind.value)
    return done.rowcount == 1


def get(conn: sa.Connection, link_id: str) -> Link:
    """Return one link that stands.

    Raises:
        NotFound: there is none with this id, or it was taken back.
    """
    table = tables.incident_link
    query = sa.select(table).where(table.c.id == link_id, table.c.removed_at.is_(None))
    row = conn.execute(query).mappings().one_or_none()
    if row is None:
        raise NotFound(f"no link {link_id}; see what the incident is related to")
    return _link(row)


def of_incident(conn: sa.Connection, incident: str) -> list[Link]:
    """Return the links that stand, from and to the incident with this id, oldest first."""
    table = tables.incident_link
    either = sa.or_(table.c.incident == incident, table.c.other == incident)
    query = sa.select(table).where(either, table.c.removed_at.is_(None))
    rows = conn.execute(query.order_by(table.c.made_at, table.c.id)).mappings()
    return [_link(row) for row in rows]


def _link(row: RowMapping) -> Link:
    return Link(
        id=row["id"],
        incident=row["incident"],
        other=row["other"],
        kind=LinkKind(row["kind"]),
        made_at=row["made_at"],
        made_by=row["made_by"],
    )
