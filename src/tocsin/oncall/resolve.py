"""Whom a step tells at an instant: contacts, people by their preferred way, who is on call.

A step whose schedules have nobody on call, and that names nobody else, is passed over: whoever the
next step tells is told in its place, at once, else the catch-all.  They are told as that very
step, so that the steps behind keep their own times, and why is said.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from tocsin.oncall.policy import Contact, Policy, Step
from tocsin.oncall.schedule import Override, who

Overrides = Mapping[str, Sequence[Override]]
"""By the name of the schedule, each schedule's in the order in which they were made."""


@dataclass(frozen=True, slots=True)
class Told:
    """Whom to call; `why` is a clause about schedules that had nobody, else empty."""

    contacts: tuple[Contact, ...]
    why: str = ""


def whom(policy: Policy, rung: int, overrides: Overrides, at: datetime) -> Told:
    """Return whom the step `rung` tells at the instant `at`: somebody, if anybody can be.

    Args:
        policy: the snapshot.
        rung: the number of the step; their count is the catch-all.
        overrides: those in force at `at`, others do no harm.
        at: an instant.
    """
    own = of_step(policy, rung, overrides, at)
    if own.contacts:
        return own
    for later in range(rung + 1, len(policy.steps) + 1):
        others = of_step(policy, later, overrides, at)
        if others.contacts:
            return Told(others.contacts, own.why)
    return own


def of_step(policy: Policy, rung: int, overrides: Overrides, at: datetime) -> Told:
    """Return whom the step `rung` itself tells at the instant `at`, nobody in its place."""
    if rung >= len(policy.steps):
        return Told(policy.catch_all)
    step = policy.steps[rung]
    contacts, empty = list(named(policy, step)), list[str]()
    for schedule in policy.schedules:
        if schedule.name not in step.schedules:
            continue
        person = who(schedule, overrides.get(schedule.name, ()), at)
        if person is None:
            empty.append(f"nobody was on call in schedule {schedule.name!r}")
        elif ways := _ways(policy, person, overrides):
            contacts.append(ways[0])
        else:
            empty.append(f"{person}, on call in schedule {schedule.name!r}, has no contact")
    return Told(_once(contacts), " and ".join(empty))


def named(policy: Policy, step: Step) -> Iterator[Contact]:
    """Yield whom `step` tells whoever is on call: its contacts, and people by their first way."""
    yield from step.contacts
    for name in step.people:
        yield from _ways(policy, name, {})[:1]


def another_way(
    policy: Policy, failed: Contact, overrides: Overrides, taken: Collection[str]
) -> Contact | None:
    """Return the next way to reach the person of `failed`, in their own order; None: no other.

    Args:
        policy: the snapshot.
        failed: the way that did not work.
        overrides: may know people whom the policy does not.
        taken: the channels on which the person was, or will be, called in this round.
    """
    for contact in _ways(policy, failed.person, overrides):
        if contact.channel not in taken:
            return contact
    return None


def _ways(policy: Policy, person: str, overrides: Overrides) -> tuple[Contact, ...]:
    for one in policy.people:
        if one.name == person and one.contacts:
            return one.contacts
    for several in overrides.values():
        for override in several:
            if override.person == person and override.contacts:
                return override.contacts
    return ()


def _once(contacts: Sequence[Contact]) -> tuple[Contact, ...]:
    """Return `contacts` with each person once on each channel: that is what names a page."""
    return tuple({(one.person, one.channel): one for one in reversed(contacts)}.values())[::-1]
