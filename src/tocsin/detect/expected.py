"""Expected: what decisions are worth, from how many have each score and what scores mean.

With n_v,b decisions of part v of the people in score bin b and their chance of yes c_v,b,

    yes_b = sum_v n_v,b c_v,b        no_b = sum_v n_v,b (1 - c_v,b)

stand for outcomes that nobody knows yet; a decision is a yes at and above the threshold.  Of

    accuracy = (yes above + no below) / n       precision = yes above / (yes + no above)
    recall   = yes above / yes                  AUC = pairs in order / pairs, ties count half

the variance follows from their derivatives u_b by yes_b and d_b by no_b (delta method):

    label   sum n c (1 - c) (u - d)**2          which of the decisions turn out right
    mix     sum n (c u + (1 - c) d)**2          which decisions happened to come
    doubt   of the curve and its coefficients   which calibration is the true one

Source: Białek et al. (2024), arXiv 2401.08348 (performance from calibrated, weighted scores).
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields

import numpy as np
from numpy.typing import NDArray

from tocsin.base.phrases import percent
from tocsin.detect.calibration import Calibration
from tocsin.detect.performance import FOUND, PRECISE, RIGHT
from tocsin.detect.places import at
from tocsin.detect.ranking import FELL
from tocsin.detect.tails import Numbers
from tocsin.ingest.system import Kind
from tocsin.profile.layout import Layout, score_edges

MEASURES = ("accuracy", "precision", "recall", "auc")
LEAST = np.array([RIGHT, PRECISE, FOUND, FELL])
"""Smallest effects of interest, those of the measures themselves."""

Derived = tuple[Numbers, Numbers, Numbers, Numbers]
"""Value and size, (..., M), and the derivatives by yes and by no, (..., M, B)."""
Functional = Callable[[Numbers, Numbers], Derived]
"""What is made of yes and no per score bin, each (..., B)."""


@dataclass(frozen=True, slots=True, eq=False)
class Expected:
    """M measures of R groups of people and how they vary, arrays (..., R, M).

    value: NaN where there is nothing to divide by.
    size: the decisions, or outcomes, that it is a share of; of the AUC those of the rarer class.
    label, mix: variances, see the module.
    reach: how far one decision more can move it at most.
    curve: derivative by everyone's curve, (..., R, M, B).
    """

    value: Numbers
    size: Numbers
    label: Numbers
    mix: Numbers
    reach: Numbers
    curve: Numbers
    coefficients: tuple[Numbers, Numbers]
    """Derivatives by the parts' coefficients, (..., groups, M, V, 2): of everyone, of slices."""


@dataclass(frozen=True, slots=True, eq=False)
class People:
    """Everyone, made of parts, and slices, each a part of its own.

    `parts` are the rows of one attribute's values in the calibration; the rest of everyone follows
    everyone's curve.
    """

    calibration: Calibration
    parts: Sequence[int]

    def expected(self, n: Numbers, functional: Functional) -> Expected:
        """Return what `n` decisions per score bin, shape (..., R, B), everyone first, come to."""
        parts = n[..., list(self.parts), :]
        rest = np.maximum(n[..., :1, :] - parts.sum(-2, keepdims=True), 0.0)
        whole = np.concatenate([parts, rest], -2)[..., None, :, :]
        groups = [self._group(whole, self._whole, functional)]
        groups.append(self._group(n[..., 1:, None, :], self._each, functional))
        names = [field.name for field in fields(Expected) if field.name != "coefficients"]
        axes = {name: -3 if name == "curve" else -2 for name in names}
        joined = {
            name: np.concatenate([getattr(one, name) for one in groups], axes[name])
            for name in names
        }
        first, second = (one.coefficients[0] for one in groups)
        return Expected(**joined, coefficients=(first, second))

    def doubt(self, curve: Numbers, coefficients: Sequence[Numbers]) -> Numbers:
        """Return the variance, (..., R, M), that not knowing the calibration exactly makes."""
        variance = (curve**2 * self.calibration.variance).sum(-1)
        parts = [
            np.einsum("...mvk,...vkj,...mvj->...m", by, self.calibration.doubt[rows], by)
            for by, rows in zip(coefficients, (self._whole, self._each), strict=True)
        ]
        return variance + np.concatenate(parts, -2)

    @property
    def _whole(self) -> NDArray[np.intp]:
        return np.array([[*self.parts, 0]], np.intp)

    @property
    def _each(self) -> NDArray[np.intp]:
        return np.arange(1, len(self.calibration.share), dtype=np.intp)[:, None]

    def _group(self, n: Numbers, rows: NDArray[np.intp], functional: Functional) -> Expected:
        """Return the expectation of groups made of `rows`, (R, V), of which `n`, (..., R, V, B)."""
        c = self.calibration.share[rows]
        yes, no = (n * c).sum(-2), (n * (1 - c)).sum(-2)
        value, size, up, down = functional(yes, no)
        pull, chance = up - down, n * c * (1 - c)
        centre = c[..., None, :, :] * pull[..., None, :] + down[..., None, :]
        here = n[..., None, :, :]
        return Expected(
            value=value,
            size=size,
            label=np.einsum("...vb,...mb->...m", chance, pull**2),
            mix=(here * centre**2).sum((-1, -2)),
            reach=np.where(here > 0, np.abs(centre), 0.0).max((-1, -2)),
            curve=np.einsum("...vb,...mb->...mb", n, pull),
            coefficients=(
                np.einsum("...vb,...mb,...vbk->...mvk", n, pull, self.calibration.slope[rows]),
            )
            * 2,
        )


