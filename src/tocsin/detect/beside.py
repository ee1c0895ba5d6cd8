"""Beside: the gap between some people's share and others', now and as it was.

A storm, a campaign, a strike moves everybody's shares at once, so the gap between two groups of one
window wobbles less than either does.  Its dispersion is therefore that of the gaps in the
reference's blocks (`dispersion`), each standardised by

    p (1 - p) / n + q (1 - q) / m         rows that tell of it: n m / (n + m)

for a share p of n people and q of m others.  It divides both counts; the gap's limits are those of
two shares (`tails.limits`), by square-and-add.

Chance is ruled out by the bound of the tail (`tails.exponent`), or by Student's tail with the
degrees of freedom of the wobble where all sides have `NORMAL` events: that is the sharper one near,
and the other far out, which allows for what chance alone adds being known.
Source: Newcombe (1998), Stat. Med. 17, 873-890 (square-and-add).
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tocsin.detect import intervals, tails
from tocsin.detect.dispersion import (
    FEWEST_EVENTS,
    Dispersion,
    at_two_lengths,
    dispersion,
    only_chance,
)
from tocsin.detect.look import SURELY, Judged
from tocsin.detect.tails import Numbers

NORMAL = 30
"""Events and non-events of each side from which the gap's tail is normal, over-dispersion taken
off."""


@dataclass(frozen=True, slots=True, eq=False)
class Beside:
    """A share k / n of each group and of those that it is set beside, shape (..., groups)."""

    k: Numbers
    n: Numbers
    k_rest: Numbers
    n_rest: Numbers

    @property
    def rows(self) -> Numbers:
        """How many rows tell of the gap."""
        return self.n * self.n_rest / np.maximum(self.n + self.n_rest, 1.0)

    @property
    def fewest(self) -> Numbers:
        """The rows of the smaller side."""
        return np.minimum(self.n, self.n_rest)

    @property
    def own(self) -> Numbers:
        """The groups' share; 0 where there is nobody."""
        return self.k / np.maximum(self.n, 1.0)

    @property
    def rest(self) -> Numbers:
        """The others' share; 0 where there is nobody."""
        return self.k_rest / np.maximum(self.n_rest, 1.0)

    @property
    def gap(self) -> Numbers:
        """By how much the others' share is higher."""
        return self.rest - self.own

    def total(self) -> "Beside":
        """Return all blocks together, shape (groups,)."""
        parts = (self.k, self.n, self.k_rest, self.n_rest)
        return Beside(*(part.sum(0) for part in parts))

    def residuals(self) -> Numbers:
        """Return each block's standardised distance from the whole's gap, (D, groups)."""
        every = self.total()
        p, q = every.own, every.rest
        with np.errstate(invalid="ignore", divide="ignore"):
            chance = p * (1 - p) / self.n + q * (1 - q) / self.n_rest
            return np.where(self.rows > 0, (self.gap - every.gap) / np.sqrt(chance), np.nan)

    def tells(self) -> Numbers:
        """Return 1 for groups both of whose sides have events enough a block, (1, groups)."""
        every, blocks = self.total(), len(self.n)
        least = (
            n / blocks * np.minimum(share, 1 - share)
            for share, n in ((every.own, every.n), (every.rest, every.n_rest))
        )
        return np.asarray(np.minimum(*least) >= FEWEST_EVENTS, np.float64)[None]

    def events(self, phi: Numbers) -> Numbers:
        """Return the fewest yeses or noes of either side, with counts divided by phi."""
        sides = ((self.k, self.n), (self.k_rest, self.n_rest))
        least = [np.minimum(k, n - k) for k, n in sides]
        return np.asarray(np.minimum(*least) / phi, np.float64)

    def limits(self, phi: Numbers, cost: Numbers) -> tuple[Numbers, Numbers]:
        """Return the limits of the gap that cost so much, in nats, with counts divided by phi."""
        theirs, its = tails.limits_of_both(
            (self.rest, self.n_rest / phi), (self.own, self.n / phi), cost
        )
        return intervals.difference(self.rest, theirs, self.own, its)

    def variance(self, phi: Numbers) -> Numbers:
        """Return the gap's variance; one more yes and no (Agresti and Caffo) keep it off zero."""
        found = np.zeros_like(phi)
        for k, n in ((self.k, self.n), (self.k_rest, self.n_rest)):
            share = (k / phi + 1) / (n / phi + 2)
            found += share * (1 - share) / (n / phi + 2)
        return found


Table = Sequence[Sequence[Beside]]
"""Of each comparison its gaps, as many of each; arrays (D, groups), the groups as they are."""


