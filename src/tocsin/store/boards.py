"""The status board, gathered from what is stored."""

from datetime import datetime, timedelta

import sqlalchemy as sa

from tocsin.alert.silence import systems_of
from tocsin.base.spans import Span
from tocsin.incident.board import Board, Window, board
from tocsin.incident.statuspage import StatusPage
from tocsin.incident.uptime import DAYS
from tocsin.store import bulletins, silences

_BACK = timedelta(days=DAYS + 1)


def get(conn: sa.Connection, page: StatusPage, now: datetime) -> Board:
    """Return what the public may see `now`."""
    since = bulletins.standing(conn)
    return board(
        page.site,
        [(one, since.get(one.key, now)) for one in page.components],
        bulletins.since(conn, now - _BACK),
        windows(conn, now),
        now,
    )


def windows(conn: sa.Connection, now: datetime) -> list[Window]:
    """Return the maintenance windows that the status page counts or announces."""
    return [
        Window(
            id=one.id,
            systems=tuple(systems_of(one)),
            span=Span(one.starts_at, max(one.starts_at, one.until)),
            title=one.title,
        )
        for one in silences.maintenance(conn, now - _BACK)
    ]
