"""The public status page as files: what a visitor gets and the static copy are the same bytes.

Drawn from the board alone.  Links within are relative, so that the copy works wherever it is put;
those to forms lead to the server.
"""

from __future__ import annotations

from tocsin.incident.board import Board
from tocsin.incident.bulletin import Level
from tocsin.incident.statuspage import StatusPage
from tocsin.web import feeds
from tocsin.web.pages.render import Reader, draw
from tocsin.web.publish import sheet
from tocsin.web.views.status import STAGES, bars, marks_of

_NOBODY = Reader("anonymous", "", "", frozenset())


def files(board: Board, page: StatusPage, base_url: str) -> dict[str, bytes]:
    """Return the status page and what belongs to it by name, the page itself last."""
    html = draw(
        "status/page.html",
        reader=_NOBODY,
        now=board.as_of,
        here="",
        live=False,
        board=board,
        base_url=base_url,
        ways=page.ways,
        bars=[bars(row) for row in board.rows],
        marks_of=marks_of,
        stages=STAGES,
        maintenance=Level.MAINTENANCE,
        site=board.site,
        sheet="status/status.css",
    )
    return {
        "status/status.css": sheet(),
        "status/status.json": feeds.machine(board),
        "status/atom.xml": feeds.atom(board, base_url),
        "status/rss.xml": feeds.rss(board, base_url),
        "index.html": html.encode(),
    }
