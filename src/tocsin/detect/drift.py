"""Drift: the inputs' and scores' distributions against the reference's, per slice.

Effect: Jensen-Shannon divergence, base 2, less what sampling alone adds on average:

    JSD_adj = max(0, JSD - (m - 1) * (1/n + 1/N) / (8 ln 2))       [bits, 0-1]

over m coarse bins (ten reference deciles, or the known categories).  `DRIFTED` = 0.0005 bits, a
shift of a twentieth of a standard deviation, is the smallest effect of interest.
Test, numeric: Neyman's smooth components.  With p the reference's shares and h_1..h_4 orthonormal
polynomials in its mid-ranks (location, spread, skew, tails),

    z_k = sum over bins b of h_k(b) (q_b - p_b),   variance phi_k(n)/n + phi_k/N

with phi_k from the reference's blocks (see `dispersion`), and in Bernstein's way a variance that
grows with z_k, since h_k is bounded.  Half of the error rate goes to location alone, since most
drifts are shifts, by Student's tail; half to the sum of all four squares, by Fisher's.  Both have
the degrees of freedom of the wobble as it is known, without what `tail_dof` adds: a slice may
wobble by several times what its family says, however small that is (`bench/README.md`).
Test, categorical: each category against the rest, as a rate.  The smallest p-value counts, times
the number of categories.  An alarm needs the test, at the look's error rate, and a lower limit of
JSD_adj (at 95 %: it is a ticket) beyond `DRIFTED`.
Missing, invalid and unseen values are `quality`'s and left out here.
Refuses: to call drift a harm.  Inputs may move for good reasons; it is a ticket or evidence.
Source: Lin (1991), IEEE Trans. Inf. Theory 37, 145-151; Neyman (1937), Skand. Aktuarietidskr. 20.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from tocsin.base.phrases import number, percent
from tocsin.detect import tails
from tocsin.detect.dispersion import Dispersion, dispersion, only_chance
from tocsin.detect.finding import Finding, Layer
from tocsin.detect.look import Judged, Lack, Look, Subject, finding, insufficient
from tocsin.detect.places import ANSWER, at
from tocsin.detect.rates import residuals
from tocsin.detect.tails import Numbers
from tocsin.ingest.system import Kind
from tocsin.profile import distances, measures, regression

DRIFTED = 0.0005
SURELY = 0.05
"""Chance that the interval of a divergence misses the truth."""
FEWEST = 50
CATEGORIES = 20
LABEL = "label"
"""What the outcomes of each system are called."""
COMPONENTS = 4
_BITS = 8 * math.log(2)
"""A small shift of standardised length d has a divergence of d**2 / _BITS bits."""


@dataclass(frozen=True, slots=True)
class Binned:
    """One distribution: coarse bins, each the sum of neighbouring places from its start on."""

    column: str
    places: NDArray[np.intp]
    starts: NDArray[np.intp]
    categories: tuple[str, ...] = ()
    """The names of the bins; empty for numbers."""

    def of(self, counts: Numbers) -> Numbers:
        """Return the counts of the coarse bins, on the last axis."""
        return np.add.reduceat(counts[..., self.places], self.starts, axis=-1)


@dataclass(frozen=True, slots=True)
class _Usual:
    """What the baseline tells of one distribution; p (slices, m), n (slices,)."""

    p: Numbers
    n: Numbers
    h: Numbers
    """Values of the smooth components, (slices, K, m); empty for categories."""
    dispersion: Dispersion
    """Of the components or of the categories."""


@dataclass(frozen=True, slots=True)
class _Moved:
    """One look at one distribution, arrays (slices,) but for q (slices, m)."""

    q: Numbers
    n: Numbers
    jsd: Numbers
    low: Numbers
    high: Numbers
    evidence: Numbers


def drift(look: Look) -> list[Finding]:
    """Return what moved, per feature and slice; single slices only where they alarm."""
    found: list[Finding] = []
    for binned, usual in look.baseline.derived("drift", lambda: _usuals(look)):
        if usual.n[0] > 0:
            found += _judge(look, binned, usual, binned.of(look.current))
    for attribute in look.layout.spec.schema.attributes:
        found += _mix(look, attribute.name)
    return found


def _mix(look: Look, attribute: str) -> list[Finding]:
    """Return whether the mix of people by one attribute moved, for everyone."""
    rows = [
        row
        for row, slice_ in enumerate(look.slices)
        if slice_.conditions and slice_.conditions[0][0] == attribute
    ]
    if len(rows) < 2:
        return []
    place = look.layout.places["n"].start
    names = (*(look.slices[row].conditions[0][1] for row in rows), "any other")
    binned = Binned(attribute, np.empty(0, np.intp), np.arange(len(names)), names)

    def counts(cells: Numbers) -> Numbers:
        parts = cells[..., rows, place]
        other = np.maximum(cells[..., :1, place] - parts.sum(-1, keepdims=True), 0.0)
        return np.concatenate([parts, other], axis=-1)[..., None, :]

    learnt = look.baseline.derived(
        f"mix of {attribute}", lambda: _usual(look, [binned], lambda _, cells: counts(cells))[0]
    )
    return _judge(look, binned, learnt, counts(look.current))


def columns(look: Look) -> list[Binned]:
    """Return the coarse bins of every feature and of the score, from the reference's totals."""
    layout, everyone = look.layout, look.reference[0]
    found: list[Binned] = []
    for bins in layout.spec.numeric:
        places = at(layout, *(f"f_{bins.name}.{part}" for part in ("under", "hist", "over")))
        found.append(_deciles(bins.name, everyone, np.array(places)))
    for categories in layout.spec.categorical:
        name = f"f_{categories.name}"  # the rarer values, without places of their own, come last
        places = np.array(at(layout, f"{name}.counts", f"{name}.other"), np.intp)
        starts = np.arange(min(len(places), CATEGORIES + 1))
        names = (*categories.values[:CATEGORIES], "any other")
        found.append(Binned(categories.name, places, starts, names))
    answer, parts = ANSWER[layout.spec.kind]
    if layout.spec.kind is Kind.MULTICLASS:
        found.append(_classes(look, answer, *parts))
        answer, parts = ANSWER[Kind.BINARY]  # the confidence
    if layout.spec.kind is Kind.RANKING:  # the items on top
        return [one for one in (*found, _classes(look, answer, *parts)) if len(one.starts) > 1]
    found.append(_deciles(answer, everyone, np.array(at(layout, *parts))))
    return [binned for binned in found if len(binned.starts) > 1]


