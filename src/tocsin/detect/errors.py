"""Errors: how far the answers of a regression are from what turned out to be true, per slice.

    mae    mean size of the errors            alarm beyond +5 % of the reference's
    rmse   root of their mean square          alarm beyond +5 % of the reference's
    bias   mean error, outcome minus answer   alarm beyond 10 % of the reference's mae, either way

all of the reference's value in the same slice, in the outcome's unit.  The fourth moment, which
tells how sure a root mean square is, is read off the histogram of errors, whose outermost bins
stand for all beyond them.
"""

import numpy as np

from tocsin.base.phrases import number
from tocsin.detect.finding import Finding
from tocsin.detect.look import Look
from tocsin.detect.means import Mean, Sample, judge_means
from tocsin.detect.places import at
from tocsin.detect.rates import Watch
from tocsin.detect.tails import Numbers
from tocsin.profile.layout import SQUARE_UNITS, Layout

WORSE, ASIDE = 0.05, 0.1
MEASURES = ("mae", "rmse", "bias")


def errors(look: Look) -> list[Finding]:
    """Return what outcomes say of a regression's answers; nothing if the reference knows none."""

    def sample(counts: Numbers) -> Sample:
        return sampled(look.layout, counts)

    usual = np.nan_to_num(sample(look.reference).value)
    means = (
        Mean("mae", Watch.UP, WORSE * usual[:, 0], _off),
        Mean("rmse", Watch.UP, WORSE * usual[:, 1], _root),
        Mean("bias", Watch.BOTH, ASIDE * usual[:, 0], _aside),
    )
    return judge_means(look, means, sample, "errors")


def sampled(layout: Layout, counts: Numbers) -> Sample:
    """Return mae, rmse and bias of counts of a regression, (..., width)."""
    bins = layout.spec.error
    assert bins is not None, "only a regression has errors"

    def one(name: str) -> Numbers:
        return counts[..., layout.places[f"error.{name}"].start]

    hist = counts[..., at(layout, "error.under", "error.hist", "error.over")]
    edges = np.array(bins.edges)
    middle = np.concatenate([edges[:1], (edges[1:] + edges[:-1]) / 2, edges[-1:]])
    n = hist.sum(-1)
    with np.errstate(invalid="ignore", divide="ignore"):
        mae = bins.unit * one("abs") / n
        bias = bins.centre + bins.unit * one("sum") / n
        about = (SQUARE_UNITS * bins.unit) ** 2 * one("sum2") / n
        square = np.maximum(about + 2 * bins.centre * (bias - bins.centre) + bins.centre**2, 0.0)
        fourth = np.maximum((hist * middle**4).sum(-1) / n, square**2)
        rmse = np.sqrt(square)
        # d rmse = d square / (2 rmse)
        of_rmse = (fourth - square**2) / np.maximum(4 * square, 1e-300)
        largest = np.where(hist > 0, np.abs(middle), 0.0).max(-1)
        reach_rmse = largest**2 / np.maximum(2 * rmse, 1e-300)
    value = np.stack([mae, rmse, bias], -1)
    variance = np.stack([square - mae**2, of_rmse, square - bias**2], -1)
    reach = np.stack([largest, reach_rmse, largest], -1)
    rows = np.broadcast_to(n[..., None], value.shape)
    return Sample(value, np.maximum(variance, 0.0), reach, rows)


def _off(value: float, was: float, whom: str) -> str:
    return f"Answers for {whom} are off by {number(value)} on average (was {number(was)})"


def _root(value: float, was: float, whom: str) -> str:
    return f"The root mean square error for {whom} is {number(value)} (was {number(was)})"


def _aside(value: float, was: float, whom: str) -> str:
    way = "low" if value > 0 else "high"
    return f"Answers for {whom} are too {way} by {number(abs(value))} on average (was {-was:+.3g})"
