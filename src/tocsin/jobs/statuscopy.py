"""The static copy of the status page: plain files that any web server or object store can show.

Written at every change and each minute, by every worker into its own folder.  Each file replaces
the one before in one step, the page itself last, so that a reader never sees half of one.
"""

import os
from collections.abc import Mapping
from datetime import datetime, timedelta
from pathlib import Path

from tocsin.incident.board import Board
from tocsin.jobs.rings import Rings, Status
from tocsin.store import boards

EACH = timedelta(minutes=1)
LOOK = timedelta(seconds=2)
"""How often it is looked for a change."""


class Copier:
    """Remembers what stands in the folder, so that it writes only where something is new."""

    def __init__(self) -> None:
        """Know of nothing; the first run writes."""
        self._looked_at: datetime | None = None
        self._written: Board | None = None

    def run(self, rings: Rings, now: datetime) -> None:
        """Write the copy if anything changed, or the last one is a minute old."""
        if rings.status is None:
            return
        if self._looked_at is not None and timedelta(0) <= now - self._looked_at < LOOK:
            return
        self._looked_at = now
        board = _board(rings, rings.status, now)
        last = self._written
        if last is None or _said(board) != _said(last) or not last.as_of <= now < last.as_of + EACH:
            _write(rings.status, board)
            self._written = board


def write(rings: Rings, now: datetime) -> None:
    """Write the copy as of `now`."""
    if rings.status is not None:
        _write(rings.status, _board(rings, rings.status, now))


def put(folder: Path, files: Mapping[str, bytes]) -> None:
    """Put `files` into `folder` for everyone to read, each in one step, in their order."""
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.parent.chmod(0o755)
        draft = path.with_name(f".{path.name}-{os.getpid()}")
        with draft.open("wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        draft.chmod(0o644)
        draft.replace(path)


def _board(rings: Rings, status: Status, now: datetime) -> Board:
    with rings.database.reading() as conn:
        return boards.get(conn, status.page, now)


def _write(status: Status, board: Board) -> None:
    put(status.folder, status.draw(board))


def _said(board: Board) -> object:
    """Return what a reader would call a change: not that a minute more was counted."""
    rows = [(row.title, row.about, row.level) for row in board.rows]
    return board.site, rows, board.open, board.planned, board.past
