"""The loops over every value, compiled: what NumPy needs a dozen passes for, in one.

Numba turns them into machine code when they are first called, and keeps it on disk for later runs.
They hold no Python objects and let other threads run.  Indices are unsigned, since a signed one is
checked for counting from the end at every use.  Whole numbers are added as int64: exact in
any order.
"""

from collections.abc import Callable
from typing import TypeVar, cast

import numba
import numpy as np
from numpy.typing import NDArray

from tocsin.profile.layout import LOSS_UNITS, SCORE_UNITS

Loop = TypeVar("Loop", bound=Callable[..., object])

FARTHEST = float(1 << 36)
"""Units beyond which a value enters a sum as if it were this far: int64 holds 2**27 such values."""
FARTHEST_SQUARED = float(1 << 18)
"""The same for squares, in their own units."""
FARTHEST_STEP = 1e38
"""Distances from the centre beyond which single precision overflows."""
INVALID = 4
"""Code in `odd` of a value that is not finite: places in `layout.ODD`, from 1."""

COUNTED, FAILED, ANSWERED, YES, LABELLED, TRUE = (1 << bit for bit in range(6))
"""Facts of a decision: count it (else its label alone), the call failed, there is an answer, it
says yes, the outcome is known, the outcome is yes."""
PLACES = (
    *("n", "n_error", "n_by_decider", "n_prediction", "n_positive", "score_hist", "score_sum"),
    *("score_missing", "n_labelled", "tp", "pos_age", "neg_age", "pos_hist", "neg_hist"),
    *("loss_sum", "loss2_sum", "brier_sum"),
)
"""Parts of a layout that `count_decisions` fills; tp, fp, tn and fn are neighbours."""
LEAST_SCORE = 1e-7
"""Scores are kept this far from 0 and 1 before their logarithm is taken."""


def _compiled(loop: Loop) -> Loop:
    return cast("Loop", numba.njit(nogil=True, cache=True, error_model="numpy")(loop))


@_compiled
def count_numbers(
    values: NDArray[np.float64],
    odd: NDArray[np.uint8],
    table: NDArray[np.int32],
    edges: NDArray[np.float64],
    centre: float,
    unit: float,
    unit_squared: float,
    cells: NDArray[np.uint32],
    group: NDArray[np.uint32],
    moment: NDArray[np.uint32],
    hist: NDArray[np.int64],
    sums: NDArray[np.int64],
    least: NDArray[np.uint64],
    lowest: NDArray[np.float64],
    highest: NDArray[np.float64],
    key: np.uint64,
    row: NDArray[np.uint64],
    rank_of: NDArray[np.int8],
    rank: NDArray[np.int8],
) -> None:
    """Count one numeric column into the arguments from `hist` on.

    Args:
        values: shape (n,).
        odd: shape (n,), 0 or 1 + the place in `layout.ODD` of a row without a value; or empty.
        table: bin by the upper half of a value's single-precision distance from the centre; below
            0, -1 - the number of borders that surely lie below it, see `grid`.
        edges: the B + 1 borders.
        centre: of the grid.
        unit: of sums.
        unit_squared: the unit whose multiples are squared.
        cells: shape (attributes, n), the row of `hist` that each value of each attribute adds to.
        group: shape (n,), the row of `sums`.
        moment: shape (n,), the row of the rest.
        hist: shape (attributes, cells, B + 5), bins, then `layout.ODD`.
        sums: shape (groups, 2): units and squares.
        least: shape (moments, 256), the smallest 56 bits of hashes by their upper 8, shifted left.
        lowest: shape (moments,).
        highest: shape (moments,).
        key: factor of the hashes of this column.
        row: shape (n,), what hashes are added to; or empty.
        rank_of: shape (B + 5,), what `rank` gets by bin, see `pairs`.
        rank: shape (n,); or empty.
    """
    bins = edges.shape[0] - 1
    some_odd, whole_rows, ranked = odd.shape[0] > 0, row.shape[0] > 0, rank.shape[0] > 0
    per_unit, per_square = 1.0 / unit, 1.0 / unit_squared
    for i in range(values.shape[0]):
        value = values[i]
        away = value - centre
        if some_odd and odd[i]:
            code = bins + odd[i] - 1
        elif not np.isfinite(value):
            code = bins + INVALID - 1
        else:
            code = -1  # no border is known to lie below
            if -FARTHEST_STEP < away < FARTHEST_STEP:
                near = np.float32(np.float32(away) + np.float32(0))  # minus zero is zero
                code = table[near.view(np.uint32) >> np.uint32(16)]
            if code < 0:
                borders = -1 - code
                while borders <= bins and value >= edges[borders]:
                    borders += 1
                code = bins if borders == 0 else borders - 1 if borders <= bins else bins + 1
            units = np.rint(min(max(away * per_unit, -FARTHEST), FARTHEST))
            square = np.rint(min(max(away * per_square, -FARTHEST_SQUARED), FARTHEST_SQUARED))
            g, m = group[i], moment[i]
            sums[g, 0] += np.int64(units)
            sums[g, 1] += np.int64(square * square)
            if value < lowest[m]:
                lowest[m] = value
            if value > highest[m]:
                highest[m] = value
            bits = np.float64(value + 0.0).view(np.uint64)  # as `sketch.hashes`
            bits ^= bits >> np.uint64(32)
            bits *= np.uint64(0x9E3779B97F4A7C15)
            bits ^= bits >> np.uint64(29)
            bits *= np.uint64(0xBF58476D1CE4E5B9)
            register, rest = bits >> np.uint64(56), bits << np.uint64(8)
            if rest < least[m, register]:
                least[m, register] = rest
            if whole_rows:
                row[i] += bits * key
        if ranked:
            rank[i] = rank_of[np.uint32(code)]
        for a in range(cells.shape[0]):
            hist[a, cells[a, i], np.uint32(code)] += 1


