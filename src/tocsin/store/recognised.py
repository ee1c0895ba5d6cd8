"""What sort of failure an incident is, from all that is stored of it."""

from datetime import datetime, timedelta

import sqlalchemy as sa

from tocsin.base.slices import Slice
from tocsin.base.spans import Span
from tocsin.contain.failure import Failure, Signs, recognise
from tocsin.contain.versions import NEW_WITHIN, Versions
from tocsin.detect.stages import COUNTING, MONITORS, Freshness, freshness, stale
from tocsin.incident.incident import Incident
from tocsin.store import alerts, changes, findings, outside, stages
from tocsin.store.systems import StoredSystem

_LATER = timedelta(hours=1)
"""As with a new version: a bucket's start lies up to a bucket before the harm it holds."""
_SEEING = frozenset({COUNTING, "monitors", "profile", MONITORS})
"""Stages without which the monitors see nothing of a system."""


def failure(
    conn: sa.Connection,
    incident: Incident,
    stored: StoredSystem,
    known: Versions,
    now: datetime,
    *,
    whom: Slice | None = None,
) -> Failure:
    """Return what sort of failure the incident is, as far as is plain at `now`.

    Args:
        conn: where to read.
        incident: which.
        stored: its system.
        known: the versions that decide there, see `traffic.seen`.
        now: the instant.
        whom: whom it hurts; None: its slice.
    """
    began = incident.impact_from or incident.detected_at
    before = Span(began - NEW_WITHIN, began + _LATER)
    mine = alerts.fingerprints(conn, incident.id)
    signs = Signs(
        new_version=known.newest if known.is_new else None,
        changes=changes.between(conn, incident.system, before),
        named=_named(conn, incident, mine),
        blind=not mine and _blind(conn, incident, stored, began, now),
    )
    said = findings.latest(conn, incident.system)
    return recognise(said, incident.slice if whom is None else whom, signs)


def _named(conn: sa.Connection, incident: Incident, mine: frozenset[str]) -> frozenset[str]:
    """Return what the alerts of other systems that belong to the incident call it."""
    heard = outside.firing(conn, incident.system) if mine else []
    return frozenset(one.alert.failure for one in heard if one.fingerprint in mine) - {""}


def _blind(
    conn: sa.Connection, incident: Incident, stored: StoredSystem, began: datetime, now: datetime
) -> bool:
    bucket = timedelta(seconds=stored.system.bucket_s)
    found = freshness(stages.every(conn), {incident.system: bucket}, now)
    if not any(_stopped(one) for one in stale(found)):
        return False
    span = Span(began, max(now, began) + timedelta(microseconds=1))
    return not changes.complaints_between(conn, incident.system, span)


def _stopped(one: Freshness) -> bool:
    """Return whether a stage worked once and is late: what never ran has shown nothing."""
    return one.stage in _SEEING and one.since is not None
