"""The room's panel of updates, and what its forms do: send an update, name the war room."""

from __future__ import annotations

from typing import Annotated

import sqlalchemy as sa
from fastapi import Form
from fastapi.responses import RedirectResponse

from tocsin.incident.incident import Incident
from tocsin.incident.update import Voice
from tocsin.incident.warroom import MOST_CHARS
from tocsin.store import incidents
from tocsin.store.unit import Unit
from tocsin.web import telling
from tocsin.web.pages.forms import done
from tocsin.web.site import Site, SiteDep
from tocsin.web.updates import SUBJECT_MAX_CHARS, TEXT_MAX_CHARS
from tocsin.web.views.telling import Panel, panel
from tocsin.web.writing import WritingDep

Subject = Annotated[str, Form(min_length=1, max_length=SUBJECT_MAX_CHARS)]
Words = Annotated[str, Form(min_length=1, max_length=TEXT_MAX_CHARS)]


def look(conn: sa.Connection, site: Site, incident: Incident) -> Panel:
    """Return the panel of updates of one incident."""
    told = telling.told(conn, site, incident)
    heard = {one.voice for one in told.audiences if incident.merged_into is None}
    voices = [voice for voice in Voice if voice in heard]
    drafts = telling.drafts(conn, site, incident, voices) if voices else []
    return panel(incident, told, drafts, now=site.clock())


def send(  # noqa: PLR0917 - the fields of one form
    site: SiteDep,
    write: WritingDep,
    incident: str,
    voice: Annotated[Voice, Form()],
    subject: Subject,
    text: Words,
) -> RedirectResponse:
    """Send an update to everybody who hears this voice."""

    def act(unit: Unit) -> int:
        update = telling.send_update(
            unit, site, incident, voice=voice, to=(), subject=subject, text=text
        )
        return incidents.get(unit.conn, update.incident).number

    return done(f"/incidents/{write.secretly(act)}#updates")


def set_war_room(
    write: WritingDep, incident: str, url: Annotated[str, Form(max_length=MOST_CHARS)] = ""
) -> RedirectResponse:
    """Name the war room; an empty field takes the link away."""
    found = write.secretly(lambda unit: telling.set_war_room(unit, incident, url.strip() or None))
    return done(f"/incidents/{found.number}#updates")
