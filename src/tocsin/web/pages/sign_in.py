"""GET /sign-in : a page with a button, since mail scanners and previews follow links."""

from __future__ import annotations

from typing import Annotated

from fastapi import Query, Request
from fastapi.responses import HTMLResponse

from tocsin.base.spans import describe
from tocsin.web.pages.render import page
from tocsin.web.sessions import local_path
from tocsin.web.site import SiteDep


def show(
    request: Request,
    site: SiteDep,
    link: Annotated[str, Query(max_length=200)] = "",
    next_: Annotated[str, Query(alias="next", max_length=2000)] = "/",
) -> HTMLResponse:
    """Show the button that opens a session, or say how to come by a link."""
    return page(
        request,
        "sign_in/page.html",
        link=link,
        next_=local_path(next_),
        lasts=describe(site.session),
    )