def wobble(blocks: Table, stretches: Table | None, *, timed: bool) -> Dispersion:
    """Return the dispersion of gaps, shape (groups of all comparisons in a row, gaps).

    They are one list (see `dispersion`), since the mirrored gaps of two groups tell little of
    whether they wobble at all.

    Args:
        blocks: what the reference's blocks tell.
        stretches: the same of stretches; None: not known.
        timed: whether blocks follow one another in time; if not, they tell nothing of wobble.
    """

    def told(table: Table) -> Dispersion:
        rows = _joined(table, lambda one: one.rows)
        if not timed:
            return only_chance(rows.shape[1:])
        enough = _joined(table, Beside.tells)[0] > 0
        return dispersion(_joined(table, Beside.residuals), rows, told=enough)

    return at_two_lengths(told, blocks, stretches)


def _joined(table: Table, read: Callable[[Beside], Numbers]) -> Numbers:
    """Return what is read of each gap, shape (D, groups of all comparisons, gaps)."""
    parts = [np.stack([read(one) for one in row], axis=-1) for row in table]
    return np.concatenate(parts, axis=-2)


@dataclass(frozen=True, slots=True, eq=False)
class Widened:
    """How much wider gaps are than they were, arrays (groups,)."""

    value: Numbers
    baseline: Numbers
    effect: Numbers
    low: Numbers
    high: Numbers
    """Limits of the effect that miss the truth with a chance of `look.SURELY`."""
    proven: NDArray[np.bool_]
    """Whether chance is ruled out at the look's error rate."""
    evidence: Numbers
    now: Beside
    was: Beside

    def judged(self, v: int, least: float) -> Judged:
        """Return the numbers of the group at `v`, where `least` is what matters."""
        return Judged(
            value=float(self.value[v]),
            baseline=float(self.baseline[v]),
            effect=float(self.effect[v]),
            interval=(float(self.low[v]), float(self.high[v])),
            threshold=least,
            n=int(self.now.n[v]),
            n_baseline=int(self.was.n[v]),
            evidence=float(self.evidence[v]),
            proven=bool(self.proven[v]),
        )


@dataclass(frozen=True, slots=True, eq=False)
class Question:
    """What is asked of every gap: arrays (groups,)."""

    spread: Dispersion
    blocks_long: float
    alpha: float
    sign: Numbers
    """1: the others' share rises above the group's; -1: it falls below."""
    parity: bool
    """Whether a gap the other way counts as none before."""


def widened(now: Beside, was: Beside, asked: Question) -> Widened:
    """Return how much each gap grew, in the direction asked about."""
    phi = asked.spread.phi(now.rows[:, None], asked.blocks_long)
    dof = asked.spread.tail_dof(phi)[:, 0]
    phis = phi[:, 0], asked.spread.phi_block[:, 0]
    value, before = asked.sign * now.gap, asked.sign * was.gap
    effect = value - (np.maximum(before, 0.0) if asked.parity else before)

    def limits(cost: Numbers) -> tuple[Numbers, Numbers]:
        (nearer, farther), (less, more) = (
            _distances(side, one, cost, asked.sign)
            for side, one in zip((now, was), phis, strict=True)
        )
        return effect - np.hypot(nearer, more), effect + np.hypot(farther, less)

    low, high = limits(tails.student(max(asked.alpha, SURELY), dof))
    needed = tails.exponent(asked.alpha / 2, dof)
    variance = now.variance(phis[0]) + was.variance(phis[1])
    square = np.maximum(effect, 0.0) ** 2 / variance
    evidence = np.maximum(tails.evidence(square / 2, dof) - math.log10(2), 0.0)
    normal = np.minimum(now.events(phis[0]), was.events(phis[1])) >= NORMAL
    wobble_dof = asked.spread.dof[:, 0]
    near = np.minimum(needed, tails.student(asked.alpha, wobble_dof))
    nearer = np.maximum(evidence, tails.of_squares(square, np.ones(()), wobble_dof))
    return Widened(
        value=value,
        baseline=before,
        effect=effect,
        low=low,
        high=high,
        proven=limits(np.where(normal, near, needed))[0] > 0,
        evidence=np.where(normal, nearer, evidence),
        now=now,
        was=was,
    )


def _distances(side: Beside, phi: Numbers, cost: Numbers, sign: Numbers) -> tuple[Numbers, Numbers]:
    """Return how far a gap's limits lie below and above it, seen in its direction."""
    low, high = side.limits(phi, cost)
    below, above = side.gap - low, high - side.gap
    return np.where(sign > 0, below, above), np.where(sign > 0, above, below)
