"""Search: slices that nobody configured, of two or three attributes, where decisions moved.

Everyone, every value of an attribute and every combination of two or three that the reference
holds often enough is a candidate, for two measures: the share of wrong decisions (upward) and of
decisions that are a yes (either way).  Each candidate is compared with its own past:

    cost = half the likelihood-ratio statistic of its shares now and in the reference, over phi

The best candidate gives way to a wider one, a condition less at a time, while the rest of the wider
one moved nearly as much too (`PROMOTED` of it, in logarithms of observed over expected): a fault of
all women is not told as one of young women.  Its people are then left out and the search begins
anew, up to `CAUSES` times.

An alarm needs a cost beyond what chance reaches in one of 1 / alpha looks, over all candidates,
measures and directions together (Bonferroni), and a lower limit beyond the measure's smallest
effect of interest.  Causes of one attribute or none are `performance`'s to tell: it watches them.
phi is the wobble of everyone's rate (`dispersion`), charged for the candidate's rows.
Source: Kulldorff (1997), Commun. Stat. 26, 1481-1496; Neill (2012), J. R. Stat. Soc. B 74, 337-360.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from tocsin.base.phrases import percent
from tocsin.base.slices import Slice
from tocsin.detect import intervals, performance, tails
from tocsin.detect.dispersion import Dispersion
from tocsin.detect.finding import Finding, Layer
from tocsin.detect.look import FEWEST, Judged, Look, Subject, finding
from tocsin.detect.rates import Rate, share, usual
from tocsin.detect.tails import Numbers
from tocsin.profile.layout import layout_of
from tocsin.profile.leaves import PARTS, Leaves, digits_of
from tocsin.profile.spec import Spec

DEPTH = 3
PROMOTED, ENOUGH = 0.3, 5.0
"""How much of the best's movement the rest of a wider slice must show, and at what cost in nats."""
CAUSES = 5
METHOD = "search"


@dataclass(frozen=True, slots=True)
class _Measure:
    """What is searched: a rate of `performance` as k of n, sums of parts of a leaf.

    `turned`: k are those that the rate does not count, as accuracy's wrong ones.  `ways` are the
    directions of k that are faults.
    """

    rate: str
    yes: tuple[int, ...]
    of: tuple[int, ...]
    ways: tuple[float, ...]
    turned: bool = False


def _parts(*names: str) -> tuple[int, ...]:
    return tuple(PARTS.index(name) for name in names)


MEASURES = (
    _Measure("accuracy", _parts("fp", "fn"), _parts("tp", "fp", "tn", "fn"), (1.0,), turned=True),
    _Measure("hit_rate", _parts("fp"), _parts("tp", "fp"), (1.0,), turned=True),
    _Measure("selection_rate", _parts("n_positive"), _parts("n_prediction"), (1.0, -1.0)),
)


@dataclass(frozen=True, slots=True, eq=False)
class _Cut:
    """The groups that some attributes cut: the group of each leaf, -1 outside of all."""

    attributes: tuple[int, ...]
    group: NDArray[np.intp]
    codes: NDArray[np.intp]
    """Each group's digits, (groups, attributes)."""

    def sums(self, counts: Numbers) -> Numbers:
        """Return the sum of each column of `counts`, shape (leaves, c), over each group."""
        size = len(self.codes) + 1
        found = [np.bincount(self.group + 1, one, size)[1:] for one in counts.T]
        return np.stack(found, axis=-1).astype(np.float64)

    def of(self, group: int, counts: Numbers) -> Numbers:
        """Return the sum of `counts` over one group."""
        return np.asarray(counts[self.group == group].sum(0), np.float64)


Cuts = dict[tuple[int, ...], _Cut]
"""By the attributes that cut, as places among the spec's dimensions, in order."""


@dataclass(frozen=True, slots=True, eq=False)
class _Group:
    """One group of a cut with its k and n, now and in the reference: shape (4,)."""

    cut: _Cut
    place: int
    counts: Numbers

    @property
    def digits(self) -> dict[int, int]:
        """The place of its value in each of its attributes."""
        return dict(zip(self.cut.attributes, self.cut.codes[self.place].tolist(), strict=True))


@dataclass(frozen=True, slots=True)
class Cause:
    """A slice whose decisions moved: the measure, the numbers, and what its people are."""

    measure: str
    slice: Slice
    judged: Judged


def findings(look: Look, found: Sequence[Cause]) -> list[Finding]:
    """Return those of the causes that no monitor watches: of two or three attributes."""
    return [_said(look, one) for one in found if len(one.slice.conditions) > 1]


def causes(look: Look, known: Look | None = None) -> list[Cause]:
    """Return what explains what moved, the best proven first, slices of any depth.

    Nothing where the leaves of the window or of the reference are not known.

    Args:
        look: for what needs no outcomes.
        known: for what needs them; None: the same.
    """
    found: list[Cause] = []
    for measure in _measures(look.layout.spec):
        found += _causes(known if known is not None and measure.turned else look, measure)
    return sorted(found, key=lambda one: -one.judged.evidence)


