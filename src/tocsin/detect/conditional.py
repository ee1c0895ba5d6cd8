"""Conditional shift: a column that moved by more, or less, than the others tell.

A sensor that reads half a degree too high lies far inside what weather does to it, and is not told
from weather by whoever looks at it alone.  Beside what goes with it, it shows.  So does a score
that moved though the inputs did not, or that stayed though they did.

With d_k how far the mean code of column k moved, in standard deviations of the reference's rows,
and R the correlations of codes in the reference (`profile.pairs`), of everyone,

    P = ((1 - RIDGE) R + RIDGE I)**-1       e_j = sum over k of P_jk d_k / P_jj

is the mean over rows of how far column j lies from what a linear regression on all others says.
Of one row its variance is v_j = w R w, w_k = P_jk / P_jj, and so

    variance of e_j = v_j (phi_j(n) / n + phi_j / N * (1 + q_j))        q_j = d P d - P_jj e_j**2

with phi_j from e_j of the reference's blocks (see `dispersion`); q_j is how far the others moved
together, by which coefficients that were learnt from N rows are in doubt.  Test: Student's tail, in
Bernstein's way with a variance that grows with e_j, since codes are bounded.  Smallest effect of
interest: `SHIFTED`, with an interval at 95 % (it is a ticket).

One column at fault moves what is told of all that go with it.  First is told the one with the
largest |e_j| / sqrt(v_j), which by Cauchy and Schwarz is the column that moved alone, if one did;
how each one's wobble happened to come out in twenty blocks has no say in it.  It is then taken for
what the others tell of it, until nothing is left to tell.
Refuses: columns whose share of values moved (see `association`); to look beyond a straight line:
where inputs moved far out of the reference, what the others tell may be wrong.
Source: Hawkins (1991), Technometrics 33, 61-75 (regression-adjusted variables).
"""

import math
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from tocsin.base.slices import EVERYONE
from tocsin.detect import tails
from tocsin.detect.dispersion import Dispersion, at_two_lengths, dispersion, only_chance
from tocsin.detect.drift import SURELY
from tocsin.detect.finding import Finding, Layer
from tocsin.detect.look import FEWEST, Judged, Lack, Look, Subject, finding, insufficient
from tocsin.detect.paired import asked, numbers, shares, steady, sums
from tocsin.detect.tails import Numbers
from tocsin.profile.pairs import TOP, moments_of

SHIFTED = 0.05
"""Standard deviations of a column."""
RIDGE = 0.01
"""Part of each column that is taken for its own: two that are one do not explain each other."""
_FEWEST_ROWS = 10.0
"""Rows times a column's spread (a quarter at most), below which its mean tells nothing."""


@dataclass(frozen=True, slots=True, eq=False)
class _Usual:
    """What the reference tells of the k columns that are judged, arrays (k,) or (k, k)."""

    names: tuple[str, ...]
    n: float
    mean: Numbers
    spread: Numbers
    """Standard deviation of codes."""
    most: Numbers
    """How far a row may lie from the mean, in spreads."""
    inverse: Numbers
    """P."""
    by_row: Numbers
    """v: the variance of one row's distance from what the others say."""
    wobble: Dispersion
    """Of e, (1, k)."""

    def moved(self, counts: Numbers) -> Numbers:
        """Return d of sums of codes of these columns, shape (..., 1 + k), n first."""
        return (counts[..., 1:] / np.maximum(counts[..., :1], 1.0) - self.mean) / self.spread

    def beyond(self, moved: Numbers) -> Numbers:
        """Return e of d, shape (..., k)."""
        return moved @ self.inverse / np.diag(self.inverse)


@dataclass(frozen=True, slots=True, eq=False)
class _Seen:
    """One look at `n` rows, arrays (k,)."""

    n: float
    beyond: Numbers
    """e: how far each moved beyond what the others tell, in its standard deviations."""
    half: Numbers
    """Half its interval."""
    blame: Numbers
    """|e| in standard deviations of one row's distance from what the others say."""
    evidence: Numbers


def conditional(look: Look) -> list[Finding]:
    """Return of each column whether it moved as the others tell, for everyone."""
    names = asked(look)
    if not names:
        return []
    p = len(names)
    now, was = sums([look.window], p)[0], look.baseline.derived("pairs", lambda: _total(look, p))
    if min(now[0], was[0]) < FEWEST:
        lack = Lack(now[0], was[0], SHIFTED)
        return [insufficient(look, _subject(name), lack) for name in names]
    spread = moments_of(was, p)[1]
    tells = min(now[0], was[0]) * shares(look.layout, spread) >= _FEWEST_ROWS
    kept = np.flatnonzero(tells & steady(look, names))
    if len(kept) < 2:
        return []
    usual = look.baseline.derived(f"conditional {kept.tolist()}", lambda: _usual(look, was, kept))
    return _told(look, usual, now[_places(kept)])


