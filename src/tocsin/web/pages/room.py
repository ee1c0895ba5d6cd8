"""GET /incidents/{incident} : what is happening, what do I do next?  And its ledger and picture."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Annotated

import sqlalchemy as sa
from fastapi import Query, Request, Response
from fastapi.responses import HTMLResponse

from tocsin.base.spans import Span
from tocsin.incident.command import wanted
from tocsin.incident.incident import Incident
from tocsin.profile.layout import layout_of
from tocsin.store import (
    acts,
    changes,
    commands,
    containment,
    diagnoses,
    incidents,
    pages,
    playbooks,
    profiles,
    reviews,
    systems,
    tasks,
)
from tocsin.store import (
    recovery as recoveries,
)
from tocsin.web import approvals
from tocsin.web.charts import time_chart, to_svg
from tocsin.web.pages import bulletin, related, telling
from tocsin.web.pages.render import page
from tocsin.web.playbooks import for_failures
from tocsin.web.site import Site, SiteDep
from tocsin.web.views import panels, series
from tocsin.web.views.command import asked, desk
from tocsin.web.views.overview import doing
from tocsin.web.views.panels import Counted
from tocsin.web.views.playbook import sorts
from tocsin.web.views.recovery import recovering
from tocsin.web.views.room import Records, chart_span, room
from tocsin.web.views.series import Chart

LEDGER_ROWS = 200
POINTS = 96
PICTURE_PX = 500
BUCKETS_AT_MOST = 720
SUSPECTED_BEFORE = timedelta(hours=6)


def show(request: Request, site: SiteDep, incident: str) -> HTMLResponse:
    """Show the incident room."""
    now = site.clock()
    with site.database.reading() as conn:
        found = incidents.get(conn, incident)
        records = gather(conn, site, found, now)
        chart = recovery(conn, found, records.diagnosis.measure if records.diagnosis else "", now)
        updates, others = telling.look(conn, site, found), related.look(conn, found)
        command = commands.get(conn, found.id)
        missing = wanted(command, commands.case(conn, found, command), found)
        todo = tasks.of_incident(conn, found.id)
        look = recoveries.get(conn, found.id)
        taken_for = sorts(for_failures(conn, site, found), records.run)
    view = room(records, chart, now=now)
    return page(
        request,
        "room/page.html",
        here="incidents",
        live=True,
        view=view,
        telling=updates,
        related=others,
        recovering=recovering(look) if look else None,
        spec=time_chart(chart, width_px=600),
        doing=doing(found),
        sorts=taken_for,
        playbook_names=[(one.name, one.title) for one in site.playbooks],
        standing=bulletin.panel(site, found),
        desk=desk(found, missing, asked(command, records.pages), todo, now),
    )


def gather(conn: sa.Connection, site: Site, incident: Incident, now: datetime) -> Records:
    """Return what the store knows of one incident."""
    began = min(incident.impact_from or incident.detected_at, incident.detected_at)
    ran = Span(began, max(now, began) + timedelta(microseconds=1))
    plans = containment.plans(conn, incident.id)
    run = playbooks.of_incident(conn, incident.id)
    return Records(
        incident=incident,
        entries=incidents.timeline(conn, incident.id),
        plans=plans,
        standings=approvals.standings(conn, site.approvals, plans),
        asked=approvals.asked(conn, plans, now),
        directives=containment.of_incident(conn, incident.id),
        verifications=containment.verifications(conn, incident.id),
        diagnosis=diagnoses.get(conn, incident.id),
        ledger_total=diagnoses.ledger_count(conn, incident.id),
        pages=pages.of_incident(conn, incident.id),
        complaints=changes.complaints_between(conn, incident.system, ran),
        reviewed=reviews.get(conn, incident.id) is not None,
        run=playbooks.owned(conn, run, incident.system) if run else None,
        acts=acts.of_incident(conn, incident.id),
    )


def recovery(conn: sa.Connection, incident: Incident, measure: str, now: datetime) -> Chart:
    """Return the chart of the harm measure in the incident's slice."""
    stored = systems.get(conn, incident.system)
    bucket_s, layout = stored.system.bucket_s, layout_of(stored.spec)
    span = chart_span(incident, now, bucket_s)
    longest = timedelta(seconds=BUCKETS_AT_MOST * bucket_s)
    span = series.aligned(Span(max(span.start, span.end - longest), span.end), bucket_s)
    grain = profiles.grain(conn, stored.spec, span)
    span = series.aligned(span, grain)
    step = series.step_of(span.length, grain, POINTS)
    key = incident.slice.key
    cells = profiles.cells(conn, stored.spec, span, slice=key)
    blocks = systems.blocks(conn, stored.system.name, stored.spec, slice=key)
    counted = Counted(
        layout=layout,
        span=span,
        step=step,
        slice=incident.slice,
        sums=series.steps(cells, layout, key, span, step),
        blocks=[block[key] for block in blocks if key in block],
        groups={},
    )
    changed = changes.between(conn, incident.system, span)
    return panels.recovery_chart(counted, incident, measure, changed)


def picture(site: SiteDep, incident: str) -> Response:
    """Return the recovery chart as SVG, as it stands in the review, in mails and on paper."""
    now = site.clock()
    with site.database.reading() as conn:
        found = incidents.get(conn, incident)
        diagnosis = diagnoses.get(conn, found.id)
        chart = recovery(conn, found, diagnosis.measure if diagnosis else "", now)
    return Response(to_svg(time_chart(chart, width_px=PICTURE_PX)), media_type="image/svg+xml")


def ledger(
    request: Request,
    site: SiteDep,
    incident: str,
    offset: Annotated[int, Query(ge=0, le=1 << 40)] = 0,
) -> HTMLResponse:
    """List the decisions that the incident may have harmed."""
    with site.database.reading() as conn:
        found = incidents.get(conn, incident)
        total = diagnoses.ledger_count(conn, found.id)
        rows = diagnoses.ledger(conn, found.id, LEDGER_ROWS, offset)
    return page(
        request,
        "room/ledger.html",
        here="incidents",
        incident=found,
        rows=rows,
        total=total,
        offset=offset,
        limit=LEDGER_ROWS,
        remedied=sum(bool(row.remedy) for row in rows),
    )
