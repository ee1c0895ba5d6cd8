"""GET /systems/{name} : what is normal, what changed, for whom?"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Annotated, Literal

import sqlalchemy as sa
from fastapi import Query, Request
from fastapi.responses import HTMLResponse

from tocsin.base.slices import EVERYONE, Slice, parse
from tocsin.base.spans import Span
from tocsin.detect.finding import Finding
from tocsin.profile.cell import Counts
from tocsin.profile.layout import layout_of
from tocsin.store import changes, findings, incidents, profiles, systems
from tocsin.store.systems import StoredSystem
from tocsin.web.charts import time_chart
from tocsin.web.pages.render import page
from tocsin.web.site import SiteDep
from tocsin.web.views import panels, series
from tocsin.web.views import system as view
from tocsin.web.views.panels import Counted

SPANS: dict[str, tuple[str, timedelta]] = {
    "24h": ("24 h", timedelta(hours=24)),
    "7d": ("7 d", timedelta(days=7)),
    "30d": ("30 d", timedelta(days=30)),
}
BUCKETS_AT_MOST = 720
"""Cells of one slice that are read for a chart; a system with short buckets shows less time."""
BUCKETS_AT_LEAST = 12
INCIDENTS_SEEN = 200


def show(
    request: Request,
    site: SiteDep,
    name: str,
    span: Annotated[Literal["24h", "7d", "30d"], Query()] = "7d",
    slice: Annotated[str, Query(max_length=500)] = "",  # noqa: A002 - the word in the URL
) -> HTMLResponse:
    """Show one system, or one slice of it, over time."""
    now = site.clock()
    wanted = parse(slice)
    with site.database.reading() as conn:
        stored = systems.get(conn, name)
        said = findings.latest(conn, name)
        looked_at = findings.evaluated_at(conn, name)
        known = [one for one in incidents.recent(conn, INCIDENTS_SEEN) if one.system == name]
        live = incidents.open_ones(conn, name)
        over = _span(conn, stored, now, SPANS[span][1])
        changed = changes.between(conn, name, over)
        counted, versions = _gather(conn, stored, wanted, over)
    chart = panels.system_chart(counted, stored.system, said, known, changed)
    mark, answer, lead = view.answer(stored.system, said, live)
    alarms, quiet, unjudged = view.monitors(_about(said, wanted))
    shown = view.SystemPage(
        system=stored.system,
        slice=wanted,
        mark=mark,
        answer=answer,
        lead=lead,
        evaluated_at=looked_at,
        incidents=tuple(live),
        chart=chart,
        lengths=tuple((key, words, key == span) for key, (words, _) in SPANS.items()),
        heat=view.heat(said),
        alarms=alarms[: view.MONITORS_SHOWN],
        more_alarms=alarms[view.MONITORS_SHOWN :],
        quiet=quiet,
        unjudged=unjudged,
        versions=tuple(versions),
        changes=tuple(changed),
        reference_rows=stored.rows,
        reference_sha256=stored.sha256,
    )
    spec = time_chart(chart)
    return page(
        request, "system/page.html", live=True, view=shown, spec=spec, span_key=span, wanted=""
    )


def _about(said: Sequence[Finding], slice_: Slice) -> list[Finding]:
    return [f for f in said if f.slice == slice_] if slice_ != EVERYONE else list(said)


def _span(conn: sa.Connection, stored: StoredSystem, now: datetime, length: timedelta) -> Span:
    """Return the stretch that is shown: up to now, or to the last decision if that is long ago."""
    bucket_s = stored.system.bucket_s
    length = min(length, timedelta(seconds=BUCKETS_AT_MOST * bucket_s))
    there = profiles.first_and_last(conn, stored.system.name)
    end = now
    if there is not None and now - there.end > length / 2:
        end = there.end
    start = end - length
    if there is not None:  # a young system is not shown as a long emptiness
        start = max(start, min(there.start, end - timedelta(seconds=BUCKETS_AT_LEAST * bucket_s)))
    return series.aligned(Span(start, end + timedelta(microseconds=1)), bucket_s)


def _gather(
    conn: sa.Connection, stored: StoredSystem, slice_: Slice, span: Span
) -> tuple[Counted, list[view.Version]]:
    """Return the counts of a slice, of its baseline and of the protected groups, over a span."""
    spec, system = stored.spec, stored.system
    layout, grain = layout_of(spec), profiles.grain(conn, spec, span)
    span = series.aligned(span, grain)
    step = series.step_of(span.length, grain)
    cells = profiles.cells(conn, spec, span, slice=slice_.key)
    blocks = systems.blocks(conn, system.name, spec, slice=slice_.key)
    outer = systems.blocks(conn, system.name, spec, slice="") if slice_ != EVERYONE else ()
    everyone = [block[""] for block in outer] if len(blocks) == len(outer) else []
    groups: dict[str, Counts] = {}
    if slice_ == EVERYONE:
        for key in panels.groups(system, spec):
            found = profiles.cells(conn, spec, span, slice=key)
            groups[key] = series.steps(found, layout, key, span, step)
    counted = Counted(
        layout=layout,
        span=span,
        step=step,
        slice=slice_,
        sums=series.steps(cells, layout, slice_.key, span, step),
        blocks=[block[slice_.key] for block in blocks if slice_.key in block],
        groups=groups,
        everyone=everyone,
    )
    return counted, panels.versions(cells, layout)
