"""GET /status/report : a person whom a decision harmed says what happened, without an account.

It lands as a complaint about the component's first system; several within a day open a ticket (see
`incident.intake`).  What was written comes back escaped if something is wrong with it, so that
nobody has to write it twice; a filled trap is answered like everybody else, and kept nowhere.
"""

from __future__ import annotations

import re
import secrets
from dataclasses import replace
from datetime import datetime
from typing import Annotated

from fastapi import Form, Request
from fastapi.responses import HTMLResponse, Response

from tocsin.base.errors import BadInput, NotFound
from tocsin.base.ids import make_id
from tocsin.incident.statuspage import StatusPage
from tocsin.ingest.change import Complaint
from tocsin.ingest.privacy import stored_ids
from tocsin.store import changes, systems
from tocsin.store.unit import Unit
from tocsin.web.pages.forms import done
from tocsin.web.pages.status import plain, public_of
from tocsin.web.site import SiteDep

TEXT_MAX_CHARS = 4000
SHORT_MAX_CHARS = 200
_VISITOR = "visitor"
_REFERENCE = re.compile(r"cmp_[0-9a-z]{1,40}")
_Long = Annotated[str, Form(max_length=20_000)]
_Short = Annotated[str, Form(max_length=2000)]


def show(request: Request, site: SiteDep) -> HTMLResponse:
    """Show the form."""
    components = public_of(site).page.components
    said = dict.fromkeys(("component", "text", "decision", "contact"), "")
    return plain(request, "status/report.html", site, {"components": components, "said": said})


def report(  # noqa: PLR0917 - the fields of one form
    request: Request,
    site: SiteDep,
    component: _Short = "",
    text: _Long = "",
    decision: _Short = "",
    contact: _Short = "",
    website: _Short = "",
) -> Response:
    """Record what a person says, and tell its reference."""
    page, now = public_of(site).page, site.clock()
    said = {"component": component, "text": text, "decision": decision, "contact": contact}
    if website:
        return done(f"/status/reported/{make_id('cmp', now, secrets.randbits(40))}")
    try:
        complaint = _complaint(page, {name: one.strip() for name, one in said.items()}, now)
    except BadInput as wrong:
        facts = {"components": page.components, "said": said, "wrong": wrong}
        return plain(request, "status/report.html", site, facts, 400)
    with site.database.unit(_VISITOR, now) as unit:
        reference = _keep(unit, complaint, site.secret)
    return done(f"/status/reported/{reference}")


def reported(request: Request, site: SiteDep, reference: str) -> HTMLResponse:
    """Thank, and tell the reference; it is not looked up.

    Raises:
        NotFound: it is no reference.
    """
    if not _REFERENCE.fullmatch(reference):
        raise NotFound("this is no reference; see the page after sending")
    return plain(request, "status/reported.html", site, {"reference": reference})


def _complaint(page: StatusPage, said: dict[str, str], now: datetime) -> Complaint:
    """Return what a form says, still without its id.

    Raises:
        BadInput: a field is missing or too long; `where` names it.
    """
    component = page.component(said["component"])
    if component is None:
        raise BadInput("say what it is about", where="component", do="choose one")
    if not said["text"]:
        raise BadInput("say what happened", where="text", do="a sentence is enough")
    most = {"text": TEXT_MAX_CHARS, "decision": SHORT_MAX_CHARS, "contact": SHORT_MAX_CHARS}
    for name, limit_chars in most.items():
        if len(said[name]) > limit_chars:
            what = f"this is longer than {limit_chars:,} characters"
            raise BadInput(what, where=name, do="say it shorter")
    return Complaint(
        id="",
        at=now,
        system=component.systems[0],
        text=said["text"],
        prediction_id=said["decision"] or None,
        slice=component.slice,
        contact=said["contact"] or None,
    )


def _keep(unit: Unit, said: Complaint, secret: bytes) -> str:
    complaint = replace(said, id=unit.new_id("cmp"))
    if complaint.prediction_id is not None:
        its = systems.get(unit.conn, complaint.system).system
        (stored_id,) = stored_ids([complaint.prediction_id], its, secret)
        complaint = replace(complaint, prediction_id=stored_id)
    changes.add_complaint(unit, complaint)
    return complaint.id
