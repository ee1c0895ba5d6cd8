"""Arrivals: what each epoch added to the counts, whatever time its rows are about."""

from collections.abc import Mapping

import sqlalchemy as sa

from tocsin.base.slices import Slice
from tocsin.base.spans import Span
from tocsin.profile.cell import Counts
from tocsin.profile.codec import adder
from tocsin.profile.layout import layout_of
from tocsin.profile.spec import Spec
from tocsin.store import tables


def arrivals(
    conn: sa.Connection, spec: Spec, span: Span, who: Slice, epochs: tuple[int, int]
) -> Mapping[int, Counts]:
    """Return what each epoch added to the counts of `span`, of one slice or everyone.

    Args:
        conn: where to read.
        spec: what gives the counts their meaning.
        span: which buckets, by their start.
        who: everyone, or a single condition.
        epochs: the closed epoch before the first, and the last.
    """
    table, (after, last) = tables.profile, epochs
    query = sa.select(table.c.epoch, table.c.body).where(
        table.c.system == spec.system,
        table.c.spec_hash == spec.hash,
        table.c.bucket >= span.start,
        table.c.bucket < span.end,
        table.c.slice == who.key,
        table.c.since > after,
        table.c.epoch <= last,
    )
    sums: dict[int, Counts] = {}
    zero, added = layout_of(spec).zero, adder(spec)
    for epoch, body in conn.execute(query):
        if epoch not in sums:
            sums[epoch] = zero()
        added(body, sums[epoch])
    return sums
