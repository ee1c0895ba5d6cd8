"""GET /in-force : where does something else than the system decide, and until when?"""

from __future__ import annotations

from datetime import timedelta

from fastapi import Request
from fastapi.responses import HTMLResponse

from tocsin.store import acts, containment, incidents
from tocsin.web.pages.render import page
from tocsin.web.site import SiteDep
from tocsin.web.views.in_force import Case, in_force

LOOK_BACK = timedelta(days=7)


def show(request: Request, site: SiteDep) -> HTMLResponse:
    """Show every directive in force, and those of the last week that have ended."""
    now = site.clock()
    with site.database.reading() as conn:
        held = containment.all_in_force(conn, now)
        over = containment.ended(conn, now - LOOK_BACK, now)
        plans = {d.plan for d in (*held, *over) if d.plan}
        ids = {d.incident for d in (*held, *over) if d.incident}
        acted = acts.of_directives(conn, [d.id for d in (*held, *over)])
        case = Case(
            acts=acted,
            incidents={id_: incidents.get(conn, id_) for id_ in ids},
            approvers={id_: containment.plan(conn, id_).approved_by for id_ in plans},
        )
    view = in_force(held, over, case, now)
    return page(request, "in_force/page.html", here="in-force", live=True, view=view)
