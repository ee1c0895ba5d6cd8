"""Scale: a number whose whole distribution is the reference's, times a factor: a unit changed.

Per numeric feature and slice.  An alarm needs all three of

    moved   shares above the reference's quartiles differ, beyond chance at the look's error rate
            (two-sample costs of three borders, Bonferroni; wobble charged, see `rates`).  This
            alone bounds false alarms.
    factor  c = mean now / mean then; log2 c surely beyond `FACTOR`.  Under a change of unit the
            coefficient of variation stays, so that Var(log c) = cv**2 (phi/n + phi/N)
    fits    the reference's bins, stretched by c, explain nine tenths of the movement in bits.
            Where nearly all values left the grid, bins tell nothing and c must be a known one.

A known factor (`UNITS`) within the interval of c is taken for c.
Refuses: features whose mean lies within a third of a standard deviation of zero have no factor
that a mean could tell; nothing is said of them.  Sums end some 7,000 reference spans from the
centre, so that beyond such factors only `out_of_range` speaks.
"""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tocsin.base.phrases import number
from tocsin.detect import tails
from tocsin.detect.dispersion import Dispersion
from tocsin.detect.drift import divergence
from tocsin.detect.finding import Finding, Layer
from tocsin.detect.look import Judged, Lack, Look, Subject, finding, insufficient
from tocsin.detect.rates import dispersion_of
from tocsin.detect.tails import Numbers
from tocsin.ingest.rows import FieldKind
from tocsin.profile.layout import SQUARE_UNITS, Layout
from tocsin.profile.spec import NumericBins, Spec

FACTOR = math.log2(1.25)
FEWEST = 50
FITS = 0.1
"""Part of the movement that may stay unexplained."""
UNITS = (
    (3600.0, (("hours", "seconds"),)),
    (1024.0, (("kibibytes", "bytes"),)),
    (1000.0, (("thousands", "ones"), ("seconds", "milliseconds"), ("kilograms", "grams"))),
    (365.25, (("years", "days"),)),
    (100.0, (("euros", "cents"), ("shares", "percent"), ("metres", "centimetres"))),
    (60.0, (("hours", "minutes"), ("minutes", "seconds"))),
    (28.3495, (("ounces", "grams"),)),
    (24.0, (("days", "hours"),)),
    (12.0, (("years", "months"), ("feet", "inches"))),
    (10.0, (("centimetres", "millimetres"),)),
    (7.0, (("weeks", "days"),)),
    (4.184, (("kilocalories", "kilojoules"),)),
    (3.78541, (("gallons", "litres"),)),
    (3.28084, (("metres", "feet"),)),
    (2.54, (("inches", "centimetres"),)),
    (2.20462, (("kilograms", "pounds"),)),
    (1.609344, (("miles", "kilometres"),)),
)
"""Factors of well-known changes of unit, and what becomes what; their reciprocals lead back."""
_QUARTILES = (0.25, 0.5, 0.75)
_AWAY = 1 / 3
"""Standard deviations that a mean must be away from zero."""
_TINY = 1e-300
_INSIDE = 0.2
"""Share of values that must be on the grid for their bins to tell a factor that nobody knows."""


@dataclass(frozen=True, slots=True)
class _Usual:
    """What the baseline tells, arrays (slices, features, borders) of counts above each border."""

    k: Numbers
    n: Numbers
    dispersion: Dispersion


@dataclass(frozen=True, slots=True)
class _Moments:
    """Per slice of one feature, arrays (slices,): usable values, their mean and deviation."""

    n: Numbers
    mean: Numbers
    deviation: Numbers


@dataclass(frozen=True, slots=True)
class _Case:
    """One feature of one slice, its moments now and in the reference."""

    look: Look
    bins: NumericBins
    now: _Moments
    was: _Moments
    row: int

    @property
    def subject(self) -> Subject:
        """What the finding is about."""
        return Subject(Layer.QUALITY, "scale", self.bins.name, self.look.slices[self.row])

    @property
    def sizes(self) -> tuple[float, float]:
        """Usable values now and in the reference."""
        return float(self.now.n[self.row]), float(self.was.n[self.row])

    @property
    def means(self) -> tuple[float, float]:
        """The means now and in the reference."""
        return float(self.now.mean[self.row]), float(self.was.mean[self.row])


@dataclass(frozen=True, slots=True)
class _Factor:
    """How a mean changed: its factor, and limits of log2 of it."""

    c: float
    low: float
    high: float
    said: str = ""

    @property
    def beyond(self) -> tuple[float, float]:
        """The limits of the size of log2 c."""
        if self.low <= 0 <= self.high:
            return 0.0, max(-self.low, self.high)
        ends = abs(self.low), abs(self.high)
        return min(ends), max(ends)