def _causes(look: Look, measure: _Measure) -> list[Cause]:
    now, was = look.window.leaves, look.baseline.total.leaves
    if now is None or was is None:
        return []
    asked = look.baseline.derived("searched", lambda: _asked(look.layout.spec, was))
    cuts, counts = _aligned(look.layout.spec, now, was)
    name, place, rate = performance.find(look.layout, measure.rate)
    spread = usual(look, performance.families(look.layout)[name], name).dispersion
    sides = [side[:, list(some)].sum(-1) for side in counts for some in (measure.yes, measure.of)]
    both = np.stack(sides, axis=-1)
    _, n, _, n_was = both.sum(0).tolist()
    judge = _Judge(look, measure, rate, spread.one(0, place), (n, n_was), asked)
    return judge.causes(cuts, both)


@dataclass(frozen=True, slots=True, eq=False)
class _Judge:
    """One measure's search.  Counts have k and n, now and in the reference, on the last axis."""

    look: Look
    measure: _Measure
    rate: Rate
    spread: Dispersion
    """Everyone's, of this rate alone: shape (1, 1)."""
    everyone: tuple[float, float]
    """All rows of the window, and of the reference."""
    asked: int

    @property
    def _least_proof(self) -> float:
        return -math.log10(self.look.search_alpha / self.asked) - 1e-9

    def causes(self, cuts: Cuts, counts: Numbers) -> list[Cause]:
        """Return the groups that explain what moved, found one after another."""
        found: list[Cause] = []
        left, spec = counts.copy(), self.look.layout.spec
        for _ in range(CAUSES):
            best = self._best(cuts, left)
            if best is None:
                break
            # as it is with everybody: those who were left out may have moved the other way
            best = self._widest(replace(best, counts=best.cut.of(best.place, counts)), cuts, counts)
            judged, who = self._judged(best.counts), _slice(spec, best.digits)
            left[best.cut.group == best.place] = 0.0
            if judged is not None:
                found = [one for one in found if not one.slice.within(who)]
                found.append(Cause(self.measure.rate, who, judged))
        return found

    def _best(self, cuts: Cuts, counts: Numbers) -> _Group | None:
        """Return the best proven group that is an alarm."""
        best, most = None, 0.0
        for cut in reversed(cuts.values()):  # the deepest of equals: the search widens it
            sums = cut.sums(counts)
            cost, _, dof = self._cost(sums)
            proof = tails.evidence(cost, dof)
            for place in np.argsort(-proof, kind="stable").tolist():
                if proof[place] <= max(most, self._least_proof):
                    break
                if self._judged(sums[place]) is not None:
                    best, most = _Group(cut, place, sums[place]), float(proof[place])
                    break
        return best

    def _widest(self, best: _Group, cuts: Cuts, counts: Numbers) -> _Group:
        """Return the widest group around `best` the rest of which moved nearly as much."""
        for attribute in best.cut.attributes:
            digits = {a: d for a, d in best.digits.items() if a != attribute}
            wider = _find(cuts[tuple(digits)], digits, counts)
            rest = wider.counts - best.counts
            if self._moved_too(rest, best.counts) and self._judged(wider.counts) is not None:
                return self._widest(wider, cuts, counts)
        return best

    def _moved_too(self, rest: Numbers, best: Numbers) -> bool:
        """Return whether the rest of a wider group moved nearly as much as the best one."""
        if min(rest[1], rest[3]) < FEWEST:
            return True  # there is hardly anybody else
        both = np.stack([rest, best])
        cost, sign, _ = self._cost(both)
        moved = _movement(both) * sign[1]
        return bool(cost[0] > ENOUGH and sign[0] == sign[1] and moved[0] >= PROMOTED * moved[1])

    def _cost(self, counts: Numbers) -> tuple[Numbers, Numbers, Numbers]:
        """Return the cost of each group, 0 where it is no fault, its direction, and the dof."""
        k, n, k_was, n_was = np.moveaxis(counts, -1, 0)
        phi, phi_was, dof = self._wobble(n, n_was)
        p, q = share(k, n), share(k_was, n_was)
        sign = np.where(np.nan_to_num(p - q) < 0, -1.0, 1.0)
        cost = tails.two_samples(p, n / phi, q, n_was / phi_was)
        fault = (n >= FEWEST) & (n_was >= FEWEST) & np.isin(sign, self.measure.ways)
        return np.where(fault, cost, 0.0), sign, dof

    def _wobble(self, n: Numbers, n_was: Numbers) -> tuple[Numbers, Numbers, Numbers]:
        """Return phi of window and reference, and the degrees of freedom of the tail."""
        # of a wobble that all people share, a part of them has its part
        all_now, all_was = self.everyone
        whole = self.spread.phi(np.full((1, 1), all_now), self.look.blocks_long)
        phi = 1.0 + n[:, None] / max(all_now, 1.0) * (whole - 1.0)
        phi_was = 1.0 + n_was[:, None] / max(all_was, 1.0) * (self.spread.phi_block - 1.0)
        return phi[:, 0], phi_was[:, 0], self.spread.tail_dof(phi)[:, 0]

    def _judged(self, counts: Numbers) -> Judged | None:
        """Return the numbers of one group, shape (4,), if they are an alarm."""
        cost, sign, dof = self._cost(counts[None])
        needed = tails.exponent(self.look.search_alpha / self.asked, dof)
        if cost[0] < needed[0]:
            return None
        k, n, k_was, n_was = counts[:, None]
        phi, phi_was, _ = self._wobble(n, n_was)
        p, q = k / n, k_was / n_was
        ours, theirs = tails.limits_of_both((p, n / phi), (q, n_was / phi_was), needed)
        low, high = intervals.difference(p, ours, q, theirs)
        ends = sorted((float(sign[0] * low[0]), float(sign[0] * high[0])))
        proof = float(tails.evidence(cost, dof)[0]) - math.log10(self.asked)
        value, baseline = (1 - p[0], 1 - q[0]) if self.measure.turned else (p[0], q[0])
        judged = Judged(
            value=float(value),
            baseline=float(baseline),
            effect=float(sign[0] * (p[0] - q[0])),
            interval=(ends[0], ends[1]),
            threshold=self.rate.least,
            n=int(n[0]),
            n_baseline=int(n_was[0]),
            evidence=max(proof, 0.0),
        )
        return judged if judged.alarms else None


