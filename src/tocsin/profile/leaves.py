"""Leaves: how the people of each leaf of the slice cube fared, in the few counts that are compared.

A leaf's outcomes are some 500 numbers; to compare groups of people, these are enough:

    n_prediction n_positive  answers, and those that say yes
    tp fp tn fn              answers by outcome
    scored scored_yes        outcomes of rows with a score, and those that are yes
    score_sum                their scores, by the middles of the score's bins
    residual2                squares of score less outcome (1 yes, 0 no), by the same middles

Of a system that chooses among classes `tp` are the answers that were right and `fp` those that were
wrong, whatever the class; `scored_yes` are the right ones of those with a confidence; `n_positive`,
`tn` and `fn` are 0.  So it is with a ranking, where no answer is scored.  A regression has no
leaves.

Every one is a sum over places, so leaves add up as whole profiles do, and so do the groups that any
attributes cut.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import product

import numpy as np
from numpy.typing import NDArray

from tocsin.base.slices import Slice
from tocsin.ingest.system import Kind
from tocsin.profile.cell import Counts, Sheet
from tocsin.profile.layout import Layout, layout_of, score_edges
from tocsin.profile.spec import Spec

Numbers = NDArray[np.float64]
_PLACES = ("n_prediction", "n_positive", "tp", "fp", "tn", "fn")
PARTS = (*_PLACES, "scored", "scored_yes", "score_sum", "residual2")


@dataclass(frozen=True, slots=True, eq=False)
class Leaves:
    """Counts by leaf: `counts[i]`, shape (R, PARTS), belongs to the leaf `codes[i]`, increasing."""

    codes: Counts
    counts: Numbers


def leaves(outcomes: Sheet, spec: Spec) -> Leaves:
    """Return the leaves of a tally's outcomes."""
    return Leaves(outcomes.codes, fared(outcomes.counts, layout_of(spec)))


def fared(counts: NDArray[np.int64] | Numbers, layout: Layout) -> Numbers:
    """Return the PARTS of vectors of outcomes or of whole cells, shape (..., PARTS)."""
    return np.asarray(counts[..., : layout.outcomes] @ _weights(layout.spec), np.float64)


def add(parts: Sequence[Leaves]) -> Leaves:
    """Return the leaves of all rows together, at least one part."""
    codes = np.unique(np.concatenate([part.codes for part in parts]))
    counts = np.zeros((len(codes), len(PARTS)))
    for part in parts:
        counts[np.searchsorted(codes, part.codes)] += part.counts
    return Leaves(codes, counts)


def crossed(spec: Spec, attributes: Sequence[str]) -> tuple[Slice, ...]:
    """Return the groups that attributes cut together: all combinations of the values kept apart."""
    known = dict(spec.dimensions)
    return tuple(
        Slice.of(dict(zip(attributes, values, strict=True)))
        for values in product(*(known[attribute] for attribute in attributes))
    )


def by_group(some: Leaves, spec: Spec, attributes: Sequence[str]) -> Numbers:
    """Return the counts of each group of `crossed`, in its order, shape (groups, PARTS)."""
    names = [name for name, _ in spec.dimensions]
    digits = digits_of(some.codes, spec)[:, [names.index(attribute) for attribute in attributes]]
    sizes = [len(dict(spec.dimensions)[attribute]) for attribute in attributes]
    inside = (digits < sizes).all(1)
    group = np.zeros(len(digits), np.intp)
    for place, size in enumerate(sizes):
        group = group * size + digits[:, place]
    sums = np.zeros((int(np.prod(sizes)), len(PARTS)))
    np.add.at(sums, group[inside], some.counts[inside])
    return sums


def digits_of(codes: Counts, spec: Spec) -> NDArray[np.intp]:
    """Return the place of each leaf's value in each dimension, shape (leaves, dimensions).

    Places from the number of values kept apart on are those of any other value and of none.
    """
    digits, rest = np.empty((len(codes), len(spec.dimensions)), np.intp), codes
    for place in range(len(spec.dimensions) - 1, -1, -1):
        rest, digits[:, place] = np.divmod(rest, len(spec.dimensions[place][1]) + 2)
    return digits


def within(codes: Counts, spec: Spec, who: Slice) -> NDArray[np.bool_]:
    """Return which leaves' people are in a slice of values that are kept apart, shape (leaves,)."""
    digits, inside = digits_of(codes, spec), np.ones(len(codes), np.bool_)
    places = {name: place for place, (name, _) in enumerate(spec.dimensions)}
    for attribute, value in who.conditions:
        known = spec.dimensions[places[attribute]][1]
        inside &= digits[:, places[attribute]] == known.index(value)
    return inside


@lru_cache(maxsize=64)
def _weights(spec: Spec) -> Numbers:
    """Return what each place of the outcomes adds to each part, shape (outcomes, PARTS)."""
    layout, edges = layout_of(spec), score_edges(spec)
    middle = (edges[:-1] + edges[1:]) / 2
    weights = np.zeros((layout.outcomes, len(PARTS)))
    part = {name: k for k, name in enumerate(PARTS)}
    several = spec.kind is not Kind.BINARY
    own = {"tp": "right", "fp": "wrong"} if several else {name: name for name in _PLACES}
    for name, place in ({"n_prediction": "n_prediction"} | own).items():
        weights[layout.places[place], part[name]] = 1
    if spec.kind is Kind.RANKING:
        return weights
    hists = ("right_hist", "wrong_hist") if several else ("pos_hist", "neg_hist")
    for place, outcome in zip(hists, (1, 0), strict=True):
        at = layout.places[place]
        weights[at, part["scored"]] = 1
        weights[at, part["scored_yes"]] = outcome
        weights[at, part["score_sum"]] = middle
        weights[at, part["residual2"]] = (middle - outcome) ** 2
    return weights
