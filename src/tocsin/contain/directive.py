"""A directive: containment in force, which the serving side obeys."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from tocsin.base.slices import EVERYONE, Slice
from tocsin.contain.overlap import inside


class Action(StrEnum):
    """What is done instead of letting the system decide, or beside its decisions."""

    FALLBACK = "fallback"
    """Decide by the rules that the service registered with the guard."""
    REVIEW = "review"
    """Route the decision to a person; the caller gets a pending answer."""
    ROLLBACK = "rollback"
    """Decide with an earlier version of the system that the service registered with the guard."""
    BLOCK = "block"
    """Let nobody decide: the call is refused."""
    KILL = "kill"
    """Let nobody decide about anyone, whatever else is in force."""
    CANARY = "canary"
    """Decide a share with another version, the same people each time."""
    SHADOW = "shadow"
    """Also put decisions to another version, whose answers nobody gets."""
    THRESHOLD = "threshold"
    """Move the score from which the answer is yes."""
    QUARANTINE = "quarantine"
    """Store the rows of a source, and count none of them nor what it says of outcomes."""
    FREEZE = "freeze"
    """Let no new version of the system go out."""
    NOTIFY = "notify"
    """Change nothing; the incident says that people watch."""

    @property
    def decides(self) -> bool:
        """Whether it changes who decides, which rows then show; the others stand beside."""
        return self in _DECIDE

    @property
    def verified(self) -> bool:
        """Whether it changes what people get, so that it is asked whether that helps."""
        return self.decides or self is Action.THRESHOLD

    @property
    def told(self) -> bool:
        """Whether the serving side hears of it."""
        return self not in (Action.FREEZE, Action.NOTIFY, Action.QUARANTINE)


class OnAbort(StrEnum):
    """What happens once a canary is seen to harm somebody."""

    NOTIFY = "notify"
    """People are called; they decide."""
    STOP = "stop"
    """The canary ends at once; people are told."""


_DECIDE = frozenset(
    {
        Action.FALLBACK,
        Action.REVIEW,
        Action.ROLLBACK,
        Action.BLOCK,
        Action.KILL,
        Action.CANARY,
    }
)
FOR_EVERYONE = frozenset({Action.KILL, Action.FREEZE})
"""Actions that have no slice."""
TO_VERSION = frozenset({Action.ROLLBACK, Action.CANARY, Action.SHADOW})
"""Actions that name a version."""
OF_VERSION = frozenset(
    {
        Action.FALLBACK,
        Action.REVIEW,
        Action.BLOCK,
        Action.ROLLBACK,
        Action.SHADOW,
        Action.THRESHOLD,
    }
)
"""Actions that may be about the decisions of one version alone."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Directive:
    """One action on one slice of one system until it expires or is reverted."""

    id: str
    system: str
    action: Action
    slice: Slice = EVERYONE
    of_version: str | None = None
    """Only for decisions that this version would otherwise make; None: whoever would.

    The serving side asks first which directive of no version holds, and so who would decide: the
    version that it names, its own where none holds, or no version (rules, a person, nobody).  Of
    the directives of that version the first by the same order is obeyed instead.
    """
    sole: bool = False
    """Whether that version made every decision of the slice as it was planned."""
    to_version: str | None = None
    share: float | None = None
    """Share of the slice in 0-1; of a canary, or of shadow copies (None: all)."""
    threshold: float | None = None
    on_abort: OnAbort = OnAbort.NOTIFY
    """Only of a canary."""
    incident: str | None = None
    plan: str | None = None
    created_at: datetime
    expires_at: datetime
    reverted_at: datetime | None = None
    outside: tuple[str, ...] = ()
    """What its plan said that actuators do for it."""
    glass: bool = False
    """Whether one person put it in force alone, where more must approve."""
    obeyed_at: datetime | None = None
    """Since when the serving side is seen to obey it; None: nothing has shown it."""

    def in_force(self, now: datetime) -> bool:
        """Return whether the serving side must obey at `now`."""
        return self.reverted_at is None and self.created_at <= now < self.expires_at

    def contains(self, hit: Slice) -> bool:
        """Return whether all of `hit` gets something else by it: not a part, nor other people.

        Whom another version decides goes on as before under a directive of a version.
        """
        whole = self.share is None or self.share >= 1
        every = self.of_version is None or self.sole
        return self.action.verified and whole and every and inside(hit, self.slice)


_CARE = {
    action: place
    for place, action in enumerate(
        (Action.KILL, Action.BLOCK, Action.REVIEW, Action.FALLBACK, Action.ROLLBACK)
    )
}


def ranked(directives: Sequence[Directive]) -> list[Directive]:
    """Return directives in the order in which somebody who is in several slices obeys them.

    A kill switch first; then the most specific slice, of the same slice what is of a version, then
    the more careful action, then the newest: as the serving side does.
    """
    newest_first = sorted(directives, key=lambda one: (one.created_at, one.id), reverse=True)
    return sorted(
        newest_first,
        key=lambda one: (
            one.action is not Action.KILL,
            -len(one.slice.conditions),
            one.of_version is None,
            _CARE.get(one.action, len(_CARE)),
        ),
    )
