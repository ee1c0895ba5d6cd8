"""Updates to stakeholders: who is told in which voice, how often, and when the next one is due.

    due = the last update to the audience, else when the incident began, + `every` of its severity
    an incident that is over owes one update more, the last, from the moment it was resolved

An audience without a cadence for the severity may be told and is owed nothing.  A merged incident
owes nothing: the one that it was merged into speaks for both.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum

from tocsin.incident.incident import Incident, Severity, State
from tocsin.oncall.person import Contact, Person


class Voice(StrEnum):
    """In whose words an update speaks."""

    TECHNICAL = "technical"
    EXECUTIVE = "executive"


@dataclass(frozen=True, slots=True, kw_only=True)
class Audience:
    """People who are told how an incident goes, without being called to it."""

    name: str
    voice: Voice
    contacts: tuple[Contact, ...]
    every: Mapping[Severity, timedelta] = field(default_factory=dict[Severity, timedelta])
    """How often at each severity; one that is not named owes nothing."""
    systems: tuple[str, ...] = ()
    """Which systems' incidents concern them; empty: all."""

    def concerns(self, system: str) -> bool:
        """Return whether an incident of `system` is theirs to hear of."""
        return not self.systems or system in self.systems


@dataclass(frozen=True, slots=True, kw_only=True)
class Telling:
    """How this installation tells of its incidents."""

    audiences: tuple[Audience, ...] = ()
    people: Mapping[str, Person] = field(default_factory=dict[str, Person])
    """Whom to remind of what is due, by the names under which they lead."""
    war_room: str = ""
    """Template of every incident's war room; empty: none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Update:
    """What was told to whom, as it was sent; it is never changed."""

    id: str
    incident: str
    audiences: tuple[str, ...]
    voice: Voice
    subject: str
    text: str
    sent_at: datetime
    sent_by: str
    last: bool = False
    """Whether it was sent after the incident was resolved."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Due:
    """The next update that one audience is owed."""

    audience: str
    voice: Voice
    at: datetime
    every: timedelta
    last: bool = False

    def overdue(self, now: datetime) -> bool:
        """Return whether it should have been sent by `now`."""
        return self.at <= now

    def missed(self, now: datetime) -> int:
        """Return how many whole cadences have passed since it was due; the last one counts none."""
        return 0 if self.last else max(0, (now - self.at) // self.every)


def concerned(audiences: Iterable[Audience], incident: Incident) -> list[Audience]:
    """Return the audiences that may be told of `incident`, in the order of the configuration."""
    return [one for one in audiences if one.concerns(incident.system)]


def due(incident: Incident, audience: Audience, sent: Sequence[Update]) -> Due | None:
    """Return what `audience` is owed next, or `None`.

    Args:
        incident: it.
        audience: whoever may be owed something.
        sent: every update of this incident, in any order.
    """
    every = audience.every.get(incident.severity)
    if every is None or incident.merged_into is not None or not audience.concerns(incident.system):
        return None
    mine = [one for one in sent if audience.name in one.audiences]
    if incident.state is State.RESOLVED:
        return _last(incident, audience, mine, every)
    began = max(incident.detected_at, incident.paging_from or incident.detected_at)
    last = max((one.sent_at for one in mine), default=began)
    return Due(audience=audience.name, voice=audience.voice, at=last + every, every=every)


def dues(incident: Incident, audiences: Iterable[Audience], sent: Sequence[Update]) -> list[Due]:
    """Return what each audience is owed next, the most urgent first."""
    found = [due(incident, one, sent) for one in audiences]
    return sorted((one for one in found if one is not None), key=lambda one: one.at)


def fell_due(owed: Iterable[Due], now: datetime) -> datetime | None:
    """Return when something fell due last, once more for every cadence missed; `None`: never yet.

    Somebody who was reminded after this instant need not be reminded again.
    """
    overdue = [one for one in owed if one.overdue(now)]
    return max((one.at + one.missed(now) * one.every for one in overdue), default=None)


def _last(
    incident: Incident, audience: Audience, mine: Sequence[Update], every: timedelta
) -> Due | None:
    over_at = incident.resolved_at or incident.detected_at
    if any(one.last for one in mine):
        return None
    return Due(audience=audience.name, voice=audience.voice, at=over_at, every=every, last=True)
