"""A clock that is put back must not put off a page.

    furthest instant that this host's clock was seen to show ──▶ now lies well before it: by `back`
    what open incidents wait for ──▶ `back` nearer, once, by whichever worker sees it first

Deadlines are instants, and a clock that was an hour ahead and is put right leaves them an hour too
late.  Whoever escalates therefore keeps what the clock showed last, per host: that the clocks of
two hosts differ is nobody's jump.  An incident that begins in the future begins now, whoever opened
it.  A clock that is put forward needs nothing: calls come early.
"""

from dataclasses import replace
from datetime import datetime, timedelta

from tocsin.incident import lifecycle
from tocsin.incident.incident import EntryKind, Incident
from tocsin.jobs.rings import Rings
from tocsin.store import incidents, leases, pages
from tocsin.store.unit import Unit

_ACTOR = "tocsin"
_NOTED_EVERY = timedelta(seconds=3)
_LEAST = timedelta(seconds=5)
"""Less than this is no jump, and delays nobody much."""


def follow(rings: Rings, now: datetime) -> None:
    """Note what the clock shows; if it was put back, move what open incidents wait for as well."""
    host = rings.worker.rpartition("-")[0]
    with rings.database.reading() as conn:
        seen = leases.furthest(conn, host)
        early = [one.id for one in incidents.unborn(conn, now) if _ahead(one, now) >= _LEAST]
    if not early and seen is not None and -_LEAST < now - seen < _NOTED_EVERY:
        return
    with rings.database.unit(_ACTOR, now, quiet=not early and (seen is None or seen < now)) as unit:
        seen = leases.furthest(unit.conn, host)  # again, locked: another worker may have been first
        if seen is not None and seen - now >= _LEAST:
            for one in incidents.open_ones(unit.conn):
                _pull(unit, incidents.get(unit.conn, one.id), seen - now)
        for id_ in early:  # whatever was seen: nothing begins in the future
            incident = incidents.get(unit.conn, id_)
            if (ahead := _ahead(incident, now)) >= _LEAST:
                _pull(unit, incident, ahead)
        if seen is None or not -_LEAST < now - seen <= timedelta(0):
            leases.saw(unit, host)


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
