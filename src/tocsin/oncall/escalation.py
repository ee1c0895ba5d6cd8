"""Escalation: who is to be called, when, as a pure function of policy, records and now.

    step k            due at  paging_from + after(k)
    last step again   every `repeat_every` after its first call, `repeats` times
    catch-all         `repeat_every` after that, and again every `repeat_every`, for ever

`next_actions` returns what must stand in the outbox at `now`: everything due, and the next call of
the future.  The future call is a row as well, so that the invariant can be read off the records:
an unacknowledged incident always has an action in the future, even if the escalating duty dies.
Steps without contacts are passed over, never waited for; calls missed while nobody was running are
not made up one by one: of each step only the latest round is called.

Who is on call is asked for the instant at which a call is due.  The call of the future is planned
with whom the schedule has by then; should an override change that, it is `outdated`.

An acknowledgement ends the calls.  Of the gravest incidents it expires if nobody works on them:
then they begin again from the first step, with `opened_at` the instant of the expiry.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import count

from tocsin.base.errors import BadInput
from tocsin.oncall.policy import Call, Called, Contact, Policy
from tocsin.oncall.resolve import Overrides, Told, named, of_step, whom


@dataclass(frozen=True, slots=True)
class Round:
    """One time at which one rung is called; the catch-all's rung is the count of the steps."""

    rung: int
    round: int
    due_at: datetime


def check(policy: Policy, where: str = "") -> None:
    """Refuse a policy that could leave an incident with nobody told.

    Raises:
        BadInput: no catch-all, no step with a contact, steps out of order, or no time to repeat.
    """
    if not policy.catch_all:
        raise BadInput(
            f"policy {policy.name!r} has no catch_all",
            where=where,
            do="name somebody who is told when nobody answers",
        )
    if all(step.names_nobody for step in policy.steps):
        raise BadInput(
            f"policy {policy.name!r} has no step with a contact", where=where, do="add one"
        )
    afters = [step.after for step in policy.steps]
    if afters != sorted(afters) or (afters and afters[0] < timedelta(0)):
        raise BadInput(
            f"policy {policy.name!r}: steps are not in the order of time",
            where=where,
            do="let `after` grow from step to step, from 0 up",
        )
    rungs = [*(named(policy, step) for step in policy.steps), policy.catch_all]
    for k, contacts in enumerate(rungs):
        ways = [_way(contact) for contact in contacts]
        if len(set(ways)) < len(ways):
            raise BadInput(
                f"policy {policy.name!r}: step {k + 1} names one person twice on one channel",
                where=where,
                do="give each a channel or person of its own",
            )
    if policy.acknowledge_expires is not None and policy.acknowledge_expires <= timedelta(0):
        raise BadInput(
            f"policy {policy.name!r}: acknowledge_expires must be positive",
            where=where,
            do="write for example acknowledge_expires: 30m, or null for never",
        )
    if policy.repeat_every <= timedelta(0) or policy.repeats < 0:
        raise BadInput(
            f"policy {policy.name!r}: repeat_every must be positive and repeats 0 or more",
            where=where,
            do="write for example repeat_every: 10m, repeats: 3",
        )


def next_actions(
    policy: Policy,
    called: Sequence[Called],
    *,
    overrides: Overrides,
    opened_at: datetime,
    acknowledged_at: datetime | None,
    resolved_at: datetime | None,
    now: datetime,
) -> list[Call]:
    """Return the calls that must be added to the outbox now: all due ones and the next to come.

    Args:
        policy: the snapshot taken when the incident opened.
        called: the calls already in the outbox, whatever became of them.
        overrides: by the name of the schedule; only those that end after `now` matter.
        opened_at: when people began to be paged for this incident.
        acknowledged_at: when somebody took it; `None`: nobody yet.
        resolved_at: when it ended; `None`: not yet.
        now: the present.
    """
    if acknowledged_at is not None or resolved_at is not None:
        return []
    made = _by_round(called)
    due: dict[int, list[Call]] = {}
    future: list[Call] = []
    for one in rounds(policy, opened_at, now):
        before = made.get((one.rung, one.round), [])
        wanted = _wanted(policy, one, before, overrides, now)
        if not wanted and not before and one.rung >= len(policy.steps):
            break  # nobody at all: `check` refuses such a policy
        ways = {_way(call.contact) for call in before}
        missing = [call for call in wanted if _way(call.contact) not in ways]
        if min([one.due_at, *(call.due_at for call in before)]) <= now:
            due[one.rung] = missing  # a later round of a step takes a missed one's place
        elif missing or before:
            future = missing
            break
    return [*(call for late in due.values() for call in late), *future]


