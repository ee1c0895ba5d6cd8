"""Dispersion: how much more a measure wobbles from block to block than chance alone would.

A family is all slices of those measures of a list that wobble alike (see `families`).  Per cell of
it, over D blocks of the reference,

    s2    = sum over blocks d of residual_d**2 / (D - 1)         (Pearson; 1 if only chance)
    usual = 1 + (n_block - 1) * rho                              (rho: the family's, by moments)
    phi   = (d0 * usual + (D - 1) * s2) / (d0 + D - 1),  at least 1

rho is the intraclass correlation; it is 0 unless the family is surely above chance.  d0 says how
much the cells differ from one another beyond chance, fitted by moments of log(s2 / usual): where
they do not, d0 is infinite and each takes the family's word.  So twenty blocks of one noisy measure
do not decide alone.  A measure that cannot tell, for want of events or rows, is charged the word of
the whole list; where measures differ so much that this word says little, what the worst measure of
its slice wobbles by, and that is taken for known as well as it is of that one.  A slice with few
rows a block may come in clumps of its own: what it has too few events to tell of is charged the
worst that it tells of, and so is what never happened.

A wobble that lasts a block is shared by all its rows, so a window of n rows is charged
phi(n) = 1 + (n_w - 1) * (phi - 1) / (n_block - 1), where n_w are the rows that fall into one
wobble: all n, or fewer where times show that the window is longer than a block (times the memory
of the wobble, from its lag-1 autocorrelation).

A wobble that is over sooner (an hour's weather, where blocks last days) charges a window shorter
than a block more than that.  So the same is measured over stretches, a sixteenth of each block.
As phi(n) grows ever more slowly where wobbles die away, it is at most what the stretch extrapolates
to, and at most that of a block: between the two lengths phi(n) = 1 + (n - 1) * rho_stretch up to
the larger phi of the two; below a stretch, that of a stretch, up to n.
Source: Smyth (2004), Stat. Appl. Genet. Mol. Biol. 3(1), art. 3 (squeezing); McCullagh & Nelder
(1989), section 4.5; Williams (1982), Appl. Stat. 31, 144-148.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray
from scipy import special

from tocsin.detect.families import Kinds
from tocsin.detect.tails import Numbers

FEWEST_EVENTS = 1.0
"""Expected events (and non-events) a block; with fewer, Pearson's statistic tells little."""
FEWEST_ROWS = 30
"""Rows of a slice in a block, on average, below which the family's word is not taken for it."""
SURE = 2.0
"""Standard errors by which a family must exceed chance to be charged."""
REMEMBERS = 0.2
"""Lag-1 autocorrelation above which blocks do not count as separate wobbles."""


T = TypeVar("T")
_ARRAYS = ("phi_block", "rho", "dof", "n_block", "memory")


@dataclass(frozen=True, slots=True)
class Dispersion:
    """Of a list of measures, arrays of shape (slices, measures): see the module."""

    phi_block: Numbers
    rho: Numbers
    dof: Numbers
    n_block: Numbers
    """Rows of a block, on average."""
    memory: Numbers
    """How many blocks one wobble lasts, at least 1."""
    near: "Dispersion | None" = None
    """The same over stretches, shorter than blocks; None: not known."""

    def part(self, start: int, end: int) -> "Dispersion":
        """Return the dispersion of the measures from `start` up to `end`."""
        return self._each(lambda values: values[:, start:end])

    def rows(self, start: int, end: int) -> "Dispersion":
        """Return the dispersion of the slices from `start` up to `end`."""
        return self._each(lambda values: values[start:end])

    def one(self, row: int, measure: int) -> "Dispersion":
        """Return the dispersion of one slice's measure, arrays of shape (1, 1)."""
        return self._each(lambda values: values[np.ix_([row], [measure])])

    def _each(self, cut: Callable[[Numbers], Numbers]) -> "Dispersion":
        near = None if self.near is None else self.near._each(cut)  # noqa: SLF001 - its own kind
        return replace(self, near=near, **{name: cut(getattr(self, name)) for name in _ARRAYS})

    def phi(self, n: Numbers, blocks_long: float = 1.0) -> Numbers:
        """Return the variance of a window of `n` rows over its binomial variance, >= 1.

        Args:
            n: rows, broadcast against (slices, measures).
            blocks_long: length of the window in blocks' lengths; 1 where times are not known.
        """
        part = np.minimum(self.memory / max(blocks_long, 1.0), 1.0)
        return np.maximum(1.0 + np.maximum(n * part - 1.0, 0.0) * self.rho, self._sooner(n))

    def phi_in_a_row(self, n: Numbers, blocks_long: float = 1.0) -> Numbers:
        """Return `phi` of windows that are judged together, one after another.

        A wobble that lasts longer than a window is charged to each of those that it spans.

        Args:
            n: rows of each window, broadcast against (slices, measures).
            blocks_long: as of `phi`.
        """
        part = self.memory / max(blocks_long, 1.0)
        return np.maximum(1.0 + np.maximum(n * part - 1.0, 0.0) * self.rho, self._sooner(n))

    def _sooner(self, n: Numbers) -> Numbers:
        """Return what wobbles shorter than a block may charge a window of `n` rows, >= 1."""
        near = self.near
        if near is None:
            return np.ones(())
        beyond = np.minimum(1.0 + (n - 1.0) * near.rho, np.maximum(near.phi_block, self.phi_block))
        within = np.minimum(near.phi_block, n)
        sooner = np.where(n < near.n_block, within, beyond)
        return np.where(n < self.n_block, np.maximum(sooner, 1.0), 1.0)

    def tail_dof(self, phi: Numbers) -> Numbers:
        """Return the degrees of freedom of the tail: infinite where chance explains it all.

        The estimated share w of the variance has `dof` degrees of freedom, the binomial share has
        infinitely many; by Satterthwaite the sum has dof / w**2.
        """
        w = (phi - 1.0) / phi
        with np.errstate(divide="ignore"):
            return np.where(w > 0, self.dof / np.maximum(w, 1e-12) ** 2, np.inf)


