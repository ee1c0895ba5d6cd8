"""Cells and combinations: whole vectors of single slices, outcomes of any conjunction.

A single slice's outcomes are the sum over the leaves that have its value, its features a row of
their own.  A conjunction of several attributes has outcomes only.
"""

from collections.abc import Mapping, Sequence
from math import prod

import numpy as np

from tocsin.base.errors import BadInput
from tocsin.base.slices import Slice
from tocsin.profile.cell import CellKey, Cells, Counts, Profile, Sheet, Tally
from tocsin.profile.columns import Codes, Flags
from tocsin.profile.layout import layout_of
from tocsin.profile.spec import Spec

MOST_CONDITIONS = 3
"""Conditions of a slice whose outcomes are asked for: deeper ones hold few people."""


def vectors(tally: Tally, spec: Spec) -> Mapping[str, Counts]:
    """Return the whole vector of everyone and of each single slice that has any count."""
    layout, keys = layout_of(spec), ("", *spec.slices)
    sums = np.zeros((len(keys), layout.width), np.int64)
    first = layout.outcomes
    sums[tally.features.codes, first:] = tally.features.counts
    sums[0, :first] = tally.outcomes.counts.sum(axis=0)
    row = 1
    for value_of, (_, known) in zip(
        _values(tally.outcomes.codes, spec), spec.dimensions, strict=True
    ):
        counted = value_of < len(known)
        order = np.argsort(value_of[counted], kind="stable")
        values = value_of[counted][order]
        starts = np.flatnonzero(np.diff(values, prepend=-1))
        if len(starts):
            added = np.add.reduceat(tally.outcomes.counts[counted][order], starts, axis=0)
            sums[row + values[starts], :first] = added
        row += len(known)
    return {keys[k]: sums[k].copy() for k in np.flatnonzero(sums.any(axis=1)).tolist()}


def rows_by_slice(parts: Sequence[tuple[Counts, Counts]], spec: Spec) -> Counts:
    """Return how many rows of each part fell into everyone and each slice, (parts, slices + 1).

    Args:
        parts: at least one; the leaves of each and their rows.
        spec: what gives the counts their meaning.
    """
    codes, n = (np.concatenate(some) for some in zip(*parts, strict=True))
    size, part_of = len(parts), np.repeat(np.arange(len(parts)), [len(one) for one, _ in parts])
    found = [np.bincount(part_of, weights=n, minlength=size)[:, None]]
    for value_of, (_, known) in zip(_values(codes, spec), spec.dimensions, strict=True):
        kinds = len(known) + 2
        summed = np.bincount(part_of * kinds + value_of, weights=n, minlength=size * kinds)
        found.append(summed.reshape(size, kinds)[:, : len(known)])
    return np.concatenate(found, axis=1).astype(np.int64)


def cells(profile: Profile, spec: Spec) -> Cells:
    """Return every cell of a profile: the vectors of single slices by version and bucket."""
    return {
        CellKey(moment.version, key, moment.bucket): counts
        for moment, tally in profile.items()
        for key, counts in vectors(tally, spec).items()
    }


def combination(outcomes: Sheet, spec: Spec, who: Slice) -> Counts:
    """Return the outcomes of the people in a slice of up to three attributes, shape (outcomes,).

    Args:
        outcomes: of a tally, or summed over several.
        spec: what gives the counts their meaning.
        who: conditions on profiled attributes; values must be among those kept apart.

    Raises:
        BadInput: too many conditions, an attribute that is not profiled, or a value that is only
            counted among the others.
    """
    if len(who.conditions) > MOST_CONDITIONS:
        raise BadInput(
            f"{who.label} has {len(who.conditions)} conditions",
            do=f"ask for at most {MOST_CONDITIONS} attributes at a time",
        )
    return outcomes.counts[_within(outcomes, spec, who)].sum(axis=0)


def in_cube(spec: Spec, who: Slice) -> bool:
    """Return whether `combination` can tell these people: few conditions, all values kept apart."""
    singles = [Slice((condition,)).key for condition in who.conditions]
    return len(singles) <= MOST_CONDITIONS and all(key in spec.slices for key in singles)


def without_features(tally: Tally) -> Tally:
    """Return the tally with its outcomes and marks alone: what rests beside the stored cells."""
    return Tally(Sheet.empty(tally.features.counts.shape[1]), tally.outcomes, tally.marks)


def leaf_value(spec: Spec, leaf: int) -> tuple[str | None, ...]:
    """Return a leaf's values in the order of `spec.dimensions`; None: any other, or unknown."""
    values: list[str | None] = []
    for _, known in reversed(spec.dimensions):
        leaf, value = divmod(leaf, len(known) + 2)
        values.append(known[value] if value < len(known) else None)
    return tuple(values[::-1])


def leaves(spec: Spec) -> int:
    """Return how many leaves the cube has."""
    return prod(len(known) + 2 for _, known in spec.dimensions)


def _within(outcomes: Sheet, spec: Spec, who: Slice) -> Flags:
    inside = np.ones(len(outcomes.codes), np.bool_)
    asked = who.as_dict()
    for value_of, (attribute, known) in zip(
        _values(outcomes.codes, spec), spec.dimensions, strict=True
    ):
        if attribute not in asked:
            continue
        value = asked.pop(attribute)
        if value not in known:
            raise BadInput(
                f"{attribute}={value} is not kept apart",
                do=f"{attribute} has {', '.join(known[:10]) or 'no profiled value'}",
            )
        inside &= value_of == known.index(value)
    if asked:
        names = ", ".join(name for name, _ in spec.dimensions) or "none"
        raise BadInput(f"attribute {min(asked)!r} is not profiled", do=f"profiled are {names}")
    return inside


def _values(codes: Counts, spec: Spec) -> list[Codes]:
    """Return each leaf's value of each attribute, as its place among those kept apart."""
    rest, values = codes, list[Codes]()
    for _, known in reversed(spec.dimensions):
        rest, value = np.divmod(rest, len(known) + 2)
        values.append(value)
    return values[::-1]
