"""Association: how inputs hang together, which no look at one input at a time can see.

A join that goes wrong gives every row the age of somebody: ages are as ever, incomes too, but not
those of one person.  Per pair of columns the correlation r of their codes (`profile.pairs`: ranks
of numbers, the commonest category or another, the score) is compared with the reference's, for
everyone:

    z = atanh r        variance  (1 + r**2 / 2) / (n - 3) * phi      (phi: see `dispersion`)

A column asks one question: does any of its pairs hang together otherwise?  Its p - 1 pairs share
its error rate.  Smallest effect of interest: a correlation that moved by 0.1.  One column that was
mixed up moves all its pairs, and so their other columns: each moved pair is told once, by the
column that has most of them.

Left out are pairs in which there is too little to hang together (a category that hardly ever is
another), and columns whose share of values moved by 10 points: they are told by quality.
Source: Fisher (1921), Metron 1, 3-32; Bonett & Wright (2000), Psychometrika 65, 23-28.
"""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tocsin.base.phrases import listing
from tocsin.base.slices import EVERYONE
from tocsin.detect import tails
from tocsin.detect.baseline import Baseline
from tocsin.detect.dispersion import Dispersion, at_two_lengths, dispersion, only_chance
from tocsin.detect.finding import Finding, Layer
from tocsin.detect.look import FEWEST, Judged, Lack, Look, Subject, finding, insufficient
from tocsin.detect.paired import Flags, asked, shares, steady, sums
from tocsin.detect.tails import Numbers
from tocsin.profile.pairs import moments_of

MOVED = 0.1
_FEWEST_TOGETHER = 10.0
"""Rows times both columns' spreads (a quarter each at most), below which a pair tells nothing."""
_MOST = 0.999
_NAMED = 3
"""Pairs that a sentence names."""


@dataclass(frozen=True, slots=True, eq=False)
class _Usual:
    """The reference: its n, correlations of pairs (M,), spreads (p,), and how pairs wobble."""

    n: float
    r: Numbers
    spread: Numbers
    wobble: Dispersion


@dataclass(frozen=True, slots=True, eq=False)
class _Pairs:
    """All pairs of one look, arrays (M,): correlations, what their change costs, is needed, n."""

    r: Numbers
    usual: Numbers
    cost: Numbers
    needed: Numbers
    dof: Numbers
    half: Numbers
    """Half the interval of the change of z."""
    told: Flags
    n: float
    n_usual: float

    def by(self, end: int) -> Numbers:
        """Return the least (-1) or the most (1) that correlations moved by, the way they moved."""
        z, was = _z(self.r), _z(self.usual)
        sign = np.where(z < was, -1.0, 1.0)
        return sign * (np.tanh(z + end * sign * self.half) - np.tanh(was))

    @property
    def moved(self) -> Flags:
        """Which pairs surely hang together otherwise, by more than what matters."""
        return self.told & (self.cost >= self.needed) & (self.by(-1) > MOVED)


def association(look: Look) -> list[Finding]:
    """Return of each column whether it hangs together with the others as usual, for everyone."""
    names = asked(look)
    if not names:
        return []
    p = len(names)
    usual = look.baseline.derived("association", lambda: _usual(look.baseline, p))
    now = sums([look.window], p)[0]
    if min(now[0], usual.n) < FEWEST:
        lack = Lack(now[0], usual.n, MOVED)
        return [insufficient(look, _subject(name), lack) for name in names]
    pairs = _compared(look, usual, now, steady(look, names))
    first, second = np.triu_indices(p, 1)
    left, found = pairs.moved, dict[int, Finding]()
    while left.any():  # each moved pair is told by the column that has most of them
        counts = [(int((left & _of(k, first, second)).sum()), k) for k in range(p)]
        most, column = max(counts, key=lambda one: (one[0], -one[1]))
        assert most
        mine = left & _of(column, first, second)
        found[column] = _finding(look, names, column, pairs, mine)
        left = left & ~mine
    for column in range(p):
        mine = pairs.told & _of(column, first, second) & ~pairs.moved
        if column not in found and mine.any():
            found[column] = _finding(look, names, column, pairs, mine)
    return [found[column] for column in sorted(found)]


def _of(column: int, first: NDArray[np.intp], second: NDArray[np.intp]) -> Flags:
    return (first == column) | (second == column)


def _subject(name: str) -> Subject:
    return Subject(Layer.DRIFT, "association", name, EVERYONE)


