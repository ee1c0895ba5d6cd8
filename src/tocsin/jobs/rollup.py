"""The roll-up duty: old counts are merged, epochs first, then hours to days, and dropped at last.

Each step is one unit on one day of one system, and a round has few of them; a system is gone
through once a bucket, or at once again while steps are left.  Answers kept for requests that come
again are forgotten with it.
"""

from datetime import datetime, timedelta

from tocsin.base.errors import Conflict
from tocsin.base.spans import Span
from tocsin.detect.arrivals import PAST_DAYS
from tocsin.detect.lasting import WINDOWS
from tocsin.jobs.per_system import per_system
from tocsin.jobs.rings import Rings
from tocsin.profile.retention import DAY_S, Horizons, horizons
from tocsin.profile.spec import Spec
from tocsin.store import epochs, idempotency, kpis, profiles, rollup, stages, systems
from tocsin.store.hourly import BUCKETS

STEPS_AT_ONCE = 20
"""Days of one system that are merged or dropped before other duties have their turn."""
ACTOR = "rollup"
STAGE = "rollup"
ANSWERS_KEPT = timedelta(days=30)
"""How long a request with an `Idempotency-Key`, or a webhook, is known when it comes again; whoever
tries again gives up within days."""
_UNLOOKED = timedelta(days=1)
"""Without an evaluation for so long nobody else closes epochs, and only closed ones are merged."""


def run(rings: Rings, now: datetime) -> None:
    """Merge and drop what is due for every system; may be killed anywhere and run again."""
    per_system(rings, lambda name: _tidy(rings, name, now))


def _tidy(rings: Rings, name: str, now: datetime) -> None:
    with rings.database.reading() as conn:
        stored = systems.get(conn, name)
        last = stages.get(conn, STAGE, name)
        closed_at = epochs.last_closed_at(conn, stored.spec)
    bucket = timedelta(seconds=stored.system.bucket_s)
    if last is not None and last.ok_at is not None and now - last.ok_at < bucket:
        return
    system = stored.system
    longest_s = max(
        WINDOWS * system.window_s,
        system.outcomes_after_s + system.window_s + 2 * system.bucket_s,
        min(PAST_DAYS * DAY_S, BUCKETS * system.bucket_s),
    )
    seen = timedelta(seconds=longest_s)
    due = horizons(rings.retention, seen, now)
    try:
        if closed_at is None or now - closed_at >= _UNLOOKED:
            with rings.database.unit(ACTOR, now, quiet=True) as unit:
                epochs.close(unit, stored.spec)
        for _ in range(STEPS_AT_ONCE):
            if not _step(rings, stored.spec, due, now):
                break
        else:
            return  # more is left for the next round
    except Conflict:
        return  # the spec was replaced: the next round sees
    with rings.database.unit(ACTOR, now, quiet=True) as unit:
        rollup.forget(
            unit,
            name,
            epochs_before=now - rings.retention.as_of,
            orphans_before=now - rings.retention.profiles_hourly,
        )
        kpis.forget(unit, name, now - rings.retention.profiles)
        idempotency.forget(unit, now - ANSWERS_KEPT)
        stages.beat(unit, STAGE, name)


def _step(rings: Rings, spec: Spec, due: Horizons, now: datetime) -> bool:
    """Do what is due first; return whether anything was."""
    with rings.database.unit(ACTOR, now, quiet=True) as unit:
        if rollup.drop_day(unit, spec.system, due.days):
            return True
    with rings.database.reading() as conn:
        day, length_s = rollup.hourly_day(conn, spec, due.hours), DAY_S
        if day is None:
            first = profiles.first_and_last(conn, spec.system)
            if first is None or first.start >= due.epochs:
                return False
            day = rollup.split_day(conn, spec, Span(first.start, due.epochs))
            length_s = spec.bucket_s
    if day is None:
        return False
    with rings.database.unit(ACTOR, now, quiet=True) as unit:
        rollup.merge(unit, spec, day, length_s)
    return True
