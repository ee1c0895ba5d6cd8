"""Fairness: is a protected group treated worse, compared with the others, than it was?

Per group v of a comparison (an attribute's values, or two attributes' combinations), against the
other known groups together ("the rest"):

    selection_rate_gap   rest's share of yes  -  v's
    tpr_gap              rest's recall        -  v's          (this and the next need outcomes)
    fpr_gap              |false-positive rates' difference|
    ppv_gap              rest's precision     -  v's
    accuracy_gap         rest's accuracy      -  v's

Where one of several classes is chosen, the accuracy gap alone (and what `found` tells of each
class): no class is what all people want.
Of a ranking

    hit_rate_gap         rest's share of lists with something wanted  -  v's

A yes is taken to be what people want.  An alarm is a *worsening*: the gap against v now, less the
gap against v that the reference already had (a gap in v's favour counts as none), beyond 3 %.
A disparity that the reference has too is a fact to be shown (`disparity`), not a fault that
appeared; the duty of the four-fifths rule is judged beside it (`four_fifths`).  A combination
whose gap is, surely, no wider than one of its values' is left out: one alarm tells it.
Source: Hardt, Price & Srebro (2016), NeurIPS; Kearns et al. (2018), ICML (combinations).
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from tocsin.base.phrases import percent
from tocsin.detect import compared, disparity, four_fifths, intervals, tails
from tocsin.detect.compared import Comparison, comparisons, wobble
from tocsin.detect.finding import Finding, Layer, Verdict
from tocsin.detect.look import FEWEST, Judged, Lack, Look, Subject, finding, insufficient
from tocsin.detect.tails import Numbers
from tocsin.ingest.system import Kind, System
from tocsin.profile.spec import Spec

GAP = 0.03
_OF_ANY, _OF_LISTS = "accuracy_gap", "hit_rate_gap"


@dataclass(frozen=True, slots=True)
class Gap:
    """A disparity: the share `yes` of `of` (PARTS) that a group has, against the rest's."""

    measure: str
    yes: tuple[str, ...]
    of: tuple[str, ...]
    said: str
    either: bool = False

    @property
    def needs_outcomes(self) -> bool:
        """Whether it can be said only once outcomes are known."""
        return self.of != ("n_prediction",)


GAPS = (
    Gap("selection_rate_gap", ("n_positive",), ("n_prediction",), "got a yes"),
    Gap("tpr_gap", ("tp",), ("tp", "fn"), "got the yes they deserved"),
    Gap("fpr_gap", ("fp",), ("fp", "tn"), "got a yes they did not deserve", either=True),
    Gap("ppv_gap", ("tp",), ("tp", "fp"), "of the yeses were right"),
    Gap(_OF_ANY, ("tp", "tn"), ("tp", "fp", "tn", "fn"), "were decided rightly"),
)
HITS = Gap(_OF_LISTS, ("tp",), ("tp", "fp"), "were shown something they wanted")


def monitors(spec: Spec, system: System) -> int:
    """Return how many questions about fairness one evaluation asks."""
    rule = spec.kind is Kind.BINARY  # of four fifths
    return (len(gaps(spec)) + rule) * compared.asked(spec, system)


def gaps(spec: Spec) -> tuple[Gap, ...]:
    """Return the disparities that a system of this kind can have."""
    if spec.kind is Kind.RANKING:
        return (HITS,)
    return tuple(gap for gap in GAPS if spec.kind is Kind.BINARY or gap.measure == _OF_ANY)


def fairness(look: Look, known: Look | None = None) -> list[Finding]:
    """Return the disparities of every protected attribute and of every two of them together.

    Args:
        look: for what needs no outcomes.
        known: for what needs them; None: the same.
    """
    found: list[Finding] = []
    for one, late in zip(comparisons(look), comparisons(known or look), strict=False):
        for gap in gaps(look.layout.spec):
            at = (known, late) if known is not None and gap.needs_outcomes else (look, one)
            found += gap_findings(at[0], gap, at[1])
        if look.layout.spec.kind is Kind.BINARY:
            found += [*four_fifths.ratios(look, one), *disparity.facts(look, one)]
    return _beyond_parts(found)


def _beyond_parts(found: Sequence[Finding]) -> list[Finding]:
    """Leave out alarms of combinations that a part of theirs tells as well."""
    alarms = [f for f in found if f.verdict is Verdict.ALARM and len(f.slice.conditions) == 1]
    return [
        f
        for f in found
        if f.verdict is not Verdict.ALARM
        or len(f.slice.conditions) < 2
        or not any(
            part.measure == f.measure
            and f.slice.within(part.slice)
            and f.interval[0] <= part.effect
            for part in alarms
        )
    ]


