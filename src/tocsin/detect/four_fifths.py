"""Four fifths: does a group get a yes less than 4/5 as often as the group that gets it most?

    selection_rate_ratio    v's share of yes / the highest share of yes of any other group

An interval of the ratio says one of three: `violation` (all of it below 0.8), `pass` (all of it at
or above), else `undetermined`.  In words that is said at 95 %; an alarm needs a violation at the
error rate of the look, in a duty that the reference was not already seen to violate (that is a
fact that people know; `selection_rate_gap` tells if it grows).  Fewer than 30 decisions are not
judged.

The interval holds for all other groups at once, so whichever is highest: per pair, square-and-add
of logarithms of limits at the error rate over the number of pairs; of those, the lowest ends.
The rule is a screening convention, not a finding of discrimination.
Source: 29 CFR 1607.4 D; Newcombe (1998), Stat. Med. 17, 873-890.
"""

import math
from dataclasses import dataclass, replace

import numpy as np

from tocsin.base.phrases import percent
from tocsin.detect import tails
from tocsin.detect.compared import Comparison, wobble
from tocsin.detect.finding import Finding, Layer, Level, Verdict
from tocsin.detect.look import FEWEST, Judged, Lack, Look, Subject, finding, insufficient
from tocsin.detect.tails import Numbers

FOUR_FIFTHS = 0.8
SHOWN = 0.05
"""Error rate of the interval whose state is said in words."""
MEASURE = "selection_rate_ratio"


@dataclass(frozen=True, slots=True)
class _Selected:
    """Groups' yeses and decisions with their over-dispersion, arrays (groups,)."""

    k: Numbers
    n: Numbers
    phi: Numbers
    dof: Numbers

    def limits(self, alpha: float) -> tuple[Numbers, Numbers]:
        """Return limits of each group's ratio to the highest other group; see the module."""
        needed = tails.exponent(alpha / (2 * max(1, len(self.k) - 1)), self.dof)
        p, size = self.k / self.n, self.n / self.phi
        low, high = tails.limits(p, size, needed)
        with np.errstate(divide="ignore", invalid="ignore"):
            down, up = np.log(p / low), np.log(high / p)
            apart = np.log(p)[:, None] - np.log(p)[None, :]
            least = np.exp(apart - np.hypot(down[:, None], up[None, :]))
            most = np.exp(apart + np.hypot(up[:, None], down[None, :]))
            # a share of 0 has no logarithm; its limits still bound the ratio
            most = np.where((p == 0)[:, None], high[:, None] / low[None, :], most)
        least = np.where((p == 0)[:, None], 0.0, least)
        most = np.where((low == 0)[None, :], np.inf, most)
        least[:, p == 0] = np.inf  # a group without a yes is nobody's highest
        np.fill_diagonal(least, np.inf)
        np.fill_diagonal(most, np.inf)
        return least.min(1), most.min(1)

    def ratio(self) -> Numbers:
        """Return each group's ratio to the highest other group; NaN where nobody gets a yes."""
        p = self.k / self.n
        others = np.where(np.eye(len(p), dtype=bool), -np.inf, p[None, :]).max(1)
        with np.errstate(divide="ignore", invalid="ignore"):
            return np.where(others > 0, p / others, np.nan)

    def cost(self) -> Numbers:
        """Return what each ratio costs if the truth were four fifths, in nats."""
        k = self.k / self.phi + 0.5
        variance = 1 / k - 1 / (self.n / self.phi + 1)
        best = int(np.argmax(self.k / self.n))
        with np.errstate(divide="ignore", invalid="ignore"):
            shortfall = np.log(FOUR_FIFTHS) - np.log(np.maximum(self.ratio(), 1e-9))
        return np.asarray(np.maximum(shortfall, 0.0) ** 2 / (2 * (variance + variance[best])))


def ratios(look: Look, one: Comparison) -> list[Finding]:
    """Return what the rule says of each group of a comparison."""
    now, was = (
        (one.sums(c, ("n_positive",)), one.sums(c, ("n_prediction",))) for c in (one.now, one.was)
    )
    if was[1].sum() == 0:
        return []
    enough = np.flatnonzero((now[1] >= FEWEST) & (was[1] >= FEWEST))
    found: list[Finding] = []
    for v in np.flatnonzero((now[1] < FEWEST) | (was[1] < FEWEST)).tolist():
        if now[1][v] > 0 or was[1][v] > 0:
            subject = Subject(Layer.FAIRNESS, MEASURE, None, one.groups[v])
            found.append(insufficient(look, subject, Lack(now[1][v], was[1][v], 0.0)))
    if len(enough) < 2:
        return found
    spread = look.baseline.derived(
        f"{MEASURE} of {one.name}",
        lambda: wobble(look, one, ("n_positive",), ("n_prediction",)),
    )
    phi = spread.phi(now[1][:, None], look.blocks_long)
    dof = spread.tail_dof(phi)[:, 0][enough]
    current = _Selected(now[0][enough], now[1][enough], phi[enough, 0], dof)
    usual = _Selected(was[0][enough], was[1][enough], spread.phi_block[enough, 0], dof)
    return found + _judged(look, one, enough.tolist(), current, usual)


def _judged(
    look: Look, one: Comparison, enough: list[int], current: _Selected, usual: _Selected
) -> list[Finding]:
    alpha = look.alphas(Layer.FAIRNESS).slice
    sure, shown = (np.transpose(current.limits(a)) for a in (2 * alpha, SHOWN))
    before = np.transpose(usual.limits(SHOWN))
    value, baseline = current.ratio(), usual.ratio()
    proof = tails.evidence(current.cost(), current.dof) - math.log10(max(1, len(enough) - 1))
    found: list[Finding] = []
    for place, v in enumerate(enough):
        if math.isnan(value[place]):
            continue
        judged = Judged(
            value=float(value[place]),
            baseline=float(baseline[place]),
            effect=FOUR_FIFTHS - float(value[place]),
            interval=(FOUR_FIFTHS - float(sure[place][1]), FOUR_FIFTHS - float(sure[place][0])),
            threshold=0.0,
            n=int(current.n[place]),
            n_baseline=int(usual.n[place]),
            evidence=max(float(proof[place]), 0.0),
        )
        ends = (float(shown[place][0]), float(shown[place][1]))
        old = state((float(before[place][0]), float(before[place][1]))) == "violation"
        why = (
            f"{percent(float(current.k[place] / current.n[place]))} of {one.groups[v].label} got a"
            f" yes, {judged.value:.2f} times the highest other share ({ends[0]:.2f}–{ends[1]:.2f},"
            f" 95 %); four-fifths rule: {state(ends)}{', as in the reference' if old else ''};"
            f" n {judged.n:,}."
        )
        said = finding(look, Subject(Layer.FAIRNESS, MEASURE, None, one.groups[v]), judged, why)
        if old:
            said = replace(said, verdict=Verdict.OK, level=Level.INFO)
        found.append(said)
    return found


def state(interval: tuple[float, float]) -> str:
    """Return what the four-fifths rule says of a ratio's interval.

    >>> [state(i) for i in ((0.6, 0.7), (0.85, 0.9), (0.7, 0.9))]
    ['violation', 'pass', 'undetermined']
    """
    if interval[1] < FOUR_FIFTHS:
        return "violation"
    return "pass" if interval[0] >= FOUR_FIFTHS else "undetermined"
