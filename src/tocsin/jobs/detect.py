"""The detect duty: the latest window of every system against its baseline, as findings.

The window ends with the last closed bucket that holds decisions; windows before it, back to the
first decision and no further, tell the usual volume.  A system is looked at once a bucket, which is
what the alarm budget is divided by, so the duty may run as often as it likes.

Before it reads, it closes the system's epoch; its findings carry the epoch's number and can be
computed again from what was known then (`jobs.evaluation`).
"""

from datetime import datetime, timedelta

import sqlalchemy as sa

from tocsin import __version__
from tocsin.base.spans import Span, bucket_of
from tocsin.detect.budget import Budget
from tocsin.detect.kpi_findings import line
from tocsin.detect.lasting import WINDOWS
from tocsin.detect.terms import Terms
from tocsin.jobs.evaluation import KPI_PAST, baseline, evaluated, kpis
from tocsin.jobs.per_system import per_system
from tocsin.jobs.rings import Rings
from tocsin.store import epochs, findings, incidents, profiles, stages, systems
from tocsin.store.codec import encode
from tocsin.store.kpis import keep_lines
from tocsin.store.systems import StoredSystem

HISTORY = WINDOWS - 1
"""Earlier windows that are read, at most."""
LINE_BUCKETS = 720
"""Buckets of a KPI that are drawn, at most."""
ACTOR = "detect"
STAGE = "detect"


def run(rings: Rings, now: datetime) -> None:
    """Look at every declared system that was not looked at in the present bucket yet.

    A system that the configuration no longer declares keeps its records and is left in peace.
    """

    def look(name: str) -> None:
        if not rings.policies or name in rings.policies:
            _look(rings, name, now)

    per_system(rings, look)


def _look(rings: Rings, name: str, now: datetime) -> None:
    with rings.database.reading() as conn:
        stored = systems.get(conn, name)
        first = profiles.first_and_last(conn, name)
        span = _window_of(stored, first, now)
        if first is None or span is None or _seen(conn, stored, span, now):
            return
        waiting = rings.lake.version(name, "predictions") > profiles.watermark(
            conn, name, "predictions"
        )
        if waiting and now - span.end >= _lag_allowed(stored):
            return  # old windows are no news; the profile duty is still catching up
        if baseline(conn, stored) is None:
            return
    last_at = _last_arrival(rings, stored, span)
    terms = Terms(
        system=stored.system,
        reference_sha256=stored.sha256,
        budget=_budget(rings, stored),
        window=span,
        history_from=max(first.start, span.start - HISTORY * span.length),
        now=now if last_at and not waiting else None,  # uncounted decisions are no silence
        last_at=last_at,
        code=__version__,
        kpis_at=now if stored.system.kpis else None,
        incidents=_incidents(rings, name, now) if stored.system.kpis else (),
        outcomes=_outcomes(stored, span),
    )
    with rings.database.unit(ACTOR, now, quiet=True) as unit:
        stamp = epochs.close(unit, stored.spec)
    with rings.database.reading() as conn:
        judged = kpis(conn, stored, terms, stamp)
        found = evaluated(conn, stored, terms, stamp, judged)
    with rings.database.unit(ACTOR, now) as unit:
        epochs.keep(unit, name, stamp, encode(terms))
        findings.save(unit, name, span.end, found, whole=True, stamp=stamp)
        keep_lines(unit, name, {one.kpi.name: line(one, LINE_BUCKETS) for one in judged})
        stages.beat(unit, STAGE, name, _note(span))


def _incidents(rings: Rings, name: str, now: datetime) -> tuple[Span, ...]:
    """Return when incidents of the system harmed, within the past that KPIs are read of."""
    with rings.database.reading() as conn:
        known = incidents.since(conn, name, now - KPI_PAST)
    spans = [
        Span(one.impact_from or one.detected_at, one.recovered_at or one.resolved_at or now)
        for one in known
    ]
    return tuple(sorted(span for span in spans if span.start < span.end))


def _lag_allowed(stored: StoredSystem) -> timedelta:
    """Return how far counting may be behind the clock before looking waits for it."""
    return max(2 * timedelta(seconds=stored.system.bucket_s), timedelta(seconds=30))


def _budget(rings: Rings, stored: StoredSystem) -> Budget:
    """Return this system's part of the budget, which all systems share evenly."""
    with rings.database.reading() as conn:
        sharing = max(1, len(systems.names(conn)))
    pages, tickets = rings.false_pages_per_month, rings.false_tickets_per_month
    return Budget.of(pages / sharing, stored.system.bucket_s, tickets / sharing)


def _window_of(stored: StoredSystem, seen: Span | None, now: datetime) -> Span | None:
    """Return the window that ends with the last closed bucket with decisions; None before one."""
    if seen is None:
        return None
    end = min(bucket_of(now, stored.system.bucket_s), seen.end)
    if end <= seen.start:
        return None
    return Span(end - timedelta(seconds=stored.system.window_s), end)


def _outcomes(stored: StoredSystem, span: Span) -> Span | None:
    """Return the window whose outcomes are as complete as they get; None where none is older."""
    if not stored.system.outcomes_after_s:
        return None
    after = timedelta(seconds=stored.system.outcomes_after_s)
    end = bucket_of(span.end - after, stored.system.bucket_s)
    return Span(end - span.length, end)


def _seen(conn: sa.Connection, stored: StoredSystem, span: Span, now: datetime) -> bool:
    """Return whether this window was looked at less than a bucket ago."""
    last = stages.get(conn, STAGE, stored.system.name)
    if last is None or last.note != _note(span) or last.failures != 0:
        return False
    return now - last.at < timedelta(seconds=stored.system.bucket_s)


def _note(span: Span) -> str:
    return f"window to {span.end.isoformat()}"


def _last_arrival(rings: Rings, stored: StoredSystem, span: Span) -> datetime | None:
    """Return when the newest decision reached us; None if decisions arrive long after being made.

    Such a feed (a replay of history, a nightly file) is not live, and its silence means nothing.
    """
    bucket = timedelta(seconds=stored.system.bucket_s)
    rows = rings.lake.scan(
        stored.system.name,
        "predictions",
        columns=["at", "received_at"],
        span=Span(span.end - bucket, span.end + bucket),
    )
    times = [(row["at"], row["received_at"]) for row in rows.to_pylist()]
    if not times:
        return None
    at, received_at = max(times)
    if received_at - at > max(bucket, timedelta(minutes=5)):
        return None
    return max(received for _, received in times)
