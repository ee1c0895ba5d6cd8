"""Families: which measures of a list wobble alike, so that they tell of their wobble together.

A measure of its own is known from few blocks; a whole list of measures is known well, but one of
them that comes in clumps makes all others deaf.  So those stay together whose mean squares agree:

    T = sum of more * dof * s2  /  sum of more * dof * usual      (of one kind, over its cells)

is the mean square against what its family says of it, with `dof` degrees of freedom, as few as if
all slices wobbled as one.  Chernoff's bound of its tail costs dof / 2 * (T - 1 - ln T) nats.  The
kind that costs most leaves the family if that is more than `SURELY_MORE` (T above 1), or, below 1,
more than a chance of `SURELY_LESS` shared by all kinds: to be charged too much makes a measure
deaf, to be charged too little lets it cry.  Those that left are made families in the same way.

How far a kind can tell is weighed as well: where its own error is as large as what families differ
by, it is charged half of what the whole list's word is more than its family's; where it tells of
nothing, the list's word.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tocsin.detect.tails import Numbers

SURELY_MORE = 2.0
"""Nats: about two standard errors."""
SURELY_LESS = 0.05
"""Chance that any kind of a list is taken for calmer than it is."""

Flags = NDArray[np.bool_]


@dataclass(frozen=True, slots=True, eq=False)
class Kinds:
    """What each kind of a list tells of its wobble, arrays (kinds,): sums over its cells.

    A kind is what surely wobbles alike: the slices of one measure.
    """

    seen: Numbers
    """Of more * dof * s2, which is `chance` + rho * `weight` on average."""
    chance: Numbers
    """Of more * dof."""
    weight: Numbers
    """Of more**2 * dof; 0 where a kind tells of nothing."""
    dof: Numbers
    """Of one cell, on average."""

    @classmethod
    def of(
        cls, s2: Numbers, dof: Numbers, more: Numbers, cells: Flags, kind: NDArray[np.intp]
    ) -> "Kinds":
        """Return what kinds tell.

        Args:
            s2: mean squares, (slices, measures).
            dof: their degrees of freedom.
            more: rows of a block besides the first.
            cells: which of them tell.
            kind: of each measure, (measures,), numbered from 0.
        """

        def sums(of: Numbers) -> Numbers:
            each = np.where(cells, of, 0.0).sum(0)
            found = np.zeros(int(kind.max(initial=-1)) + 1)
            np.add.at(found, kind, each)
            return found

        weight = sums(more**2 * dof)
        mean_dof = sums(more**2 * dof**2) / np.maximum(weight, 1e-300)
        return cls(sums(more * dof * s2), sums(more * dof), weight, mean_dof)

    def families(self) -> Iterator[Flags]:
        """Yield which kinds are one family, (kinds,), until each that tells is in one."""
        left = self.weight > 0
        while left.any():
            together = self._agreeing(left)
            yield together
            left = left & ~together

    def shares(self, rho: Numbers) -> Numbers:
        """Return how much of the list's word each kind is charged, 0-1.

        Args:
            rho: the word of its family for each kind, (kinds,).
        """
        usual = self._mean(rho)
        spread = float((self.weight * (rho - usual) ** 2).sum()) / max(
            float(self.weight.sum()), 1.0
        )
        tells = self.weight > 0
        weight, dof = np.where(tells, self.weight, 1.0), np.where(tells, self.dof, 1.0)
        error = np.where(tells, 2 / dof * ((self.chance + rho * weight) / weight) ** 2, np.inf)
        with np.errstate(invalid="ignore"):
            return np.where(np.isinf(error), 1.0, error / (error + spread))

    def _mean(self, rho: Numbers) -> float:
        return float((self.weight * rho).sum()) / max(float(self.weight.sum()), 1.0)

    def _agreeing(self, left: Flags) -> Flags:
        """Return those of `left` that agree with one another."""
        less = math.log(2 * max(int(left.sum()), 1) / SURELY_LESS)
        together = left.copy()
        while True:
            some = np.flatnonzero(together)
            seen, chance, weight = self.seen[some], self.chance[some], self.weight[some]
            rho = max(float((seen - chance).sum() / weight.sum()), 0.0)
            t = np.maximum(seen / (chance + rho * weight), 1e-12)
            cost = self.dof[some] / 2 * (t - 1 - np.log(t))
            over = cost / np.where(t > 1, SURELY_MORE, less)
            worst = int(over.argmax())
            if len(some) == 1 or over[worst] <= 1:
                return together
            together[some[worst]] = False
