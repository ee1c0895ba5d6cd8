"""How the public status page stays up, also while the database is away.

drawn a moment ago ─▶ from the database ─▶ (away) what was drawn last or the static copy,
whichever is younger, with a line that says so
"""

from __future__ import annotations

import hashlib
import json
import logging
import threading
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

from tocsin.base.errors import Unavailable
from tocsin.incident.board import Board
from tocsin.incident.statuspage import StatusPage
from tocsin.store import boards
from tocsin.store.unit import Database

log = logging.getLogger(__name__)

FRESH = timedelta(seconds=5)
"""How long what was drawn is shown again; a crowd costs one look at the database."""
PAUSE = timedelta(seconds=10)
"""How long a database that is away is left alone: asking it may take as long."""
LATE = b"<!--late-->"
NAMES = ("status/status.css", "status/status.json", "status/atom.xml", "status/rss.xml")
_STATIC = Path(__file__).parent / "static"


def sheet() -> bytes:
    """Return the one style sheet of the public pages."""
    names = ("tocsin.css", "status.css")
    return b"\n".join((_STATIC / name).read_bytes() for name in names)


def tag_of(content: bytes) -> str:
    """Return the entity tag of a file."""
    return f'"{hashlib.sha256(content).hexdigest()[:32]}"'


@dataclass(frozen=True, slots=True)
class Shown:
    """The files as of an instant; `late`: the database could not be asked."""

    files: Mapping[str, bytes]
    as_of: datetime
    late: bool = False


@dataclass(slots=True)
class Public:
    """The status page of one server; make one per process."""

    page: StatusPage
    folder: Path
    """Where the static copy stands."""
    draw: Callable[[Board], Mapping[str, bytes]]
    _kept: Shown | None = None
    _away_until: datetime | None = None
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def show(self, database: Database, now: datetime) -> Shown:
        """Return what a visitor sees `now`.

        Raises:
            Unavailable: the database is away and nothing was ever drawn.
        """
        kept = self._kept
        if kept is not None and timedelta(0) <= now - kept.as_of < FRESH:
            return kept
        away = self._away_until is not None and now < self._away_until <= now + PAUSE
        if away or not self._lock.acquire(blocking=kept is None):
            return self._last(now)
        try:
            with database.reading() as conn:
                board = boards.get(conn, self.page, now)
            self._kept = Shown(self.draw(board), now)
            self._away_until = None
        except Exception as trouble:  # noqa: BLE001 - whatever is broken, this page stays up
            log.warning("the status page cannot be drawn: %s", type(trouble).__name__)
            self._away_until = now + PAUSE
            return self._last(now)
        else:
            return self._kept
        finally:
            self._lock.release()

    def _last(self, now: datetime) -> Shown:
        """Return the youngest of what is at hand, marked as late once it is."""
        found = [one for one in (self._kept, self._copy()) if one is not None]
        if not found:
            raise Unavailable("the status page cannot be shown at the moment")
        last = max(found, key=lambda one: one.as_of)
        if timedelta(0) <= now - last.as_of < FRESH:
            return last
        note = (
            '<p class="late" role="status">This page could not be brought up to date:'
            f" it shows what was known on {last.as_of:%Y-%m-%d at %H:%M} UTC.</p>"
        )
        html = last.files["index.html"].replace(LATE, note.encode(), 1)
        return Shown({**last.files, "index.html": html}, last.as_of, late=True)

    def _copy(self) -> Shown | None:
        """Return the static copy, if there is a whole one."""
        with suppress(OSError, ValueError, KeyError, TypeError):
            found = {name: (self.folder / name).read_bytes() for name in (*NAMES, "index.html")}
            said = json.loads(found["status/status.json"])["as_of"]
            return Shown(found, datetime.fromisoformat(said))
        return None
