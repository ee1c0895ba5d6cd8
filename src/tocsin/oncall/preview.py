"""What a policy would do, told beforehand: who is called when, and where nobody is on call.

Nothing is sent and nothing is kept: the same rounds and the same rules as in earnest, asked for an
incident that opens at some instant and that nobody acknowledges.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from tocsin.base.spans import Span
from tocsin.oncall.escalation import Round, rounds
from tocsin.oncall.policy import Contact, Policy
from tocsin.oncall.resolve import Overrides, named, whom
from tocsin.oncall.schedule import gaps

LOOK_AHEAD = timedelta(days=60)
"""How far gaps are looked for."""
_CATCH_ALLS = 2


@dataclass(frozen=True, slots=True)
class Telling:
    """One round: who is called, and why somebody else if nobody was on call."""

    round: Round
    contacts: tuple[Contact, ...]
    why: str


@dataclass(frozen=True, slots=True)
class Hole:
    """A step of a policy that will find nobody on call; `grave` if only the catch-all is left."""

    policy: str
    rung: int
    schedule: str
    gaps: tuple[Span, ...]
    grave: bool

    def __str__(self) -> str:
        first, more = self.gaps[0], len(self.gaps) - 1
        span = f"{first.start:%Y-%m-%d %H:%M} to {first.end:%Y-%m-%d %H:%M} UTC"
        others = f" and in {more} more gap{'s'[: more > 1]}" if more else ""
        then = (
            "and nobody but the catch-all is left to tell"
            if self.grave
            else "others are told in their place"
        )
        return (
            f"policy {self.policy!r}, step {self.rung + 1}: nobody is on call in schedule"
            f" {self.schedule!r} from {span}{others} within {LOOK_AHEAD.days} days, {then}"
        )


def preview(policy: Policy, overrides: Overrides, opened_at: datetime) -> Iterator[Telling]:
    """Yield whom `policy` would tell, in the order of time, until the catch-all was told twice."""
    for one in rounds(policy, opened_at, opened_at):
        told = whom(policy, one.rung, overrides, one.due_at)
        yield Telling(one, told.contacts, told.why)
        if one.rung >= len(policy.steps) and one.round + 1 >= _CATCH_ALLS:
            return


def holes(policy: Policy, overrides: Overrides, now: datetime) -> Iterator[Hole]:
    """Yield the gaps within the next 60 days in the schedules that `policy` asks, step by step."""
    span = Span(now, now + LOOK_AHEAD)
    for rung, step in enumerate(policy.steps):
        others = any(True for _ in named(policy, step)) or any(
            later.contacts or later.people or set(later.schedules) - set(step.schedules)
            for later in policy.steps[rung + 1 :]
        )
        for schedule in policy.schedules:
            if schedule.name not in step.schedules:
                continue
            found = gaps(schedule, overrides.get(schedule.name, ()), span)
            if found:
                alone = not others and len(step.schedules) == 1
                yield Hole(policy.name, rung, schedule.name, tuple(found), alone)
