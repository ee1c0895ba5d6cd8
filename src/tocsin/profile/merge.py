"""Merge two profiles: add their vectors, cell by cell.

Whole numbers add exactly, so merging is associative and commutative and any split of the rows, in
any order, gives the identical profile (tested).
"""

from tocsin.profile.cell import CellKey, Counts, Profile


def merge(a: Profile, b: Profile) -> Profile:
    """Return the profile of the rows of `a` and of `b` together; both must be of one spec."""
    merged: dict[CellKey, Counts] = dict(a)
    for key, counts in b.items():
        held = merged.get(key)
        merged[key] = counts if held is None else held + counts
    return merged