def watched(spec: Spec) -> tuple[NumericBins, ...]:
    """Return the grids of the features that are numbers."""
    names = {f.name for f in spec.schema.features if f.kind is FieldKind.NUMERIC}
    return tuple(bins for bins in spec.numeric if bins.name in names)


def scale(look: Look) -> list[Finding]:
    """Return whether numbers kept their scale; of single slices only those that did not."""
    features = watched(look.layout.spec)
    if not features:
        return []
    usual = look.baseline.derived("scale", lambda: _usual(look, features))
    k, n = _above(look.current, look, features)
    phi = usual.dispersion.phi(_flat(n), look.blocks_long)
    dof = usual.dispersion.tail_dof(phi)
    sizes = _flat(n) / phi, _flat(usual.n) / usual.dispersion.phi_block
    with np.errstate(invalid="ignore", divide="ignore"):
        p, q = _flat(k) / _flat(n), _flat(usual.k) / _flat(usual.n)
    cost = tails.two_samples(p, sizes[0], q, sizes[1])
    each = tails.evidence(cost, dof).reshape(n.shape)
    evidence = np.maximum(each.max(-1) - math.log10(2 * len(_QUARTILES)), 0.0)
    # every border has the rows of its feature; the wobbliest charges the mean
    worst = (phi.reshape(n.shape).max(-1), usual.dispersion.phi_block.reshape(n.shape).max(-1))
    alpha = look.alphas(Layer.QUALITY).rows(look.slices)
    moved = (evidence >= -np.log10(alpha)) & (np.minimum(n, usual.n).min(-1) >= FEWEST)
    z = np.sqrt(2 * tails.exponent(alpha / 2, dof)).reshape(n.shape).max(-1)
    found: list[Finding] = []
    for place, bins in enumerate(features):
        now, was = (_moments(c, bins, look.layout) for c in (look.current, look.reference))
        for row in [0, *(np.flatnonzero(moved[1:, place]) + 1).tolist()]:
            case, sizes = _Case(look, bins, now, was, row), (now.n[row], was.n[row])
            if min(sizes) < FEWEST:
                lack = Lack(*sizes, FACTOR, FEWEST, "usable values")
                found += [insufficient(look, case.subject, lack)] if sizes[1] > 0 else []
                continue
            parts = worst[0][row, place] / sizes[0] + worst[1][row, place] / sizes[1]
            factor = _factor(case, float(z[row, place] * math.sqrt(parts)))
            told = float(evidence[row, place]) if moved[row, place] else 0.0
            found += _judge(case, factor, told) if factor else []
    return found


def _usual(look: Look, features: tuple[NumericBins, ...]) -> _Usual:
    kind = np.repeat(np.arange(len(features)), len(_QUARTILES))

    def told(counts: Numbers) -> Dispersion:
        above, of = (_flat(some) for some in _above(counts, look, features))
        return dispersion_of(look, above, of, kind)

    k, n = _above(look.reference, look, features)
    return _Usual(k, n, look.baseline.wobble(look.layout.spec, told))


def _flat(numbers: Numbers) -> Numbers:
    return numbers.reshape(*numbers.shape[:-2], -1)


def _above(
    counts: Numbers, look: Look, features: tuple[NumericBins, ...]
) -> tuple[Numbers, Numbers]:
    """Return how many values lie above each quartile of the reference, and how many there are.

    Shape (..., slices, features, borders) both.
    """
    above: list[Numbers] = []
    totals: list[Numbers] = []
    for bins in features:
        reference = _line(look.reference[0], bins, look.layout)
        upto = np.cumsum(reference) / max(reference.sum(), 1)
        some = _line(counts, bins, look.layout)
        n = some.sum(-1)
        borders = [int(np.argmin(np.abs(upto[:-1] - q))) + 1 for q in _QUARTILES]
        above.append(np.stack([some[..., b:].sum(-1) for b in borders], axis=-1))
        totals.append(np.stack([n] * len(borders), axis=-1))
    return np.stack(above, axis=-2), np.stack(totals, axis=-2)


def _line(counts: Numbers, bins: NumericBins, layout: Layout) -> Numbers:
    """Return a feature's counts along the line: below, the bins, above; last axis B + 2."""
    parts = (counts[..., layout.places[f"f_{bins.name}.{p}"]] for p in ("under", "hist", "over"))
    return np.concatenate(list(parts), axis=-1)


def _moments(counts: Numbers, bins: NumericBins, layout: Layout) -> _Moments:
    n = _line(counts, bins, layout).sum(-1)
    once, square = (
        counts[:, layout.places[f"f_{bins.name}.{part}"].start] / np.maximum(n, 1.0)
        for part in ("sum", "sum2")
    )
    variance = np.maximum(square * SQUARE_UNITS**2 - once**2, 0.0)
    return _Moments(n, bins.centre + bins.unit * once, bins.unit * np.sqrt(variance))