def _movement(counts: Numbers) -> Numbers:
    """Return ln(observed / expected) of events, half an event added to each."""
    k, n, k_was, n_was = np.moveaxis(counts, -1, 0)
    return np.log((k + 0.5) / (n * share(k_was, n_was) + 0.5))


def _aligned(spec: Spec, now: Leaves, was: Leaves) -> tuple[Cuts, tuple[Numbers, Numbers]]:
    """Return every cut of the leaves that either has, and the counts of both by these leaves."""
    codes = np.union1d(now.codes, was.codes)

    def placed(side: Leaves) -> Numbers:
        held = np.zeros((len(codes), len(PARTS)))
        held[np.searchsorted(codes, side.codes)] = side.counts
        return held

    return _cuts(spec, codes), (placed(now), placed(was))


def _cuts(spec: Spec, codes: NDArray[np.int64]) -> Cuts:
    digits = digits_of(codes, spec)
    sizes = [len(known) for _, known in spec.dimensions]
    found: dict[tuple[int, ...], _Cut] = {}
    for depth in range(DEPTH + 1):
        for attributes in combinations(range(len(sizes)), depth):
            found[attributes] = _cut(attributes, digits, sizes)
    return found


def _cut(attributes: tuple[int, ...], digits: NDArray[np.intp], sizes: Sequence[int]) -> _Cut:
    """Return the groups of some attributes; people of any other values are in none."""
    group, inside = np.zeros(len(digits), np.intp), np.ones(len(digits), np.bool_)
    for attribute in attributes:
        inside &= digits[:, attribute] < sizes[attribute]
        group = group * sizes[attribute] + digits[:, attribute]
    _, first, place = np.unique(group[inside], return_index=True, return_inverse=True)
    of_leaf = np.full(len(digits), -1, np.intp)
    of_leaf[inside] = place
    return _Cut(attributes, of_leaf, digits[inside][first][:, list(attributes)])


def _find(cut: _Cut, digits: Mapping[int, int], counts: Numbers) -> _Group:
    """Return the group of a cut with these digits, which somebody is in."""
    wanted = [digits[attribute] for attribute in cut.attributes]
    place = int(np.flatnonzero((cut.codes == wanted).all(1))[0])
    return _Group(cut, place, cut.of(place, counts))


def _asked(spec: Spec, was: Leaves) -> int:
    """Return how many questions a search asks: groups that the reference tells of, by measure."""
    n = was.counts[:, [PARTS.index("n_prediction")]]
    groups = sum(int((cut.sums(n) >= FEWEST).sum()) for cut in _cuts(spec, was.codes).values())
    return max(1, groups * sum(len(measure.ways) for measure in _measures(spec)))


def _measures(spec: Spec) -> list[_Measure]:
    """Return what is searched in a system of this kind."""
    rates = {r.measure for some in performance.families(layout_of(spec)).values() for r in some}
    return [measure for measure in MEASURES if measure.rate in rates]


def _slice(spec: Spec, digits: Mapping[int, int]) -> Slice:
    chosen = (spec.dimensions[attribute] for attribute in digits)
    return Slice.of(
        {name: known[digit] for (name, known), digit in zip(chosen, digits.values(), strict=True)}
    )


def _said(look: Look, cause: Cause) -> Finding:
    judged = cause.judged
    _, _, rate = performance.find(look.layout, cause.measure)
    said = rate.said.format(value=percent(judged.value))
    why = (
        f"{said} for {cause.slice.label} (was {percent(judged.baseline)}), a slice that nobody"
        f" configured; n {judged.n:,}."
    )
    subject = Subject(Layer.PERFORMANCE, cause.measure, None, cause.slice)
    return replace(finding(look, subject, judged, why), method=METHOD, alpha=look.search_alpha)
