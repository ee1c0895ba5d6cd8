"""Means: every monitor that is a mean of something, judged against the reference's, per slice.

As for `rates`, an alarm needs an effect beyond chance, at the look's error rate, and beyond what
matters, by an interval at `SURELY`.  Variances are those
of sampling times the wobble between the reference's blocks; the tail is Bernstein's, with the
largest term that was seen.  A window's variance is at least as large per row as the reference's, so
that a few rows that happen to be alike do not make it sure.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from tocsin.detect import tails
from tocsin.detect.dispersion import Dispersion, each_apart, only_chance
from tocsin.detect.finding import Finding, Layer
from tocsin.detect.look import FEWEST, Judged, Lack, Look, Subject, finding, insufficient
from tocsin.detect.rates import Watch
from tocsin.detect.tails import Numbers


@dataclass(frozen=True, slots=True, eq=False)
class Sample:
    """Means of M measures, arrays (..., R, M).

    value: in the measure's unit; NaN where there is no row.
    variance: of one row's term.
    reach: the largest term's distance from 0.
    n: rows.
    """

    value: Numbers
    variance: Numbers
    reach: Numbers
    n: Numbers


@dataclass(frozen=True, slots=True, eq=False)
class Mean:
    """One measure: its name, the way that is a fault, and the sentence for (value, was, slice).

    `least` are the smallest effects of interest per slice, in the measure's unit, (R,).
    """

    measure: str
    watch: Watch
    least: Numbers
    said: Callable[[float, float, str], str]
    column: str | None = None


def judge_means(
    look: Look,
    means: Sequence[Mean],
    sample: Callable[[Numbers], Sample],
    name: str,
    of: str = "outcomes",
    *,
    layer: Layer = Layer.PERFORMANCE,
) -> list[Finding]:
    """Return the findings of `means` for every slice that has rows; nothing where none is usual.

    Args:
        look: the window, its baseline and the error rates.
        means: what to judge, in the order of the sample's measures.
        sample: reads counts, (..., R, width).
        name: names the list, so that what the baseline tells of it is derived once.
        of: what the rows are called.
        layer: that they belong to.
    """
    usual = sample(look.reference)
    if not (usual.n[0] > 0).any():
        return []
    spread = look.baseline.derived(f"means {name}", lambda: _spread(look, usual, sample))
    now = sample(look.current)
    sign = _signs(means, now.value - usual.value)
    effect = sign * (now.value - usual.value)
    phi = spread.phi(now.n, look.blocks_long)
    with np.errstate(invalid="ignore", divide="ignore"):
        variance = phi * np.maximum(now.variance, usual.variance) / now.n
        variance = variance + spread.phi_block * usual.variance / usual.n
        reach = phi * np.maximum(now.reach, usual.reach) / (3 * now.n)
        cost = np.nan_to_num(effect**2 / (2 * (variance + reach * np.abs(effect))))
    dof = spread.tail_dof(phi)
    alpha = look.alphas(layer).rows(look.slices)
    needed = tails.exponent(alpha / 2, dof)
    sure = look.surely(layer, alpha, dof)
    half = sure * reach + np.sqrt((sure * reach) ** 2 + 2 * sure * variance)
    proof = np.maximum(tails.evidence(cost, dof) - math.log10(2), 0.0)
    found: list[Finding] = []
    for row, slice_ in enumerate(look.slices):
        for k, mean in enumerate(means):
            n, n_usual = float(now.n[row, k]), float(usual.n[row, k])
            subject = Subject(layer, mean.measure, mean.column, slice_)
            if min(n, n_usual) < FEWEST:
                if row == 0 or n > 0:
                    lack = Lack(n, n_usual, float(mean.least[row]), of=of)
                    found.append(insufficient(look, subject, lack))
                continue
            value, was = float(now.value[row, k]), float(usual.value[row, k])
            size, around = float(effect[row, k]), float(half[row, k])
            judged = Judged(
                value=value,
                baseline=was,
                effect=size,
                interval=(size - around, size + around),
                threshold=float(mean.least[row]),
                n=int(n),
                n_baseline=int(n_usual),
                evidence=float(proof[row, k]),
                proven=bool(cost[row, k] >= needed[row, k]),
            )
            why = f"{mean.said(value, was, slice_.label)}; n {judged.n:,}."
            found.append(finding(look, subject, judged, why))
    return found


def _signs(means: Sequence[Mean], moved: Numbers) -> Numbers:
    watch = np.array([float(mean.watch) for mean in means])
    return np.where(watch == 0, np.where(np.nan_to_num(moved) < 0, -1.0, 1.0), watch)


def _spread(look: Look, usual: Sample, sample: Callable[[Numbers], Sample]) -> Dispersion:
    if not look.baseline.timed:
        return only_chance(usual.value.shape)

    def told(counts: Numbers) -> Dispersion:
        part = sample(counts)
        with np.errstate(invalid="ignore", divide="ignore"):
            residual = (part.value - usual.value) / np.sqrt(usual.variance / part.n)
        return each_apart(residual, part.n)

    return look.baseline.wobble(look.layout.spec, told)
