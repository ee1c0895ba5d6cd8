"""GET /systems/{name}/canary : may this version serve everybody?"""

from __future__ import annotations

from fastapi import Request
from fastapi.responses import HTMLResponse

from tocsin.store import trials
from tocsin.web.canary import Version
from tocsin.web.pages.render import page
from tocsin.web.site import SiteDep
from tocsin.web.views.canary import canary_page


def show(
    request: Request,
    site: SiteDep,
    name: str,
    candidate: Version = None,
    champion: Version = None,
) -> HTMLResponse:
    """Show a candidate beside the champion."""
    with site.database.reading() as conn:
        told = trials.judged(conn, name, candidate, champion, since=None, now=site.clock())
    return page(request, "canary/page.html", live=True, view=canary_page(name, told))