def _read(counts: Numbers, p: int) -> tuple[Numbers, Numbers, Numbers]:
    """Return n, spreads (..., p), a quarter at most, and correlations of pairs (..., M)."""
    n, variance, r = moments_of(counts, p)
    first, second = np.triu_indices(p, 1)
    # a column that hardly varies may seem to correlate by more than 1, by rounding
    return n, variance, np.clip(r[..., first, second], -1.0, 1.0)


def _usual(baseline: Baseline, p: int) -> _Usual:
    blocks = sums(baseline.blocks, p)
    total = blocks.sum(0)
    n, variance, r = _read(total, p)

    def told(parts: Numbers) -> Dispersion:
        rows, _, each = _read(parts, p)
        size = np.maximum(rows[:, None] - 3.0, 0.0)
        residual = (_z(each) - _z(r)) * np.sqrt(size / (1 + r**2 / 2))
        return dispersion(residual[:, None, :], np.repeat(rows[:, None, None], len(r), 2))

    if not baseline.timed:
        return _Usual(float(n), r, variance, only_chance((1, len(r))))
    short = sums(baseline.stretches, p) if baseline.stretches else None
    return _Usual(float(n), r, variance, at_two_lengths(told, blocks, short))


def _z(r: Numbers) -> Numbers:
    return np.arctanh(np.clip(np.nan_to_num(r), -_MOST, _MOST))


def _compared(look: Look, usual: _Usual, now: Numbers, same: Flags) -> _Pairs:
    p = len(same)
    n, variance, r = _read(now, p)
    first, second = np.triu_indices(p, 1)
    rows = float(n)

    told = same[first] & same[second] & np.isfinite(r) & np.isfinite(usual.r)
    for spread, size in ((variance, rows), (usual.spread, usual.n)):
        share = shares(look.layout, spread)
        told &= size * share[first] * share[second] >= _FEWEST_TOGETHER
    size = np.full((1, len(r)), rows)
    phi = usual.wobble.phi(size, look.blocks_long)
    dof = usual.wobble.tail_dof(phi)[0]
    factor = 1 + np.maximum(np.nan_to_num(r) ** 2, np.nan_to_num(usual.r) ** 2) / 2
    error = phi[0] / max(rows - 3, 1.0) + usual.wobble.phi_block[0] / max(usual.n - 3, 1.0)
    error = error * factor
    cost = (_z(r) - _z(usual.r)) ** 2 / error / 2
    alpha = min(look.alphas(Layer.DRIFT).everyone * 2 / (p - 1), 0.05)
    sure = look.surely(Layer.DRIFT, alpha, dof)
    needed = tails.exponent(alpha / 2, dof)
    half = np.sqrt(2 * sure * error)
    return _Pairs(r, usual.r, cost, needed, dof, half, told, rows, usual.n)


def _finding(
    look: Look, names: tuple[str, ...], column: int, pairs: _Pairs, mine: Flags
) -> Finding:
    """Return what a column's pairs say: the one that moved most surely, and how many did."""
    first, second = np.triu_indices(len(names), 1)
    order = np.flatnonzero(mine)[np.argsort(-pairs.cost[mine], kind="stable")]
    worst, moved = order[0], order[pairs.moved[order]]
    r, was = float(pairs.r[worst]), float(pairs.usual[worst])
    near, far = (float(pairs.by(end)[worst]) for end in (-1, 1))
    evidence = float(tails.evidence(pairs.cost[worst], pairs.dof[worst])) - math.log10(2)
    judged = Judged(
        value=r,
        baseline=was,
        effect=abs(r - was),
        interval=(near, far),
        threshold=MOVED,
        n=int(pairs.n),
        n_baseline=int(pairs.n_usual),
        evidence=max(0.0, evidence),
        proven=bool(pairs.cost[worst] >= pairs.needed[worst]),
    )
    shown = moved if len(moved) else order[:1]

    def said(pair: int) -> str:
        other = second[pair] if first[pair] == column else first[pair]
        return f"{names[other]} ({pairs.r[pair]:.2f}, was {pairs.usual[pair]:.2f})"

    named = [said(pair) for pair in shown[:_NAMED].tolist()]
    more = [f"{len(shown) - _NAMED} more"] if len(shown) > _NAMED else []
    told = listing([*named, *more])
    how = "no longer hangs together as it did" if len(moved) else "hangs together as usual, e.g."
    why = f"{names[column]} {how} with {told}: rank correlations; n {judged.n:,}."
    return finding(look, _subject(names[column]), judged, why)