@_compiled
def count_words(
    word: NDArray[np.uint32],
    place: NDArray[np.uint32],
    cells: NDArray[np.uint32],
    moment: NDArray[np.uint32],
    hist: NDArray[np.int64],
    seen: NDArray[np.bool_],
    own: NDArray[np.uint64],
    row: NDArray[np.uint64],
) -> None:
    """Count one column of texts into `hist`, `seen` and `row`.

    Args:
        word: shape (n,), which distinct text each row has.
        place: shape (words,), the place of each text.
        cells: shape (attributes, n), as above.
        moment: shape (n,), the row of `seen`.
        hist: shape (attributes, cells, places).
        seen: shape (moments, words).
        own: shape (words,), what each text adds to a row.
        row: shape (n,), what that is added to; or empty.
    """
    whole_rows = row.shape[0] > 0
    for i in range(word.shape[0]):
        w = word[i]
        seen[moment[i], w] = True
        code = place[w]
        if whole_rows:
            row[i] += own[w]
        for a in range(cells.shape[0]):
            hist[a, cells[a, i], code] += 1


@_compiled
def count_texts(
    starts: NDArray[np.int64],
    words: NDArray[np.uint64],
    there: NDArray[np.bool_],
    moment: NDArray[np.uint32],
    least: NDArray[np.uint64],
    key: np.uint64,
    row: NDArray[np.uint64],
) -> None:
    """Add texts to the registers and rows: the arguments `least` and `row`.

    Args:
        starts: shape (n + 1,), the byte at which each text begins, and the end of the last.
        words: all bytes, eight by eight, the first lowest; one more than what the texts fill.
        there: shape (n,), which rows have a text.
        moment: shape (n,), the row of `least`.
        least: shape (moments, 256), as above.
        key: factor of the hashes of this column.
        row: shape (n,), what hashes are added to.
    """
    for i in range(there.shape[0]):
        if not there[i]:
            continue
        at, end = starts[i], starts[i + 1]
        bits = np.uint64(end - at) * np.uint64(0x9E3779B97F4A7C15)
        while at < end:
            shift = np.uint64(8 * (at & 7))
            word = words[at >> 3] >> shift
            if shift:
                word |= words[(at >> 3) + 1] << (np.uint64(64) - shift)
            if end - at < 8:
                word &= (np.uint64(1) << np.uint64(8 * (end - at))) - np.uint64(1)
            bits = (bits ^ word) * np.uint64(0x9E3779B97F4A7C15)
            bits ^= bits >> np.uint64(32)
            at += 8
        bits *= np.uint64(0xBF58476D1CE4E5B9)
        bits ^= bits >> np.uint64(29)
        bits *= np.uint64(0x94D049BB133111EB)
        register, rest = bits >> np.uint64(56), bits << np.uint64(8)
        if rest < least[moment[i], register]:
            least[moment[i], register] = rest
        row[i] += bits * key


