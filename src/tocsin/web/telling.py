"""What people do to tell others: draft an update, send it, name the war room.

JSON and pages share these; each runs within one unit of work.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace
from datetime import timedelta

import sqlalchemy as sa

from tocsin.base.errors import BadInput, Conflict, NotFound
from tocsin.base.phrases import listing
from tocsin.incident import lifecycle, warroom
from tocsin.incident.incident import EntryKind, Incident, State
from tocsin.incident.update import Audience, Due, Update, Voice, concerned, dues
from tocsin.incident.voices import Draft, draft
from tocsin.store import incidents, updates
from tocsin.store.unit import Unit
from tocsin.store.updates import Telling
from tocsin.web.known import known, news
from tocsin.web.site import Site

TWICE_WITHIN = timedelta(minutes=5)
"""The same words to the same people so soon are one update, sent by a double click."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """All that is known of the updates of one incident."""

    audiences: tuple[Audience, ...]
    updates: tuple[Update, ...]
    tellings: tuple[Telling, ...]
    dues: tuple[Due, ...]


def told(conn: sa.Connection, site: Site, incident: Incident) -> Told:
    """Return who is told of `incident`, what was sent, and what is due."""
    sent = updates.of_incident(conn, incident.id)
    return Told(
        audiences=tuple(concerned(site.telling.audiences, incident)),
        updates=tuple(sent),
        tellings=tuple(updates.tellings(conn, incident.id)),
        dues=tuple(dues(incident, site.telling.audiences, sent)),
    )


def drafts(
    conn: sa.Connection, site: Site, incident: Incident, voices: Iterable[Voice]
) -> list[Draft]:
    """Return the words of the next update in each voice, from what is stored."""
    now = site.clock()
    sent = updates.of_incident(conn, incident.id)
    entries = incidents.timeline(conn, incident.id)
    base = known(conn, incident, now)
    found: list[Draft] = []
    for voice in voices:
        mine = [one for one in concerned(site.telling.audiences, incident) if one.voice is voice]
        cadences = [one.every[incident.severity] for one in mine if incident.severity in one.every]
        since = max((one.sent_at for one in sent if one.voice is voice), default=None)
        found.append(
            draft(
                replace(base, news=news(entries, since)),
                voice,
                number_=len(sent) + 1,
                next_at=now + min(cadences) if cadences else None,
            )
        )
    return found


def send_update(
    unit: Unit,
    site: Site,
    incident: str,
    *,
    voice: Voice,
    to: Collection[str],
    subject: str,
    text: str,
) -> Update:
    """Send an update: it is kept, told on the timeline, and on its way to every contact.

    Args:
        unit: where to write.
        site: who the audiences are.
        incident: id, number or name.
        voice: whose words it speaks.
        to: names of audiences; empty: all of that voice.
        subject: its title.
        text: its words.

    Raises:
        NotFound: no such incident or audience.
        BadInput: nobody to tell.
        Conflict: the incident was merged into another.
    """
    found = incidents.get(unit.conn, incident)
    if found.merged_into is not None:
        other = incidents.get(unit.conn, found.merged_into)
        raise Conflict(f"{found.name} was merged into {other.name}; tell of {other.name}")
    audiences = _chosen(site, found, voice, to)
    update = Update(
        id=unit.new_id("upd"),
        incident=found.id,
        audiences=tuple(one.name for one in audiences),
        voice=voice,
        subject=" ".join(subject.split()),
        text=text.strip().replace("\r\n", "\n"),
        sent_at=unit.now,
        sent_by=unit.actor,
        last=found.state is State.RESOLVED,
    )
    for earlier in updates.of_incident(unit.conn, found.id):
        if _same(earlier, update) and unit.now - earlier.sent_at < TWICE_WITHIN:
            return earlier
    updates.add(unit, update, audiences)
    which = "the last update" if update.last else "an update"
    whom = listing(update.audiences)
    _, entries = lifecycle.note(
        found,
        kind=EntryKind.UPDATE,
        text=f"sent {which} to {whom} ({voice}): {update.subject}\n\n{update.text}",
        actor=unit.actor,
        now=unit.now,
        entry_id=unit.new_id("ent"),
        facts={"update": update.id, "voice": voice.value, "audiences": ", ".join(update.audiences)},
    )
    incidents.save(unit, found, entries)
    return update


def set_war_room(unit: Unit, incident: str, url: str | None) -> Incident:
    """Name the war room of an incident, or take its link away.

    Raises:
        NotFound: there is no such incident.
        BadInput: no http(s) address.
    """
    after, entries = warroom.set_(
        incidents.get(unit.conn, incident),
        url,
        actor=unit.actor,
        now=unit.now,
        entry_id=unit.new_id("ent"),
    )
    if entries:
        incidents.save(unit, after, entries)
        unit.audit("incident.war_room", after.id, url=after.war_room or "")
    return after


def _chosen(site: Site, incident: Incident, voice: Voice, to: Collection[str]) -> list[Audience]:
    among = {one.name: one for one in concerned(site.telling.audiences, incident)}
    for name in to:
        if name not in among:
            names = ", ".join(sorted(among)) or "none"
            raise NotFound(f"no audience of {incident.system} is called {name!r}; it has {names}")
    chosen = [one for one in among.values() if (one.name in to if to else one.voice is voice)]
    if not chosen:
        raise BadInput(
            f"nobody hears of {incident.system} in the {voice} voice",
            where="updates",
            do="declare an audience under `updates:` in tocsin.yaml, or name one",
        )
    return chosen


def _same(one: Update, other: Update) -> bool:
    mine = (one.audiences, one.voice, one.subject, one.text, one.sent_by, one.last)
    return mine == (
        other.audiences,
        other.voice,
        other.subject,
        other.text,
        other.sent_by,
        other.last,
    )