def dispersion(
    residual: Numbers,
    n: Numbers,
    *,
    told: NDArray[np.bool_] | None = None,
    kind: NDArray[np.intp] | None = None,
) -> Dispersion:
    """Return the dispersion of a list of measures from each block's standardised residual.

    Args:
        residual: (observed - expected) / standard deviation by chance, shape (D, slices,
            measures), blocks in order of time; NaN or infinite where it cannot be said.
        n: rows of each block, same shape.
        told: which cells (slices, measures) have events enough to tell; None: all.
        kind: of each measure, (measures,), numbered from 0: those of one kind surely wobble alike;
            None: each is of its own.
    """
    usable = np.isfinite(residual) & (n > 0)
    blocks = usable.sum(0)
    n_block = n.sum(0) / np.maximum((n > 0).sum(0), 1)
    clean = np.where(usable, residual, 0.0)
    dof = np.maximum(blocks - 1.0, 0.0)
    s2 = (clean**2).sum(0) / np.maximum(dof, 1.0)
    cells = (dof >= 2) & (s2 > 0) & (n_block > 2)
    if told is not None:
        cells &= told
    more = np.maximum(n_block - 1.0, 1.0)
    kinds = np.arange(residual.shape[-1], dtype=np.intp) if kind is None else kind
    word = _word(_Seen(clean, s2, dof, more, cells), kinds)
    usual = 1.0 + more * word.rho
    own = np.where(cells, dof, 0.0)
    weight = 1.0 / word.prior_dof
    phi = np.maximum((usual + weight * own * s2) / (1.0 + weight * own), 1.0)
    rho = np.clip((phi - 1.0) / more, 0.0, 1.0)
    worst: Numbers = np.where(cells, rho, 0.0).max(-1, keepdims=True, initial=0.0)
    mute = ~cells & ((n_block < FEWEST_ROWS) | (blocks == 0))  # too few rows, or no event ever
    rho = np.where(mute, np.maximum(rho, worst), rho)
    known = np.minimum(word.dof, own + word.prior_dof)
    rho, known = _unheard(cells, rho, known)
    phi = 1.0 + more * rho
    return Dispersion(phi, rho, known, n_block, word.memory + np.zeros_like(rho))


def _unheard(cells: NDArray[np.bool_], rho: Numbers, known: Numbers) -> tuple[Numbers, Numbers]:
    """Return rho and degrees of freedom, no cell deafer than the worst of its slice that tells.

    Where measures differ much (d0 of two or so), what never happened in the reference could wobble
    in any way at all, and a tail of two degrees of freedom would take no window for proof.
    """
    told = np.where(cells, rho, -1.0)
    place = told.argmax(-1)[:, None]
    worst, surely = np.take_along_axis(told, place, -1), np.take_along_axis(known, place, -1)
    deaf = ~cells & (worst >= 0) & (known < surely)
    return np.where(deaf, np.maximum(rho, worst), rho), np.where(deaf, surely, known)


def at_two_lengths(told: Callable[[T], Dispersion], blocks: T, stretches: T | None) -> Dispersion:
    """Return what `told` says of blocks, with what it says of stretches beside.

    Args:
        told: gives the dispersion of what parts of the reference tell.
        blocks: what its blocks tell.
        stretches: of parts that are shorter than blocks; None: not known.
    """
    far = told(blocks)
    if stretches is None:
        return far
    near = told(stretches)
    return replace(far, near=near, dof=np.minimum(far.dof, near.dof))


def each_apart(
    residual: Numbers, n: Numbers, *, told: NDArray[np.bool_] | None = None
) -> Dispersion:
    """Return the dispersion where every measure is a family of its own: all slices of it alone.

    Arguments are those of `dispersion`.  For measures of which one may wobble and another not.
    """
    parts = [
        dispersion(
            residual[..., k : k + 1],
            n[..., k : k + 1],
            told=None if told is None else told[..., k : k + 1],
        )
        for k in range(residual.shape[-1])
    ]
    phi, rho, dof, n_block, memory = (
        np.concatenate([getattr(part, name) for part in parts], -1) for name in _ARRAYS
    )
    return Dispersion(phi, rho, dof, n_block, memory)


