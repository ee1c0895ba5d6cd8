"""Layout: what each whole number in a cell's vector counts.

A cell is one int64 vector: first the outcomes, what people got decided and what came of it, then
the features, what the system was told.  This file alone gives the places their meaning; they
follow from the spec, so that two cells of one spec add up number by number.

Outcomes of every system:

    n                rows, whoever decided them            n_error    calls that failed
    n_by_decider[5]  rows by `decided_by`, see `DECIDERS`
    n_prediction     rows with an answer
    score_missing    rows decided by the system itself, without error and without a score (without
                     an answer, where that is a class)
    latency_hist[58] by `spec.LATENCY_EDGES_MS`, below the first and above the last edge included
    n_labelled       rows whose outcome is known
    n_timeout        failed calls that took too long, by the type of their error
    capacity_hist[21]  capacity in use by `spec.CAPACITY_EDGES`; these two come last

of a binary one:

    n_positive       answers that say yes
    score_hist[100]  scores by `score_edges(spec)`         score_sum  in `SCORE_UNITS`
    pos_hist[100] neg_hist[100]  scores of the rows whose outcome is yes, or no
    tp fp tn fn      answers by outcome
    loss_sum loss2_sum  log loss and its square, in `LOSS_UNITS` nats; scores are kept 1e-7 off 0, 1
    brier_sum        squared error of the score, in `SCORE_UNITS`
    pos_age[11] neg_age[11]  by `spec.LABEL_AGE_EDGES_S`: how late the outcome became known

of one that chooses among K classes (`spec.classes`; every other one comes last, together):

    answers[K+1]     rows by the class that was answered
    truths[K+1]      rows whose outcome is known by their true class
    confusion[(K+1)²]  answers by outcome: row by row, a row per class that was answered
    right wrong      answers that their outcome bears out, or not, whatever the class
    score_hist[100] score_sum   confidence in the class answered
    right_hist[100] wrong_hist[100]  confidence in the answers that were right, or wrong
    label_age[11]

of a ranking, whose rows are requests (K items `spec.classes`; see `lists` for what is counted):

    answers[K+1]     lists by the item on top              empty      lists without an item
    items items2     items shown, and squares of their number by request
    often often2 often_items  the same of the K items that the reference shows most; their product
                     with `items` by request
    right wrong      lists whose first `spec.top` items hold one that was wanted, or none
    ndcg ndcg2 rank rank2   NDCG@top and reciprocal rank, and their squares, in `SCORE_UNITS`
    shown shown2 clicked clicked2 clicked_shown   items shown and wanted where the outcome is known,
                     their squares and their product by request
    shown_at[11] clicked_at[11]  the same by position, `POSITIONS` and all beyond
    label_age[11]

of a regression (`<x>` is `estimate`, the answers, and `error`, outcome minus answer):

    <x>.hist[B] .under .over .missing .invalid .mistyped .sum .sum2      as of a feature
    error.abs        sum of the error's size, in units
    label_age[11]

Features:

    <f>.hist[B] .under .over .missing .invalid .mistyped     a numeric view; see `NumericBins`
    <f>.sum .sum2    units away from the centre, and squares of `SQUARE_UNITS` units
    <c>.counts[K] .other .unseen .missing .mistyped          a categorical column
    <t>.garbled      texts whose encoding broke (see `garbled`), wherever else they are counted
    <r>.broken .kept                                         a rule's rows; see `rules`

Everything but the labels counts every decision that people got, also those by fallback, review or
rollback: harm is about decisions people got.  Only `score_*` is silent about them, since a rule or
a person has no score.

A row's size follows from the spec alone: at most 900 + B + 7 a numeric view + K + 5 a categorical
column + 2 a rule, with B <= 140 and K <= 50 (`learn`).
"""

from dataclasses import dataclass, field
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from tocsin.ingest.rows import FieldKind
from tocsin.ingest.system import Kind
from tocsin.profile.cell import Counts
from tocsin.profile.spec import (
    CAPACITY_EDGES,
    LABEL_AGE_EDGES_S,
    LATENCY_EDGES_MS,
    SCORE_BINS,
    NumericBins,
    Spec,
)

DECIDERS = ("system", "fallback", "review", "block", "rollback")
LATENCY_BINS = len(LATENCY_EDGES_MS) + 1
CAPACITY_BINS = len(CAPACITY_EDGES) + 1
AGE_BINS = len(LABEL_AGE_EDGES_S) + 1
POSITIONS = 10
"""First positions of a list that are counted apart."""
SCORE_UNITS = 1 << 30
"""Sums of scores count thirty-second binary digits: exact to a billionth."""
LOSS_UNITS = 1 << 24
SQUARE_UNITS = 128
"""Squares are taken of distances in so many units, so that their sums stay whole and exact."""
ODD = ("under", "over", "missing", "invalid", "mistyped")
"""Where a numeric value goes that is in no bin; these places follow the histogram."""
SUMS = ("sum", "sum2")
_OF_LISTS = (
    *("empty", "items", "items2", "often", "often2", "often_items"),
    *("right", "wrong", "ndcg", "ndcg2", "rank", "rank2"),
    *("shown", "shown2", "clicked", "clicked2", "clicked_shown"),
)
RULED = ("broken", "kept")
"""Rows that a rule is asked of, by what they do; in the order of the codes of `rules`."""


