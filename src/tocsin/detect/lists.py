"""Lists: how good the lists of a ranking are and what they show, against the reference, per slice.

    ndcg           mean NDCG@top of requests                     alarm down, from a point on
    mrr            mean reciprocal rank of what was wanted first  alarm down, from a point on
    ctr            items wanted of items shown                   alarm down, from 3 % of it on
    ctr, position  the same of the first `WATCHED` positions     alarm down, from 5 % of it on
    concentration  items shown that are of the reference's most shown ones
                                                                 ticket beyond 5 points, either way

The hit rate, whether anything among the first items was wanted, and lists without an item are
rates, in `performance`.  One request is one trial: its items are seen by one person.  So a ratio of
sums r = C / M over n requests of c items wanted (m shown) has the variance of one request

    mean of (c - r m)^2 / (mean m)^2                             (the delta method)

and wobbles between blocks beside it.  A fall of the click-through rate with the same lists at every
position says that people changed; at one position, that the page did.
Refuses: outcomes that are still coming in (`maturity`): who clicks is known before who does not.
Source: Cochran (1977), Sampling Techniques, ch. 6 (ratios); Deng, Knoblich & Lu (2018), KDD 24.
"""

from collections.abc import Callable
from functools import partial

import numpy as np

from tocsin.base.phrases import percent
from tocsin.base.slices import EVERYONE
from tocsin.detect.finding import Finding, Layer
from tocsin.detect.look import Look, Subject, undecided
from tocsin.detect.maturity import immature
from tocsin.detect.means import Mean, Sample, judge_means
from tocsin.detect.places import at
from tocsin.detect.rates import Watch
from tocsin.detect.tails import Numbers
from tocsin.profile.layout import SCORE_UNITS, Layout

NDCG, MRR, CTR, CONCENTRATION = "ndcg", "mrr", "ctr", "concentration"
WATCHED = 3
"""First positions whose own click-through rate is watched."""
WORSE, FEWER, FEWER_HERE, ASIDE = 0.01, 0.03, 0.05, 0.05
_MEASURES = ((NDCG, None), (MRR, None), (CTR, None))
ASKED = len(_MEASURES) + WATCHED
"""Questions about outcomes that are asked of each slice."""
_REQUESTS = "requests with an outcome"


def lists(look: Look, *, fixed: bool) -> list[Finding]:
    """Return what outcomes show of lists; nothing where the reference knows none.

    Args:
        look: the window whose outcomes are judged.
        fixed: whether it is old enough for them to be complete.
    """
    layout = look.layout
    if look.reference[0, at(layout, "right", "wrong")].sum() == 0:
        return []
    reason = "" if fixed else immature(look)
    if reason:
        unsaid = [Subject(Layer.PERFORMANCE, name, column, EVERYONE) for name, column in _MEASURES]
        return [undecided(look, subject, WORSE, reason) for subject in unsaid]
    every = np.ones(len(look.slices))
    usual = clicks(layout, look.reference)
    least = np.nan_to_num(usual.value) * [FEWER, *(FEWER_HERE for _ in range(WATCHED))]
    good = [
        Mean(NDCG, Watch.DOWN, WORSE * every, partial(_said, f"NDCG@{layout.spec.top}")),
        Mean(MRR, Watch.DOWN, WORSE * every, partial(_said, "Mean reciprocal rank")),
    ]
    clicked = [Mean(CTR, Watch.DOWN, least[:, 0], partial(_share_said, "items shown"))]
    clicked += [
        Mean(
            CTR,
            Watch.DOWN,
            least[:, place],
            partial(_share_said, f"items at position {place}"),
            column=f"position {place}",
        )
        for place in range(1, WATCHED + 1)
    ]
    return [
        *judge_means(look, good, lambda one: quality(layout, one), "lists", _REQUESTS),
        *judge_means(look, clicked, lambda one: clicks(layout, one), "clicks", _REQUESTS),
    ]


def concentrated(look: Look) -> list[Finding]:
    """Return whether lists lean more, or less, on the items that are shown most."""
    layout = look.layout
    mean = Mean(CONCENTRATION, Watch.BOTH, ASIDE * np.ones(len(look.slices)), _leaning(layout))
    read = partial(concentration, layout)
    return judge_means(look, [mean], read, CONCENTRATION, "requests", layer=Layer.DRIFT)


def quality(layout: Layout, counts: Numbers) -> Sample:
    """Return mean NDCG and reciprocal rank of counts, (..., R, width): two measures."""
    n = counts[..., at(layout, "right", "wrong")].sum(-1)[..., None]
    sums, squares = (
        counts[..., at(layout, *names)] / SCORE_UNITS
        for names in (("ndcg", "rank"), ("ndcg2", "rank2"))
    )
    with np.errstate(invalid="ignore", divide="ignore"):
        value, square = sums / n, squares / n
    variance = np.maximum(square - value**2, 0.0)
    return Sample(value, variance, np.ones_like(value), n + np.zeros_like(value))


def clicks(layout: Layout, counts: Numbers) -> Sample:
    """Return click-through rates of counts: of all positions, then of each that is watched."""
    n = counts[..., at(layout, "right", "wrong")].sum(-1)
    names = ("clicked", "shown", "clicked2", "clicked_shown", "shown2")
    whole = _ratio([counts[..., layout.places[name].start] for name in names], n)
    shown, clicked = (counts[..., at(layout, name)] for name in ("shown_at", "clicked_at"))
    each = [
        _ratio([clicked[..., k], shown[..., k], *[clicked[..., k]] * 2, shown[..., k]], n)
        for k in range(WATCHED)
    ]
    return _together([whole, *each])


def concentration(layout: Layout, counts: Numbers) -> Sample:
    """Return the share of items shown that are among those that the reference shows most."""
    names = ("often", "items", "often2", "often_items", "items2")
    n = counts[..., layout.places["n_prediction"].start]
    return _together([_ratio([counts[..., layout.places[name].start] for name in names], n)])


def _ratio(sums: list[Numbers], n: Numbers) -> Sample:
    """Return the ratio of sums C / M over requests, each array without a last axis.

    Args:
        sums: of c, m, c^2, c m and m^2 over requests.
        n: requests.
    """
    c, m, c2, cm, m2 = sums
    with np.errstate(invalid="ignore", divide="ignore"):
        value, size = c / m, m / n
        variance = np.maximum(c2 - 2 * value * cm + value**2 * m2, 0.0) / n / size**2
        # a large term: a request as large as the one that an item comes with, on average
        reach = np.maximum(np.nan_to_num(c2 / c), value * m2 / m) / size
    return Sample(value, variance, reach, np.where(np.isfinite(value), n, 0.0))


def _together(some: list[Sample]) -> Sample:
    parts = zip(*((s.value, s.variance, s.reach, s.n) for s in some), strict=True)
    return Sample(*(np.stack(part, axis=-1) for part in parts))


def _said(name: str, value: float, was: float, whom: str) -> str:
    return f"{name} for {whom} is {value:.3f} (was {was:.3f})"


def _share_said(what: str, value: float, was: float, whom: str) -> str:
    return f"{percent(value, 2)} of {what} were wanted by {whom} (was {percent(was, 2)})"


def _leaning(layout: Layout) -> Callable[[float, float, str], str]:
    often = len(layout.spec.classes)

    def said(value: float, was: float, whom: str) -> str:
        items = f"of items shown to {whom} are of the {often} shown most in the reference"
        return f"{percent(value)} {items} (was {percent(was)})"

    return said
