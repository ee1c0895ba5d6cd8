"""The detect duty: the latest window of every system against its baseline, as findings.

The window ends with the last closed bucket that holds decisions; windows before it, back to the
first decision and no further, tell the usual volume.  A system is looked at once a bucket, which is
what the alarm budget is divided by, so the duty may run as often as it likes.
"""

from datetime import datetime, timedelta

import sqlalchemy as sa

from tocsin.base.spans import Span, bucket_of
from tocsin.detect.baseline import Baseline
from tocsin.detect.budget import Budget
from tocsin.detect.evaluate import evaluate
from tocsin.jobs.per_system import per_system
from tocsin.jobs.rings import Rings
from tocsin.profile.window import Window, window
from tocsin.store import findings, profiles, stages, systems
from tocsin.store.systems import StoredSystem

HISTORY = 12
"""Earlier windows that volume and silence are judged by, at most."""
ACTOR = "detect"
STAGE = "detect"

_baselines: dict[tuple[str, str, str], Baseline] = {}
"""By system, spec and reference, since a baseline is read and worked out once and never changes."""
_MOST_BASELINES = 64


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
        span = _window_of(conn, stored, now)
        if span is None or _seen(conn, stored, span, now):
            return
        waiting = rings.lake.version(name, "predictions") > profiles.watermark(
            conn, name, "predictions"
        )
        if waiting and now - span.end >= _lag_allowed(stored):
            return  # old windows are no news; the profile duty is still catching up
        current = window(profiles.cells(conn, stored.spec, span), span)
        history = _history(conn, stored, span)
        baseline = _baseline(conn, stored)
    if baseline is None:
        return
    last_at = _last_arrival(rings, stored, span)
    found = evaluate(
        current,
        baseline,
        stored.spec,
        stored.system,
        _budget(rings, stored),
        now=now if last_at and not waiting else None,  # uncounted decisions are no silence
        history=history,
        last_at=last_at,
    )
    with rings.database.unit(ACTOR, now) as unit:
        findings.save(unit, name, span.end, found, whole=True)
        stages.beat(unit, STAGE, name, _note(span))


def _lag_allowed(stored: StoredSystem) -> timedelta:
    """Return how far counting may be behind the clock before looking waits for it."""
    return max(2 * timedelta(seconds=stored.system.bucket_s), timedelta(seconds=30))


def _budget(rings: Rings, stored: StoredSystem) -> Budget:
    """Return this system's part of the budget, which all systems share evenly."""
    with rings.database.reading() as conn:
        sharing = max(1, len(systems.names(conn)))
    return Budget.of(rings.false_pages_per_month / sharing, stored.system.bucket_s)


def _window_of(conn: sa.Connection, stored: StoredSystem, now: datetime) -> Span | None:
    """Return the window that ends with the last closed bucket with decisions; None before one."""
    seen = profiles.first_and_last(conn, stored.system.name)
    if seen is None:
        return None
    end = min(bucket_of(now, stored.system.bucket_s), seen.end)
    if end <= seen.start:
        return None
    return Span(end - timedelta(seconds=stored.system.window_s), end)


def _seen(conn: sa.Connection, stored: StoredSystem, span: Span, now: datetime) -> bool:
    """Return whether this window was looked at less than a bucket ago."""
    last = stages.get(conn, STAGE, stored.system.name)
    if last is None or last.note != _note(span) or last.failures != 0:
        return False
    return now - last.at < timedelta(seconds=stored.system.bucket_s)


def _note(span: Span) -> str:
    return f"window to {span.end.isoformat()}"


def _history(conn: sa.Connection, stored: StoredSystem, span: Span) -> list[Window]:
    """Return the windows before `span` in which the system was up, newest first; everyone only."""
    first = profiles.first_and_last(conn, stored.system.name)
    assert first is not None
    past = Span(max(first.start, span.start - HISTORY * span.length), span.start)
    cells = profiles.cells(conn, stored.spec, past, slice="")
    whole: list[Window] = []
    start = past.end - span.length
    while start >= past.start:
        whole.append(window(cells, Span(start, start + span.length)))
        start -= span.length
    return whole


def _baseline(conn: sa.Connection, stored: StoredSystem) -> Baseline | None:
    key = (stored.system.name, stored.spec.hash, stored.sha256)
    if key not in _baselines:
        blocks = systems.blocks(conn, stored.system.name, stored.spec)
        if not blocks:
            return None
        if len(_baselines) >= _MOST_BASELINES:
            _baselines.clear()
        _baselines[key] = Baseline.of_cells(blocks)
    return _baselines[key]


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
