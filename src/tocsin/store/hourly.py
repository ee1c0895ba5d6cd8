"""Arrivals: how many decisions each bucket counts, of everyone and of every slice."""

from datetime import timedelta

import numpy as np
import sqlalchemy as sa

from tocsin.base.spans import Span, bucket_of
from tocsin.detect.arrivals import PAST_DAYS, Arrivals
from tocsin.profile.cell import Counts
from tocsin.profile.cells import rows_by_slice
from tocsin.profile.spec import Spec
from tocsin.store import profiles

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
    found: dict[float, Counts] = {}
    for moment, tally in profiles.tallies(conn, spec, span, as_of=as_of).items():
        at_s = moment.bucket.timestamp()
        here = rows_by_slice(tally, spec)
        found[at_s] = found[at_s] + here if at_s in found else here
    if not found:
        return none
    start_s = np.arange(min(found), span.end.timestamp(), spec.bucket_s)
    counts = np.zeros((len(start_s), len(spec.slices) + 1))
    for row, at_s in enumerate(start_s.tolist()):
        if at_s in found:
            counts[row] = found[at_s]
    return Arrivals(start_s, counts)