def only_chance(shape: tuple[int, ...]) -> Dispersion:
    """Return the dispersion of what is known to wobble by chance alone, or not known to do more."""
    one = np.ones(shape)
    return Dispersion(one, 0.0 * one, np.inf * one, one, one)


@dataclass(frozen=True, slots=True, eq=False)
class _Seen:
    """What blocks show: residuals (D, slices, measures), the rest (slices, measures)."""

    clean: Numbers
    s2: Numbers
    dof: Numbers
    more: Numbers
    cells: NDArray[np.bool_]
    """Which of them tell."""


@dataclass(frozen=True, slots=True, eq=False)
class _Word:
    """What is said of all cells of one measure, arrays (measures,)."""

    rho: Numbers
    dof: Numbers
    prior_dof: Numbers
    memory: Numbers


def _word(seen: _Seen, kind: NDArray[np.intp]) -> _Word:
    """Return the word of each measure's family, and of the list where a measure cannot tell."""
    kinds = Kinds.of(seen.s2, seen.dof, seen.more, seen.cells, kind)
    everyone = _of_family(seen, seen.cells, float(kinds.dof.sum()))
    words = np.tile(everyone, (len(kinds.weight), 1))
    families = list(kinds.families())
    if len(families) == 1:
        return _Word(*words[kind].T)
    for family in families:
        most = float(kinds.dof[family].sum())
        words[family] = _of_family(seen, seen.cells & family[kind], most)
    rho, known = words[:, 0], words[:, 1]
    tell = kinds.weight > 0
    short = np.maximum(everyone[0] - rho, 0.0) * kinds.shares(np.where(tell, rho, 0.0))
    words[:, 1] = np.where(short > 0, np.minimum(known, known.min()), known)
    words[:, 0] = rho + short
    return _Word(*words[kind].T)


def _of_family(
    seen: _Seen, cells: NDArray[np.bool_], most: float
) -> tuple[float, float, float, float]:
    """Return rho, with how many degrees of freedom it is known, d0, and the memory.

    Args:
        seen: what blocks show.
        cells: those of the family that tell.
        most: the degrees of freedom that they have if the slices of a measure wobble as one.
    """
    s2, dof, more = seen.s2[cells], seen.dof[cells], seen.more[cells]
    rho, known = _pooled(s2, dof, more)
    known = known if math.isinf(known) else min(known, most)
    return rho, known, _differ(s2 / (1.0 + more * rho), dof), _memory(seen.clean, cells)


def _pooled(s2: Numbers, dof: Numbers, more: Numbers) -> tuple[float, float]:
    """Return a family's intraclass correlation and how many degrees of freedom it is known with.

    By moments: E[dof * (s2 - 1)] = dof * more * rho, weighted by `more`, which is best near rho 0.
    (0, inf) where it does not surely exceed 0.
    """
    whole = float((more**2 * dof).sum())
    if whole == 0:
        return 0.0, math.inf
    rho = float((more * dof * (s2 - 1)).sum()) / whole
    error = math.sqrt(2 * whole) / whole
    if rho <= SURE * error:
        return 0.0, math.inf
    return min(rho, 1.0), 2 * (rho / error) ** 2


def _differ(ratio: Numbers, dof: Numbers) -> float:
    """Return d0: how alike a family's mean squares are, as degrees of freedom (Smyth's moments)."""
    if ratio.size < 2:
        return math.inf
    half = dof / 2
    e = np.log(ratio) - special.digamma(half) + np.log(half)
    chance = float(special.polygamma(1, half).mean())
    excess = float(e.var(ddof=1)) - chance
    # the variance of the logarithms is itself uncertain: count only what is surely excess
    if excess <= SURE * chance * math.sqrt(2 / (ratio.size - 1)):
        return math.inf
    return 2 * _inverse_trigamma(excess)


def _inverse_trigamma(y: float) -> float:
    """Return x with trigamma(x) = y > 0, by Newton's method on 1/trigamma (Smyth's appendix)."""
    x = 0.5 + 1 / y
    for _ in range(50):
        value = float(special.polygamma(1, x))
        step = value * (1 - value / y) / float(special.polygamma(2, x))
        x += step
        if -step / x < 1e-8:
            break
    return x


def _memory(residual: Numbers, cells: NDArray[np.bool_]) -> float:
    """Return how many blocks a wobble lasts: (1 + r) / (1 - r) for lag-1 autocorrelation r."""
    if residual.shape[0] < 4 or not cells.any():
        return 1.0
    series = residual[:, cells]
    r = float((series[1:] * series[:-1]).sum() / max(float((series**2).sum()), 1e-12))
    return (1 + min(r, 0.95)) / (1 - min(r, 0.95)) if r > REMEMBERS else 1.0