def _told(look: Look, usual: _Usual, now: Numbers) -> list[Finding]:
    """Return what is told of each column: of the likeliest at fault first, and then without it."""
    bar = -math.log10(look.alphas(Layer.DRIFT).everyone)
    moved, found = usual.moved(now), dict[int, Finding]()
    left = moved.copy()
    while True:
        seen = _seen(usual, left, float(now[0]), look.blocks_long)
        alarms = (seen.evidence >= bar) & (np.abs(seen.beyond) - seen.half > SHIFTED)
        alarms[list(found)] = False
        first = int(np.where(alarms, seen.blame, -1.0).argmax())
        told = [first] if alarms.any() else [k for k in range(len(moved)) if k not in found]
        for k in told:
            found[k] = _finding(look, usual, seen, k, float(moved[k]))
        if not alarms.any():
            return [found[k] for k in sorted(found)]
        left[first] -= seen.beyond[first]


def _total(look: Look, p: int) -> Numbers:
    return sums(look.baseline.blocks, p).sum(0)


def _places(kept: NDArray[np.intp]) -> NDArray[np.intp]:
    """Return where the number of rows and the sums of some columns lie among all sums."""
    return np.append(0, 1 + kept)


def _usual(look: Look, total: Numbers, kept: NDArray[np.intp]) -> _Usual:
    baseline, names = look.baseline, asked(look)
    p = len(names)
    n, variance, r = moments_of(total, p)
    mean, spread = (total[1 : p + 1] / n)[kept], np.sqrt(variance[kept])
    together = r[np.ix_(kept, kept)]
    ridged = (1 - RIDGE) * together + RIDGE * np.eye(len(kept))
    inverse = np.asarray(np.linalg.inv(ridged), np.float64)
    weights = inverse / np.diag(inverse)[:, None]
    top = np.where(numbers(look.layout)[kept], TOP, 1)
    plain = _Usual(
        names=tuple(name for k, name in enumerate(names) if k in kept),
        n=float(n),
        mean=mean,
        spread=spread,
        most=(top + np.abs(mean)) / spread,
        inverse=inverse,
        by_row=np.einsum("jk,kl,jl->j", weights, together, weights),
        wobble=only_chance((1, len(kept))),
    )
    if not baseline.timed:
        return plain

    def told(parts: Numbers) -> Dispersion:
        rows = np.repeat(parts[:, None, :1], len(kept), -1)
        residual = plain.beyond(plain.moved(parts))[:, None, :] * np.sqrt(rows / plain.by_row)
        return dispersion(residual, rows)

    blocks = sums(baseline.blocks, p)[:, _places(kept)]
    short = sums(baseline.stretches, p)[:, _places(kept)]
    return replace(plain, wobble=at_two_lengths(told, blocks, short if len(short) else None))


def _seen(usual: _Usual, moved: Numbers, n: float, blocks_long: float) -> _Seen:
    beyond, own = usual.beyond(moved), np.diag(usual.inverse)
    others = np.maximum(moved @ usual.inverse @ moved - own * beyond**2, 0.0)
    phi = usual.wobble.phi(np.full((1, len(moved)), n), blocks_long)[0]
    phi_usual, dof = usual.wobble.phi_block[0], usual.wobble.dof[0]
    variance = usual.by_row * (phi / n + phi_usual / usual.n * (1 + others))
    reach = phi * usual.most / (3 * n)
    square = beyond**2 / (variance + reach * np.abs(beyond))
    half = stats.t.isf(SURELY / 2, dof) * np.sqrt(variance)
    evidence = tails.of_squares(square, np.ones(()), dof)
    blame = np.abs(beyond) / np.sqrt(usual.by_row)
    return _Seen(n, beyond, np.asarray(half, np.float64), blame, evidence)


def _subject(name: str) -> Subject:
    return Subject(Layer.DRIFT, "conditional_shift", name, EVERYONE)


def _finding(look: Look, usual: _Usual, seen: _Seen, k: int, moved: float) -> Finding:
    """Return what is told of column `k`, which `moved` so far by itself."""
    name, beyond, half = usual.names[k], float(seen.beyond[k]), float(seen.half[k])
    evidence = float(seen.evidence[k])
    judged = Judged(
        value=beyond,
        baseline=0.0,
        effect=abs(beyond),
        interval=(max(0.0, abs(beyond) - half), abs(beyond) + half),
        threshold=SHIFTED,
        n=int(seen.n),
        n_baseline=int(usual.n),
        evidence=evidence,
        proven=evidence >= -math.log10(look.alphas(Layer.DRIFT).everyone),
    )
    others = f"the other {len(usual.names) - 1} columns tell"
    way, by = _way(look, name, beyond), f"{abs(beyond):.2f} standard deviations"
    said = f"{way} than {others}, by {by}" if judged.alarms else f"as {others}, to {by}"
    why = f"{name} is {said}; by itself it moved by {moved:+.2f}; n {judged.n:,}."
    return finding(look, _subject(name), judged, why)


def _way(look: Look, name: str, beyond: float) -> str:
    """Return in words which way a column lies: `higher`, or `more often phone`."""
    for one in look.layout.spec.categorical:
        if one.name == name:
            return f"{'more' if beyond > 0 else 'less'} often {one.values[0]}"
    return "higher" if beyond > 0 else "lower"
