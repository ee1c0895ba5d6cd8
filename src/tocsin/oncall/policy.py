"""Escalation policy: the steps taken until somebody acknowledges."""

from dataclasses import dataclass
from datetime import datetime, timedelta


@dataclass(frozen=True, slots=True)
class Contact:
    """One way to reach one person or team: a configured channel and an address on it."""

    person: str
    channel: str
    address: str


@dataclass(frozen=True, slots=True)
class Step:
    """One rung: who is told `after` the incident opened if nobody has acknowledged by then."""

    after: timedelta
    contacts: tuple[Contact, ...]


@dataclass(frozen=True, slots=True)
class Policy:
    """The rungs in order, how often the last is repeated, and who is told when all else failed.

    `repeat_every` repeats the last step; after `repeats` of them the catch-all is paged, and then
    again every `repeat_every` until somebody acknowledges.
    """

    name: str
    steps: tuple[Step, ...]
    catch_all: tuple[Contact, ...]
    repeat_every: timedelta = timedelta(minutes=10)
    repeats: int = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Called:
    """A page that was already decided for this incident: rung index, contact, and when it was due.

    The catch-all's rung is `len(policy.steps)`; `round` counts repeats of one rung from 0.
    """

    rung: int
    round: int
    contact: Contact
    due_at: datetime


@dataclass(frozen=True, slots=True)
class Call:
    """A page to make: becomes an outbox row with the key `incident/rung/round/person/channel`."""

    rung: int
    round: int
    contact: Contact
    due_at: datetime
