"""Who was asked to join and stays silent: asked again, so often; then the commander is told.

    asked ──`after`──▶ again ──`after`──▶ again (`times` in all) ──`after`──▶ given up, and said so

Of a role the answer of one is enough; who is only told answers each for themselves.  A repeat is
the same step of the ask, told to whoever is on call by then, as a page of its own.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from tocsin.incident.command import Ask, Command
from tocsin.incident.joining import AGAIN, FIRST, Asked, Scene, at_work, holds, reason, settled
from tocsin.oncall.person import Contact
from tocsin.oncall.policy import Call
from tocsin.oncall.resolve import whom


@dataclass(frozen=True, slots=True)
class Silent:
    """People who were asked to the end and have said nothing."""

    ask: Ask
    rung: int
    step: int
    people: tuple[str, ...]
    times: int
    """How often they were asked."""

    @property
    def key(self) -> str:
        """What is remembered once it was said."""
        return f"{self.rung}/{self.step}"


def again(command: Command, scene: Scene) -> tuple[Call, ...]:
    """Return whom to ask once more now."""
    calls: list[Call] = []
    for one in _quiet(command, scene):
        if one.repeats >= command.again.times or one.last + command.again.after > scene.now:
            continue
        why = f"{reason(one.ask, scene.case)}, for the {_nth(one.repeats + 2)} time"
        round_ = one.step + (one.repeats + 1) * AGAIN
        calls += [Call(one.rung, round_, contact, scene.now, why) for contact in one.contacts]
    return tuple(calls)


def given_up(command: Command, scene: Scene) -> tuple[Silent, ...]:
    """Return who has had their last repeat, and as long again, and is silent still."""
    return tuple(
        Silent(
            one.ask,
            one.rung,
            one.step,
            tuple(dict.fromkeys(contact.person for contact in one.contacts)),
            one.repeats + 1,
        )
        for one in _quiet(command, scene)
        if one.repeats >= command.again.times and one.last + command.again.after <= scene.now
    )


@dataclass(frozen=True, slots=True)
class _Quiet:
    """One step of an ask that was taken and not answered."""

    ask: Ask
    rung: int
    step: int
    contacts: tuple[Contact, ...]
    last: datetime
    """When they were asked last."""
    repeats: int


def _quiet(command: Command, scene: Scene) -> Iterator[_Quiet]:
    if scene.incident.resolved_at is not None:
        return
    for place, ask in enumerate(command.asks):
        mine = scene.of(FIRST + place)
        if not mine or not holds(command, scene, place):
            continue
        if ask.role is not None and settled(ask, mine, scene.incident):
            continue
        for step in range(len(ask.steps)):
            if found := _of_step(command, scene, (ask, FIRST + place, step), mine):
                yield found


def _of_step(
    command: Command, scene: Scene, where: tuple[Ask, int, int], mine: Sequence[Asked]
) -> _Quiet | None:
    ask, rung, step = where
    taken = [one for one in mine if one.called.round % AGAIN == step]
    if not taken or not all(one.called.tried for one in taken):
        return None
    told = whom(command.ladder(ask.steps), step, scene.overrides, scene.now)
    heard = at_work(scene) | {one.called.contact.person for one in taken if one.answered}
    contacts = tuple(one for one in told.contacts if one.person not in heard)
    if not contacts:
        return None
    return _Quiet(
        ask,
        rung,
        step,
        contacts,
        last=max(one.called.due_at for one in taken),
        repeats=max(one.called.round for one in taken) // AGAIN,
    )


def _nth(n: int) -> str:
    """Return an ordinal from the second on.

    >>> _nth(2), _nth(3), _nth(4), _nth(12), _nth(22)
    ('2nd', '3rd', '4th', '12th', '22nd')
    """
    teen = 10 < n % 100 < 20
    return f"{n}{'th' if teen else {1: 'st', 2: 'nd', 3: 'rd'}.get(n % 10, 'th')}"
