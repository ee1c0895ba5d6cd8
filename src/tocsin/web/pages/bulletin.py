"""GET /status/inside : the status page for those inside, and the form by which they publish."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated

from fastapi import Form, Request
from fastapi.responses import HTMLResponse, RedirectResponse

from tocsin.incident.bulletin import Level, Stage, Told
from tocsin.incident.incident import Incident
from tocsin.store import boards, bulletins, incidents, letters, subscribers
from tocsin.store.unit import Unit
from tocsin.web.bulletins import page_of, tell
from tocsin.web.pages.forms import done
from tocsin.web.pages.render import page
from tocsin.web.site import Site, SiteDep
from tocsin.web.views.standing import Standing, standing
from tocsin.web.views.status import STAGES, bars, marks_of
from tocsin.web.writing import WritingDep

_Text = Annotated[str, Form(min_length=1, max_length=10_000)]
_Short = Annotated[str, Form(max_length=1000)]


def inside(request: Request, site: SiteDep) -> HTMLResponse:
    """Show what the public sees beside what is known here."""
    status, now = page_of(site), site.clock()
    with site.database.reading() as conn:
        board = boards.get(conn, status, now)
        going = incidents.open_ones(conn)
        known = bulletins.since(conn, now - timedelta(days=90))
        windows = [one for one in boards.windows(conn, now) if one.span.end > now]
        told, sent = subscribers.count(conn), letters.count_by_state(conn)
        behind = {one.incident: incidents.get(conn, one.incident) for one in known}
    published = {one.incident for one in known if one.resolved_at is None}
    return page(
        request,
        "status/inside.html",
        here="status",
        board=board,
        status_page=status,
        bars=[bars(row) for row in board.rows],
        marks_of=marks_of,
        stages=STAGES,
        known=sorted(known, key=lambda one: one.last.at, reverse=True),
        unpublished=[one for one in going if one.id not in published],
        ways=status.ways,
        windows=windows,
        told=told,
        sent=sent,
        behind=behind,
    )


def say(  # noqa: PLR0917 - the fields of one form
    site: SiteDep,
    write: WritingDep,
    incident: str,
    text: _Text,
    stage: Annotated[Stage, Form()],
    level: Annotated[Level, Form()] = Level.AFFECTED,
    title: _Short = "",
    whom: _Short = "",
    components: Annotated[list[str], Form()] = [],  # noqa: B006 - FastAPI copies it
) -> RedirectResponse:
    """Publish the incident, or say what is new of it."""
    status = page_of(site)

    def act(unit: Unit) -> Incident:
        found = incidents.get(unit.conn, incident)
        told = Told(stage=stage, text=text, level=level)
        tell(unit, status, found, told, title=title, components=components, whom=whom)
        return found

    return done(f"/incidents/{write.secretly(act).number}#status-page")


def panel(site: Site, incident: Incident) -> Standing | None:
    """Return what the incident's room says of the status page; None: there is no such page."""
    if site.public is None:
        return None
    with site.database.reading() as conn:
        known = bulletins.of_incident(conn, incident.id)
    return standing(site.public.page, incident, known)
