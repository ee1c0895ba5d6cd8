"""Windows of scores and outcomes drawn from a known truth: no rows, for tests of estimates.

Score bins are drawn per employer, outcomes by what the score means for that employer.  Answers
follow from score and threshold.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import timedelta

import numpy as np
from numpy.typing import NDArray
from scipy import special

from tests.detect.counted import LAYOUT, SPEC
from tests.profile.rows import START
from tocsin.base.spans import Span
from tocsin.detect.baseline import Baseline
from tocsin.profile.cell import Counts
from tocsin.profile.layout import score_edges
from tocsin.profile.window import Window

DAY = timedelta(days=1)
MIX = {"private": 0.6, "self": 0.2, "government": 0.2}
EDGES = score_edges(SPEC)
ABOVE = EDGES[:-1] >= SPEC.threshold
_MIDDLES = (EDGES[1:] + EDGES[:-1]) / 2


@dataclass(frozen=True)
class Truth:
    """How scores come and what they mean, on the scale of log-odds.

    mix: shares of employers.  centre, spread: of the score's log-odds.  bias: by how much outcomes
    are likelier than scores say, by employer; "" is everyone.  wobble: standard deviation of a bias
    that each window draws anew; drawn: of the centre.  known: share of outcomes known,
    of all or by score bin.
    """

    mix: Mapping[str, float] = field(default_factory=lambda: dict(MIX))
    centre: float = 0.0
    spread: float = 1.5
    bias: Mapping[str, float] = field(default_factory=dict[str, float])
    wobble: float = 0.0
    drawn: float = 0.0
    known: float | NDArray[np.float64] = 1.0


def window(n: int, r: np.random.Generator, truth: Truth | None = None, day: int = 0) -> Window:
    """Return one day of about `n` decisions."""
    truth = truth or Truth()
    bias, centre = r.normal(0, truth.wobble), truth.centre + r.normal(0, truth.drawn)
    weight = np.exp(-0.5 * ((special.logit(_MIDDLES) - centre) / truth.spread) ** 2)
    weight /= _MIDDLES * (1 - _MIDDLES)  # the density of a score whose log-odds are normal
    cells: dict[str, Counts] = {}
    sexes = {"sex=f": LAYOUT.zero(), "sex=m": LAYOUT.zero()}
    for employer, share in truth.mix.items():
        shift = bias + truth.bias.get("", 0.0) + truth.bias.get(employer, 0.0)
        chance = special.expit(special.logit(_MIDDLES) + shift)
        halves = [
            _cell(r.multinomial(r.poisson(n * share / 2), weight / weight.sum()), chance, truth, r)
            for _ in sexes
        ]
        cells[f"employer={employer}"] = halves[0] + halves[1]
        for key, half in zip(sexes, halves, strict=True):
            sexes[key] = sexes[key] + half
    total = sum(sexes.values(), LAYOUT.zero())
    start = START + day * DAY
    return Window(Span(start, start + DAY), {"": total, **cells, **sexes})


def baseline(
    n: int, r: np.random.Generator, truth: Truth | None = None, blocks: int = 20
) -> Baseline:
    """Return a baseline of `blocks` days of about `n` decisions each."""
    return Baseline.of([window(n, r, truth, day) for day in range(-blocks, 0)])


def hidden(one: Window) -> Window:
    """Return the window before any outcome is known."""
    return replace(one, cells={key: _without(counts) for key, counts in one.cells.items()})


def realised(one: Window, key: str = "") -> dict[str, float]:
    """Return what the window's outcomes show: accuracy, precision, recall."""
    tp, fp, tn, fn = (float(LAYOUT.one(one.cells[key], name)) for name in ("tp", "fp", "tn", "fn"))
    return {
        "accuracy": (tp + tn) / (tp + fp + tn + fn),
        "precision": tp / (tp + fp),
        "recall": tp / (tp + fn),
    }


def _without(counts: Counts) -> Counts:
    counts = counts.copy()
    for name in ("n_labelled", "tp", "fp", "tn", "fn", "pos_hist", "neg_hist"):
        LAYOUT.get(counts, name)[...] = 0
    return counts


def _cell(
    scores: NDArray[np.int64], chance: NDArray[np.float64], truth: Truth, r: np.random.Generator
) -> Counts:
    cell = LAYOUT.zero()
    known = r.binomial(scores, truth.known)
    yes = r.binomial(known, chance)
    no = known - yes
    for name, value in {
        "n": scores.sum(),
        "n_prediction": scores.sum(),
        "n_by_decider": [scores.sum(), 0, 0, 0, 0],
        "n_positive": scores[ABOVE].sum(),
        "score_hist": scores,
        "n_labelled": known.sum(),
        "pos_hist": yes,
        "neg_hist": no,
        "tp": yes[ABOVE].sum(),
        "fp": no[ABOVE].sum(),
        "tn": no[~ABOVE].sum(),
        "fn": yes[~ABOVE].sum(),
    }.items():
        LAYOUT.get(cell, name)[...] = value
    return cell
