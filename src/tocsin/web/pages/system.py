"""GET /systems/{name} : what is normal, what changed, for whom?"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Annotated, Literal

import numpy as np
import sqlalchemy as sa
from fastapi import Query, Request
from fastapi.responses import HTMLResponse

from tocsin.base.slices import EVERYONE, Slice, parse
from tocsin.base.spans import Span
from tocsin.detect.compared import crossings, fared
from tocsin.detect.finding import Finding, Layer
from tocsin.profile.cell import CellKey, Cells, Counts
from tocsin.profile.cells import combination, in_cube
from tocsin.profile.layout import layout_of
from tocsin.profile.window import Window, window
from tocsin.store import changes, findings, incidents, kpis, profiles, systems
from tocsin.store.systems import StoredSystem
from tocsin.web.charts import time_chart
from tocsin.web.pages.render import page
from tocsin.web.site import SiteDep
from tocsin.web.views import groups, objectives, panels, series
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
        side_by_side = _fared(conn, stored, said)
        lines = kpis.lines(conn, name) if wanted == EVERYONE else {}
    chart = panels.system_chart(counted, stored.system, said, known, changed, lines)
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
        objectives=objectives.rows(stored.system.slos, said),
        groups=groups.tables(side_by_side, said),
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
        request,
        "system/page.html",
        live=True,
        view=shown,
        spec=spec,
        span_key=span,
        wanted="",
        rates=groups.COLUMNS,
    )


def _fared(conn: sa.Connection, stored: StoredSystem, said: Sequence[Finding]) -> groups.Compared:
    """Return how the protected groups of the last window that was judged fared."""
    spans = [f.window for f in said if f.layer is Layer.FAIRNESS and f.window is not None]
    if not spans:
        return []
    spec, span, cells = stored.spec, spans[0], dict[str, Counts]()
    for key in spec.slices:
        if parse(key).conditions[0][0] in stored.system.protected:
            cells |= window(profiles.cells(conn, spec, span, slice=key), span).cells
    people = profiles.leaves(conn, spec, span) if crossings(spec, stored.system) else None
    return fared(Window(span, cells, people), spec, stored.system)


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
    outer: Sequence[Mapping[str, Counts]] = ()
    if len(slice_.conditions) > 1 and in_cube(spec, slice_):
        cells, blocks = _crossed(conn, stored, slice_, span)
    else:
        cells = profiles.cells(conn, spec, span, slice=slice_.key)
        blocks = systems.blocks(conn, system.name, spec, slice=slice_.key)
    if slice_ != EVERYONE:
        outer = systems.blocks(conn, system.name, spec, slice="")
    everyone = [block[""] for block in outer] if len(blocks) == len(outer) else []
    lines: dict[str, Counts] = {}
    if slice_ == EVERYONE:
        for key in panels.groups(system, spec):
            found = profiles.cells(conn, spec, span, slice=key)
            lines[key] = series.steps(found, layout, key, span, step)
    counted = Counted(
        layout=layout,
        span=span,
        step=step,
        slice=slice_,
        sums=series.steps(cells, layout, slice_.key, span, step),
        blocks=[block[slice_.key] for block in blocks if slice_.key in block],
        groups=lines,
        everyone=everyone,
    )
    return counted, panels.versions(cells, layout)


def _crossed(
    conn: sa.Connection, stored: StoredSystem, who: Slice, span: Span
) -> tuple[Cells, Sequence[Mapping[str, Counts]]]:
    """Return the cells and the baseline's blocks of a combination; its inputs are not counted."""
    spec, nothing = stored.spec, layout_of(stored.spec).zero()

    def whole(outcomes: Counts) -> Counts:
        return np.concatenate([outcomes, nothing[len(outcomes) :]])

    cells = {
        CellKey(moment.version, who.key, moment.bucket): whole(
            combination(tally.outcomes, spec, who)
        )
        for moment, tally in profiles.tallies(conn, spec, span).items()
    }
    parts = systems.combination(conn, stored.system.name, spec, who)
    return cells, [{who.key: whole(part)} for part in parts]
