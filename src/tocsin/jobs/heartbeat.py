"""The dead-man heartbeat: calls that leave the building only while every stage is fresh.

    round → withheld(stages, invariant)? → log once which → else, if one is due, call outside

It has a thread of its own, so that an address that hangs delays nothing; of several workers the
one that holds the lease calls, and the sign of the last call is in the store for whoever is next.
"""

import logging
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

from tocsin.alert.ports import DeliveryError
from tocsin.detect.stages import HEARTBEAT, Freshness, Stage, stale
from tocsin.jobs.rings import Heartbeat, Rings
from tocsin.store import invariant, stages

RETRY = timedelta(seconds=10)
"""How long after a call that failed the next one is tried, if no other is due before."""

_log = logging.getLogger(__name__)


def withheld(found: Iterable[Freshness], broken: Sequence[str]) -> tuple[str, ...]:
    """Return why no call may leave, in a few words each; empty: all is well."""
    return (*(one.name for one in stale(found)), *(("paging invariant",) if broken else ()))


def due(last: Stage | None, now: datetime, every: timedelta) -> bool:
    """Return whether it is time for a call, given the sign that the last one left."""
    if last is None:
        return True
    return now - last.at >= (min(every, RETRY) if last.failures else every)


class Heart:
    """Beats; remembers between rounds what was logged."""

    def __init__(self, rings: Rings, heartbeat: Heartbeat) -> None:
        """Hold the rings and what is called how often."""
        self._rings = rings
        self._heartbeat = heartbeat
        self._why: tuple[str, ...] = ()

    @property
    def pause_s(self) -> float:
        """How long to rest between two rounds."""
        return min(5.0, self._heartbeat.every.total_seconds() / 4)

    def once(self) -> None:
        """Call outside if a call is due and nothing is amiss."""
        rings, now = self._rings, self._rings.clock()
        with rings.database.reading() as conn:
            why = withheld(stages.fresh(conn, now, rings.policies), invariant.broken(conn, now))
            last = stages.get(conn, HEARTBEAT)
        if why != self._why:
            if why:
                _log.error("heartbeat is withheld: not well are %s", ", ".join(why))
            else:
                _log.warning("heartbeat goes on: every stage is fresh again")
            self._why = why
        if not why and due(last, now, self._heartbeat.every):
            self._call(now)

    def _call(self, now: datetime) -> None:
        note = ""
        try:
            self._heartbeat.send()
        except DeliveryError as trouble:
            note = str(trouble)
            _log.error("%s", note)
        with self._rings.database.unit(self._rings.worker, now, quiet=True) as unit:
            stages.beat(unit, HEARTBEAT, note=note, ok=not note)
