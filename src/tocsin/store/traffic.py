"""How much traffic there is, and of which versions: what plans are made on."""

from collections.abc import Container
from dataclasses import replace
from datetime import datetime, timedelta

import sqlalchemy as sa

from tocsin.base.slices import Slice
from tocsin.base.spans import Span, bucket_of
from tocsin.contain.plan import NOT_KNOWN, Plan, Reach
from tocsin.contain.versions import Versions, last_good, versions
from tocsin.profile.cells import in_cube
from tocsin.profile.layout import layout_of
from tocsin.store import changes, findings, profiles
from tocsin.store.systems import StoredSystem

VERSIONS_SEEN = timedelta(days=7)
ANNOUNCED_SINCE = timedelta(days=7)
"""How long a version that a recorded change named is a candidate."""


def seen(
    conn: sa.Connection, stored: StoredSystem, now: datetime, harmed_from: datetime
) -> Versions:
    """Return the version that decides now and what came before it, as far as is known."""
    days = Span(now - VERSIONS_SEEN, now + timedelta(microseconds=1))
    cells, layout = profiles.cells(conn, stored.spec, days, slice=""), layout_of(stored.spec)
    known = versions(cells, harmed_from)
    known = replace(known, candidate=_candidate(conn, stored, {key.version for key in cells}, now))
    if known.newest is None or known.previous is None:
        return known
    decisions: dict[str, dict[datetime, int]] = {}
    for key, counts in cells.items():
        decisions.setdefault(key.version, {})[key.bucket] = layout.one(counts, "n")
    alarms = [finding for _, finding in findings.alarms(conn, stored.system.name, days)]
    bucket = timedelta(seconds=stored.system.bucket_s)
    return replace(known, good=last_good(decisions, alarms, known.newest, bucket))


def _candidate(
    conn: sa.Connection, stored: StoredSystem, decided: Container[str], now: datetime
) -> str | None:
    """Return the version that the last recorded change names, unless it is among `decided`."""
    span = Span(now - ANNOUNCED_SINCE, now + timedelta(microseconds=1))
    recorded = changes.between(conn, stored.system.name, span)
    named = next((one.version for one in reversed(recorded) if one.version), None)
    return None if named is None or named in decided else named


def reach(
    conn: sa.Connection,
    stored: StoredSystem,
    slice_: Slice,
    now: datetime,
    version: str | None = None,
) -> Reach:
    """Return how much of the last window's traffic `slice_` is, or what `version` decides of it.

    It is not known where the cube does not tell the slice apart, or nothing at all was counted.
    """
    spec, system = stored.spec, stored.system
    start = bucket_of(now, system.bucket_s) - timedelta(seconds=system.window_s)
    span = Span(start, now + timedelta(microseconds=1))
    counted = profiles.cells(conn, spec, span, slice="")
    layout = layout_of(spec)
    everyone = sum(layout.one(counts, "n") for counts in counted.values())
    if not everyone or not in_cube(spec, slice_):
        return NOT_KNOWN

    def decided(by: str | None) -> int:
        inside = profiles.outcomes(conn, spec, span, slice_, version=by)
        return sum(layout.one(counts, "n") for counts in inside.values())

    there = decided(version)
    first = min((key.bucket for key in counted), default=now)
    hours = max((now - first).total_seconds(), system.bucket_s) / 3600
    sole = version is not None and 0 < there == decided(None)
    return Reach(share=there / everyone, decisions_per_hour=there / hours, n=there, sole=sole)


def measured(conn: sa.Connection, stored: StoredSystem, plan: Plan, now: datetime) -> Plan:
    """Return `plan` with the reach of each of its steps, and of the furthest as its own."""
    whose = dict.fromkeys((step.slice, step.of_version) for step in plan.steps)
    reaches = {one: reach(conn, stored, one[0], now, one[1]) for one in whose}
    steps = tuple(replace(step, reach=reaches[step.slice, step.of_version]) for step in plan.steps)
    known = [one for one in reaches.values() if one.known]
    furthest = max(known, key=lambda one: one.n, default=NOT_KNOWN)
    return replace(plan, steps=steps, reach=furthest)
