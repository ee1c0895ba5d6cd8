"""The paging invariant: whoever must be told is told, or a page is on its way and in time."""

from datetime import datetime, timedelta

import sqlalchemy as sa

from tocsin.store import outbox, pages, tables

LATE = timedelta(seconds=60)
"""A page that should have left so long ago is overdue."""
SETTLING = timedelta(seconds=10)
"""How long escalation may take to plan the pages of a new incident."""


def broken(conn: sa.Connection, now: datetime) -> list[str]:
    """Return a sentence per incident that breaks the invariant; empty must always hold.

    Broken is an incident that waits for somebody while no page will ever be sent, or whose page
    should have left `LATE` ago: a due action that nobody takes guards nobody.
    """
    found = {one.incident: one.why for one in pages.unguarded(conn, now - SETTLING)}
    # a claim excuses nothing: a page that is claimed over and over and never leaves is late as well
    for page in conn.execute(outbox.unsent(tables.page, now - LATE)):
        found.setdefault(page.incident, f"a page due {page.due_at.isoformat()} was not sent")
    return [f"{incident}: {why}" for incident, why in sorted(found.items())]