def truths(look: Look) -> list[Finding]:
    """Return whether the mix of true classes moved, per slice; only of one class of several."""
    one = true_classes(look)

    def read(binned: Binned, counts: Numbers) -> Numbers:
        return binned.of(counts)

    learnt = look.baseline.derived("mix of truths", lambda: _usual(look, [one], read)[0])
    return _judge(look, one, learnt, one.of(look.current)) if learnt.n[0] > 0 else []


def true_classes(look: Look) -> Binned:
    """Return the bins of what turned out to be true, one for each class."""
    return _classes(look, LABEL, "truths")


def _classes(look: Look, column: str, part: str) -> Binned:
    places, names = np.array(at(look.layout, part)), (*look.layout.spec.classes, "any other")
    return Binned(column, places, np.arange(len(places)), names)


def _deciles(column: str, everyone: Numbers, places: NDArray[np.intp]) -> Binned:
    """Return bins of about a tenth of the reference each, out of neighbouring fine ones."""
    return Binned(column, places, distances.deciles(everyone[places]))


def _usuals(look: Look) -> list[tuple[Binned, _Usual]]:
    """Return every distribution with what the baseline tells of it."""
    every = columns(look)
    return list(zip(every, _usual(look, every, lambda one, counts: one.of(counts)), strict=True))


def _usual(
    look: Look, every: Sequence[Binned], read: Callable[[Binned, Numbers], Numbers]
) -> list[_Usual]:
    """Return what the baseline tells of distributions, which `read` takes from counts.

    The components of one distribution wobble as one; which of these are alike, see `families`.
    """
    if not every:
        return []
    usual = [_apart(binned, read(binned, look.reference)) for binned in every]
    kind = np.repeat(np.arange(len(every)), [one.dispersion.rho.shape[-1] for one in usual])

    def told(counts: Numbers) -> Dispersion:
        parts = [
            _residuals(binned, one, read(binned, counts))
            for binned, one in zip(every, usual, strict=True)
        ]
        residual, sizes, events = (np.concatenate(some, -1) for some in zip(*parts, strict=True))
        return dispersion(residual, sizes, told=events, kind=kind)

    if not look.baseline.timed:
        return usual
    whole, end, found = look.baseline.wobble(look.layout.spec, told), 0, list[_Usual]()
    for one in usual:
        start, end = end, end + one.dispersion.rho.shape[-1]
        found.append(replace(one, dispersion=whole.part(start, end)))
    return found


