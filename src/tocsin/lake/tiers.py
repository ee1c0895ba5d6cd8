"""Which files to put together: many small ones, of like size, so that no row is moved often.

Files are sorted into tiers by their rows, each tier eight times the one before.  When a tier holds
eight files or more they become one of a higher tier, so a row is rewritten once a tier: six times
on its way from a file of its own into one of half a million rows, however slowly rows come.
"""

from bisect import bisect_left
from collections.abc import Iterable, Sequence

from tocsin.lake.snapshot import StoredFile

TIER = 8
_TIER_BITS = TIER.bit_length() - 1
BIG_ROWS = 1 << 18
"""Rows of a file that is left alone."""
GROUP_ROWS = 1 << 19
GROUP_BYTES = 128 << 20
GROUP_FILES = 1000
"""Bounds of what is put together at once, so that memory and time are bounded too."""


def groups(
    files: Iterable[StoredFile], marks: Sequence[int], counted: int
) -> list[list[StoredFile]]:
    """Return groups of files, each to become one file; smallest files first.

    Args:
        files: of one table.
        marks: every watermark of the table.  A group lies on one side of each, so that whoever goes
            on from there meets every row exactly once.
        counted: the watermark of those who count at present; a group does not lie beyond it.
    """
    borders = sorted(set(marks))
    tiers: dict[tuple[int, int], list[StoredFile]] = {}
    for file in files:
        if file.rows < BIG_ROWS and file.last <= counted:
            tier = (max(file.rows, 1).bit_length() - 1) // _TIER_BITS
            tiers.setdefault((tier, bisect_left(borders, file.last)), []).append(file)
    found: list[list[StoredFile]] = []
    for _, some in sorted(tiers.items()):
        waiting = sorted(some, key=lambda file: (file.at, file.name))
        while len(waiting) >= TIER:
            n = _fitting(waiting)
            if n < 2:
                waiting = waiting[1:]
                continue
            found.append(waiting[:n])
            waiting = waiting[n:]
    return found


def _fitting(files: Sequence[StoredFile]) -> int:
    """Return how many files from the first on keep within the bounds of a group."""
    rows = size_bytes = 0
    for n, file in enumerate(files):
        rows, size_bytes = rows + file.rows, size_bytes + file.size_bytes
        if n and (rows > GROUP_ROWS or size_bytes > GROUP_BYTES or n >= GROUP_FILES):
            return n
    return len(files)
