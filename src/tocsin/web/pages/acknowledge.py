"""GET /acknowledge/{page} : the signed link of a page; only its button acknowledges.

Whoever holds the link may say "I have it", signed in or not: a person who is woken at night must
not have to find a password.  The signature is checked on both requests, and nothing but taking the
incident can be done with it.
"""

from __future__ import annotations

from typing import Annotated

from fastapi import Form, Query, Request
from fastapi.responses import HTMLResponse, RedirectResponse

from tocsin.alert.links import check
from tocsin.base.errors import Forbidden
from tocsin.incident.incident import State
from tocsin.incident.joining import ask_of, is_join
from tocsin.store import commands, incidents, pages, reach
from tocsin.store.pages import PageRow
from tocsin.web import moves, roles
from tocsin.web.pages.forms import done
from tocsin.web.pages.render import page
from tocsin.web.site import Site, SiteDep
from tocsin.web.views import marks

Signature = Annotated[str, Query(max_length=100)]


def show(request: Request, site: SiteDep, page_id: str, s: Signature = "") -> HTMLResponse:
    """Show what the page is about, and the button that takes it."""
    row = _page(site, page_id, s)
    with site.database.reading() as conn:
        incident = incidents.standing(conn, row.incident)
        ask = ask_of(commands.get(conn, row.incident), row.rung) if is_join(row.rung) else None
    taken = ""
    if not is_join(row.rung) and (
        incident.state is State.RESOLVED or incident.acknowledged_at is not None
    ):
        taken = incident.commander or incident.acknowledged_by or "Somebody"
    return page(
        request,
        "acknowledge/page.html",
        incident=incident,
        mark=marks.of_incident(incident),
        taken=taken,
        asked=is_join(row.rung),
        role=ask.role if ask else None,
        answered=row.acknowledged_at,
        page=page_id,
        signature=s,
        person=row.contact.person,
    )


def acknowledge(
    site: SiteDep, page_id: str, s: Annotated[str, Form(max_length=100)]
) -> RedirectResponse:
    """Take the incident, or the role they were asked for, in the name of who was paged."""
    row = _page(site, page_id, s)
    with site.database.unit(row.contact.person, site.clock()) as unit:
        incident = incidents.standing(unit.conn, row.incident)
        if is_join(row.rung) and incident.state is not State.RESOLVED:
            roles.join(unit, row)
        elif incident.state is not State.RESOLVED:
            moves.acknowledge(unit, incident.id)
        reach.acknowledged(unit, row.contact)
    return done(f"/acknowledge/{page_id}?s={s}")


def _page(site: Site, page_id: str, signature: str) -> PageRow:
    if not check(site.secret, page_id, signature):
        raise Forbidden("this acknowledgement link is not ours, or was cut off on its way")
    with site.database.reading() as conn:
        return pages.get(conn, page_id)
