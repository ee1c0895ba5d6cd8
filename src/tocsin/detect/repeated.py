"""Repeated: decisions that came more than once, as when a pipeline sends everything twice.

    repeated     of the different decisions, the share that came more than once

Read off a sample of them (see `profile.repeats`), everyone's: each of up to 512 is as likely to be
in it as any other, so the count is binomial.  Repeats grow with the rows, and come in clumps (one
person asks five times in a minute), so the usual share is that of the shortest parts of the
reference that hold at least as many rows: a healthy window is a piece of such a part and repeats
no more.  A window larger than the whole reference is thinned to its size.

Smallest effect of interest: 2 % of decisions.
"""

import math

import numpy as np

from tocsin.base.phrases import percent
from tocsin.base.slices import EVERYONE
from tocsin.detect import intervals, tails
from tocsin.detect.finding import Finding, Layer
from tocsin.detect.look import FEWEST, Judged, Lack, Look, Subject, finding, insufficient
from tocsin.detect.rates import dispersion_of
from tocsin.detect.rungs import Rung, rows, rungs
from tocsin.detect.tails import Numbers
from tocsin.profile.cell import Sample
from tocsin.profile.repeats import ToldBy

REPEATED = 0.02
_FEWEST_PARTS = 15
"""Parts of the reference below which a rung tells nothing of wobble."""
_SUBJECT = Subject(Layer.QUALITY, "repeated", None, EVERYONE)
_BY = {ToldBy.INPUTS: "inputs and score", ToldBy.INSTANT: "instant, inputs and score"}


def repeated(look: Look) -> list[Finding]:
    """Return whether more decisions than usual came more than once; nothing where not counted."""
    found, marks = rungs(look.baseline), look.window.marks
    if not look.layout.spec.told_by or not found or marks is None:
        return []
    place = look.layout.places["n"].start
    n, most = float(look.current[0, place]), rows(found[-1], place)
    rung = next((one for one in found if rows(one, place) >= n), found[-1])
    if not look.baseline.timed:  # parts that were dealt out hold no clumps
        rung = found[-1]
    k, of = _repeats(marks.sample, min(1.0, most / max(n, 1.0)))
    usual = _parts(rung)
    k_usual, of_usual = (float(x) for x in usual.sum(0))
    if min(of, of_usual) < FEWEST:
        lack = Lack(of, of_usual, REPEATED, of="different decisions")
        return [insufficient(look, _SUBJECT, lack)]
    told = usual if len(usual) >= _FEWEST_PARTS else _parts(_single(found))
    spread = dispersion_of(look, told[:, None, :1], told[:, None, 1:])
    size = np.full((1, 1), of)
    phi = spread.phi(size)
    dof, alpha = spread.tail_dof(phi), look.alphas(Layer.QUALITY).everyone
    ours, theirs = np.full((1, 1), k / of), np.full((1, 1), k_usual / of_usual)
    sizes = size / phi, of_usual / spread.phi_block
    cost = tails.two_samples(ours, sizes[0], theirs, sizes[1])
    sure = look.surely(Layer.QUALITY, alpha, dof)
    limits = tails.limits_of_both((ours, sizes[0]), (theirs, sizes[1]), sure)
    low, high = intervals.difference(ours, limits[0], theirs, limits[1])
    judged = Judged(
        value=k / of,
        baseline=k_usual / of_usual,
        effect=k / of - k_usual / of_usual,
        interval=(float(low[0, 0]), float(high[0, 0])),
        threshold=REPEATED,
        n=int(of),
        n_baseline=int(of_usual),
        evidence=max(0.0, float(tails.evidence(cost, dof)[0, 0]) - math.log10(2)),
        proven=bool(cost[0, 0] >= tails.exponent(alpha / 2, dof)[0, 0]),
    )
    why = (
        f"{percent(judged.value)} of different decisions came more than once with the same"
        f" {_BY[ToldBy(look.layout.spec.told_by)]} (was {percent(judged.baseline)});"
        f" {judged.n:,} looked at."
    )
    return [finding(look, _SUBJECT, judged, why)]


def _single(found: list[Rung]) -> Rung:
    return next(one for one in found if one.blocks == 1)


def _parts(rung: Rung) -> Numbers:
    """Return the repeated and all sampled decisions of each part, shape (parts, 2)."""
    some = [part.marks.sample for part in rung.parts if part.marks is not None]
    return np.array([_repeats(one, 1.0) for one in some])


def _repeats(sample: Sample, share: float) -> tuple[float, float]:
    """Return how many sampled decisions come more than once, and how many there are.

    Args:
        sample: of a window.
        share: the part of its rows that is kept, by chance; expectations are returned.
    """
    times = sample.times
    if share >= 1.0:
        return float((times > 1).sum()), float(len(times))
    none = (1 - share) ** times
    once = times * share * (1 - share) ** (times - 1)
    return float((1 - none - once).sum()), float((1 - none).sum())