def in_words(measure: int, value: float) -> str:
    """Return a value in its measure's unit: a share in percent, an AUC as a number.

    >>> in_words(0, 0.912), in_words(3, 0.912)
    ('91.2 %', '0.912')
    """
    return f"{value:.3f}" if MEASURES[measure] == "auc" else percent(value)


def above(layout: Layout) -> NDArray[np.bool_]:
    """Return the score bins that mean yes, (B,): all of them, where the score is a confidence."""
    borders = score_edges(layout.spec)[:-1]
    several = layout.spec.kind is Kind.MULTICLASS
    return np.ones(len(borders), np.bool_) if several else borders >= layout.spec.threshold


def told(layout: Layout) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """Return the places of outcomes by score: yes and no; right and wrong of a choice."""
    several = layout.spec.kind is Kind.MULTICLASS
    names = ("right_hist", "wrong_hist") if several else ("pos_hist", "neg_hist")
    return at(layout, names[0]), at(layout, names[1])


def measures(layout: Layout) -> int:
    """Return how many of the `MEASURES` a system has: of a choice among classes accuracy alone."""
    return 1 if layout.spec.kind is Kind.MULTICLASS else len(MEASURES)


def performance(above: NDArray[np.bool_], first: int = len(MEASURES)) -> Functional:
    """Return the functional of the first `MEASURES`.

    Args:
        above: the score bins that mean yes, (B,).
        first: how many measures.
    """

    def measured(yes: Numbers, no: Numbers) -> Derived:
        with np.errstate(invalid="ignore", divide="ignore"):
            each = (
                _accuracy(yes, no, above),
                _precision(yes, no, above),
                _recall(yes, above),
                _auc(yes, no),
            )[:first]
        value, size = (np.stack([one[k] for one in each], -1) for k in (0, 1))
        up, down = (np.nan_to_num(np.stack([one[k] for one in each], -2)) for k in (2, 3))
        return value, size, up, down

    return measured


def _accuracy(yes: Numbers, no: Numbers, above: NDArray[np.bool_]) -> Derived:
    n = (yes + no).sum(-1)
    value = np.where(above, yes, no).sum(-1) / n
    up = (above - value[..., None]) / n[..., None]
    return value, n, up, (~above - value[..., None]) / n[..., None]


def _precision(yes: Numbers, no: Numbers, above: NDArray[np.bool_]) -> Derived:
    size = ((yes + no) * above).sum(-1)
    value = (yes * above).sum(-1) / size
    up = above * (1 - value[..., None]) / size[..., None]
    return value, size, up, above * -value[..., None] / size[..., None]


def _recall(yes: Numbers, above: NDArray[np.bool_]) -> Derived:
    size = yes.sum(-1)
    value = (yes * above).sum(-1) / size
    up = (above - value[..., None]) / size[..., None]
    return value, size, up, np.zeros_like(up)


def _auc(yes: Numbers, no: Numbers) -> Derived:
    n1, n0 = yes.sum(-1), no.sum(-1)
    below = (np.cumsum(no, -1) - no / 2) / n0[..., None]
    over = 1 - (np.cumsum(yes, -1) - yes / 2) / n1[..., None]
    value = (yes * below).sum(-1) / n1
    up = (below - value[..., None]) / n1[..., None]
    return value, np.minimum(n1, n0), up, (over - value[..., None]) / n0[..., None]