def _apart(binned: Binned, counts: Numbers) -> _Usual:
    """Return what totals tell of one distribution, which is not known to wobble."""
    p = _shares(counts)
    h = np.empty(0) if binned.categories else components(p)
    told = p if binned.categories else h[..., 0]
    return _Usual(p, counts.sum(-1), h, only_chance(told.shape))


def _residuals(
    binned: Binned, usual: _Usual, parts: Numbers
) -> tuple[Numbers, Numbers, NDArray[np.bool_]]:
    """Return residuals and rows of parts, (D, slices, K or m), and which have events enough."""
    n = parts.sum(-1)[..., None]
    if binned.categories:
        sizes = np.broadcast_to(n, parts.shape)
        residual, told = residuals(parts, sizes)
        return residual, sizes, told
    z = np.einsum("skb,dsb->dsk", usual.h, _shares(parts) - usual.p)
    sizes = np.broadcast_to(n, z.shape)
    return np.sqrt(sizes) * z, sizes, np.abs(usual.h).max(-1) > 0


def _shares(counts: Numbers) -> Numbers:
    """Return shares of the last axis; 0 where there are no rows."""
    return np.nan_to_num(distances.shares(counts))


def components(p: Numbers) -> Numbers:
    """Return orthonormal polynomials in the mid-rank under each row of shares `p`.

    Args:
        p: shares, shape (slices, m), rows of sum 1 (or 0: an empty slice).

    Returns:
        Values at the bins, shape (slices, K, m): sum_b p_b h_j h_k = 1 if j = k else 0, and
        sum_b p_b h_k = 0.  A component that fewer filled bins cannot carry is 0, and at an empty
        bin, of which p tells nothing, it stays between its values at the filled ones.
    """
    x = 2 * (np.cumsum(p, -1) - p / 2) - 1
    found: list[NDArray[np.float64]] = [np.ones_like(x)]
    for _ in range(min(COMPONENTS, p.shape[-1] - 1)):
        new = found[-1] * x
        for _ in range(2):  # twice is enough (Kahan and Parlett)
            for old in found:
                new = new - (p * new * old).sum(-1, keepdims=True) * old
        norm = np.sqrt((p * new * new).sum(-1, keepdims=True))
        found.append(np.where(norm > 1e-6, new / np.maximum(norm, 1e-6), 0.0))
    h, filled = np.stack(found[1:], axis=-2), (p > 0)[..., None, :]
    low = np.where(filled, h, np.inf).min(-1, keepdims=True)
    high = np.where(filled, h, -np.inf).max(-1, keepdims=True)
    return np.where(filled.any(-1, keepdims=True), np.clip(h, low, high), 0.0)


def divergence(p: Numbers, q: Numbers, n: Numbers, n_ref: Numbers) -> Numbers:
    """Return the debiased Jensen-Shannon divergence in bits, 0-1.

    Args:
        p: reference shares, last axis the bins.
        q: current shares, same shape.
        n: rows of the window, shape without the last axis.
        n_ref: rows of the reference, same shape.
    """
    chance = ((p + q > 0).sum(-1) - 1) * (1 / n + 1 / n_ref) / _BITS
    return np.asarray(np.maximum(distances.js_divergence(p, q) - chance, 0.0), np.float64)


def _judge(look: Look, binned: Binned, usual: _Usual, counts: Numbers) -> list[Finding]:
    moved = _moved(look, binned, usual, counts)
    enough = (moved.n >= FEWEST) & (usual.n >= FEWEST)
    alarms = enough & (moved.low > DRIFTED)
    found: list[Finding] = []
    for row in [0, *(np.flatnonzero(alarms[1:]) + 1).tolist()]:
        subject = Subject(Layer.DRIFT, "jsd", binned.column, look.slices[row])
        n, n_usual = float(moved.n[row]), float(usual.n[row])
        if not enough[row]:
            lack = Lack(n, n_usual, DRIFTED, FEWEST, "usable values")
            found.append(insufficient(look, subject, lack))
            continue
        judged = Judged(
            value=float(moved.jsd[row]),
            baseline=0.0,
            effect=float(moved.jsd[row]),
            interval=(float(moved.low[row]), float(moved.high[row])),
            threshold=DRIFTED,
            n=int(n),
            n_baseline=int(n_usual),
            evidence=float(moved.evidence[row]),
        )
        how = (
            _middle(look, binned.column, row)
            if not binned.categories
            else _category(binned, usual.p[row], moved.q[row])
        )
        limit = "" if judged.alarms else f", and {DRIFTED} would matter"
        why = (
            f"{binned.column} for {subject.slice.label}: {how}; divergence"
            f" {judged.value:.4f} bits{limit}; n {judged.n:,}."
        )
        found.append(finding(look, subject, judged, why))
    return found


