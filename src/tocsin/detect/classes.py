"""Classes: what answers that choose among several tell beyond each class, per slice.

    macro_f1         mean over classes of 2 tp / (2 tp + fp + fn)       alarm down, from 3 points on
    overconfidence   mean confidence less the share that was right      alarm beyond 3 points of the
                     (of rows with both)                                reference's, either way
    divergence of `label`, the mix of true classes (see `drift`)

With M the confusion matrix of n rows as shares, a_c the share answered as class c and t_c the share
that truly is, macro-F1 over K classes is smooth in M, and a row of cell (i, j) moves it by

    (1/K) sum over c of (2 [i = j = c] - F_c ([i = c] + [j = c])) / (a_c + t_c),
    F_c = 2 M_cc / (a_c + t_c)

over n, which is 0 on average; its mean square is the variance of one row (the delta method).
Classes are those that the reference tells apart and shows in that slice `FEWEST` times, answered
or true: the same ones in window and reference.  Where the window shows none of one of them, nothing
is said.  Precision and recall by class are rates, in `performance`.
Refuses: outcomes that are still coming in (`maturity`): early ones have another mix, and another
share of right answers, than late ones; macro-F1 rests on the first, overconfidence on the second.
Source: van der Vaart (1998), Asymptotic Statistics, ch. 3; Guo et al. (2017), ICML (confidence).
"""

import numpy as np

from tocsin.base.phrases import percent
from tocsin.base.slices import EVERYONE
from tocsin.detect import drift
from tocsin.detect.finding import Finding, Layer
from tocsin.detect.look import FEWEST, Look, Subject, undecided
from tocsin.detect.maturity import immature
from tocsin.detect.means import Mean, Sample, judge_means
from tocsin.detect.places import at
from tocsin.detect.rates import Watch
from tocsin.detect.tails import Numbers
from tocsin.profile.layout import Layout, score_edges

F1, CONFIDENCE = "macro_f1", "overconfidence"
MEASURES = (F1, CONFIDENCE)
WORSE, ASIDE = 0.03, 0.03
_OF_EVERY = "outcomes of every class"


def classes(look: Look, *, fixed: bool) -> list[Finding]:
    """Return what outcomes show of all classes together; nothing if the reference knows none.

    Args:
        look: the window whose outcomes are judged.
        fixed: whether it is old enough for them to be complete.
    """
    layout = look.layout
    if look.reference[0, at(layout, "truths")].sum() == 0:
        return []
    reason = "" if fixed else immature(look)
    if reason:
        unsaid = (
            (Subject(Layer.DRIFT, "jsd", drift.LABEL, EVERYONE), drift.DRIFTED),
            (Subject(Layer.PERFORMANCE, F1, None, EVERYONE), WORSE),
            (Subject(Layer.PERFORMANCE, CONFIDENCE, None, EVERYONE), ASIDE),
        )
        return [undecided(look, subject, least, reason) for subject, least in unsaid]
    counted = judged_classes(layout, look.reference)
    every = np.ones(len(look.slices))
    f1 = Mean(F1, Watch.DOWN, WORSE * every, _f1_said)
    sure = Mean(CONFIDENCE, Watch.BOTH, ASIDE * every, _confidence_said)
    return [
        *drift.truths(look),
        *judge_means(look, [f1], lambda one: macro_f1(layout, one, counted), F1, _OF_EVERY),
        *judge_means(look, [sure], lambda one: overconfidence(layout, one), CONFIDENCE),
    ]


def confusion(layout: Layout, counts: Numbers) -> Numbers:
    """Return answers by outcome, (..., K + 1, K + 1): a row per class answered, others last."""
    size = len(layout.spec.classes) + 1
    cells = counts[..., at(layout, "confusion")]
    return cells.reshape(*cells.shape[:-1], size, size)


def judged_classes(layout: Layout, reference: Numbers) -> Numbers:
    """Return which classes each slice's macro-F1 is of, 1 or 0, shape (R, K)."""
    shown = _shown(confusion(layout, reference))
    return (shown >= FEWEST).astype(np.float64)


def macro_f1(layout: Layout, counts: Numbers, of: Numbers) -> Sample:
    """Return macro-F1 of counts, (..., R, width), over the classes `of`, (R, K)."""
    cells = confusion(layout, counts)
    n = cells.sum((-1, -2))
    hit, shown = _hits(cells), _shown(cells)
    with np.errstate(invalid="ignore", divide="ignore"):
        weight = of / of.sum(-1, keepdims=True)
        f1 = np.where(of > 0, 2 * hit / shown, 0.0)
        value = (weight * f1).sum(-1)
        # what a row answered as c, or truly c, takes away; and what a hit gives besides
        gain = np.where((of > 0) & (shown > 0), 2 * weight * n[..., None] / shown, 0.0)
        loss = np.where(gain > 0, gain * f1 / 2, 0.0)
    loss, gain = (_with_others(some) for some in (loss, gain))
    moves = gain[..., None] * np.eye(gain.shape[-1]) - loss[..., :, None] - loss[..., None, :]
    with np.errstate(invalid="ignore"):
        variance = (cells * moves**2).sum((-1, -2)) / n
    reach = np.where(cells > 0, np.abs(moves), 0.0).max((-1, -2))
    return _sample(value, variance, reach, np.where(np.isfinite(value), n, 0.0))


def overconfidence(layout: Layout, counts: Numbers) -> Sample:
    """Return mean confidence less the share that was right, of counts, (..., R, width)."""
    edges = score_edges(layout.spec)
    middle = (edges[:-1] + edges[1:]) / 2
    right, wrong = (counts[..., at(layout, f"{name}_hist")] for name in ("right", "wrong"))
    n = (right + wrong).sum(-1)
    with np.errstate(invalid="ignore", divide="ignore"):
        value = (right @ (middle - 1) + wrong @ middle) / n
        square = (right @ (middle - 1) ** 2 + wrong @ middle**2) / n
    return _sample(value, np.maximum(square - value**2, 0.0), np.ones_like(n), n)


def _sample(value: Numbers, variance: Numbers, reach: Numbers, n: Numbers) -> Sample:
    return Sample(*(some[..., None] for some in (value, variance, reach, n)))


def _hits(cells: Numbers) -> Numbers:
    return np.diagonal(cells, axis1=-2, axis2=-1)[..., :-1]


def _shown(cells: Numbers) -> Numbers:
    """Return how often each class was answered, and how often it was true, added up: (..., K)."""
    return (cells.sum(-1) + cells.sum(-2))[..., :-1]


def _with_others(by_class: Numbers) -> Numbers:
    """Return values by class, and 0 for the classes that are not told apart."""
    return np.concatenate([by_class, np.zeros((*by_class.shape[:-1], 1))], -1)


def _f1_said(value: float, was: float, whom: str) -> str:
    return f"Macro-F1 for {whom} is {percent(value)} (was {percent(was)})"


def _confidence_said(value: float, was: float, whom: str) -> str:
    now, before = (f"{percent(abs(v))} {'above' if v >= 0 else 'below'}" for v in (value, was))
    return f"Confidence for {whom} is {now} the share of answers that were right (was {before} it)"
