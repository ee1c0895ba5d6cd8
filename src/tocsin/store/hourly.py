"""Arrivals: how many decisions each bucket counts, of everyone and of every slice."""

from datetime import timedelta

import numpy as np
import sqlalchemy as sa

from tocsin.base.spans import Span, bucket_of
from tocsin.detect.arrivals import PAST_DAYS, Arrivals
from tocsin.profile.cell import Counts
from tocsin.profile.cells import rows_by_slice
from tocsin.profile.codec import unpack_sizes
from tocsin.profile.spec import Spec
from tocsin.store import profiles, tables

BUCKETS = 2160
"""Buckets that are read at most for one look."""


def arrivals(conn: sa.Connection, spec: Spec, end: Span, *, as_of: int | None = None) -> Arrivals:
    """Return the buckets up to the end of a window, side by side; none where they are days already.

    Args:
        conn: where to read.
        spec: what gives the counts their meaning.
        end: the window.
        as_of: only what was counted up to this closed epoch; None: all that is known.
    """
    length = timedelta(seconds=spec.bucket_s)
    past = min(timedelta(days=PAST_DAYS), BUCKETS * length)
    span = Span(bucket_of(end.end - past, spec.bucket_s), end.end)
    none = Arrivals(np.zeros(0), np.zeros((0, len(spec.slices) + 1)))
    if profiles.grain(conn, spec, span) > spec.bucket_s:
        return none
    table, at_s, parts = tables.tally, list[float](), list[tuple[Counts, Counts]]()
    query = sa.select(table.c.bucket, table.c.epoch, table.c.body)
    for bucket, epoch, body in conn.execute(
        query.where(*profiles.asked(table, spec, span, None, as_of))
    ):
        profiles.require_kept(spec, bucket, epoch, as_of)
        at_s.append(bucket.timestamp())
        parts.append(unpack_sizes(body, spec))
    if not parts:
        return none
    start_s = np.arange(min(at_s), span.end.timestamp(), spec.bucket_s)
    counts = np.zeros((len(start_s), len(spec.slices) + 1))
    np.add.at(counts, np.searchsorted(start_s, at_s), rows_by_slice(parts, spec))
    return Arrivals(start_s, counts)
