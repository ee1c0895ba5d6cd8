"""Layout: what each whole number in a cell's vector counts.

A cell is one int64 vector.  This file alone gives the places their meaning; they follow from the
spec, so that two cells of one spec add up number by number.

    n                rows, whoever decided them            n_error    calls that failed
    n_by_decider[5]  rows by `decided_by`, see `DECIDERS`
    n_prediction     rows with an answer                   n_positive  answers that say yes
    score_hist[100]  scores by `score_edges(spec)`
    score_missing    rows decided by the system itself, without error and without a score
    latency_hist[58] by `spec.LATENCY_EDGES_MS`, below the first and above the last edge included
    <f>.hist[B] .under .over .missing .invalid .sum         a numeric feature; see `NumericBins`
    <c>.counts[K] .unseen .missing                          a categorical feature
    n_labelled tp fp tn fn  pos_hist[100] neg_hist[100]     rows whose outcome is known

Everything but the labels counts every decision that people got, also those by fallback, review or
rollback: harm is about decisions people got.  Only `score_*` is silent about them, since a rule or
a person has no score.
"""

from dataclasses import dataclass, field
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from tocsin.profile.cell import Counts
from tocsin.profile.spec import LATENCY_EDGES_MS, SCORE_BINS, Spec

DECIDERS = ("system", "fallback", "review", "block", "rollback")
LATENCY_BINS = len(LATENCY_EDGES_MS) + 1


@dataclass(frozen=True, slots=True)
class Layout:
    """Named places in the vectors of one spec."""

    spec: Spec
    places: dict[str, slice] = field(init=False, repr=False)
    width: int = field(init=False)

    def __post_init__(self) -> None:
        """Lay the parts out one after another."""
        parts = [("n", 1), ("n_error", 1), ("n_by_decider", len(DECIDERS))]
        parts += [("n_prediction", 1), ("n_positive", 1)]
        parts += [("score_hist", SCORE_BINS), ("score_missing", 1), ("latency_hist", LATENCY_BINS)]
        for numeric in self.spec.numeric:
            name = f"f_{numeric.name}"
            parts.append((f"{name}.hist", len(numeric.edges) - 1))
            parts += [(f"{name}.{part}", 1) for part in ("under", "over", "missing", "invalid")]
            parts.append((f"{name}.sum", 1))
        for categories in self.spec.categorical:
            name = f"f_{categories.name}"
            parts.append((f"{name}.counts", len(categories.values)))
            parts += [(f"{name}.unseen", 1), (f"{name}.missing", 1)]
        parts += [("n_labelled", 1), ("pos_hist", SCORE_BINS), ("neg_hist", SCORE_BINS)]
        parts += [("tp", 1), ("fp", 1), ("tn", 1), ("fn", 1)]
        places: dict[str, slice] = {}
        start = 0
        for name, size in parts:
            places[name] = slice(start, start + size)
            start += size
        object.__setattr__(self, "places", places)
        object.__setattr__(self, "width", start)

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
