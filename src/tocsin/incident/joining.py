"""Who is to be asked to join, as a pure function of the matrix, the case, the records and now.

Each ask is a rung of its own from `FIRST` on, in the order of the matrix; the round is its step.
They stand in the outbox beside the escalation and do not end with an acknowledgement: whoever has
the incident still needs the others.  A page is planned when its ask first holds, for as much later
as its step says; the steps behind it are taken when they are due, while nobody has answered.

Nobody is asked by two rules about one incident: not who was called for it, who holds a role in it,
or who was asked before; whom one rule asks and who stays silent, it asks again (`insist`).  A
planned page whose reason is gone is `outdated`.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from tocsin.incident.command import Ask, Case, Command
from tocsin.incident.incident import Incident, Role
from tocsin.oncall.person import Contact
from tocsin.oncall.policy import Call, Called
from tocsin.oncall.resolve import Overrides, whom

FIRST = 1_000_000
"""The rung of the first ask; no policy has so many steps."""
AGAIN = 1_000
"""What each repeat of an ask adds to the round of its step; no ask has so many steps."""


@dataclass(frozen=True, slots=True)
class Asked:
    """Somebody was asked, or is to be: what was called, and whether they answered."""

    called: Called
    answered: bool = False


@dataclass(frozen=True, slots=True)
class Joins:
    """What must enter the outbox, and what must leave it."""

    calls: tuple[Call, ...] = ()
    outdated: tuple[Called, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Scene:
    """What is known when it is decided.

    `paged` are the calls of the escalation; `asked` those of the matrix.
    """

    incident: Incident
    case: Case
    paged: Sequence[Called]
    asked: Sequence[Asked]
    overrides: Overrides
    now: datetime

    def of(self, rung: int) -> list[Asked]:
        """Return what one ask has led to."""
        return [one for one in self.asked if one.called.rung == rung]


def is_join(rung: int) -> bool:
    """Return whether a page of this rung asks somebody to join."""
    return rung >= FIRST


def ask_of(command: Command, rung: int) -> Ask | None:
    """Return the ask that a page of this rung is about; None: the matrix has none such."""
    place = rung - FIRST
    return command.asks[place] if 0 <= place < len(command.asks) else None


def joins(command: Command, scene: Scene) -> Joins:
    """Return whom to ask now or later, and which planned pages have lost their reason."""
    if scene.incident.resolved_at is not None:
        return Joins()
    outdated = tuple(_outdated(command, scene))
    gone = {(one.rung, one.contact) for one in outdated}
    left = [one for one in scene.asked if (one.called.rung, one.called.contact) not in gone]
    known = _known(scene, left)
    calls: list[Call] = []
    for place, ask in enumerate(command.asks):
        if not holds(command, scene, place):
            continue
        mine = [one for one in left if one.called.rung == FIRST + place]
        for call in _calls(command, ask, FIRST + place, mine, scene):
            if call.contact.person not in known:
                known.add(call.contact.person)
                calls.append(call)
    return Joins(tuple(calls), outdated)


def holds(command: Command, scene: Scene, place: int) -> bool:
    """Return whether there is still somebody to be asked by the ask at `place`."""
    ask = command.asks[place]
    if not ask.steps or not ask.when.holds(scene.case):
        return False
    if ask.role is Role.COMMANDER:  # a milder severity must not take the lead from a graver one's
        return not any(
            scene.of(FIRST + other)
            for other, one in enumerate(command.asks)
            if one.role is Role.COMMANDER and one.when.severity < ask.when.severity
        )
    return ask.role is None or ask.role.shared or not scene.incident.holders(ask.role)


def _calls(
    command: Command, ask: Ask, rung: int, mine: Sequence[Asked], scene: Scene
) -> Iterator[Call]:
    policy = command.ladder(ask.steps)
    since = _since(ask, mine, scene.now)
    answered = settled(ask, mine, scene.incident)
    for k, step in enumerate(ask.steps):
        due_at = since + step.after
        if k and (due_at > scene.now or answered):
            return
        if any(one.called.round == k for one in mine):
            continue
        told = whom(policy, k, scene.overrides, max(due_at, scene.now))
        why = reason(ask, scene.case) + (f"; {told.why}" if told.why else "")
        yield from (Call(rung, k, contact, due_at, why) for contact in told.contacts)


@dataclass(frozen=True, slots=True)
class Asking:
    """What one step of an ask would do; `why` is a clause about schedules that have nobody."""

    ask: Ask
    at: datetime
    contacts: tuple[Contact, ...]
    why: str


def preview(command: Command, overrides: Overrides, at: datetime) -> Iterator[Asking]:
    """Yield whom `command` would ask, should everything hold from `at` on and nobody answer."""
    for ask in command.asks:
        for k, step in enumerate(ask.steps):
            told = whom(command.ladder(ask.steps), k, overrides, at + step.after)
            yield Asking(ask, at + step.after, told.contacts, told.why)


def reason(ask: Ask, case: Case) -> str:
    """Return why somebody is asked, as a clause."""
    if ask.role is None:
        return f"told at {ask.when.why(case)}"
    doing = "lead" if ask.role is Role.COMMANDER else f"join: {ask.role.word}"
    return f"asked to {doing} ({ask.when.why(case)})"


def _since(ask: Ask, mine: Iterable[Asked], now: datetime) -> datetime:
    starts = [
        one.called.due_at - _after(ask, one.called.round)
        for one in mine
        if one.called.round < len(ask.steps)
    ]
    return min(starts, default=now)


def _after(ask: Ask, step: int) -> timedelta:
    return ask.steps[step].after


def settled(ask: Ask, mine: Iterable[Asked], incident: Incident) -> bool:
    """Return whether somebody of those asked has answered, or taken the role since."""
    holders = incident.holders(ask.role) if ask.role else ()
    return any(one.answered or one.called.contact.person in holders for one in mine)


def at_work(scene: Scene) -> set[str]:
    """Return who has the incident or a role in it."""
    incident = scene.incident
    held = {person for role in Role for person in incident.holders(role)}
    return held | ({incident.acknowledged_by} if incident.acknowledged_by else set[str]())


def _outdated(command: Command, scene: Scene) -> Iterator[Called]:
    for one in scene.asked:
        called = one.called
        ask = ask_of(command, called.rung)
        if called.tried or one.answered or ask is None:
            continue
        here = (called.rung, called.round)  # another way to the same person stands
        others = [each for each in scene.asked if (each.called.rung, each.called.round) != here]
        known = at_work(scene) if called.round >= AGAIN else _known(scene, others)
        if not holds(command, scene, called.rung - FIRST) or called.contact.person in known:
            yield called
            continue
        told = whom(
            command.ladder(ask.steps),
            called.round % AGAIN,
            scene.overrides,
            max(called.due_at, scene.now),
        )
        if called.contact.person not in {contact.person for contact in told.contacts}:
            yield called


def _known(scene: Scene, asked: Iterable[Asked]) -> set[str]:
    """Return who knows of the incident, or will before anybody could ask them again."""
    paged = {one.contact.person for one in scene.paged if one.tried or one.due_at <= scene.now}
    return paged | at_work(scene) | {one.called.contact.person for one in asked}