@dataclass(frozen=True, slots=True)
class Layout:
    """Named places in the vectors of one spec.

    `width` is a whole cell's; the first `outcomes` places are the outcomes.
    """

    spec: Spec
    places: dict[str, slice] = field(init=False, repr=False)
    width: int = field(init=False)
    outcomes: int = field(init=False)

    def __post_init__(self) -> None:
        """Lay the parts out one after another."""
        first = _outcomes(self.spec)
        first += [("n_timeout", 1)] * self.spec.timeouts
        first += [("capacity_hist", CAPACITY_BINS)] * self.spec.capacity
        places: dict[str, slice] = {}
        start = 0
        for name, size in (*first, *_features(self.spec)):
            places[name] = slice(start, start + size)
            start += size
        object.__setattr__(self, "places", places)
        object.__setattr__(self, "width", start)
        object.__setattr__(self, "outcomes", sum(size for _, size in first))

    def get(self, counts: Counts, name: str) -> Counts:
        """Return the view of the place `name`; the last axis of `counts` is the vector.

        Raises:
            KeyError: the spec has no such place.
        """
        return counts[..., self.places[name]]

    def one(self, counts: Counts, name: str) -> int:
        """Return the single number at `name` of one vector."""
        return int(counts[self.places[name].start])

    def zero(self) -> Counts:
        """Return the vector of a cell that no row fell into."""
        return np.zeros(self.width, np.int64)


def numeric_parts(name: str, bins: NumericBins) -> list[tuple[str, int]]:
    """Return the places of one grid and their sizes: histogram, odd values, sums."""
    parts = [(f"{name}.hist", len(bins.edges) - 1)]
    return parts + [(f"{name}.{part}", 1) for part in (*ODD, *SUMS)]


def _outcomes(spec: Spec) -> list[tuple[str, int]]:
    parts = [("n", 1), ("n_error", 1), ("n_by_decider", len(DECIDERS)), ("n_prediction", 1)]
    parts += [("score_missing", 1), ("latency_hist", LATENCY_BINS), ("n_labelled", 1)]
    if spec.kind is Kind.REGRESSION:
        assert spec.estimate is not None
        assert spec.error is not None
        parts += numeric_parts("estimate", spec.estimate) + numeric_parts("error", spec.error)
        return [*parts, ("error.abs", 1), ("label_age", AGE_BINS)]
    if spec.kind is Kind.MULTICLASS:
        size = len(spec.classes) + 1
        parts += [("answers", size), ("truths", size), ("confusion", size * size)]
        parts += [("right", 1), ("wrong", 1), ("score_hist", SCORE_BINS), ("score_sum", 1)]
        parts += [("right_hist", SCORE_BINS), ("wrong_hist", SCORE_BINS)]
        return [*parts, ("label_age", AGE_BINS)]
    if spec.kind is Kind.RANKING:
        parts += [("answers", len(spec.classes) + 1), *((name, 1) for name in _OF_LISTS)]
        parts += [("shown_at", POSITIONS + 1), ("clicked_at", POSITIONS + 1)]
        return [*parts, ("label_age", AGE_BINS)]
    parts += [("n_positive", 1), ("score_hist", SCORE_BINS), ("score_sum", 1)]
    parts += [("pos_hist", SCORE_BINS), ("neg_hist", SCORE_BINS)]
    parts += [(name, 1) for name in ("tp", "fp", "tn", "fn", "loss_sum", "loss2_sum", "brier_sum")]
    return [*parts, ("pos_age", AGE_BINS), ("neg_age", AGE_BINS)]


def _features(spec: Spec) -> list[tuple[str, int]]:
    parts: list[tuple[str, int]] = []
    for bins in spec.numeric:
        parts += numeric_parts(f"f_{bins.name}", bins)
    for categories in spec.categorical:
        name = f"f_{categories.name}"
        parts.append((f"{name}.counts", len(categories.values)))
        parts += [(f"{name}.{part}", 1) for part in ("other", "unseen", "missing", "mistyped")]
    parts += [(f"f_{name}.garbled", 1) for name in spec.texts]
    for rule in spec.rules:
        parts += [(f"{rule.place}.{part}", 1) for part in RULED]
    return parts


def distinct_columns(spec: Spec) -> tuple[str, ...]:
    """Return the columns whose distinct values are counted, in the order of their registers."""
    texts = [f.name for f in spec.schema.features if f.kind is FieldKind.TEXT]
    named = (one.name for one in (*spec.numeric, *spec.categorical))
    return (*named, *(texts if spec.told_by else ()))


@lru_cache(maxsize=64)
def layout_of(spec: Spec) -> Layout:
    """Return the layout of `spec`, built once."""
    return Layout(spec)


def score_edges(spec: Spec) -> NDArray[np.float64]:
    """Return the 101 borders of the score histogram: hundredths, one moved to the threshold.

    The decision threshold lies on a border, so that the counts on either side of it are exact.
    """
    edges = np.round(np.linspace(0.0, 1.0, SCORE_BINS + 1), 2)
    if 0.0 < spec.threshold < 1.0:
        nearest = int(np.clip(np.rint(spec.threshold * SCORE_BINS), 1, SCORE_BINS - 1))
        edges[nearest] = spec.threshold
    return edges
