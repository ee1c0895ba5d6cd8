"""What came before a window, for the monitors of an owner's own that compare with it."""

from collections.abc import Mapping
from datetime import timedelta

import sqlalchemy as sa

from tocsin.base.slices import parse
from tocsin.base.spans import Span
from tocsin.detect.own import Past, measured
from tocsin.detect.terms import Terms
from tocsin.profile.cell import Counts
from tocsin.profile.layout import layout_of
from tocsin.store import profiles
from tocsin.store.epochs import Stamp
from tocsin.store.systems import StoredSystem

WINDOWS = 30
"""Whole windows before the present that a monitor's rule is tried on, at most."""


def pasts(
    conn: sa.Connection, stored: StoredSystem, terms: Terms, stamp: Stamp
) -> Mapping[str, Past]:
    """Return the past of each monitor of `terms.system`, by its name.

    Args:
        conn: where to read.
        stored: the system.
        terms: whose window is judged.
        stamp: what was known.
    """
    spec, layout = stored.spec, layout_of(stored.spec)
    read: dict[tuple[Span, str], list[Counts]] = {}

    def before(span: Span, key: str) -> list[Counts]:
        if (span, key) not in read:
            start = max(terms.history_from, span.start - WINDOWS * span.length)
            whole = Span(start, span.start)
            by_bucket = profiles.outcomes(conn, spec, whole, parse(key), as_of=stamp.epoch)
            sums: dict[int, Counts] = {}
            for bucket, counts in by_bucket.items():
                place = -((bucket - span.start) // span.length)
                sums[place] = sums[place] + counts if place in sums else counts
            full = (span.start - start) // span.length  # the oldest may begin before the system did
            read[span, key] = [sums[place] for place in sorted(sums) if place <= full]
        return read[span, key]

    def ago(span: Span, key: str, length_s: int) -> Counts | None:
        earlier = timedelta(seconds=length_s)
        then = Span(span.start - earlier, span.end - earlier)
        return profiles.window(conn, spec, then, slice=key, as_of=stamp.epoch).cells.get(key)

    found: dict[str, Past] = {}
    for monitor in terms.system.monitors:
        late = measured(layout, monitor).needs_outcomes and terms.outcomes is not None
        span = terms.outcomes if late and terms.outcomes else terms.window
        length_s = monitor.previous_s
        found[monitor.name] = Past(
            windows=before(span, monitor.slice) if length_s is None else (),
            ago=None if length_s is None else ago(span, monitor.slice, length_s),
        )
    return found
