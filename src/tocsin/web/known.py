"""Gather what the records hold of one incident, for the draft of an update."""

from __future__ import annotations

import math
from datetime import datetime

import sqlalchemy as sa

from tocsin.base.phrases import percent
from tocsin.base.spans import Span
from tocsin.contain.explain import describe_directive
from tocsin.contain.plan import PlanState
from tocsin.diagnose.suspect import SuspectKind
from tocsin.incident.incident import Entry, EntryKind, Incident
from tocsin.incident.voices import Known
from tocsin.learn.actions import ActionState
from tocsin.store import changes, containment, diagnoses, incidents, reviews, systems

CAUSES_AT_MOST = 3
NEWS = frozenset(
    {
        EntryKind.FINDING,
        EntryKind.ACKNOWLEDGED,
        EntryKind.SEVERITY,
        EntryKind.APPROVED,
        EntryKind.CONTAINED,
        EntryKind.VERIFIED,
        EntryKind.REVERTED,
        EntryKind.EXPIRED,
        EntryKind.MERGED,
        EntryKind.RESOLVED,
    }
)
"""Lines that are news to somebody outside; notes and pages are the team's own."""


def known(
    conn: sa.Connection, incident: Incident, *, since: datetime | None, now: datetime
) -> Known:
    """Return what is stored of `incident`.

    Args:
        conn: where to read.
        incident: it.
        since: when the last update was sent; `None`: none was.
        now: the present.
    """
    diagnosis = diagnoses.get(conn, incident.id)
    impact = systems.get(conn, incident.system).system.impact
    plans = containment.plans(conn, incident.id)
    running = [one for one in containment.of_incident(conn, incident.id) if one.in_force(now)]
    looks = containment.verifications(conn, incident.id)
    began = min(incident.impact_from or incident.detected_at, incident.detected_at)
    ran = Span(began, max(incident.resolved_at or now, began))
    suspects = diagnosis.suspects if diagnosis else ()
    causes = [one for one in suspects if one.kind is SuspectKind.CHANGE][:CAUSES_AT_MOST]
    return Known(
        incident=incident,
        unit=impact.unit,
        affected=diagnosis.affected if diagnosis else None,
        errors=diagnosis.estimated_errors if diagnosis else math.nan,
        errors_interval=diagnosis.errors_interval if diagnosis else (math.nan, math.nan),
        cost=diagnosis.cost if diagnosis else math.nan,
        currency=impact.currency,
        priced=impact.cost_per_error > 0,
        remedied=diagnoses.remedied(conn, incident.id),
        causes=tuple(f"{one.title} ({percent(one.score, 0)})" for one in causes),
        in_force=tuple(describe_directive(one) for one in running),
        ends_at=min((one.expires_at for one in running), default=None),
        proposed=sum(
            one.state is PlanState.PROPOSED
            and all(one.plan.expires_at(step) > now for step in one.plan.steps)
            for one in plans
        ),
        recovery=looks[-1].text if looks else "",
        preventions=tuple(
            one.title
            for one in reviews.actions(conn, incident.id)
            if one.state is not ActionState.DROPPED
        ),
        complaints=len(changes.complaints_between(conn, incident.system, ran)),
        news=tuple(_line(one) for one in incidents.timeline(conn, incident.id) if _new(one, since)),
    )


def _new(entry: Entry, since: datetime | None) -> bool:
    return entry.kind in NEWS and (since is None or entry.at > since)


def _line(entry: Entry) -> str:
    return f"{entry.at:%H:%M} {entry.text}"
