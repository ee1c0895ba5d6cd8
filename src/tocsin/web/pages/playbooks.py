"""GET /playbooks : what is done against which failure?"""

from __future__ import annotations

from fastapi import Request
from fastapi.responses import HTMLResponse

from tocsin.web.pages.render import page
from tocsin.web.site import SiteDep
from tocsin.web.views.playbook import playbook_views


def show(request: Request, site: SiteDep) -> HTMLResponse:
    """Show every playbook as configured now."""
    views = playbook_views(site.playbooks, site.clock().date())
    stale = sum(one.stale for one in views)
    return page(request, "playbooks/page.html", here="playbooks", view=views, stale=stale)
