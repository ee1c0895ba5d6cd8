"""GET / : are we safe now?"""

from __future__ import annotations

from datetime import datetime, timedelta

import sqlalchemy as sa
from fastapi import Request
from fastapi.responses import HTMLResponse

from tocsin.base.phrases import count
from tocsin.base.spans import Span, bucket_of
from tocsin.ingest.system import System
from tocsin.profile.layout import layout_of
from tocsin.store import diagnoses, findings, incidents, profiles, stages, systems
from tocsin.web.pages.render import page
from tocsin.web.site import SiteDep
from tocsin.web.views.overview import SPARK_SLOTS, Watched, overview

SPARK_BUCKETS = SPARK_SLOTS


def show(request: Request, site: SiteDep) -> HTMLResponse:
    """Show every system's state, what is open, and whether the watchers live."""
    now = site.clock()
    with site.database.reading() as conn:
        open_ones = incidents.open_ones(conn)
        gists, looked_at = findings.gists(conn), findings.evaluated_ats(conn)
        watched: list[Watched] = []
        for name in systems.names(conn):
            system, decisions, span = traffic(conn, name, now)
            watched.append(
                Watched(
                    system=system,
                    findings=gists.get(name, []),
                    evaluated_at=looked_at.get(name),
                    open_incidents=[one for one in open_ones if one.system == name],
                    decisions=decisions,
                    span=span,
                )
            )
        affected = [(one, diagnoses.ledger_count(conn, one.id)) for one in open_ones]
        alive = stages.every(conn)
    view = overview(watched, affected, alive, now=now, stale_after=site.stale_after)
    budget = count(round(site.false_pages_per_month), "false page")
    return page(
        request, "overview/page.html", here="overview", live=True, view=view, false_pages=budget
    )


def traffic(conn: sa.Connection, name: str, now: datetime) -> tuple[System, list[int], Span]:
    """Return a system and its decisions in each of `SPARK_SLOTS` parts of the last day."""
    stored = systems.get(conn, name)
    bucket_s = stored.system.bucket_s
    length = min(timedelta(hours=24), timedelta(seconds=SPARK_BUCKETS * bucket_s))
    end = bucket_of(now, bucket_s) + timedelta(seconds=bucket_s)
    span = Span(end - length, end)
    layout = layout_of(stored.spec)
    slots = [0] * SPARK_SLOTS
    for key, counts in profiles.cells(conn, stored.spec, span, slice="").items():
        slots[int((key.bucket - span.start) / length * SPARK_SLOTS)] += layout.one(counts, "n")
    return stored.system, slots, span
