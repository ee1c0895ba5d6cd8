"""The baseline: what a window is compared with, the reference's total and its ordinary wobble.

Wobble is measured between blocks, and between stretches, a short one within each block: see
`dispersion`.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TypeVar, cast

import numpy as np

from tocsin.base.spans import Span
from tocsin.detect.dispersion import Dispersion, at_two_lengths
from tocsin.detect.tails import Numbers
from tocsin.profile.cell import Counts, Marks
from tocsin.profile.layout import layout_of
from tocsin.profile.leaves import Leaves
from tocsin.profile.spec import Spec
from tocsin.profile.window import Window, add

T = TypeVar("T")
Stored = tuple[Mapping[str, Counts], Leaves | None, Marks]
_UNTIMED = Span(datetime(1970, 1, 1, tzinfo=UTC), datetime(1970, 1, 1, tzinfo=UTC))


@dataclass(frozen=True, eq=False)
class Baseline:
    """The reference: `total` of all its rows, and the `blocks` (about 20) that it is made of.

    What monitors derive from it (stacked counts, dispersions) is worked out once and kept.
    """

    total: Window
    blocks: tuple[Window, ...]
    timed: bool = True
    """Whether the blocks follow one another in time; if not, they tell nothing of wobble."""
    stretches: tuple[Window, ...] = ()
    """A short part of each block, in the same order; none if they are not known."""
    _derived: dict[str, object] = field(default_factory=dict[str, object], init=False, repr=False)

    @classmethod
    def of(cls, blocks: Sequence[Window], stretches: Sequence[Window] = ()) -> "Baseline":
        """Return the baseline that consists of `blocks`, at least one, from `profile.blocks`.

        Blocks whose spans are one and the same come from rows without times.
        """
        timed = len({block.span for block in blocks}) > 1
        return cls(add(blocks), tuple(blocks), timed, tuple(stretches))

    @classmethod
    def of_cells(cls, blocks: Sequence[Stored], stretches: Sequence[Stored] = ()) -> "Baseline":
        """Return the baseline from stored parts: in order of time, but without their times.

        Args:
            blocks: counts by slice key of each, its leaves (None if not known) and its marks.
            stretches: the same of a short part of each.
        """
        windows = [Window(_UNTIMED, *part) for part in blocks]
        short = [Window(_UNTIMED, *part) for part in stretches]
        return cls(add(windows), tuple(windows), stretches=tuple(short))

    def blocks_long(self, window: Window) -> float:
        """Return the length of `window` in median lengths of a block; 1 where times are missing."""
        lengths = sorted(block.span.length.total_seconds() for block in self.blocks)
        usual_s = lengths[len(lengths) // 2]
        return window.span.length.total_seconds() / usual_s if usual_s > 0 else 1.0

    def derived(self, name: str, work_out: Callable[[], T]) -> T:
        """Return what `work_out` gives, worked out at most once per baseline and `name`."""
        if name not in self._derived:
            self._derived[name] = work_out()
        return cast("T", self._derived[name])

    def wobble(self, spec: Spec, told: Callable[[Numbers], Dispersion]) -> Dispersion:
        """Return the dispersion that `told` reads from counts, shape (D, slices, width)."""
        return at_two_lengths(told, self.counts(spec)[1], self.short(spec))

    def short(self, spec: Spec) -> Numbers | None:
        """Return the stretches, shape (D, slices, width); None where they are not known."""
        if not self.stretches:
            return None
        return self.derived(
            "stretches", lambda: np.stack([stacked(one, spec) for one in self.stretches])
        )

    def counts(self, spec: Spec) -> tuple[Numbers, Numbers]:
        """Return the totals, shape (slices, width), and the blocks, shape (D, slices, width)."""
        return self.derived(
            "counts",
            lambda: (
                stacked(self.total, spec),
                np.stack([stacked(block, spec) for block in self.blocks]),
            ),
        )


def slice_keys(spec: Spec) -> tuple[str, ...]:
    """Return the slices in the order in which they are stacked; everyone is first."""
    return ("", *spec.slices)


def stacked(window: Window, spec: Spec) -> Numbers:
    """Return a window's cells as floats of shape (slices, width); absent slices are zero.

    Floats hold counts exactly up to 2**53.
    """
    counts = np.zeros((len(spec.slices) + 1, layout_of(spec).width))
    for row, key in enumerate(slice_keys(spec)):
        cell = window.cells.get(key)
        if cell is not None:
            counts[row] = cell
    return counts
