"""The room's panel of updates: what is due to whom, the drafts, and what was sent."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from tocsin.base.phrases import count, listing
from tocsin.base.spans import describe
from tocsin.incident.incident import Incident, State
from tocsin.incident.update import Due, Update, Voice
from tocsin.incident.voices import Draft
from tocsin.store.outbox import PageState
from tocsin.store.updates import Telling
from tocsin.web.telling import Told
from tocsin.web.views.marks import Mark


@dataclass(frozen=True, slots=True)
class DueView:
    """One audience that waits, in words."""

    mark: Mark
    says: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class DraftView:
    """One draft to edit, and who would be told."""

    voice: Voice
    subject: str
    text: str
    whom: str
    contacts: str
    open: bool
    """Whether one in this voice is due: then the draft lies open."""


@dataclass(frozen=True, slots=True)
class SentView:
    """One update as it was sent, and whether it arrived."""

    update: Update
    says: str
    troubles: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Panel:
    """The panel; without audiences there is nobody to tell."""

    says: str
    mark: Mark | None
    """Only where something is overdue."""
    dues: tuple[DueView, ...]
    drafts: tuple[DraftView, ...]
    sent: tuple[SentView, ...]


def panel(incident: Incident, told: Told, drafts: Sequence[Draft], *, now: datetime) -> Panel:
    """Return the panel of updates.

    Args:
        incident: it.
        told: who hears of it, what was sent, what is due.
        drafts: one for each voice that somebody hears.
        now: the present.
    """
    late = [one for one in told.dues if one.overdue(now)]
    return Panel(
        says=_says(incident, told, late, now),
        mark=Mark.AT_RISK if late else None,
        dues=tuple(_due(one, now) for one in told.dues),
        drafts=tuple(_draft(one, told, late) for one in drafts),
        sent=tuple(_sent(one, told.tellings) for one in reversed(told.updates)),
    )


def _says(incident: Incident, told: Told, late: Sequence[Due], now: datetime) -> str:
    if incident.merged_into is not None:
        return "It was merged: the other incident tells for both."
    if not told.audiences:
        return f"Nobody is declared to hear of {incident.system}: see updates in tocsin.yaml."
    if late:
        waits = listing([one.audience for one in late])
        which = "The last update" if late[0].last else "An update"
        return f"{which} to {waits} is overdue."
    if told.dues:
        return f"Next update due in {describe(told.dues[0].at - now)}, to {told.dues[0].audience}."
    if incident.state is State.RESOLVED:
        return "Everybody who waited has had the last update."
    return f"No update is owed at {incident.severity.name}; you may send one."


def _due(one: Due, now: datetime) -> DueView:
    late = one.overdue(now)
    says = f"{one.audience}, {one.voice}: " + ("overdue since" if late else "due at")
    return DueView(Mark.AT_RISK if late else Mark.HEALTHY, says, one.at)


def _draft(one: Draft, told: Told, late: Sequence[Due]) -> DraftView:
    mine = [audience for audience in told.audiences if audience.voice is one.voice]
    contacts = {contact for audience in mine for contact in audience.contacts}
    return DraftView(
        voice=one.voice,
        subject=one.subject,
        text=one.text,
        whom=listing([audience.name for audience in mine]),
        contacts=count(len(contacts), "contact"),
        open=any(due.voice is one.voice for due in late),
    )


def _sent(update: Update, every: Sequence[Telling]) -> SentView:
    mine = [one for one in every if one.update == update.id]
    arrived = sum(one.receipt is not None for one in mine)
    troubles = tuple(
        f"{one.contact.person} by {one.contact.channel}: {one.error}"
        for one in mine
        if one.error and one.receipt is None
    )
    failed = sum(one.state is PageState.FAILED for one in mine)
    says = f"arrived at {arrived} of {count(len(mine), 'contact')}"
    if failed:
        says += f", {failed} failed"
    return SentView(update, says, troubles)