def _factor(case: _Case, error: float) -> _Factor | None:
    """Return the factor of the means; None where they lie about zero or on either side of it.

    `error` is that of a mean in standard deviations, at the look's error rate.
    """
    (mean, usual), deviation = case.means, float(case.was.deviation[case.row])
    if abs(usual) <= _AWAY * deviation or mean * usual <= 0:
        return None
    half = error * deviation / abs(usual) / math.log(2)
    log_c = math.log2(mean / usual)
    low, high = log_c - half, log_c + half
    known = [
        (abs(math.log2(c) - log_c), c, said)
        for size, changes in UNITS
        for c, said in ((size, _said(changes, 1)), (1 / size, _said(changes, -1)))
        if low <= math.log2(c) <= high
    ]
    # a wide interval holds many factors: then none of them is known
    if known and half < 0.5:
        _, c, said = min(known)
        return _Factor(c, low, high, said)
    return _Factor(mean / usual, low, high)


def _said(changes: tuple[tuple[str, str], ...], way: int) -> str:
    """Return in words what may have become what; -1 leads back."""
    pairs = [change[::way] for change in changes]
    return "as if " + " or ".join(f"{old} became {new}" for old, new in pairs)


def _judge(case: _Case, factor: _Factor, evidence: float) -> list[Finding]:
    """Return the finding, for a single slice only if it is an alarm."""
    low, high = factor.beyond
    if low > FACTOR and not (evidence > 0 and _fits(case, factor)):
        low = FACTOR
    n, n_usual = case.sizes
    judged = Judged(
        value=factor.c,
        baseline=1.0,
        effect=abs(math.log2(factor.c)),
        interval=(low, high),
        threshold=FACTOR,
        n=int(n),
        n_baseline=int(n_usual),
        evidence=evidence,
    )
    if case.row and not judged.alarms:
        return []
    return [finding(case.look, case.subject, judged, _why(case, factor, alarms=judged.alarms))]


def _fits(case: _Case, factor: _Factor) -> bool:
    """Return whether the reference, stretched by the factor, looks like the window."""
    look, bins = case.look, case.bins
    seen, usual = (
        _line(counts[case.row], bins, look.layout) for counts in (look.current, look.reference)
    )
    n, n_usual = np.array(seen.sum()), np.array(usual.sum())
    borders = _borders(usual, bins)
    q = np.diff(_upto(seen, bins, borders), prepend=0.0, append=1.0)
    plain = np.diff(_upto(usual, bins, borders), prepend=0.0, append=1.0)
    # the border above zeros is the smallest double, which no factor must swallow
    with np.errstate(over="ignore"):  # a border beyond every number has all of them below
        shrunk = np.where(np.abs(borders) < _TINY, borders, borders / factor.c)
    stretched = np.diff(_upto(usual, bins, shrunk), prepend=0.0, append=1.0)
    if not factor.said and q[1:-1].sum() < _INSIDE:
        return False
    before = float(divergence(plain, q, n, n_usual))
    after = float(divergence(stretched, q, n, n_usual))
    return after <= FITS * before


def _borders(usual: Numbers, bins: NumericBins) -> Numbers:
    """Return the ends of the grid and about nine borders within, at the reference's deciles."""
    edges = np.array(bins.edges)
    upto = np.cumsum(usual[:-1]) / max(usual.sum(), 1)
    inner = np.searchsorted(upto, np.arange(1, 10) / 10)
    chosen = edges[np.unique(np.clip(inner, 0, len(edges) - 1))]
    return np.unique(np.concatenate([edges[:1], chosen, edges[-1:]]))


def _upto(line: Numbers, bins: NumericBins, borders: NDArray[np.float64]) -> Numbers:
    """Return the share of values below each border, straight within a bin."""
    edges = np.array(bins.edges)
    cumulated: Numbers = np.cumsum(line[:-1]) / max(float(line.sum()), 1.0)
    ends = float(cumulated[0]), float(cumulated[-1])
    return np.interp(borders, edges, cumulated, *ends)


def _why(case: _Case, factor: _Factor, *, alarms: bool) -> str:
    name, who = case.bins.name, case.subject.slice.label
    now, was = (number(mean) for mean in case.means)
    means = f"(mean {now}, was {was}); n {int(case.sizes[0]):,}."
    if not alarms:
        return f"{name} keeps its scale for {who} {means}"
    said = f", {factor.said}" if factor.said else ""
    times = number(factor.c) if factor.c >= 1 else f"1/{number(1 / factor.c)}"
    return f"{name} for {who} is distributed like {times} times what it was{said} {means}"