def _moved(look: Look, binned: Binned, usual: _Usual, counts: Numbers) -> _Moved:
    n, q = counts.sum(-1), _shares(counts)
    size, size_usual = np.maximum(n, 1.0), np.maximum(usual.n, 1.0)
    phi = usual.dispersion.phi(size[:, None], look.blocks_long)
    phi_usual = usual.dispersion.phi_block
    if binned.categories:
        dof = usual.dispersion.tail_dof(phi)
        cost = tails.two_samples(q, size[:, None] / phi, usual.p, size_usual[:, None] / phi_usual)
        each = tails.evidence(cost, dof) - math.log10(2 * max(1, q.shape[1] - 1))
        evidence = each.max(-1)
    else:
        dof = usual.dispersion.dof
        z = np.abs(np.einsum("skb,sb->sk", usual.h, q - usual.p))
        variance = phi / size[:, None] + phi_usual / size_usual[:, None]
        reach = phi * np.abs(usual.h).max(-1) / (3 * size[:, None])
        each = z**2 / (variance + reach * z)
        evidence = _of_components(each, usual.h, dof)
    rows, best = np.arange(len(n)), each.argmax(-1)
    evidence = np.maximum(evidence, 0.0)
    alpha = look.alphas(Layer.DRIFT).rows(look.slices)[: len(n), 0]  # a mix of people: everyone's
    jsd = divergence(usual.p, q, size, size_usual)
    # d = sqrt(JSD * 8 ln 2), the standardised length of the shift, has about a normal error of
    # this variance along its own direction
    variance = phi[rows, best] / size + phi_usual[rows, best] / size_usual
    half = np.sqrt(2 * tails.exponent(np.maximum(alpha, SURELY) / 2, dof[rows, best]) * variance)
    d = np.sqrt(_BITS * jsd)
    low = np.maximum(d - half, 0.0) ** 2 / _BITS
    high = np.minimum((d + half) ** 2 / _BITS, 1.0)
    return _Moved(q, n, jsd, np.where(evidence >= -np.log10(alpha), low, 0.0), high, evidence)


def _of_components(squares: Numbers, h: Numbers, dof: Numbers) -> Numbers:
    """Return the evidence (slices,) of squared z-scores of components, location first.

    Args:
        squares: of shape (slices, K).
        h: the components; one that is 0 everywhere asks nothing.
        dof: with how many degrees of freedom the variance of each is known, (slices, K).
    """
    asked = np.maximum((np.abs(h).max(-1) > 0).sum(-1), 1)
    location = tails.of_squares(squares[:, 0], np.ones(()), dof[:, 0])
    together = tails.of_squares(squares.sum(-1), asked, dof.min(-1))
    return np.maximum(location, together) - math.log10(2)


def _category(binned: Binned, p: Numbers, q: Numbers) -> str:
    """Return in words the category whose share moved most."""
    most = int(np.abs(q - p).argmax())
    share = f"{percent(float(q[most]))} of values (was {percent(float(p[most]))})"
    return f"{binned.categories[most]} is {share}"


def _middle(look: Look, column: str, row: int) -> str:
    """Return in words a feature's mean, or the median answer, now and in the reference."""
    layout = look.layout
    cells = [counts[row].astype(np.int64) for counts in (look.current, look.reference)]
    bins = next((b for b in layout.spec.numeric if b.name == column), None)
    if bins is None and layout.spec.estimate is not None:
        now, was = (regression.estimate_quantile(layout, cell, 0.5) for cell in cells)
        return f"median {number(now)} (was {number(was)})"
    if bins is None:
        now, was = (measures.score_quantile(layout, cell, 0.5) for cell in cells)
        return f"median {number(now)} (was {number(was)})"
    now, was = (measures.mean(layout, cell, bins) for cell in cells)
    return f"mean {number(now)} (was {number(was)})"
