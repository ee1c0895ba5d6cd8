"""Lists: what the answers of a ranking, and what was wanted of them, add to each leaf.

With g_1, g_2, … the gains of one request's items in the order shown, and k = `spec.top`:

    NDCG@k   sum over i <= k of g_i / log2(i + 1), over the same sum in the best order
    RR       1 / i for the first item with a gain above 0, or 0

The best order is that of all gains that are known of the request, items that were not shown
included.  Where nothing was wanted both are 0, as scikit-learn's `ndcg_score` has it.  Every number
belongs to one request, so that requests add up in any order.
Source: Jarvelin & Kekalainen (2002), ACM Trans. Inf. Syst. 20, 422-446, with linear gains.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, cast

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from tocsin.ingest.lists import parsed
from tocsin.profile.cell import Counts
from tocsin.profile.columns import Batch, Codes
from tocsin.profile.layout import POSITIONS, SCORE_UNITS

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]


@dataclass(frozen=True, slots=True, eq=False)
class Shown:
    """What each of n rows was shown: items side by side, shapes (n,) and (items,)."""

    answered: Flags
    sizes: Counts
    row: Codes
    """The row of each item."""
    place: Codes
    """Of its name among those that the spec tells apart; as many as those are: any other."""


@dataclass(frozen=True, slots=True, eq=False)
class Wanted:
    """What was wanted by each of n rows, shape (n,); 0 where it is not known.

    `hit` tells whether anything among the first items was wanted; `ndcg` and `rank` (the reciprocal
    one) are 0-1; `by_place` are the items wanted by position, `POSITIONS` and what lies beyond.
    """

    known: Flags
    sizes: Counts
    """Items shown."""
    hit: Flags
    ndcg: Floats
    rank: Floats
    by_place: Counts


def shown(batch: Batch, classes: tuple[str, ...]) -> Shown:
    """Return what was shown."""
    answered = batch.present("prediction")
    lists = _lists(batch, "prediction", answered)
    sizes = np.zeros(batch.n, np.int64)
    sizes[answered] = [len(one) for one in lists]
    names = pa.array([name for one in lists for name in one], pa.string())
    place = Batch({"name": names}, len(names)).places("name", classes)
    return Shown(answered, sizes, np.repeat(np.arange(batch.n), sizes), place)


def wanted(batch: Batch, top: int) -> Wanted:
    """Return what was wanted, of the rows whose answer and outcome are known."""
    told = batch.present("prediction") & batch.present("label")
    rows = np.flatnonzero(told)
    answers, labels = (_lists(batch, name, told) for name in ("prediction", "label"))
    pairs = [_gains(items, label) for items, label in zip(answers, labels, strict=True)]
    lengths = np.array([len(items) for items in answers], np.int64)
    sizes = np.array([len(gains) for gains in pairs], np.int64)
    gain = np.array([g for gains in pairs for g in gains], np.float64)
    row = np.repeat(np.arange(len(pairs)), sizes)
    first = np.cumsum(sizes) - sizes
    at = np.arange(len(gain)) - first[row]
    inside = at < lengths[row]

    def per_row(values: Floats, some: Flags) -> Floats:
        return np.bincount(row[some], values[some], len(pairs)).astype(np.float64)

    best = gain[np.lexsort((-gain, row))]
    weight = np.where(at < top, 1 / np.log2(at + 2), 0.0)
    with np.errstate(invalid="ignore", divide="ignore"):
        ndcg = np.nan_to_num(per_row(gain * weight, inside) / per_row(best * weight, at >= 0))
    liked = inside & (gain > 0)
    rank, hit = np.zeros(len(pairs)), np.zeros(len(pairs), np.bool_)
    np.maximum.at(rank, row[liked], 1 / (at[liked] + 1))
    hit[row[liked & (at < top)]] = True
    by_place = np.zeros((len(pairs), POSITIONS + 1), np.int64)
    np.add.at(by_place, (row[liked], np.minimum(at[liked], POSITIONS)), 1)
    each = (lengths, hit, ndcg, rank, by_place)
    return Wanted(told, *(_spread(one, rows, batch.n) for one in each))


def by_place(sizes: Counts) -> Counts:
    """Return how many items lists of these sizes have at each position and beyond, (n, P + 1)."""
    near = np.arange(POSITIONS) < sizes[:, None]
    return np.column_stack([near, np.maximum(sizes - POSITIONS, 0)]).astype(np.int64)


def whole(values: Floats) -> Floats:
    """Return shares in whole `SCORE_UNITS`."""
    return np.rint(values * SCORE_UNITS)


def _lists(batch: Batch, name: str, rows: Flags) -> list[Any]:
    column = batch.column(name).filter(pa.array(rows))
    return parsed(column.cast(pa.string()).to_pylist())


def _gains(items: Sequence[str], label: object) -> list[float]:
    """Return the gains in the order shown, then those of items that were not shown.

    An item that stands twice has its gain where it stands first.
    """
    if not isinstance(label, Mapping):
        given = cast("list[float]", label)
        return given + [0.0] * (len(items) - len(given))
    left = dict(cast("Mapping[str, float]", label))
    return [left.pop(item, 0.0) for item in items] + list(left.values())


def _spread(values: Any, rows: Codes, n: int) -> Any:  # noqa: ANN401 - arrays of any type
    found = np.zeros((n, *values.shape[1:]), values.dtype)
    found[rows] = values
    return found