def expires_at(
    policy: Policy, *, acknowledged_at: datetime, worked_at: datetime | None
) -> datetime | None:
    """Return when an acknowledgement ends unless somebody works on it before; `None`: never.

    Args:
        policy: the snapshot taken when the incident opened.
        acknowledged_at: when somebody took it.
        worked_at: when a person last logged anything; `None`: never.
    """
    if policy.acknowledge_expires is None:
        return None
    return max(acknowledged_at, worked_at or acknowledged_at) + policy.acknowledge_expires


def outdated(
    policy: Policy, called: Sequence[Called], *, overrides: Overrides, now: datetime
) -> list[Called]:
    """Return the planned calls to people who will not, or no longer, be on call when they are due.

    They must leave the outbox; whom to call instead is among the `next_actions`.
    """
    if not policy.schedules:
        return []
    gone: list[Called] = []
    for (rung, round_), before in _by_round(called).items():
        if any(call.tried for call in before):
            continue
        one = Round(rung, round_, min(call.due_at for call in before))
        wanted = {_way(call.contact) for call in _wanted(policy, one, before, overrides, now)}
        gone += [call for call in before if _way(call.contact) not in wanted]
    return gone


def rounds(policy: Policy, opened_at: datetime, now: datetime) -> Iterator[Round]:
    """Yield the policy's rounds in the order of time, without end.

    Rounds of the catch-all that lie wholly before the latest one due at `now` are skipped.
    """
    rungs = [(k, step) for k, step in enumerate(policy.steps) if not step.names_nobody]
    for k, step in rungs:
        yield Round(k, 0, opened_at + step.after)
    at = opened_at
    if rungs:
        last, step = rungs[-1]
        at = opened_at + step.after
        for round_ in range(1, policy.repeats + 1):
            at += policy.repeat_every
            yield Round(last, round_, at)
        at += policy.repeat_every
    missed = max(0, (now - at) // policy.repeat_every)
    for round_ in count(missed):
        yield Round(len(policy.steps), round_, at + round_ * policy.repeat_every)


def instead(policy: Policy, failed_rung: int, *, overrides: Overrides, now: datetime) -> list[Call]:
    """Return whom to call at once when everybody of one step turned out to be unreachable.

    The next step that has somebody, else the catch-all.  When the catch-all itself fails there is
    nobody else: its own repeats go on, and this returns nothing (no storm of calls).
    """
    for k in range(failed_rung + 1, len(policy.steps) + 1):
        told = of_step(policy, k, overrides, now)
        if told.contacts:
            return [Call(k, 0, contact, now, told.why) for contact in told.contacts]
    return []


def call_key(incident: str, call: Call | Called) -> str:
    """Return what names a call for ever: `incident/rung/round/person/channel`."""
    return f"{incident}/{call.rung}/{call.round}/{call.contact.person}/{call.contact.channel}"


def _wanted(
    policy: Policy, one: Round, before: Sequence[Called], overrides: Overrides, now: datetime
) -> list[Call]:
    """Return the calls of one round, as of when it is due, or of `now` if that is later.

    Whom to call is settled when the first of them is tried: a hand-off after that wakes nobody.
    """
    due_at = min([one.due_at, *(call.due_at for call in before)])
    rung = one.rung
    if rung >= len(policy.steps) and not policy.catch_all:
        # `check` refuses an empty catch-all; should one slip through, the last step goes on
        rung = max((k for k, s in enumerate(policy.steps) if not s.names_nobody), default=rung)
    if rung < len(policy.steps) and any(call.tried for call in before):
        told = Told(tuple(named(policy, policy.steps[rung])))
    else:
        told = whom(policy, rung, overrides, max(due_at, now))
    return [Call(one.rung, one.round, contact, due_at, told.why) for contact in told.contacts]


def _by_round(called: Sequence[Called]) -> dict[tuple[int, int], list[Called]]:
    made: dict[tuple[int, int], list[Called]] = {}
    for call in called:
        made.setdefault((call.rung, call.round), []).append(call)
    return made


def _way(contact: Contact) -> tuple[str, str]:
    return (contact.person, contact.channel)
