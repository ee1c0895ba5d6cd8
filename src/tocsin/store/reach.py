"""What became of what was sent to each contact, pages and test pages alike.

A contact is person, channel and address: one whose address changed is a new one, not yet tried.
Write here last in a unit: several pages to one contact meet in its row.
"""

from collections.abc import Iterable

import sqlalchemy as sa

from tocsin.oncall.person import Contact
from tocsin.oncall.reach import Reach
from tocsin.store import tables
from tocsin.store.unit import Unit
from tocsin.store.upsert import upsert


def accepted(unit: Unit, contact: Contact) -> None:
    """Record that the receiver took something for `contact` now."""
    upsert(unit.conn, tables.reach, [_key(contact) | {"accepted_at": unit.now}])


def acknowledged(unit: Unit, contact: Contact) -> None:
    """Record that somebody used the link that `contact` was sent."""
    upsert(unit.conn, tables.reach, [_key(contact) | {"acknowledged_at": unit.now}])


def failed(unit: Unit, contact: Contact, why: str) -> None:
    """Record that a try was not taken, and why, without secrets."""
    upsert(unit.conn, tables.reach, [_key(contact) | {"failed_at": unit.now, "failure": why}])


def of_contacts(conn: sa.Connection, contacts: Iterable[Contact]) -> list[Reach]:
    """Return what is known of each of `contacts`, in their order."""
    table = tables.reach
    rows = conn.execute(sa.select(table)).mappings()
    known = {(row["person"], row["channel"], row["address"]): row for row in rows}
    found: list[Reach] = []
    for contact in contacts:
        row = known.get((contact.person, contact.channel, contact.address))
        facts = ("accepted_at", "acknowledged_at", "failed_at", "failure")
        found.append(Reach(contact=contact, **({name: row[name] for name in facts} if row else {})))
    return found


def _key(contact: Contact) -> dict[str, object]:
    return {"person": contact.person, "channel": contact.channel, "address": contact.address}
