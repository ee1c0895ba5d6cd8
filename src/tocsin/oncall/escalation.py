"""Escalation: who is to be called, when, as a pure function of policy, records and now.

    step k            due at  paging_from + after(k)
    last step again   every `repeat_every` after its first call, `repeats` times
    catch-all         `repeat_every` after that, and again every `repeat_every`, for ever

`next_actions` returns what must stand in the outbox at `now`: everything due, and the next call of
the future.  The future call is a row as well, so that the invariant can be read off the records:
an unacknowledged incident always has an action in the future, even if the escalating duty dies.
Steps without contacts are passed over, never waited for; calls missed while nobody was running are
not made up one by one: of each step only the latest round is called.

An acknowledgement ends the calls for good; there is no expiry of acknowledgements yet.
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from itertools import count

from tocsin.base.errors import BadInput
from tocsin.oncall.policy import Call, Called, Contact, Policy

Key = tuple[int, int, str, str]


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
    if not any(step.contacts for step in policy.steps):
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
    for k, contacts in enumerate((*(step.contacts for step in policy.steps), policy.catch_all)):
        ways = [(contact.person, contact.channel) for contact in contacts]
        if len(set(ways)) < len(ways):
            raise BadInput(
                f"policy {policy.name!r}: step {k + 1} names one person twice on one channel",
                where=where,
                do="give each a channel or person of its own",
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
    opened_at: datetime,
    acknowledged_at: datetime | None,
    resolved_at: datetime | None,
    now: datetime,
) -> list[Call]:
    """Return the calls that must be added to the outbox now: all due ones and the next to come.

    Args:
        policy: the snapshot taken when the incident opened.
        called: the calls already in the outbox, whatever became of them.
        opened_at: when people began to be paged for this incident.
        acknowledged_at: when somebody took it; `None`: nobody yet.
        resolved_at: when it ended; `None`: not yet.
        now: the present.
    """
    if acknowledged_at is not None or resolved_at is not None:
        return []
    known = {_key(one.rung, one.round, one.contact): one.due_at for one in called}
    due: dict[int, list[Call]] = {}
    future: list[Call] = []
    for calls in schedule(policy, opened_at, now):
        missing = [call for call in calls if _key(call.rung, call.round, call.contact) not in known]
        planned = any(at > now for at in _known_dates(calls, known))
        if calls[0].due_at <= now:
            due[calls[0].rung] = missing  # a later round of a step takes a missed one's place
        elif missing or planned:
            future = missing
            break
        # else all of it was called ahead of time (see `instead`): look further
    return [*(call for late in due.values() for call in late), *future]


def schedule(policy: Policy, opened_at: datetime, now: datetime) -> Iterator[list[Call]]:
    """Yield the policy's calls in the order of time, without end; each list is never empty.

    Rounds of the catch-all that lie wholly before the latest one due at `now` are skipped.
    """
    rungs = [(k, step) for k, step in enumerate(policy.steps) if step.contacts]
    for k, step in rungs:
        yield _calls(k, 0, step.contacts, opened_at + step.after)
    at = opened_at
    if rungs:
        last, step = rungs[-1]
        at = opened_at + step.after
        for round_ in range(1, policy.repeats + 1):
            at += policy.repeat_every
            yield _calls(last, round_, step.contacts, at)
        at += policy.repeat_every
    # `check` refuses an empty catch-all; should one slip through, the last step goes on for ever
    last_resort = policy.catch_all or (rungs[-1][1].contacts if rungs else ())
    if not last_resort:
        return
    missed = max(0, (now - at) // policy.repeat_every)
    for round_ in count(missed):
        due_at = at + round_ * policy.repeat_every
        yield _calls(len(policy.steps), round_, last_resort, due_at)


def instead(policy: Policy, failed_rung: int, now: datetime) -> list[Call]:
    """Return whom to call at once when everybody of one step turned out to be unreachable.

    The next step with contacts, else the catch-all.  When the catch-all itself fails there is
    nobody else: its own repeats go on, and this returns nothing (no storm of calls).
    """
    for k in range(failed_rung + 1, len(policy.steps)):
        if policy.steps[k].contacts:
            return _calls(k, 0, policy.steps[k].contacts, now)
    if failed_rung < len(policy.steps):
        return _calls(len(policy.steps), 0, policy.catch_all, now)
    return []


def call_key(incident: str, call: Call | Called) -> str:
    """Return what names a call for ever: `incident/rung/round/person/channel`."""
    return f"{incident}/{call.rung}/{call.round}/{call.contact.person}/{call.contact.channel}"


def _calls(rung: int, round_: int, contacts: Sequence[Contact], due_at: datetime) -> list[Call]:
    return [Call(rung, round_, contact, due_at) for contact in contacts]


def _known_dates(calls: Sequence[Call], known: Mapping[Key, datetime]) -> Iterator[datetime]:
    for call in calls:
        at = known.get(_key(call.rung, call.round, call.contact))
        if at is not None:
            yield at


def _key(rung: int, round_: int, contact: Contact) -> Key:
    return (rung, round_, contact.person, contact.channel)
