"""Gather what the records hold of one incident, for the draft of an update."""

from __future__ import annotations

import math
from collections.abc import Sequence
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
from tocsin.store import changes, containment, diagnoses, reviews, systems

CAUSES_AT_MOST = 3
LEDGER_AT_MOST = 10_000
"""Remedies on a longer ledger are not counted for a draft: the room must open at once."""
NEWS = frozenset(
    {
        EntryKind.FINDING,
        EntryKind.ACKNOWLEDGED,
        EntryKind.SEVERITY,
        EntryKind.IMPACT,
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


def known(conn: sa.Connection, incident: Incident, now: datetime) -> Known:
    """Return what is stored of `incident` at `now`, but for the news: each voice has its own."""
    diagnosis = diagnoses.get(conn, incident.id)
    impact = systems.get(conn, incident.system).system.impact
    plans = containment.plans(conn, incident.id)
    running = [one for one in containment.of_incident(conn, incident.id) if one.in_force(now)]
    looks = containment.verifications(conn, incident.id)
    short = diagnoses.ledger_count(conn, incident.id) <= LEDGER_AT_MOST
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
        remedied=diagnoses.remedied(conn, incident.id) if short else None,
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
    )


def news(entries: Sequence[Entry], since: datetime | None) -> tuple[str, ...]:
    """Return the lines of the timeline that are news to somebody who was last told at `since`."""
    return tuple(
        f"{one.at:%H:%M} {one.text}"
        for one in entries
        if one.kind in NEWS and (since is None or one.at > since)
    )
