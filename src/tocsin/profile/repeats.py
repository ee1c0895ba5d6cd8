"""Repeats: a sample of the decisions of a moment, and how often each of them came.

A decision is told from others by a 64-bit hash of what went in and came out: its features, its
score (its class too, where one of several is chosen), and, where inputs repeat by themselves, its
instant (`Spec.told_by`).  Its id is not asked: a pipeline that sends everything twice may well give
new ones.

Kept are the `MOST` smallest hashes with the times that each was seen.  A hash that is among the
smallest of the whole is among the smallest of every part that has it, so samples merge exactly: the
union, times added, the smallest kept.  Where a moment has no more decisions than that, they are all
of them; else they are a random few of the *different* decisions, whatever how often each came.
"""

from collections.abc import Sequence
from enum import StrEnum

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from tocsin.ingest import arrays
from tocsin.profile import sketch
from tocsin.profile.cell import NO_SAMPLE, Sample
from tocsin.profile.sketch import Hashes

MOST = 512
_SPARE = 2
"""How many times `MOST` are looked at where all decisions differ."""
ROWS_TO_TELL = 50_000
"""Rows of the reference, from its middle, that tell whether inputs repeat by themselves."""
OFTEN = 0.1
"""Share of them whose inputs came before, from which on the instant is part of a decision."""


class ToldBy(StrEnum):
    """What tells a decision from another."""

    NOTHING = ""
    """Not counted: a spec of an earlier release."""
    INPUTS = "inputs"
    INSTANT = "instant"
    """The inputs and the instant."""


def told_by(table: pa.Table, features: Sequence[str], *, timed: bool) -> ToldBy:
    """Return what tells decisions apart that are like those of a reference.

    Args:
        table: the reference, in the user's own columns.
        features: the names of its inputs.
        timed: whether its rows have instants.
    """
    if not timed:
        return ToldBy.INPUTS
    n = min(table.num_rows, ROWS_TO_TELL)
    some = table.slice((table.num_rows - n) // 2, n)
    columns = [arrays.whole(some.column(name)) for name in features]
    keys = [column for column in columns if not pa.types.is_nested(column.type)]
    flat = pa.table({str(k): column for k, column in enumerate(keys)})
    distinct = flat.group_by(flat.column_names).aggregate([]).num_rows if keys else 1
    return ToldBy.INSTANT if n - distinct > OFTEN * n else ToldBy.INPUTS


def key_of(number: int) -> np.uint64:
    """Return the odd factor that keeps the values of the column `number` apart from others'."""
    return sketch.mixed(np.array([number + 1], np.uint64))[0] | np.uint64(1)


def samples(hashes: Hashes, moment: NDArray[np.uint32], moments: int) -> list[Sample]:
    """Return the sample of each moment.

    Args:
        hashes: of each row, see `features`, shape (n,); empty: no samples.
        moment: of each row, 0 <= moment < moments.
        moments: how many there are.
    """
    if not len(hashes):
        return [NO_SAMPLE] * moments
    sizes = np.bincount(moment, minlength=moments)
    # where decisions differ, so many are enough; a moment in which they do not is looked at again
    share = np.minimum(_SPARE * MOST / np.maximum(sizes, 1), 1.0)
    limits = np.array([min(int(part * 2**64), 2**64 - 1) for part in share.tolist()], np.uint64)
    low = hashes <= (limits[0] if moments == 1 else limits.take(moment))
    first, of = hashes[low], moment[low]
    found: list[Sample] = []
    for number in range(moments):
        sample = _smallest(first[of == number])
        if len(sample.hashes) < MOST and share[number] < 1.0:
            sample = _smallest(hashes[moment == number])
        found.append(sample)
    return found


def _smallest(hashes: Hashes) -> Sample:
    values, times = np.unique(hashes, return_counts=True)
    return Sample(values[:MOST], times[:MOST].astype(np.int64))


def joined(parts: Sequence[Sample]) -> Sample:
    """Return the sample of the rows of all parts together."""
    some = [part for part in parts if len(part.hashes)]
    if len(some) <= 1:
        return some[0] if some else NO_SAMPLE
    hashes = np.concatenate([part.hashes for part in some])
    values, place = np.unique(hashes, return_inverse=True)
    times = np.zeros(len(values), np.int64)
    np.add.at(times, place, np.concatenate([part.times for part in some]))
    return Sample(values[:MOST], times[:MOST])
