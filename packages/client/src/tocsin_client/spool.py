"""Rows on disk while the server is away: a folder of NDJSON segments, oldest sent first.

A segment is written beside its place, fsynced, renamed, and its folder fsynced: it is there whole
or not at all.  Its name tells its age and its rows: `<ns>-<owner>-<serial>-<rows>.ndjson`.  The
folder is bounded; the oldest segments go first and their rows are counted as lost.

Rows hold personal data, so folder and files are readable by their owner only.  Several processes
may share a folder: each takes over what it finds at its start and then keeps its own segments, so
after a crash two of them may send the same segment, which the server counts once (ids).
"""

import contextlib
import os
import secrets
import time
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

STALE_S = 3600
"""A half-written file older than this belongs to nobody."""


@dataclass(frozen=True, slots=True)
class Segment:
    """One file of rows."""

    path: Path
    rows: int
    size_bytes: int


class Spool:
    """A first-in first-out store of encoded rows.  Used by one thread."""

    def __init__(self, folder: Path, *, max_bytes: int) -> None:
        self._folder, self._max_bytes = folder, max_bytes
        self._owner, self._serial = secrets.token_hex(4), 0
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        for part in folder.glob("*.part"):  # a crash left it; a live process renames within moments
            with contextlib.suppress(OSError):
                if time.time() - part.stat().st_mtime > STALE_S:
                    part.unlink()
        found = [segment for path in folder.glob("*.ndjson") if (segment := _segment(path))]
        self._segments = deque(sorted(found, key=lambda segment: segment.path.name))
        self._size_bytes = sum(segment.size_bytes for segment in found)
        self._rows = sum(segment.rows for segment in found)

    @property
    def rows(self) -> int:
        """Rows on disk."""
        return self._rows

    def append(self, body: bytes, rows: int, *, at_ns: int) -> int:
        """Keep `rows` rows, durably when this returns.

        Args:
            body: whole NDJSON lines.
            rows: how many lines.
            at_ns: nanoseconds since the epoch; orders the segments.

        Returns:
            How many older rows were dropped to stay within the bound.

        Raises:
            OSError: the disk refused; nothing was kept.
        """
        self._serial += 1
        name = f"{at_ns:020d}-{self._owner}-{self._serial:08d}-{rows}.ndjson"
        write_durably(self._folder / name, body)
        self._segments.append(Segment(self._folder / name, rows, len(body)))
        self._size_bytes += len(body)
        self._rows += rows
        dropped = 0
        while self._size_bytes > self._max_bytes and len(self._segments) > 1:
            oldest = self._segments[0]
            self.remove([oldest])
            dropped += oldest.rows
        return dropped

    def oldest(self, *, max_rows: int, max_bytes: int) -> tuple[list[Segment], bytes]:
        """Return the oldest readable segments that fit one request, and their joined bytes.

        Segments that another process has sent meanwhile are forgotten.
        """
        taken: list[Segment] = []
        body = b""
        for segment in list(self._segments):
            rows = sum(s.rows for s in taken) + segment.rows
            if taken and (rows > max_rows or len(body) + segment.size_bytes > max_bytes):
                break
            try:
                body += segment.path.read_bytes()
            except FileNotFoundError:
                self.remove([segment])
                continue
            except OSError:  # unreadable for now: the others need not wait for it
                continue
            taken.append(segment)
        return taken, body

    def remove(self, segments: Sequence[Segment]) -> None:
        """Forget segments that were sent or given up."""
        for segment in segments:
            with contextlib.suppress(
                OSError
            ):  # found again at the next start; ids make that harmless
                segment.path.unlink()
            self._segments.remove(segment)
            self._size_bytes -= segment.size_bytes
            self._rows -= segment.rows


def write_durably(path: Path, body: bytes) -> None:
    """Write a file so that after a crash it is there whole or as it was before.

    Raises:
        OSError: the disk refused; `path` is as it was.
    """
    part = path.with_name(path.name + ".part")
    try:
        with open(part, "wb", opener=_owner_only) as file:  # Path.open takes no opener
            file.write(body)
            file.flush()
            os.fsync(file.fileno())
        part.replace(path)
    except OSError:
        part.unlink(missing_ok=True)
        raise
    if os.name == "posix":  # elsewhere a folder cannot be opened, and need not be
        folder = os.open(path.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)


def _owner_only(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)


def _segment(path: Path) -> Segment | None:
    rows = path.stem.rpartition("-")[2]
    try:
        return Segment(path, int(rows), path.stat().st_size)
    except (ValueError, OSError):  # not ours, or sent by another process meanwhile
        return None
