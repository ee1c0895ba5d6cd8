"""A look: one window, its baseline and the error rates at which its monitors speak."""

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from tocsin.base.slices import Slice, parse
from tocsin.detect import tails
from tocsin.detect.baseline import Baseline, slice_keys, stacked
from tocsin.detect.budget import Alphas
from tocsin.detect.finding import Finding, Layer, Level, Verdict
from tocsin.detect.tails import Numbers
from tocsin.ingest.system import System
from tocsin.profile.layout import Layout
from tocsin.profile.window import Window

FEWEST = 30
"""Rows below which a share is not judged, in the window as in the reference."""
SURELY, SURELY_OF_INPUTS = 0.01, 1e-3
"""Chance that an interval misses the truth where chance alone is ruled out at the look's own rate.

Two questions, two rates: "is there a change at all?" is asked of all monitors in all looks, and is
answered at the budget's error rate; "is it more than what matters?" only of those that changed.
Inputs (quality and drift) come in clumps that the reference's blocks hardly show, so of them the
second is answered more carefully, and by a bound.
"""
_LOOSEST = Alphas.alike(0.05)
HARM = (Layer.HEALTH, Layer.PERFORMANCE, Layer.FAIRNESS, Layer.KPI, Layer.SLO)
"""The layers that can page by themselves."""


@dataclass(frozen=True, eq=False)
class Look:
    """What the monitors of one evaluation share.  Arrays are (slices, width), everyone first.

    `harm` and `other` are the chances of a false alarm that one question may have: of harm, which
    pages, and of quality and drift, which are tickets; `lasting_harm` and `lasting_other` are the
    same of evidence gathered over windows, `search_alpha` is that of a whole search for slices.
    `blocks_long` is the length of the window in lengths of a block of the baseline; 1 where times
    are missing.
    """

    layout: Layout
    system: System
    window: Window
    baseline: Baseline
    current: Numbers
    reference: Numbers
    harm: Alphas
    other: Alphas
    lasting_harm: Alphas = _LOOSEST
    lasting_other: Alphas = _LOOSEST
    search_alpha: float = 0.05
    blocks_long: float = 1.0

    def alphas(self, layer: Layer) -> Alphas:
        """Return the error rates of one question of `layer`."""
        return self.harm if layer in HARM else self.other

    def lasting_alphas(self, layer: Layer) -> Alphas:
        """Return the error rates of evidence of `layer` that is gathered over windows."""
        return self.lasting_harm if layer in HARM else self.lasting_other

    def surely(self, layer: Layer, alpha: float | Numbers, dof: Numbers) -> Numbers:
        """Return what the limits of an effect of `layer` cost, in nats; see `SURELY`.

        Nothing is surer than the look's own error rate `alpha`.
        """
        if layer in HARM:
            return tails.student(np.maximum(alpha, SURELY), dof)
        return tails.exponent(np.maximum(alpha, SURELY_OF_INPUTS) / 2, dof)

    def of(self, window: Window) -> "Look":
        """Return the look at another window, otherwise the same."""
        return replace(self, window=window, current=stacked(window, self.layout.spec))

    @cached_property
    def slices(self) -> list[Slice]:
        """The slices in stacked order."""
        return [parse(key) for key in slice_keys(self.layout.spec)]


@dataclass(frozen=True, slots=True)
class Subject:
    """What a finding is about."""

    layer: Layer
    measure: str
    column: str | None
    slice: Slice


@dataclass(frozen=True, slots=True)
class Judged:
    """The numbers of one finding, before its level is known."""

    value: float
    baseline: float
    effect: float
    interval: tuple[float, float]
    threshold: float
    n: int
    n_baseline: int
    evidence: float
    proven: bool = True
    """Whether it is beyond chance at the look's error rate, where the interval does not say so."""

    @property
    def alarms(self) -> bool:
        """Whether it is beyond chance, and even the interval's near end beyond what matters."""
        return self.proven and self.interval[0] > self.threshold


def finding(look: Look, subject: Subject, judged: Judged, why: str) -> Finding:
    """Return the finding of sufficient evidence: an alarm (a ticket, until harm is known) or ok."""
    return Finding(
        layer=subject.layer,
        measure=subject.measure,
        column=subject.column,
        slice=subject.slice,
        value=judged.value,
        baseline=judged.baseline,
        effect=judged.effect,
        interval=judged.interval,
        threshold=judged.threshold,
        n=judged.n,
        n_baseline=judged.n_baseline,
        verdict=Verdict.ALARM if judged.alarms else Verdict.OK,
        level=Level.TICKET if judged.alarms else Level.INFO,
        why=why,
        evidence=judged.evidence,
        window=look.window.span,
        alpha=look.alphas(subject.layer).of(subject.slice),
    )


@dataclass(frozen=True, slots=True)
class Lack:
    """Why nothing can be said: `n` in the window or `n_baseline` in the reference is too few."""

    n: float
    n_baseline: float
    threshold: float
    needed: int = FEWEST
    of: str = "decisions"


def undecided(look: Look, subject: Subject, threshold: float, reason: str) -> Finding:
    """Return the finding that says that something cannot be judged, and for what reason."""
    what = " of ".join(part for part in (subject.measure.replace("_", " "), subject.column) if part)
    nan = float("nan")
    return Finding(
        layer=subject.layer,
        measure=subject.measure,
        column=subject.column,
        slice=subject.slice,
        value=nan,
        baseline=nan,
        effect=nan,
        interval=(nan, nan),
        threshold=threshold,
        n=0,
        n_baseline=0,
        verdict=Verdict.INSUFFICIENT,
        level=Level.INFO,
        why=f"{what[:1].upper()}{what[1:]} for {subject.slice.label} cannot be judged: {reason}.",
        window=look.window.span,
    )


def insufficient(look: Look, subject: Subject, lack: Lack) -> Finding:
    """Return the finding that says that there is too little to judge, and what is lacking."""
    place, n = ("window", lack.n) if lack.n < lack.needed else ("reference", lack.n_baseline)
    lacking = f"{int(n):,} {lack.of} in the {place}, {lack.needed} needed"
    said = undecided(look, subject, lack.threshold, lacking)
    return replace(said, n=int(lack.n), n_baseline=int(lack.n_baseline))