def gap_findings(look: Look, gap: Gap, one: Comparison, column: str | None = None) -> list[Finding]:
    """Return one finding per group: how much worse it fares now against the rest."""
    k, n = one.sums(one.now, gap.yes), one.sums(one.now, gap.of)
    k_ref, n_ref = one.sums(one.was, gap.yes), one.sums(one.was, gap.of)
    if n_ref.sum() == 0 or n.sum() == 0:
        return []
    spread = look.baseline.derived(
        f"{gap.measure} of {one.name}", lambda: wobble(look, one, gap.yes, gap.of)
    )
    phi = spread.phi(n[:, None], look.blocks_long)
    dof = spread.tail_dof(phi)[:, 0]
    needed = tails.exponent(look.alphas(Layer.FAIRNESS).slice / 2, dof)
    now = _against_rest(k, n, phi[:, 0], needed)
    before = _against_rest(k_ref, n_ref, spread.phi_block[:, 0], needed)
    found: list[Finding] = []
    for v, group in enumerate(one.groups):
        if n[v] == n_ref[v] == 0:
            continue
        subject = Subject(Layer.FAIRNESS, gap.measure, column, group)
        fewest, fewest_ref = (min(m[v], m.sum() - m[v]) for m in (n, n_ref))
        if min(fewest, fewest_ref) < FEWEST:
            found.append(insufficient(look, subject, Lack(fewest, fewest_ref, GAP)))
            continue
        here, there = now.group(v), before.group(v)
        if gap.either and here.gap < 0:
            here, there = here.turned(), there.turned()
        judged = _worsening(here, there, float(dof[v]))
        why = (
            f"{percent(now.own[v])} of {group.label} {gap.said}, {percent(now.rest[v])} of the"
            f" others: a gap of {percent(judged.value)} (was {percent(judged.baseline)});"
            f" n {judged.n:,}."
        )
        found.append(finding(look, subject, judged, why))
    return found


@dataclass(frozen=True, slots=True)
class _OneGap:
    """One group's gap to the rest, its limits and variance, and the group's rows."""

    gap: float
    low: float
    high: float
    variance: float
    n: int

    def turned(self) -> "_OneGap":
        """Return the gap seen from the rest."""
        return _OneGap(-self.gap, -self.high, -self.low, self.variance, self.n)


@dataclass(frozen=True, slots=True)
class _Against:
    """Per group: own and the rest's rate, their gap (rest - own), its limits, variance, rows."""

    own: Numbers
    rest: Numbers
    low: Numbers
    high: Numbers
    variance: Numbers
    n: Numbers

    def group(self, v: int) -> _OneGap:
        """Return the gap of the group at `v`."""
        gap = float(self.rest[v] - self.own[v])
        ends = (float(self.low[v]), float(self.high[v]))
        return _OneGap(gap, *ends, float(self.variance[v]), int(self.n[v]))


def _worsening(now: _OneGap, was: _OneGap, dof: float) -> Judged:
    """Return how much the gap against a group grew beyond what the reference had."""
    effect = now.gap - max(was.gap, 0.0)
    cost = np.array([max(effect, 0.0) ** 2 / (2 * (now.variance + was.variance))])
    return Judged(
        value=now.gap,
        baseline=was.gap,
        effect=effect,
        interval=(
            effect - math.hypot(now.gap - now.low, was.high - was.gap),
            effect + math.hypot(now.high - now.gap, was.gap - was.low),
        ),
        threshold=GAP,
        n=now.n,
        n_baseline=was.n,
        evidence=max(float(tails.evidence(cost, np.array([dof]))[0]) - math.log10(2), 0.0),
    )


def _against_rest(k: Numbers, n: Numbers, phi: Numbers, needed: Numbers) -> _Against:
    k_rest, n_rest = k.sum() - k, n.sum() - n
    size, size_rest = n / phi, n_rest / phi
    with np.errstate(invalid="ignore", divide="ignore"):
        own, rest = np.nan_to_num(k / n), np.nan_to_num(k_rest / n_rest)
        # Agresti and Caffo's one more yes and no keeps the variance off zero
        shares = ((k / phi + 1) / (size + 2), (k_rest / phi + 1) / (size_rest + 2))
    variance = sum(p * (1 - p) / (m + 2) for p, m in zip(shares, (size, size_rest), strict=True))
    theirs, its = tails.limits_of_both((rest, size_rest), (own, size), needed)
    low, high = intervals.difference(rest, theirs, own, its)
    return _Against(own, rest, low, high, np.asarray(variance), n)
