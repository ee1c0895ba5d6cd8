"""Containment never ends silently: it is announced before it ends, and when it has ended.

The warning comes when a tenth of the directive's time is left but at least five minutes before
the end, and for short directives at half time.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from tocsin.base.spans import describe
from tocsin.contain.directive import Directive
from tocsin.contain.explain import clock_time, describe_directive, undone

_LEAST_WARNING = timedelta(minutes=5)
_NOTED_WITHIN = timedelta(minutes=1)
"""An end that is noted later than this was slept through."""


class ExpiryStage(StrEnum):
    """Which of the two announcements."""

    SOON = "soon"
    EXPIRED = "expired"


@dataclass(frozen=True, slots=True)
class Announcement:
    """One thing to say about the end of one directive; said once for each `key`."""

    directive: Directive
    stage: ExpiryStage
    text: str

    @property
    def key(self) -> str:
        """What is remembered once it was said."""
        return f"{self.directive.id}/{self.stage}"

    def at(self, now: datetime) -> datetime:
        """Return the instant that it belongs to: of an end when it was, however late it is told."""
        return self.directive.expires_at if self.stage is ExpiryStage.EXPIRED else now


def warn_at(directive: Directive) -> datetime:
    """Return when the end of `directive` is announced.

    >>> from datetime import UTC
    >>> from tocsin.contain.directive import Action
    >>> noon = datetime(2026, 11, 20, 12, tzinfo=UTC)
    >>> d = Directive(id="dir_1", system="loans", action=Action.REVIEW, created_at=noon,
    ...               expires_at=noon + timedelta(hours=4))
    >>> warn_at(d).isoformat()
    '2026-11-20T15:36:00+00:00'
    """
    length = directive.expires_at - directive.created_at
    return directive.expires_at - min(max(length / 10, _LEAST_WARNING), length / 2)


def announcements(
    directives: Sequence[Directive], said: Collection[str], now: datetime
) -> list[Announcement]:
    """Return what must be said at `now` and has not been said, in the order of the ends.

    Args:
        directives: of any age; reverted ones are over and are not announced.
        said: the keys of announcements already made.
        now: the instant to judge at.  A directive that ended unannounced (we were down) gets
            only its `expired`.
    """
    due: list[Announcement] = []
    for directive in sorted(directives, key=lambda d: (d.expires_at, d.id)):
        if directive.reverted_at is not None:
            continue
        if now >= directive.expires_at:
            due.append(Announcement(directive, ExpiryStage.EXPIRED, _expired(directive, now)))
        elif now >= warn_at(directive):
            due.append(Announcement(directive, ExpiryStage.SOON, _soon(directive, now)))
    return [announcement for announcement in due if announcement.key not in said]


def _soon(directive: Directive, now: datetime) -> str:
    left = describe(directive.expires_at - now)
    end = clock_time(directive.expires_at, now)
    return (
        f"{describe_directive(directive)} for another {left} only: containment ends at {end}. "
        f"Make a new plan to extend it."
    )


def _expired(directive: Directive, now: datetime) -> str:
    end = clock_time(directive.expires_at, directive.expires_at)
    text = f"“{describe_directive(directive)}” ended at {end}."
    if directive.action.verified:
        text = f"Containment ended at {end}: {undone(directive)}."
    if now - directive.expires_at < _NOTED_WITHIN:
        return text
    noted = clock_time(now, directive.expires_at)
    return f"{text} Noted at {noted} only: nobody here was running when it ended."
