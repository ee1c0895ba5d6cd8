"""The scoring of the Numenta Anomaly Benchmark, written from its paper.

A detection inside a labelled window counts once, the earliest, by where it lies: 1 at the window's
left end, 0 at its right end along a sigmoid.  A window without one costs A_FN.  A detection outside
costs A_FP times the sigmoid of its distance behind the last window, up to the whole of it.  The
first 15 % of a file (of 5,000 rows at most) are probation and not scored.  The sum over all files
is put on a scale on which detecting nothing is 0 and detecting everything at once is 100.
Source: Lavin & Ahmad (2015), ICMLA, "Evaluating real-time anomaly detection algorithms", part II.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise


@dataclass(frozen=True)
class Weights:
    """What hits, false alarms and misses weigh."""

    tp: float = 1.0
    fp: float = 0.11
    fn: float = 1.0


STANDARD = Weights()
FEW_FALSE = Weights(fp=0.22)
FEW_MISSED = Weights(fn=2.0)


@dataclass(frozen=True)
class Scored:
    """The raw score of one file: its windows, how many were hit, and rows that alarmed falsely."""

    raw: float
    windows: int
    hit: int
    false: int


def sigmoid(position: float) -> float:
    """Value of a detection: -1 is a window's left end, 0 its right end, above 0 behind it."""
    return -1.0 if position > 3 else 2 / (1 + math.exp(5 * position)) - 1


def probation(rows: int) -> int:
    """How many rows at the beginning are not scored."""
    return min(math.floor(0.15 * rows), math.floor(0.15 * 5000))


def score(
    rows: int,
    detections: Sequence[int],
    windows: Sequence[tuple[int, int]],
    weights: Weights = STANDARD,
) -> Scored:
    """Score one file: rows that were detected, against windows of (first row, last row)."""
    assert all(a[1] < b[0] for a, b in pairwise(windows)), "windows overlap"
    first = probation(rows)
    best: dict[int, float] = {}
    false, cost = 0, 0.0
    for row in sorted(set(detections)):
        if row < first:
            continue
        inside = next((k for k, (left, right) in enumerate(windows) if left <= row <= right), None)
        if inside is not None:
            left, right = windows[inside]
            value = sigmoid(-(right - row + 1) / (right - left + 1)) / sigmoid(-1.0)
            best[inside] = max(best.get(inside, -math.inf), value * weights.tp)
            continue
        false += 1
        behind = [(left, right) for left, right in windows if right < row]
        if behind:
            left, right = behind[-1]
            cost += weights.fp * sigmoid((row - right) / max(1, right - left))
        else:
            cost -= weights.fp
    missed = len(windows) - len(best)
    return Scored(sum(best.values()) + cost - weights.fn * missed, len(windows), len(best), false)


def normalised(files: Sequence[Scored], weights: Weights = STANDARD) -> float:
    """Return the score of several files on the scale of 0 (nothing detected) to 100 (perfect)."""
    windows = sum(one.windows for one in files)
    nothing, perfect = -weights.fn * windows, weights.tp * windows
    return 100 * (sum(one.raw for one in files) - nothing) / (perfect - nothing)
