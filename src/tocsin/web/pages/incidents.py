"""GET /incidents : what is open, what was; POST /do/incidents : somebody declares one."""

from __future__ import annotations

from typing import Annotated

from fastapi import Form, Query, Request
from fastapi.responses import HTMLResponse, RedirectResponse

from tocsin.base.errors import BadInput
from tocsin.incident.incident import Severity
from tocsin.store import diagnoses, incidents, systems
from tocsin.store.unit import Unit
from tocsin.web import moves
from tocsin.web.pages.forms import done
from tocsin.web.pages.render import page
from tocsin.web.site import SiteDep
from tocsin.web.views.incidents import incidents as incidents_view
from tocsin.web.views.incidents import matches
from tocsin.web.writing import WritingDep

SHOWN_AT_MOST = 300


def show(
    request: Request, site: SiteDep, q: Annotated[str, Query(max_length=200)] = ""
) -> HTMLResponse:
    """List incidents, or what a search finds."""
    wanted = q.strip()
    with site.database.reading() as conn:
        open_ones = incidents.open_ones(conn)
        live = {one.id for one in open_ones}
        rest = [one for one in incidents.recent(conn, SHOWN_AT_MOST) if one.id not in live]
        found = [one for one in [*open_ones, *rest] if matches(one, wanted)]
        affected = {one.id: diagnoses.ledger_count(conn, one.id) for one in found}
        names = systems.names(conn)
    view = incidents_view(found, affected, names, wanted)
    return page(
        request,
        "incidents/page.html",
        here="incidents",
        live=True,
        view=view,
        systems=names,
        wanted=wanted,
    )


def declare(
    site: SiteDep,
    write: WritingDep,
    system: Annotated[str, Form(max_length=200)],
    title: Annotated[str, Form(min_length=1, max_length=200)],
    severity: Annotated[str, Form(max_length=4)] = "SEV2",
) -> RedirectResponse:
    """Open an incident by hand and go to its room."""
    if severity not in Severity.__members__:
        raise BadInput(f"severity {severity!r}", where="severity", do="choose SEV1 to SEV4")

    def act(unit: Unit) -> int:
        return moves.declare(
            unit, site, system=system, title=title.strip(), severity=Severity[severity]
        ).number

    return done(f"/incidents/{write.secretly(act)}")
