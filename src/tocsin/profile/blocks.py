"""Blocks: the reference cut into stretches of time, so that its own ordinary wobble is known.

Where the rows carry times they are cut in order of time.  Where they carry none (all instants are
equal) they are dealt out in turn: without times nothing tells wobble from the order of a file, and
a file sorted by its label would make every block look different and blind every monitor.

Within each block lies a stretch, a sixteenth of it from its middle: what wobbles within a block
shows between stretches.
"""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from tocsin.base.spans import Span
from tocsin.ingest import arrays
from tocsin.profile.cell import Tally
from tocsin.profile.cells import vectors
from tocsin.profile.kernel import profile_parts
from tocsin.profile.leaves import leaves
from tocsin.profile.spec import Spec
from tocsin.profile.window import Window

BLOCKS = 20
STRETCH, FEWEST = 16, 30
"""What part of a block a stretch is; but so many rows at least, up to half the block."""
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def blocks(rows: pa.Table, spec: Spec, how_many: int = BLOCKS) -> tuple[Window, ...]:
    """Return the counts of `rows` in `how_many` blocks of nearly equal size.

    Args:
        rows: the reference in the lake's schema, with a column `label` where outcomes are known.
        spec: learnt from the same reference.
        how_many: number of blocks; fewer rows than that give one block a row.

    Returns:
        Windows in order of time whose sum is the profile of all rows.
    """
    return _windows(tallies(rows, spec, how_many), spec)


def stretches(rows: pa.Table, spec: Spec, how_many: int = BLOCKS) -> tuple[Window, ...]:
    """Return the counts of a short part of each block; none where rows carry no times.

    Arguments are those of `blocks`.
    """
    return _windows(stretch_tallies(rows, spec, how_many), spec)


def tallies(rows: pa.Table, spec: Spec, how_many: int = BLOCKS) -> tuple[tuple[Span, Tally], ...]:
    """Return what `blocks` does before it is told by single slices: the tally of each block."""
    n = rows.num_rows
    if n == 0:
        return ()
    at_us = np.asarray(arrays.whole(rows.column("at")).cast(pa.int64()), np.int64)
    order = np.argsort(at_us, kind="stable")
    timed = bool(at_us.min() < at_us.max())
    count = min(how_many, n)
    block_of = np.empty(n, np.intp)
    block_of[order] = np.arange(n) * count // n if timed else np.arange(n) % count
    parts = profile_parts(rows, spec, block_of, count)
    return tuple((_span(at_us[block_of == number]), part) for number, part in enumerate(parts))


def stretch_tallies(
    rows: pa.Table, spec: Spec, how_many: int = BLOCKS
) -> tuple[tuple[Span, Tally], ...]:
    """Return what `stretches` does before it is told by single slices."""
    n = rows.num_rows
    at_us = np.asarray(arrays.whole(rows.column("at")).cast(pa.int64()), np.int64)
    if n < 2 * how_many or at_us.min() == at_us.max():
        return ()
    order, borders = np.argsort(at_us, kind="stable"), np.arange(how_many + 1) * n // how_many
    size = min(max(n // how_many // STRETCH, FEWEST), n // how_many // 2)
    starts = (borders[:-1] + borders[1:] - size) // 2
    chosen = order[(starts[:, None] + np.arange(size)).ravel()]
    part_of = np.repeat(np.arange(how_many), size)
    parts = profile_parts(rows.take(chosen), spec, part_of, how_many)
    times = at_us[chosen].reshape(how_many, size)
    return tuple((_span(some), part) for some, part in zip(times, parts, strict=True))


def _windows(parts: Sequence[tuple[Span, Tally]], spec: Spec) -> tuple[Window, ...]:
    crossed = spec.kind.classifies
    return tuple(
        Window(
            span,
            vectors(tally, spec),
            leaves(tally.outcomes, spec) if crossed else None,
            tally.marks,
        )
        for span, tally in parts
    )


def _span(at_us: NDArray[np.int64]) -> Span:
    first, last = int(at_us.min()), int(at_us.max())
    return Span(_EPOCH + timedelta(microseconds=first), _EPOCH + timedelta(microseconds=last))
