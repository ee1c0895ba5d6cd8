"""Rungs: the reference in parts of rising length, for what grows with the rows but not in step.

How many different values there are, and how many decisions repeat an earlier one, depends on how
many rows are looked at and how they follow one another.  So a window is compared with parts of the
reference that lie side by side as its own rows do: stretches, blocks, and runs of blocks.
"""

from dataclasses import dataclass

import numpy as np

from tocsin.detect.baseline import Baseline
from tocsin.profile.window import Window, add

RUNS = (1, 2, 5, 10, 20)
"""Blocks of a run; the last is the whole."""


@dataclass(frozen=True, slots=True, eq=False)
class Rung:
    """Parts of the reference of about the same length, of everyone and with marks."""

    parts: tuple[Window, ...]
    blocks: int
    """How many blocks a part is long; 0: it is a stretch."""


def rungs(baseline: Baseline) -> list[Rung]:
    """Return the rungs, the shortest first; none where the marks are not known.

    Blocks of rows without times lie side by side nowhere: they give single blocks and the whole.
    """
    if any(part.marks is None for part in (*baseline.blocks, *baseline.stretches)):
        return []
    return baseline.derived("rungs", lambda: _rungs(baseline))


def _rungs(baseline: Baseline) -> list[Rung]:
    blocks = [_everyone(block) for block in baseline.blocks]
    found = [Rung(tuple(map(_everyone, baseline.stretches)), 0)] if baseline.stretches else []
    longest = len(blocks)
    for run in sorted({min(run, longest) for run in RUNS}):
        starts = range(0, longest - run + 1, run)
        found.append(Rung(tuple(add(blocks[start : start + run]) for start in starts), run))
    return found


def _everyone(window: Window) -> Window:
    cells = {key: counts for key, counts in window.cells.items() if not key}
    return Window(window.span, cells, marks=window.marks)


def rows(rung: Rung, place: int) -> float:
    """Return the rows of a part, on average, as the cell's `place` counts them."""
    return float(np.mean([one.cells[""][place] if "" in one.cells else 0 for one in rung.parts]))
