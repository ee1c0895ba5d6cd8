"""Groups: which moment, slice values and leaf of the cube each row of a batch belongs to."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from math import prod

import numpy as np
from numpy.typing import NDArray

from tocsin.profile.cell import Counts, Moment
from tocsin.profile.columns import Batch, Codes
from tocsin.profile.spec import VERSION_MAX_CHARS, Spec

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_DENSE = 1 << 20
"""Possible codes up to which distinct ones are found by marking instead of sorting."""


@dataclass(frozen=True, slots=True, eq=False)
class Attribute:
    """One attribute's part in the groups: `size` values, the last two any other and unknown.

    The `known` values before those are the slices numbered `first`, first + 1, and so on; 0 is
    everyone.  `of_group`, shape (G,), is moment * size + value of each group.
    """

    size: int
    known: int
    first: int
    of_group: Codes


@dataclass(frozen=True, slots=True, eq=False)
class Groups:
    """Rows by moment and leaf: G groups, in that order, none of them empty.

    moment, group: shape (n,), of each row.  cells: shape (attributes, n), moment * size + value.
    moment_of, leaf_of, sizes: shape (G,), the latter rows a group.
    """

    moments: int
    moment: NDArray[np.uint32]
    group: NDArray[np.uint32]
    cells: NDArray[np.uint32]
    moment_of: Codes
    leaf_of: Counts
    sizes: Counts
    attributes: Sequence[Attribute]

    def slices_with_rows(self, moment: int) -> Codes:
        """Return the slices that one moment's rows fall into; 0, everyone, is always among them."""
        found = [np.zeros(1, np.intp)]
        here = self.moment_of == moment
        for attribute in self.attributes:
            value = np.unique(attribute.of_group[here] - moment * attribute.size)
            found.append(attribute.first + value[value < attribute.known])
        return np.concatenate(found)


def by_time(batch: Batch, spec: Spec) -> tuple[list[Moment], Codes]:
    """Return the distinct moments of the rows, and which of them each row has."""
    bucket = batch.ticks("at") // (spec.bucket_s * 1_000_000)
    words, of_row = batch.words("version")
    texts: list[str] = [name[:VERSION_MAX_CHARS] for name in words.texts.to_pylist()]
    texts.append("")  # the last stands for null
    names: list[str] = list(dict.fromkeys(texts))  # long ones may have met
    place = {name: k for k, name in enumerate(names)}
    version: Codes = np.array([place[text] for text in texts], np.intp).take(of_row)
    first = int(bucket.min())
    length = int(bucket.max()) - first + 1
    codes = version * length + (bucket - first)
    distinct, moment_of = _distinct(codes, length * len(names))
    found: list[int] = distinct.tolist()
    moments = [
        Moment(names[c // length], _EPOCH + timedelta(seconds=(c % length + first) * spec.bucket_s))
        for c in found
    ]
    return moments, moment_of


def groups(batch: Batch, spec: Spec, moment_of: Codes, moments: int) -> Groups:
    """Return how the rows of `batch`, at least one, are grouped.

    Args:
        batch: the rows.
        spec: tells the attributes and their values.
        moment_of: the moment of each row, 0 <= moment < moments.
        moments: how many there are.
    """
    sizes = [len(known) + 2 for _, known in spec.dimensions]
    # without attributes there is one value, that of everyone, which no slice asks for
    cells = np.empty((max(1, len(sizes)), batch.n), np.uint32)
    cells[0] = moment_of
    leaf = np.zeros(batch.n, np.int64)
    for row, ((name, known), size) in enumerate(zip(spec.dimensions, sizes, strict=True)):
        value = batch.places(f"s_{name}", known)
        leaf = leaf * size + value
        cells[row] = moment_of * size + value
    leaves = prod(sizes)
    distinct, group = _distinct(moment_of * leaves + leaf, leaves * moments)
    moment_of_group, leaf_of_group = np.divmod(distinct, leaves)
    attributes: list[Attribute] = []
    rest, first = leaf_of_group, 1 + len(spec.slices)
    for size in reversed(sizes):
        rest, value = np.divmod(rest, size)
        first -= size - 2
        attributes.append(Attribute(size, size - 2, first, moment_of_group * size + value))
    return Groups(
        moments,
        moment_of.astype(np.uint32),
        group.astype(np.uint32),
        cells,
        moment_of_group,
        leaf_of_group,
        np.bincount(group, minlength=len(distinct)),
        attributes[::-1] or [Attribute(1, 0, 1, moment_of_group)],
    )


def _distinct(codes: Codes, bound: int) -> tuple[Codes, Codes]:
    """Return the distinct codes, rising, and the place among them of each code."""
    if bound > _DENSE:
        return np.unique(codes, return_inverse=True)
    present = np.zeros(bound, np.bool_)
    present[codes] = True
    distinct = np.flatnonzero(present)
    if len(distinct) == 1:
        return distinct, np.zeros(len(codes), np.intp)
    return distinct, (np.cumsum(present) - 1).take(codes)