@_compiled
def count_decisions(
    facts: NDArray[np.uint8],
    decider: NDArray[np.int8],
    score: NDArray[np.float64],
    edges: NDArray[np.float64],
    age: NDArray[np.int8],
    group: NDArray[np.uint32],
    places: NDArray[np.int64],
    counts: NDArray[np.int64],
) -> None:
    """Count binary decisions, and what came of them, into the last argument.

    Args:
        facts: shape (n,), the sum of `FACTS` that are true of a row.
        decider: shape (n,), place in `layout.DECIDERS`; below 0: another.
        score: shape (n,), 0 to 1; NaN: none.
        edges: the 101 borders of the score histogram.
        age: shape (n,), bin of the label's age; below 0: not told.
        group: shape (n,), the row of `counts`.
        places: where each of `PLACES` begins in a row of `counts`; below 0: do not count it.
        counts: shape (groups, outcomes).
    """
    bins = edges.shape[0] - 1
    for i in range(group.shape[0]):
        row, fact, p = counts[group[i]], facts[i], score[i]
        answered, yes = fact & ANSWERED != 0, fact & YES != 0
        code = -1
        if not np.isnan(p):  # borders are hundredths but for one: the bin is next to the hundredth
            code = min(max(int(p * bins), 0), bins - 1)
            if p < edges[code]:
                code = max(code - 1, 0)
            elif p >= edges[code + 1]:
                code = min(code + 1, bins - 1)
        if fact & COUNTED != 0:
            row[places[0]] += 1
            row[places[1]] += fact & FAILED != 0
            if decider[i] >= 0:
                row[places[2] + decider[i]] += 1
            row[places[3]] += answered
            row[places[4]] += yes
            if code >= 0:
                row[places[5] + code] += 1
                row[places[6]] += np.int64(np.rint(p * SCORE_UNITS))
            elif decider[i] == 0 and answered and fact & FAILED == 0:
                row[places[7]] += 1
        if fact & LABELLED == 0:
            continue
        truth = fact & TRUE != 0
        row[places[8]] += 1
        if answered:
            row[places[9] + (0 if yes and truth else 1 if yes else 3 if truth else 2)] += 1
        if age[i] >= 0:
            row[places[10 if truth else 11] + age[i]] += 1
        if code >= 0:
            row[places[12 if truth else 13] + code] += 1
            kept = min(max(p, LEAST_SCORE), 1.0 - LEAST_SCORE)
            loss = -np.log(kept if truth else 1.0 - kept)
            row[places[14]] += np.int64(np.rint(loss * LOSS_UNITS))
            row[places[15]] += np.int64(np.rint(loss * loss * LOSS_UNITS))
            off = p - 1.0 if truth else p
            row[places[16]] += np.int64(np.rint(off * off * SCORE_UNITS))


@_compiled
def add_packed(
    narrow: NDArray[np.signedinteger], wide: NDArray[np.void], counts: NDArray[np.int64]
) -> bool:
    """Add a packed vector to `counts`, see `codec`; return whether its places are all within.

    Args:
        narrow: shape (width,).
        wide: the numbers that do not fit `narrow`, with their places.
        counts: shape (width,), added to in place.
    """
    for i in range(narrow.size):
        counts[i] += narrow[i]
    for i in range(wide.size):
        if wide[i].place >= counts.size:
            return False
        counts[wide[i].place] += wide[i].value
    return True
