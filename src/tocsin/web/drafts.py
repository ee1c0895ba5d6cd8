"""Gather an incident's records and have the room draft its review from them."""

from __future__ import annotations

from dataclasses import replace

from tocsin.base.spans import Span
from tocsin.incident.corrections import current
from tocsin.incident.incident import Incident
from tocsin.learn.draft import ACTIONS_AT_MOST, Records, draft
from tocsin.learn.response import ResponseBudget
from tocsin.learn.review import Review
from tocsin.store import (
    changes,
    containment,
    diagnoses,
    findings,
    incidents,
    reviews,
    systems,
    trials,
)
from tocsin.store.unit import Unit

BUDGET = ResponseBudget()


def draft_review(unit: Unit, incident: Incident) -> Review:
    """Draft the review of `incident` from what is stored, save it and its proposed actions."""
    conn = unit.conn
    began = min(incident.impact_from or incident.detected_at, incident.detected_at)
    ran = Span(began, max(unit.now, incident.detected_at))
    review = draft(
        Records(
            incident=incident,
            system=systems.get(conn, incident.system).system,
            entries=current(incidents.timeline(conn, incident.id)),
            diagnosis=diagnoses.get(conn, incident.id),
            findings=[finding for _, finding in findings.alarms(conn, incident.system, ran)],
            plans=[(stored.plan, stored.state) for stored in containment.plans(conn, incident.id)],
            verifications=containment.verifications(conn, incident.id),
            complaints=changes.complaints_between(conn, incident.system, ran),
            trials=trials.of_incident(conn, incident.id),
        ),
        now=unit.now,
        action_ids=[unit.new_id("act") for _ in range(ACTIONS_AT_MOST)],
        budget=BUDGET,
    )
    before = reviews.get(conn, incident.id)
    if before is not None:  # it came back: what was to be done then is still to be done
        review = replace(review, actions=before.actions)
    reviews.save(unit, review)
    for action in review.actions if before is None else ():
        reviews.add_action(unit, action)
    return review
