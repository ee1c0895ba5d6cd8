"""GET /systems/{name}/explain : how was this finding computed, and is it so again?"""

from __future__ import annotations

from fastapi import Request
from fastapi.responses import HTMLResponse

from tocsin.detect.drawing import drawing
from tocsin.web.findings import Named
from tocsin.web.pages.render import page
from tocsin.web.pictures import drawn
from tocsin.web.site import SiteDep
from tocsin.web.views.report import card


def show(request: Request, site: SiteDep, name: str, finding: Named) -> HTMLResponse:
    """Show one finding, computed again from what was known then."""
    with site.database.reading() as conn:
        found = site.explain(conn, name, finding)
    return page(
        request,
        "finding/page.html",
        view=found,
        system=name,
        card=card(found.said, found.picture, drawn),
        lines=drawing(found.picture),
    )
