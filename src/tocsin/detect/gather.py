"""Gather: evidence that adds up over steps, however often it is looked at (an e-detector).

    M = (1 + M) · L      for each bet on how large the change is; E is their mean

Where every L has an expectation of at most 1 under "nothing changed", given what came before, that
of E grows by at most 1 a step, so that E reaches A less than once in A steps on average, whatever
depends on what.  All in logarithms, since A may be astronomical.
Source: Shin, Ramdas & Rinaldo (2024), NEJSDS; Roberts (1966), Technometrics 8, 411-430.
"""

import math
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tocsin.detect.tails import Numbers

ODDS = np.log(np.array([1.15, 1.3, 1.5, 2.0, 3.0]))
"""How large a change of odds the bets of a share are on, in logarithms."""
OVER = math.log(10.0)
"""An alarm is over when its evidence is ten times less than what raised it."""


@dataclass(frozen=True, slots=True, eq=False)
class Gathered:
    """After the last step, arrays (M,): ln E, whether it is an alarm, and its likeliest start."""

    log_e: Numbers
    on: NDArray[np.bool_]
    since: NDArray[np.intp]


def gather(steps: Iterable[Numbers], enough: Numbers, bets: int = len(ODDS)) -> Gathered:
    """Return what is known after the last step.

    Args:
        steps: ln L of each step, shape (M, bets); NaN where a step tells nothing and counts not.
        enough: ln A of each, shape (M,), at least 0.
        bets: on how many sizes of change there are bets.
    """
    shape = (len(enough), bets)
    held, best, began = np.full(shape, -np.inf), np.zeros(shape), np.zeros(shape, np.intp)
    on, since = np.zeros(len(enough), np.bool_), np.zeros(len(enough), np.intp)
    log_e = np.full(len(enough), -np.inf)
    # what lies beyond this would only delay the end of an alarm
    most, rows = enough[:, None] + math.log(bets), np.arange(len(enough))
    for place, log_l in enumerate(steps):
        told = ~np.isnan(log_l[:, :1])
        held = np.where(told, np.minimum(np.logaddexp(0.0, held) + log_l, most), held)
        best = np.where(told, best + log_l, best)  # of each bet, since it was last of no use
        began = np.where(best <= 0, place + 1, began)
        best = np.maximum(best, 0.0)
        log_e = np.logaddexp.reduce(held, axis=1) - math.log(bets)
        new, over = ~on & (log_e >= enough), on & (log_e < enough - OVER)
        since = np.where(new, np.minimum(began[rows, held.argmax(1)], place), since)
        on = (on | new) & ~over
        held[over], best[over], began[over] = -np.inf, 0.0, place + 1
    return Gathered(log_e, on, since)
