"""Blocks: the reference cut into stretches of time, so that its own ordinary wobble is known.

Where the rows carry times they are cut in order of time.  Where they carry none (all instants are
equal) they are dealt out in turn: without times nothing tells wobble from the order of a file, and
a file sorted by its label would make every block look different and blind every monitor.
"""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

import numpy as np
import pyarrow as pa

from tocsin.base.spans import Span
from tocsin.ingest import arrays
from tocsin.profile.cell import Counts, Profile
from tocsin.profile.kernel import profile
from tocsin.profile.spec import Spec
from tocsin.profile.window import Window

BLOCKS = 20
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
    n = rows.num_rows
    if n == 0:
        return ()
    at_us = np.asarray(arrays.whole(rows.column("at")).cast(pa.int64()), np.int64)
    order = np.argsort(at_us, kind="stable")
    timed = bool(at_us.min() < at_us.max())
    count = min(how_many, n)
    parts = np.array_split(order, count) if timed else [order[nth::count] for nth in range(count)]
    cut: list[Window] = []
    for part in parts:
        table = rows.take(np.sort(part))
        first, last = int(at_us[part].min()), int(at_us[part].max())
        span = Span(_EPOCH + timedelta(microseconds=first), _EPOCH + timedelta(microseconds=last))
        cut.append(Window(span, _everything(profile(table, spec))))
    return tuple(cut)


def _everything(counted: Profile) -> Mapping[str, Counts]:
    """Return the sums over all versions and buckets, by slice."""
    cells: dict[str, Counts] = {}
    for key, counts in counted.items():
        held = cells.get(key.slice)
        cells[key.slice] = counts if held is None else held + counts
    return cells
