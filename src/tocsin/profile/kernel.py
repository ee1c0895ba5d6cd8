"""The kernel: rows in, counts out.

A pure function on Arrow tables, so that every engine that runs it over any split of the rows and
merges gives the same numbers.

    rows → batches of 131,072 → moments and leaves → features, outcomes → tallies

Each column is turned into bin numbers once.  Sums are of whole numbers, which add exactly, so that
they may be taken in any order.

What a profile may take, whatever the rows.  With S slices, L leaves (`cells.leaves`, at most
`MOST_LEAVES`), C columns that have marks, P that are paired, and rows of F features and O outcomes
(`layout`), one moment of n rows takes, packed, at most

    8.01 ((min(n, S) + 1) (F + 1) + min(n, L) (O + 1) + (P + 1) (P + 2) / 2)
        + 300 C + 16.1 min(n, 512) + 1400      [bytes]

and one bucket has at most `MOST_VERSIONS` + 1 moments.  Of what rows say nothing is kept but
versions, cut to `VERSION_MAX_CHARS`, each numeric column's smallest and largest value, and hashes
of some whole rows (see `repeats`).
"""

from collections.abc import Callable, Iterator
from typing import TypeAlias

import numpy as np
import pyarrow as pa

from tocsin.ingest.rows import FieldKind
from tocsin.profile import features, outcomes
from tocsin.profile.cell import Counts, Marks, Profile, Sheet, Tally
from tocsin.profile.columns import Batch, Codes, batches
from tocsin.profile.groups import Groups, by_time, groups
from tocsin.profile.layout import Layout, distinct_columns, layout_of
from tocsin.profile.merge import add_up, total
from tocsin.profile.sketch import REGISTERS
from tocsin.profile.spec import Spec

ROWS_AT_ONCE = 1 << 17
"""Rows of a batch: a column and what is made of it stay in a core's own cache."""
_MOST_NUMBERS = 16_000_000
"""Numbers that the cells of one batch may take, 128 MB; rows of more moments are counted apart."""

_Counted: TypeAlias = tuple[Counts | None, list[Marks], Counts]
"""Features (moments, slices + 1, width) or none, marks per moment, outcomes (groups, width)."""
_Count: TypeAlias = Callable[[Batch, Groups, Layout], _Counted]


def profile(rows: pa.Table, spec: Spec) -> Profile:
    """Return the counts of `rows` by version and bucket.

    Args:
        rows: predictions in the lake's schema (`spec.schema.predictions()`), texts
            dictionary-encoded or not; columns `label` (canonical text, null where unknown) and
            `label_at` beside it are counted too.  Columns of the schema that are absent count as
            null.
        spec: learnt from the reference.

    Returns:
        One tally per (version, bucket) that any row falls into.
    """
    return add_up(_moments(batch, spec, _everything) for _, batch in _batches(rows, spec))


def profile_labels(rows: pa.Table, spec: Spec) -> Profile:
    """Return only what outcomes add to a profile: for labels that arrive after their predictions.

    Args:
        rows: predictions joined with their `label` and `label_at`; the bucket is that of the
            prediction's `at`.
        spec: learnt from the reference.
    """
    return add_up(_moments(batch, spec, _labels_alone) for _, batch in _batches(rows, spec))


def profile_parts(rows: pa.Table, spec: Spec, part_of: Codes, how_many: int) -> list[Tally]:
    """Return the counts of `rows`, apart for each of `how_many` parts.

    Args:
        rows: as for `profile`; versions and buckets are added up.
        spec: learnt from the reference.
        part_of: the part that each row belongs to, 0 <= part < how_many.
        how_many: number of parts.
    """
    counted: list[list[Tally]] = [[nothing(spec)] for _ in range(how_many)]
    for start, batch in _batches(rows, spec):
        parts = part_of[start : start + batch.n]
        for part, tally in _in_turn(batch, spec, parts, how_many, _everything):
            counted[part].append(tally)
    return [total(tallies) for tallies in counted]


def nothing(spec: Spec) -> Tally:
    """Return the tally of no rows."""
    layout = layout_of(spec)
    return Tally(
        Sheet.empty(layout.width - layout.outcomes),
        Sheet.empty(layout.outcomes),
        Marks.none(len(distinct_columns(spec)), len(spec.numeric), REGISTERS),
    )


def _batches(rows: pa.Table, spec: Spec) -> Iterator[tuple[int, Batch]]:
    prose = {f"f_{f.name}" for f in spec.schema.features if f.kind is FieldKind.TEXT}
    return batches(rows, ROWS_AT_ONCE, prose)


def _moments(batch: Batch, spec: Spec, count: _Count) -> Profile:
    moments, moment_of = by_time(batch, spec)
    counted = _in_turn(batch, spec, moment_of, len(moments), count)
    return {moments[k]: tally for k, tally in counted}


def _in_turn(
    batch: Batch, spec: Spec, moment_of: Codes, moments: int, count: _Count
) -> Iterator[tuple[int, Tally]]:
    """Yield each moment's number and tally; as many moments at a time as memory allows."""
    at_once = max(1, _MOST_NUMBERS // (layout_of(spec).width * (len(spec.slices) + 1)))
    if moments <= at_once:
        yield from enumerate(_count(batch, spec, moment_of, moments, count))
        return
    for first in range(0, moments, at_once):
        these = np.flatnonzero((moment_of >= first) & (moment_of < first + at_once))
        some = min(at_once, moments - first)
        part = batch.take(these)
        yield from enumerate(_count(part, spec, moment_of[these] - first, some, count), first)


def _count(
    batch: Batch, spec: Spec, moment_of: Codes, moments: int, count: _Count
) -> Iterator[Tally]:
    """Yield the tally of each moment, none of which is without rows or there are no rows at all."""
    if not batch.n:
        yield from (nothing(spec) for _ in range(moments))
        return
    layout = layout_of(spec)
    grouped = groups(batch, spec, moment_of, moments)
    counted, marks, leaves = count(batch, grouped, layout)
    borders = np.searchsorted(grouped.moment_of, np.arange(moments + 1)).tolist()
    none = Sheet.empty(layout.width - layout.outcomes)
    for moment in range(moments):
        own = slice(borders[moment], borders[moment + 1])
        if counted is None:
            cells = none
        else:
            codes = grouped.slices_with_rows(moment)
            full = len(codes) == counted.shape[1]  # then nothing needs copying
            cells = Sheet(codes, counted[moment] if full else counted[moment, codes])
        yield Tally(cells, Sheet(grouped.leaf_of[own], leaves[own]), marks[moment])


def _everything(batch: Batch, grouped: Groups, layout: Layout) -> _Counted:
    cells, marks = features.count(batch, grouped, layout)
    return cells, marks, outcomes.count(batch, grouped, layout)


def _labels_alone(batch: Batch, grouped: Groups, layout: Layout) -> _Counted:
    marks = [nothing(layout.spec).marks] * grouped.moments
    return None, marks, outcomes.count_labels(batch, grouped, layout)
