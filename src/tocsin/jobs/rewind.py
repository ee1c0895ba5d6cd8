"""A clock that is put back must not put off a page.

    what this host's clock showed last + how long the machine has run since ──▶ now: `back` less
    what open incidents wait for ──▶ `back` nearer, once, by whichever worker sees it first

Deadlines are instants, and a clock that was an hour ahead and is put right leaves them an hour too
late.  Whoever escalates therefore keeps what the clock showed last, per host: that the clocks of
two hosts differ is nobody's jump.  Beside it stands how long the machine has been running, which
nobody can set: so a jump is known to the second even if nobody worked, or reached the database,
for an hour around it.  Where that is not told (the machine was started again, or is no Linux) only
what lies before the last look counts as put back.  An incident that begins in the future begins
now, whoever opened it.  A clock that is put forward needs nothing: calls come early.
"""

from dataclasses import replace
from datetime import datetime, timedelta

from tocsin.incident import lifecycle
from tocsin.incident.incident import EntryKind, Incident
from tocsin.jobs.rings import Rings
from tocsin.store import clocks, incidents, pages
from tocsin.store.clocks import Sighting
from tocsin.store.steady import Steady
from tocsin.store.unit import Unit

_ACTOR = "tocsin"
_NOTED_EVERY = timedelta(seconds=3)
_LEAST = timedelta(seconds=5)
"""Less than this is no jump, and delays nobody much."""


def follow(rings: Rings, now: datetime) -> None:
    """Note what the clock shows; if it was put back, move what open incidents wait for as well."""
    host, steady = rings.worker.rpartition("-")[0], rings.steady()
    with rings.database.reading() as conn:
        seen = clocks.last(conn, host)
        early = [one.id for one in incidents.unborn(conn, now) if _ahead(one, now) >= _LEAST]
    calm = not early and _back(seen, now, steady) < _LEAST
    if calm and seen is not None and abs(now - seen.shown) < _NOTED_EVERY:
        return
    with rings.database.unit(_ACTOR, now, quiet=calm) as unit:
        seen = clocks.last(unit.conn, host)  # again, locked: another worker may have been first
        if (back := _back(seen, now, steady)) >= _LEAST:
            for one in incidents.open_ones(unit.conn):
                _pull(unit, incidents.get(unit.conn, one.id), back)
        for id_ in early:  # whatever was seen: nothing begins in the future
            incident = incidents.get(unit.conn, id_)
            if (ahead := _ahead(incident, now)) >= _LEAST:
                _pull(unit, incident, ahead)
        clocks.saw(unit, host, steady)


def _back(seen: Sighting | None, now: datetime, steady: Steady | None) -> timedelta:
    """Return by how much the clock was put back since it was seen; negative: it went forward."""
    if seen is None:
        return timedelta(0)
    passed = steady.after(seen.steady) if steady and seen.steady else None
    return seen.shown + (passed or timedelta(0)) - now


def _began_at(incident: Incident) -> datetime | None:
    """Return from when its policy counts; None: it waits for nobody."""
    grave = incident.detected_at if lifecycle.pages(incident.severity) else None
    taken = incident.acknowledged_at or incident.resolved_at
    return None if taken else incident.paging_from or grave


def _ahead(incident: Incident, now: datetime) -> timedelta:
    """Return how far in the future its paging begins."""
    return (_began_at(incident) or now) - now


def _pull(unit: Unit, incident: Incident, back: timedelta) -> None:
    began_at = _began_at(incident)
    if began_at is None or timedelta(0) <= unit.now - began_at < _LEAST:
        return  # nobody waits, or it was opened by the clock as it is now
    told, entries = lifecycle.note(
        replace(incident, paging_from=began_at - back),
        kind=EntryKind.PAGE,
        text=f"The clock was put back by {back.total_seconds():.0f} s; calls do not wait for it",
        actor=_ACTOR,
        now=unit.now,
        entry_id=unit.new_id("ent"),
    )
    pages.pull(unit, incident.id, back)
    incidents.save(unit, told, entries)
