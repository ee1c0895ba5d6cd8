"""Objectives of one system with their events, read from what was counted up to an epoch."""

from collections.abc import Mapping
from datetime import datetime, timedelta

import sqlalchemy as sa

from tocsin.base.slices import Slice, parse
from tocsin.base.spans import Span, bucket_of
from tocsin.detect.burn import Tally, pairs
from tocsin.detect.series import Series
from tocsin.detect.sli import events
from tocsin.detect.slo import Course, Objective, course_of
from tocsin.detect.terms import Terms
from tocsin.ingest.kpi import Kpi
from tocsin.ingest.slo import KPI, Slo
from tocsin.profile.cell import Counts
from tocsin.profile.layout import layout_of
from tocsin.store import epochs, kpis, profiles
from tocsin.store.arrivals import arrivals
from tocsin.store.epochs import Stamp
from tocsin.store.systems import StoredSystem

ByBucket = Mapping[datetime, Counts]


def objectives(
    conn: sa.Connection, stored: StoredSystem, terms: Terms, stamp: Stamp
) -> list[Objective]:
    """Return the objectives of `terms.system`, in its order.

    Args:
        conn: where to read.
        stored: the system.
        terms: whose system, window and instant they are judged by.
        stamp: what was known.
    """
    if not terms.system.slos:
        return []
    read: dict[tuple[Span, Slice], ByBucket] = {}

    def counted(span: Span, who: Slice) -> ByBucket:
        if (span, who) not in read:
            read[span, who] = profiles.outcomes(conn, stored.spec, span, who, as_of=stamp.epoch)
        return read[span, who]

    now = epochs.get(conn, stored.system.name, stamp).at
    found: list[Objective] = []
    for slo in terms.system.slos:
        kpi = next((one for one in terms.system.kpis if one.name == slo.column), None)
        kpi = kpi if slo.sli == KPI else None
        end = _end(terms, slo, kpi)
        span = Span(end - timedelta(seconds=slo.period_s), end)
        if kpi is None:
            what = events(layout_of(stored.spec), slo)
            buckets = counted(span, parse(slo.slice))
            course = course_of({at: what.bad_of(some) for at, some in buckets.items()})
        else:
            rows = kpis.between(conn, stored.system.name, kpi.name, span, stamp)
            series = Series.of(rows, kpi.every_s)
            course = Course(series.start_s, series.n - series.total, series.n)
        began = datetime.fromtimestamp(float(min([*course.start_s, end.timestamp()])), end.tzinfo)
        found.append(
            Objective(
                slo=slo,
                bucket_s=kpi.every_s if kpi else terms.system.bucket_s,
                begun=began if kpi else min(began, terms.history_from),
                end=end,
                now=now,
                course=course,
                arrived=_arrived(conn, stored, slo, terms, stamp, now),
            )
        )
    return found


def _end(terms: Terms, slo: Slo, kpi: Kpi | None) -> datetime:
    """Return up to when the events of `slo` are as complete as they get."""
    if kpi is not None:
        closed = (terms.kpis_at or terms.window.end) - timedelta(seconds=kpi.wait_s)
        return bucket_of(closed, kpi.every_s)
    whole = terms.outcomes if slo.needs_outcomes else None
    return (whole or terms.window).end


def _arrived(  # noqa: PLR0917 - what one objective is read by
    conn: sa.Connection,
    stored: StoredSystem,
    slo: Slo,
    terms: Terms,
    stamp: Stamp,
    now: datetime,
) -> Mapping[int, Tally]:
    """Return the events whose outcomes came in lately, by seconds before the epoch closed."""
    who = parse(slo.slice)
    if not slo.needs_outcomes or len(who.conditions) > 1:
        return {}
    spec, what = stored.spec, events(layout_of(stored.spec), slo)
    asked = pairs(slo.period_s, slo.target, spec.bucket_s)
    lengths = {length for pair in asked for length in (pair.long_s, pair.short_s)}
    closed = epochs.closed_since(conn, spec, now - timedelta(seconds=max(lengths)))
    known = {epoch: at for epoch, at in closed.items() if epoch <= stamp.epoch}
    if not known:
        return {}
    end = terms.window.end
    late = timedelta(seconds=slo.period_s + terms.system.outcomes_after_s)
    span, between = Span(end - late, end), (min(known), stamp.epoch)
    added = arrivals(conn, spec, span, who, between)
    return _within(known, {epoch: what.bad_of(some) for epoch, some in added.items()}, now, lengths)


def _within(
    closed: Mapping[int, datetime],
    added: Mapping[int, tuple[float, float]],
    now: datetime,
    lengths: set[int],
) -> Mapping[int, Tally]:
    """Return the sums over the last seconds; lengths that reach beyond what is kept are absent."""
    found: dict[int, Tally] = {}
    for length_s in lengths:
        before = [epoch for epoch, at in closed.items() if at <= now - timedelta(seconds=length_s)]
        if not before:
            continue
        parts = [some for epoch, some in added.items() if epoch > max(before)]
        bad, n = (max(sum(part[place] for part in parts), 0.0) for place in (0, 1))
        found[length_s] = Tally(min(bad, n), n)
    return found
