"""Stakeholder updates: what was sent, what is due, the draft of the next; and the war room."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

from fastapi import Query
from pydantic import Field, StringConstraints

from tocsin.incident.update import Audience, Due, Update, Voice
from tocsin.incident.voices import Draft
from tocsin.incident.warroom import MOST_CHARS
from tocsin.store import incidents, updates
from tocsin.store.unit import Unit
from tocsin.store.updates import Telling
from tocsin.web import telling
from tocsin.web.fields import Answer, Name, Order
from tocsin.web.incidents import IncidentAnswer, answer
from tocsin.web.site import SiteDep
from tocsin.web.writing import WritingDep

VoiceName = Literal["technical", "executive"]
SUBJECT_MAX_CHARS = 300
TEXT_MAX_CHARS = 20_000
Subject = Annotated[
    str, StringConstraints(strip_whitespace=True, min_length=1, max_length=SUBJECT_MAX_CHARS)
]
Words = Annotated[
    str, StringConstraints(strip_whitespace=True, min_length=1, max_length=TEXT_MAX_CHARS)
]


class TellingAnswer(Answer):
    """What became of an update on its way to one contact, without the address."""

    audience: str
    person: str
    channel: str
    state: Literal["due", "claimed", "accepted", "acknowledged", "failed"]
    attempts: int
    error: str | None
    accepted_at: datetime | None


class UpdateAnswer(Answer):
    """One update as it was sent."""

    id: str
    audiences: list[str]
    voice: VoiceName
    subject: str
    text: str
    sent_at: datetime
    sent_by: str
    last: bool
    told: list[TellingAnswer]


class DueAnswer(Answer):
    """The next update that an audience is owed; `last`: the one after the end."""

    audience: str
    voice: VoiceName
    at: datetime
    overdue: bool
    last: bool


class AudienceAnswer(Answer):
    """Who can be told, in which voice, and how many contacts that are."""

    name: str
    voice: VoiceName
    contacts: int


class UpdatesAnswer(Answer):
    """Everything about the updates of one incident, oldest first."""

    audiences: list[AudienceAnswer]
    due: list[DueAnswer]
    updates: list[UpdateAnswer]


class DraftAnswer(Answer):
    """Words for a person to edit and send."""

    voice: VoiceName
    subject: str
    text: str


class Sending(Order):
    """An update as a person wants it sent; `audiences` left out: all of that voice."""

    voice: VoiceName = "executive"
    audiences: Annotated[list[Name], Field(max_length=50, default_factory=list[str])]
    subject: Subject
    text: Words


class WarRoom(Order):
    """Where people talk about it; null takes the link away."""

    url: Annotated[str, StringConstraints(max_length=MOST_CHARS)] | None


def list_updates(site: SiteDep, incident: str) -> UpdatesAnswer:
    """Return what was sent to whom, and what is due."""
    with site.database.reading() as conn:
        told = telling.told(conn, site, incidents.get(conn, incident))
    now = site.clock()
    return UpdatesAnswer(
        audiences=[_audience(one) for one in told.audiences],
        due=[_due(one, now) for one in told.dues],
        updates=[_update(one, told.tellings) for one in told.updates],
    )


def draft(site: SiteDep, incident: str, voice: Annotated[VoiceName, Query()]) -> DraftAnswer:
    """Return the words of the next update in one voice, written from the records."""
    with site.database.reading() as conn:
        (found,) = telling.drafts(conn, site, incidents.get(conn, incident), [Voice(voice)])
    return _draft(found)


def send(site: SiteDep, write: WritingDep, incident: str, order: Sending) -> UpdateAnswer:
    """Send an update; it also stands on the timeline."""

    def act(unit: Unit) -> UpdateAnswer:
        update = telling.send_update(
            unit,
            site,
            incident,
            voice=Voice(order.voice),
            to=order.audiences,
            subject=order.subject,
            text=order.text,
        )
        return _update(update, updates.tellings(unit.conn, update.incident))

    return write.once(UpdateAnswer, act, 201)


def set_war_room(site: SiteDep, write: WritingDep, incident: str, order: WarRoom) -> IncidentAnswer:
    """Name the war room: any http(s) address."""
    return write.once(
        IncidentAnswer, lambda u: answer(site, telling.set_war_room(u, incident, order.url))
    )


def _audience(one: Audience) -> AudienceAnswer:
    return AudienceAnswer(name=one.name, voice=one.voice.value, contacts=len(one.contacts))


def _due(one: Due, now: datetime) -> DueAnswer:
    return DueAnswer(
        audience=one.audience,
        voice=one.voice.value,
        at=one.at,
        overdue=one.overdue(now),
        last=one.last,
    )


def _draft(one: Draft) -> DraftAnswer:
    return DraftAnswer(voice=one.voice.value, subject=one.subject, text=one.text)


def _update(one: Update, every: list[Telling] | tuple[Telling, ...]) -> UpdateAnswer:
    mine = [row for row in every if row.update == one.id]
    own = {
        name: getattr(one, name)
        for name in UpdateAnswer.model_fields
        if name not in {"told", "voice", "audiences"}
    }
    return UpdateAnswer(
        voice=one.voice.value,
        audiences=list(one.audiences),
        told=[
            TellingAnswer(
                audience=row.audience,
                person=row.contact.person,
                channel=row.contact.channel,
                state=row.state.value,
                attempts=row.attempts,
                error=row.error,
                accepted_at=row.accepted_at,
            )
            for row in mine
        ],
        **own,
    )
