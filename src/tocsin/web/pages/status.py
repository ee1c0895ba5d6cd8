"""GET /status : is it working?  For everyone, without sign-in, also while the database is away.

Everything here is drawn from the board, which has no place for anything internal; see `publish`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from http import HTTPStatus
from typing import Annotated

from fastapi import Header, Request, Response
from fastapi.responses import HTMLResponse

from tocsin.base.errors import NotFound
from tocsin.web import publish
from tocsin.web.errors import Fault
from tocsin.web.pages import render
from tocsin.web.pages.render import environment, reader_of
from tocsin.web.publish import Public
from tocsin.web.site import Site, SiteDep, site_of

CACHED = "public, max-age=15, stale-while-revalidate=60, stale-if-error=86400"
"""A crowd is served by caches; they may show an older page when we are away."""
SHEET = "/status/status.css"
_OF_ALL = re.compile(r"(/do)?/status(?!/inside$)(/|$)")
"""Paths of the public part."""
PLAINLY: Mapping[int, Fault] = {
    HTTPStatus.METHOD_NOT_ALLOWED: Fault(what="there is no such page"),
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE: Fault(what="this is too long", do="say it shorter"),
    HTTPStatus.UNPROCESSABLE_ENTITY: Fault(
        what="something in the form is missing or too long", do="go back and look it over"
    ),
}
"""What visitors read where the words of the fault are for those who write programs."""
Match = Annotated[str, Header(alias="if-none-match", max_length=200)]


def show(site: SiteDep, match: Match = "") -> Response:
    """Show the status page."""
    return _file(site, "index.html", "text/html; charset=utf-8", match)


def machine(site: SiteDep, match: Match = "") -> Response:
    """Return the status as JSON."""
    return _file(site, "status/status.json", "application/json", match)


def atom(site: SiteDep, match: Match = "") -> Response:
    """Return the status as an Atom feed."""
    return _file(site, "status/atom.xml", "application/atom+xml; charset=utf-8", match)


def rss(site: SiteDep, match: Match = "") -> Response:
    """Return the status as an RSS feed."""
    return _file(site, "status/rss.xml", "application/rss+xml; charset=utf-8", match)


def sheet() -> Response:
    """Return the style sheet of the public pages."""
    content, kept = publish.sheet(), {"Cache-Control": "public, max-age=300"}
    return Response(content, media_type="text/css", headers=kept)


def public_of(site: Site) -> Public:
    """Return the status page.

    Raises:
        NotFound: none is declared.
    """
    if site.public is None:
        raise NotFound("there is no status page here")
    return site.public


def plain(
    request: Request, template: str, site: Site, facts: Mapping[str, object], status: int = 200
) -> HTMLResponse:
    """Return a page of the public part: without the navigation of those inside."""
    public = public_of(site)
    reader, now, own = reader_of(request), site.clock(), public.page.site
    known = {**facts, "site": own, "base_url": site.base_url, "sheet": SHEET}
    html = environment().get_template(template).render(reader=reader, now=now, **known)
    return HTMLResponse(html, status_code=status)


def error_page(request: Request, status: int, fault: Fault) -> HTMLResponse:
    """Return a fault for people; in the public part without a word from inside."""
    site = site_of(request)
    if site.public is None or not _OF_ALL.match(request.url.path):
        return render.error_page(request, status, fault)
    if fault.what == HTTPStatus.NOT_FOUND.phrase:
        fault = Fault(what="there is no such page")
    elif status == HTTPStatus.INTERNAL_SERVER_ERROR:
        fault = Fault(what=fault.what, where=fault.where, do="if it stays so, tell us this")
    elif status == HTTPStatus.FORBIDDEN:  # a link or a form; no administrator can help
        fault = Fault(what=fault.what)
    said = PLAINLY.get(status, fault)
    return plain(request, "status/error.html", site, {"fault": said, "status": status}, status)


def _file(site: Site, name: str, kind: str, match: str) -> Response:
    shown = public_of(site).show(site.database, site.clock())
    content = shown.files[name]
    tag = publish.tag_of(content)
    headers = {"Cache-Control": "no-cache" if shown.late else CACHED, "ETag": tag}
    if tag in match:
        return Response(status_code=304, headers=headers)
    return Response(content, media_type=kind, headers=headers)
