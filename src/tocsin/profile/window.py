"""A window: the sum of a profile's buckets over a span, one vector per slice."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from tocsin.base.errors import BadInput
from tocsin.base.spans import Span
from tocsin.profile import leaves as leaf
from tocsin.profile.cell import Cells, Counts, Marks
from tocsin.profile.leaves import Leaves
from tocsin.profile.merge import marks as marks_of


@dataclass(frozen=True, slots=True)
class Window:
    """What happened in `span`: counts by slice key, "" is everyone; absent slices had no rows.

    `leaves` tell of the people of any combination of attributes, `marks` of everyone's distinct
    values and repeats; None where nobody asked.
    """

    span: Span
    cells: Mapping[str, Counts]
    leaves: Leaves | None = None
    marks: Marks | None = None


def window(cells: Cells, span: Span, version: str | None = None) -> Window:
    """Return the sum of the buckets that start within `span`.

    Args:
        cells: of any versions and buckets.
        span: half open; a bucket belongs to it by its start.
        version: only this version; None adds all versions up.
    """
    sums: dict[str, Counts] = {}
    for key, counts in cells.items():
        if not span.holds(key.bucket) or (version is not None and key.version != version):
            continue
        held = sums.get(key.slice)
        sums[key.slice] = counts if held is None else held + counts
    return Window(span, sums)


def add(windows: Sequence[Window]) -> Window:
    """Return one window that holds all the rows of `windows`, spanning from the first to the last.

    Raises:
        BadInput: there is no window to add.
    """
    if not windows:
        raise BadInput("no windows to add up")
    cells: dict[str, Counts] = {}
    for part in windows:
        for key, counts in part.cells.items():
            held = cells.get(key)
            cells[key] = counts if held is None else held + counts
    span = Span(min(w.span.start for w in windows), max(w.span.end for w in windows))
    known = [part.leaves for part in windows if part.leaves is not None]
    marks = [part.marks for part in windows if part.marks is not None]
    return Window(
        span,
        cells,
        leaf.add(known) if len(known) == len(windows) else None,
        marks_of(marks) if len(marks) == len(windows) else None,
    )
