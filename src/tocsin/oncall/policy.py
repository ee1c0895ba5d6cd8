"""Escalation policy: the steps taken until somebody acknowledges."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from tocsin.oncall.person import Contact as Contact  # noqa: PLC0414 - a word of policies
from tocsin.oncall.person import Person as Person  # noqa: PLC0414 - the same
from tocsin.oncall.schedule import Schedule


@dataclass(frozen=True, slots=True)
class Step:
    """One rung: who is told `after` the incident opened if nobody has acknowledged by then.

    All of `contacts` are told, of each of `people` the preferred way, and who is on call in each
    of `schedules` when the step is due; the policy knows both by these names.
    """

    after: timedelta
    contacts: tuple[Contact, ...]
    people: tuple[str, ...] = ()
    schedules: tuple[str, ...] = ()

    @property
    def names_nobody(self) -> bool:
        """Whether the step can never tell anybody."""
        return not (self.contacts or self.people or self.schedules)


@dataclass(frozen=True, slots=True)
class Policy:
    """The rungs in order, how often the last is repeated, and who is told when all else failed.

    `repeat_every` repeats the last step; after `repeats` of them the catch-all is paged, and then
    again every `repeat_every` until somebody acknowledges.

    `people` and `schedules` are those that steps may name; a policy holds them itself, so that
    one that was kept when an incident opened needs nothing else to tell whom to call.
    """

    name: str
    steps: tuple[Step, ...]
    catch_all: tuple[Contact, ...]
    repeat_every: timedelta = timedelta(minutes=10)
    repeats: int = 3
    people: tuple[Person, ...] = ()
    schedules: tuple[Schedule, ...] = ()
    acknowledge_expires: timedelta | None = None
    """After how long without work on it the acknowledgement of a SEV1 ends; None: never."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Called:
    """A page that was already decided for this incident: rung index, contact, and when it was due.

    The catch-all's rung is `len(policy.steps)`; `round` counts repeats of one rung from 0.  One
    that was `tried` stands; others give way when somebody else is on call.
    """

    rung: int
    round: int
    contact: Contact
    due_at: datetime
    tried: bool = False


@dataclass(frozen=True, slots=True)
class Call:
    """A page to make: becomes an outbox row with the key `incident/rung/round/person/channel`.

    `why` says what is odd about whom it calls, as a clause: nobody was on call.
    """

    rung: int
    round: int
    contact: Contact
    due_at: datetime
    why: str = ""
