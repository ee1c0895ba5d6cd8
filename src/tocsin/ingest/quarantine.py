"""Quarantine: rows of a source that is not trusted are stored, and counted nowhere.

A source is whatever an attribute tells apart: a feed, a partner, a labelling team.  A row is held
back if it is in the slice and was *received* while the quarantine held: by our clock, so that
nobody slips through with an old `at`.  What was held back stays so after the end, and whenever
counts are made anew.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeAlias

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from tocsin.base.errors import BadInput
from tocsin.base.phrases import listing
from tocsin.base.slices import Slice
from tocsin.ingest.rows import INSTANT, Attribute

Column: TypeAlias = "pa.ChunkedArray[Any]"
Mask: TypeAlias = NDArray[np.bool_]
_pc: Any = pc  # its stubs know no columns


@dataclass(frozen=True, slots=True)
class Quarantine:
    """Rows in `slice` that were received in [since, until) are held back."""

    slice: Slice
    since: datetime
    until: datetime


def admitted(
    rows: pa.Table, quarantines: Sequence[Quarantine], *, told_at: Column | None = None
) -> pa.Table:
    """Return the rows that may be counted.

    Args:
        rows: predictions as they rest in the lake, at least `received_at` and the `s_` columns.
        quarantines: of their system, those that are over as well.
        told_at: when the outcome of each row was received; what was told under quarantine is held
            back as well.
    """
    held = np.zeros(rows.num_rows, np.bool_)
    for one in quarantines:
        inside = _during(rows["received_at"], one)
        if told_at is not None:
            inside |= _during(told_at, one)
        for name, value in one.slice.conditions:
            column = f"s_{name}"
            known = column in rows.column_names
            inside &= _true(_pc.equal(rows[column], value)) if known else np.False_
        held |= inside
    return rows.filter(pa.array(~held))


def source(slice_: Slice, attributes: Sequence[Attribute], hashed: Sequence[str]) -> Slice:
    """Return `slice_` if rows can be told apart by it.

    Args:
        slice_: whose rows are to be held back.
        attributes: what the system's rows are cut by.
        hashed: columns whose values are stored as keyed hashes.

    Raises:
        BadInput: it is everyone, or an attribute or a value that no row can show.
    """
    if not slice_.conditions:
        raise BadInput(
            "a quarantine of everyone would count nothing",
            where="slice",
            do="name the source, such as feed=partner",
        )
    known: Mapping[str, Attribute] = {one.name: one for one in attributes}
    for name, value in slice_.conditions:
        if name not in known:
            do = f"its rows are cut by {listing(sorted(known))}" if known else "declare `slices`"
            raise BadInput(f"rows do not say {name!r}", where="slice", do=do)
        if name in hashed:
            do = "name another attribute, or stop hashing it"
            raise BadInput(f"{name} is stored as keyed hashes", where="slice", do=do)
        if known[name].edges and value not in known[name].bands:
            do = f"one of {listing(known[name].bands)}"
            raise BadInput(f"{value!r} is no band of {name}", where="slice", do=do)
    return slice_


def _during(at: Column, one: Quarantine) -> Mask:
    since, until = (pa.scalar(instant, INSTANT) for instant in (one.since, one.until))
    return _true(_pc.and_(_pc.greater_equal(at, since), _pc.less(at, until)))


def _true(answers: Any) -> Mask:  # noqa: ANN401 - as above
    """Return where the answer is yes; unknown is none."""
    return np.asarray(_pc.fill_null(answers, False), np.bool_)
