"""Fairness: is a protected group treated worse, compared with the others, than it was?

Per group v of a protected attribute, against the other known groups together ("the rest"):

    selection_rate_gap   rest's share of yes  -  v's
    tpr_gap              rest's recall        -  v's          (needs outcomes)
    fpr_gap              |false-positive rates' difference|   (needs outcomes)

A yes is taken to be what people want.  An alarm is a *worsening*: the gap against v now, less the
gap against v that the reference already had (a gap in v's favour counts as none), beyond 3 %.
A disparity that the reference has too is a fact to be shown, not a fault that appeared: per
attribute the difference and ratio of the lowest and highest group are reported as `info`, with
the four-fifths rule in words; their interval is that of the value itself, at 95 %.  That rule is a
screening convention, not a finding of discrimination.
Source: Hardt, Price & Srebro (2016), NeurIPS; 29 CFR 1607.4 D (four fifths).
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from tocsin.base.phrases import percent
from tocsin.base.slices import EVERYONE, Slice
from tocsin.detect import intervals, tails
from tocsin.detect.finding import Finding, Layer, Level, Verdict
from tocsin.detect.look import FEWEST, Judged, Lack, Look, Subject, finding, insufficient
from tocsin.detect.places import at
from tocsin.detect.rates import dispersion_of
from tocsin.detect.tails import Numbers

GAP = 0.03
FOUR_FIFTHS = 0.8


@dataclass(frozen=True, slots=True)
class _Gap:
    measure: str
    yes: tuple[str, ...]
    of: tuple[str, ...]
    said: str
    either: bool = False

    @property
    def needs_outcomes(self) -> bool:
        return self.of != ("n_prediction",)


_GAPS = (
    _Gap("selection_rate_gap", ("n_positive",), ("n_prediction",), "got a yes"),
    _Gap("tpr_gap", ("tp",), ("tp", "fn"), "got the yes they deserved"),
    _Gap("fpr_gap", ("fp",), ("fp", "tn"), "got a yes they did not deserve", either=True),
)


def difference(rates: Sequence[float]) -> float:
    """Return the highest less the lowest of the groups' rates (Fairlearn's `between_groups`).

    >>> round(difference([0.75, 0.5, 0.4]), 2)
    0.35
    """
    return max(rates) - min(rates)


def ratio(rates: Sequence[float]) -> float:
    """Return the lowest over the highest of the groups' rates; NaN where all are 0.

    >>> round(ratio([0.75, 0.5]), 3)
    0.667
    """
    return min(rates) / max(rates) if max(rates) > 0 else float("nan")


def fairness(look: Look, known: Look | None = None) -> list[Finding]:
    """Return the disparities of every protected attribute.

    Args:
        look: for what needs no outcomes.
        known: for what needs them; None: the same.
    """
    rows: Mapping[Slice, int] = {s: row for row, s in enumerate(look.slices)}
    found: list[Finding] = []
    for attribute in look.system.protected:
        groups = [s for s in rows if s.conditions and s.conditions[0][0] == attribute]
        if len(groups) < 2:
            continue
        places = [rows[group] for group in groups]
        for gap in _GAPS:
            on = known if known is not None and gap.needs_outcomes else look
            found += _gaps(on, gap, groups, places)
        found += _state(look, attribute, groups, places)
    return found


def _gaps(look: Look, gap: _Gap, groups: Sequence[Slice], places: Sequence[int]) -> list[Finding]:
    """Return one finding per group: how much worse it fares now against the rest."""
    yes, of = list(at(look.layout, *gap.yes)), list(at(look.layout, *gap.of))
    _, blocks = look.baseline.counts(look.layout.spec)
    k, n = (look.current[places][:, part].sum(-1) for part in (yes, of))
    k_ref, n_ref = (look.reference[places][:, part].sum(-1) for part in (yes, of))
    if n_ref.sum() == 0 or n.sum() == 0:
        return []
    spread = look.baseline.derived(
        f"{gap.measure} of {groups[0].conditions[0][0]}",
        lambda: dispersion_of(
            look,
            blocks[:, places][:, :, yes].sum(-1)[..., None],
            blocks[:, places][:, :, of].sum(-1)[..., None],
        ),
    )
    phi = spread.phi(n[:, None], look.blocks_long)
    dof = spread.tail_dof(phi)[:, 0]
    needed = tails.exponent(look.alpha(Layer.FAIRNESS) / 2, dof)
    now = _against_rest(k, n, phi[:, 0], needed)
    before = _against_rest(k_ref, n_ref, spread.phi_block[:, 0], needed)
    found: list[Finding] = []
    for v, group in enumerate(groups):
        subject = Subject(Layer.FAIRNESS, gap.measure, None, group)
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


def _state(
    look: Look, attribute: str, groups: Sequence[Slice], places: Sequence[int]
) -> list[Finding]:
    """Return an attribute's difference and ratio of selection rates, as information."""
    yes, of = (look.layout.places[name].start for name in ("n_positive", "n_prediction"))
    total = look.reference
    judged = [
        (group, float(look.current[row, yes]), float(look.current[row, of]), row)
        for group, row in zip(groups, places, strict=True)
        if look.current[row, of] >= FEWEST and total[row, of] >= FEWEST
    ]
    if len(judged) < 2:
        return []
    low = min(judged, key=lambda g: g[1] / g[2])
    high = max(judged, key=lambda g: g[1] / g[2])
    now = [k / n for _, k, n, _ in judged]
    was = [float(total[row, yes] / total[row, of]) for _, _, _, row in judged]
    n, n_ref = sum(g[2] for g in judged), sum(float(total[g[3], of]) for g in judged)
    ends = intervals.ratio(low[1], low[2], high[1], high[2])
    words = four_fifths(ends)
    around = f"a ratio of {ratio(now):.2f} ({ends[0]:.2f}–{ends[1]:.2f}, 95 %)"
    apart = _apart(low[1], low[2], high[1], high[2])
    (_, lowest), (_, highest) = low[0].conditions[0], high[0].conditions[0]
    who = (
        f"{percent(low[1] / low[2])} of {lowest} and {percent(high[1] / high[2])} of {highest}"
        f" ({attribute}) got a yes"
    )
    facts = (
        ("selection_rate_difference", difference(now), difference(was), apart, f"{who}."),
        (
            "selection_rate_ratio",
            ratio(now),
            ratio(was),
            ends,
            f"{who}: {around}; four-fifths rule: {words}.",
        ),
    )
    return [
        Finding(
            layer=Layer.FAIRNESS,
            measure=measure,
            column=attribute,
            slice=EVERYONE,
            value=value,
            baseline=baseline,
            effect=(value - baseline) * (1 if measure.endswith("difference") else -1),
            interval=interval,
            threshold=FOUR_FIFTHS if measure.endswith("ratio") else GAP,
            n=int(n),
            n_baseline=int(n_ref),
            verdict=Verdict.OK,
            level=Level.INFO,
            why=why,
            window=look.window.span,
        )
        for measure, value, baseline, interval, why in facts
    ]


def _apart(k1: float, n1: float, k2: float, n2: float) -> tuple[float, float]:
    """Return the 95 % limits of k2/n2 - k1/n1 (Newcombe)."""
    (low1, high1), (low2, high2) = intervals.wilson(k1, n1), intervals.wilson(k2, n2)
    p1, p2 = k1 / n1, k2 / n2
    low = p2 - p1 - float(np.hypot(p2 - low2, high1 - p1))
    return low, p2 - p1 + float(np.hypot(high2 - p2, p1 - low1))


def four_fifths(interval: tuple[float, float]) -> str:
    """Return what the four-fifths rule says of a ratio's interval.

    >>> [four_fifths(i) for i in ((0.6, 0.7), (0.85, 0.9), (0.7, 0.9))]
    ['violation', 'pass', 'undetermined']
    """
    if interval[1] < FOUR_FIFTHS:
        return "violation"
    return "pass" if interval[0] >= FOUR_FIFTHS else "undetermined"
