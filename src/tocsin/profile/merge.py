"""Merge profiles: add their rows moment by moment, and their marks as each of them merges.

Whole numbers add exactly, so merging is associative and commutative and any split of the rows, in
any order, gives the identical profile (tested).

A version is free text that anybody may send, so one bucket keeps at most `MOST_VERSIONS` apart:
those whose hashes are smallest.  The rest are added up under `OTHER_VERSIONS`.  Whatever is among
the smallest of the whole is among the smallest of every part, so this too does not depend on the
split.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime

import numpy as np

from tocsin.profile.cell import Marks, Moment, Profile, Sheet, Tally
from tocsin.profile.pairs import added
from tocsin.profile.repeats import joined
from tocsin.profile.sketch import text_hashes
from tocsin.profile.spec import MOST_VERSIONS

OTHER_VERSIONS = "other versions"


def merge(a: Profile, b: Profile) -> Profile:
    """Return the profile of the rows of `a` and of `b` together; both must be of one spec."""
    return add_up((a, b))


def add_up(profiles: Iterable[Profile]) -> Profile:
    """Return the profile of the rows of all `profiles` together; all must be of one spec."""
    parts: dict[Moment, list[Tally]] = {}
    for profile in profiles:
        for moment, tally in profile.items():
            parts.setdefault(moment, []).append(tally)
    return bounded({moment: total(tallies) for moment, tallies in parts.items()})


def total(tallies: Sequence[Tally]) -> Tally:
    """Return the sum of one moment's tallies, at least one."""
    if len(tallies) == 1:
        return tallies[0]
    return Tally(
        sheet([tally.features for tally in tallies]),
        sheet([tally.outcomes for tally in tallies]),
        marks([tally.marks for tally in tallies]),
    )


def marks(parts: Sequence[Marks]) -> Marks:
    """Return the marks of all rows together, at least one part."""
    if len(parts) == 1:
        return parts[0]
    return Marks(
        np.maximum.reduce([one.registers for one in parts]),
        np.minimum.reduce([one.lowest for one in parts]),
        np.maximum.reduce([one.highest for one in parts]),
        joined([one.sample for one in parts]),
        added([one.pairs for one in parts]),
    )


def sheet(sheets: Sequence[Sheet]) -> Sheet:
    """Return the sum of sheets of one width, row by row."""
    sheets = [one for one in sheets if len(one.codes)] or sheets[:1]
    if len(sheets) == 1:
        return sheets[0]
    first = sheets[0].codes
    if all(np.array_equal(first, one.codes) for one in sheets[1:]):
        counts = sheets[0].counts + sheets[1].counts
        for one in sheets[2:]:
            counts += one.counts
        return Sheet(first, counts)
    codes = np.unique(np.concatenate([one.codes for one in sheets]))
    counts = np.zeros((len(codes), sheets[0].counts.shape[1]), np.int64)
    for one in sheets:
        counts[np.searchsorted(codes, one.codes)] += one.counts
    return Sheet(codes, counts)


def bounded(profile: Profile) -> Profile:
    """Return the profile with at most `MOST_VERSIONS` versions a bucket, the rest added up."""
    if len({moment.version for moment in profile}) <= MOST_VERSIONS:
        return profile
    versions: dict[datetime, list[str]] = {}
    for moment in profile:
        versions.setdefault(moment.bucket, []).append(moment.version)
    kept = {bucket: _smallest(names) for bucket, names in versions.items()}
    parts: dict[Moment, list[Tally]] = {}
    for moment, tally in profile.items():
        version = moment.version if moment.version in kept[moment.bucket] else OTHER_VERSIONS
        parts.setdefault(Moment(version, moment.bucket), []).append(tally)
    return {moment: total(tallies) for moment, tallies in parts.items()}


def _smallest(versions: Sequence[str]) -> frozenset[str]:
    own = [name for name in versions if name != OTHER_VERSIONS]
    order: list[int] = np.argsort(text_hashes(own), kind="stable").tolist()
    return frozenset([OTHER_VERSIONS, *(own[k] for k in order[:MOST_VERSIONS])])
