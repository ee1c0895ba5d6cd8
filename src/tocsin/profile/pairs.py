"""Pairs: how inputs hang together, in sums of products of whole numbers that add up exactly.

Each column of up to `MOST` has a code per row:

    a number     its bin's place on the grid, -7 (lowest) to 7: nearly its rank in the reference,
                 since borders lie at quantiles
    a category   1 the reference's commonest value, -1 any other
    the score    -7 to 7, in fourteenths
    no value     0

Of the p columns, in the order of `Spec.paired`, the score last, everyone's rows of a moment, or one
in eight chosen by their hash (`Spec.paired_every`), give

    n, the p sums of codes, and the p (p + 1) / 2 sums of products, row by row of the upper triangle

from which means, variances and correlations of any window follow.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from tocsin.ingest.rows import Field, FieldKind
from tocsin.ingest.system import System
from tocsin.profile.cell import NO_PAIRS, Counts
from tocsin.profile.columns import Codes, Floats
from tocsin.profile.layout import ODD
from tocsin.profile.sketch import Hashes
from tocsin.profile.spec import Categories, NumericBins

MOST = 30
"""Columns that are paired, the first of the spec; p columns cost p multiplications a row."""
FEW = 200_000
"""Rows of a reference from which on one row in eight tells enough, and the others cost nothing."""
SCORE = "score"
"""What the score is called among the columns."""
TOP = 7
_ROWS_AT_ONCE = 1 << 17
"""Rows whose products, at most 49 each, single precision sums exactly: below 2**24."""

Ranks = NDArray[np.int8]
NO_RANKS: Ranks = np.zeros(0, np.int8)


def paired(system: System, fields: Sequence[Field]) -> tuple[str, ...]:
    """Return the columns of a system that are paired, the score last."""
    counted = (FieldKind.NUMERIC, FieldKind.CATEGORICAL, FieldKind.BOOLEAN)
    named = tuple(one.name for one in fields if one.kind in counted)[:MOST]
    scored = system.kind.classifies and system.columns.score is not None
    return (*named, SCORE) if scored and SCORE not in named else named


def every(rows: int) -> int:
    """Return of how many rows one is enough where the reference has so many."""
    return 1 if rows < FEW else 8


def of_number(bins: NumericBins) -> Ranks:
    """Return the code of each bin of a grid, then of `layout.ODD`."""
    size = len(bins.edges) - 1
    inside = np.rint((2 * (np.arange(size) + 0.5) / size - 1) * TOP)
    odd = [{"under": -TOP, "over": TOP}.get(name, 0) for name in ODD]
    return np.append(inside, odd).astype(np.int8)


def of_category(categories: Categories, place: Codes) -> Ranks:
    """Return the code of each text by its place, see `columns.Words.places`."""
    known = len(categories.values) + 2  # any other, and a stranger
    return np.where(place == 0, 1, np.where(place < known, -1, 0)).astype(np.int8)


def of_score(scores: Floats) -> Ranks:
    """Return the code of each score; none where there is no score."""
    return np.nan_to_num(np.rint((2 * np.clip(scores, 0, 1) - 1) * TOP)).astype(np.int8)


def sums(ranks: Ranks) -> Counts:
    """Return the sums of one moment's codes, shape (p, n): see the module."""
    p, n = ranks.shape
    products = np.zeros((p, p), np.int64)
    for start in range(0, n, _ROWS_AT_ONCE):
        some = ranks[:, start : start + _ROWS_AT_ONCE].astype(np.float32)
        products += (some @ some.T).astype(np.int64)
    once = ranks.sum(1, dtype=np.int64)
    return np.concatenate([[n], once, products[np.triu_indices(p)]]).astype(np.int64)


def chosen(rows: Hashes, one_in: int) -> Codes | slice:
    """Return which rows are counted by the hashes of whole rows: one in so many, a power of two."""
    if one_in == 1:
        return slice(None)
    return np.flatnonzero(rows & np.uint64(one_in - 1) == 0)


def by_moment(ranks: Ranks, moment: NDArray[np.uint32], moments: int) -> list[Counts]:
    """Return the sums of each moment's rows.

    Args:
        ranks: codes, shape (p, n); of no columns: there are no sums.
        moment: of each row, 0 <= moment < moments.
        moments: how many there are.
    """
    if not len(ranks):
        return [NO_PAIRS] * moments
    if moments == 1:
        return [sums(ranks)]
    if np.any(moment[1:] < moment[:-1]):
        order = np.argsort(moment, kind="stable")
        ranks, moment = ranks[:, order], moment[order]
    borders = np.searchsorted(moment, np.arange(moments + 1)).tolist()
    return [sums(ranks[:, borders[k] : borders[k + 1]]) for k in range(moments)]


def added(parts: list[Counts]) -> Counts:
    """Return the sums of all rows together; parts that counted none are empty."""
    some = [part for part in parts if len(part)]
    return np.sum(some, axis=0) if some else NO_PAIRS


def moments_of(counts: NDArray[np.float64], p: int) -> tuple[Floats, Floats, Floats]:
    """Return n (...), variances (..., p) and correlations (..., p, p) of sums of shape (..., L).

    A column that never varies correlates with nothing: NaN.
    """
    n = counts[..., 0]
    first, second = np.triu_indices(p)
    products = np.zeros((*counts.shape[:-1], p, p))
    products[..., first, second] = counts[..., p + 1 :]
    products[..., second, first] = counts[..., p + 1 :]
    with np.errstate(invalid="ignore", divide="ignore"):
        mean = counts[..., 1 : p + 1] / n[..., None]
        together = products / n[..., None, None] - mean[..., :, None] * mean[..., None, :]
        variance = np.diagonal(together, axis1=-2, axis2=-1)
        spread = np.sqrt(variance)
        return n, variance, together / (spread[..., :, None] * spread[..., None, :])
