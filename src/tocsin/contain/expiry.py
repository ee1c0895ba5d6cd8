"""Containment never ends silently: it is announced before it ends, and when it has ended.

The warning comes when a tenth of the directive's time is left but at least five minutes before
the end, and for short directives at half time.  What another directive goes on with does not end
for anybody, and what an actuator set has not ended before it is put back: the words say so.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from types import MappingProxyType

from tocsin.base.phrases import listing
from tocsin.base.spans import describe
from tocsin.contain.directive import Action, Directive
from tocsin.contain.explain import clock_time, describe_directive, undone

_LEAST_WARNING = timedelta(minutes=5)
_NOTED_WITHIN = timedelta(minutes=1)
"""An end that is noted later than this was slept through."""
_NOWHERE: Mapping[str, Sequence[str]] = MappingProxyType({})


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
    after: Directive | None = None
    """What holds for everybody in the slice from then on."""

    @property
    def extended(self) -> bool:
        """Whether another directive goes on with the same: then nobody need do anything."""
        return self.after is not None and _does(self.after) == _does(self.directive)

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
    directives: Sequence[Directive],
    said: Collection[str],
    now: datetime,
    beside: Sequence[Directive] = (),
    outside: Mapping[str, Sequence[str]] = _NOWHERE,
) -> list[Announcement]:
    """Return what must be said at `now` and has not been said, in the order of the ends.

    Args:
        directives: of any age; reverted ones are over and are not announced.
        said: the keys of announcements already made.
        now: the instant to judge at.  A directive that ended unannounced (we were down) gets
            only its `expired`.
        beside: whatever else is or was in force; one that does the same for longer extends it,
            and then its end is not announced ahead.
        outside: the actuators that have not put back what they set for a directive, by its id.
    """
    due: list[Announcement] = []
    for directive in sorted(directives, key=lambda d: (d.expires_at, d.id)):
        if directive.reverted_at is not None:
            continue
        if now >= directive.expires_at:
            after = follower(directive, beside)
            text = _expired(directive, after, outside.get(directive.id, ()), now)
            due.append(Announcement(directive, ExpiryStage.EXPIRED, text, after))
        elif now >= warn_at(directive):
            after = follower(directive, beside)
            text = _soon(directive, after, now)
            due.append(Announcement(directive, ExpiryStage.SOON, text, after))
    return [
        one
        for one in due
        if one.key not in said and not (one.extended and one.stage is ExpiryStage.SOON)
    ]


def follower(directive: Directive, others: Sequence[Directive]) -> Directive | None:
    """Return what holds for everybody in the slice of `directive` when that ends; None: nothing.

    What does the same comes before what decides otherwise, and of those the last to end.
    """
    end = directive.expires_at
    after = [
        one
        for one in others
        if one.id != directive.id
        and one.system == directive.system
        and one.in_force(end)
        and directive.slice.within(one.slice)
        and one.of_version in (None, directive.of_version)
        and (
            _does(one) == _does(directive)
            or (_decides_all(one, directive) and directive.action.verified)
        )
    ]
    same = (_does(one) == _does(directive) for one in after)
    ranked = sorted(zip(same, after, strict=True), key=lambda pair: (pair[0], pair[1].expires_at))
    return ranked[-1][1] if ranked else None


def _does(one: Directive) -> tuple[object, ...]:
    return (one.action, one.to_version, one.share, one.threshold, one.of_version)


def _decides_all(one: Directive, ended: Directive) -> bool:
    """Return whether somebody else decides by `one` for all of whom `ended` was about."""
    back = one.to_version is not None and one.to_version == ended.of_version
    return one.action.decides and one.action is not Action.CANARY and not back


def _soon(directive: Directive, after: Directive | None, now: datetime) -> str:
    left = describe(directive.expires_at - now)
    end = clock_time(directive.expires_at, now)
    ends = (
        f"containment ends at {end}." if after is None else f"from {end} on {_goes_on(after, now)}."
    )
    return (
        f"{describe_directive(directive)} for another {left} only: {ends} "
        f"Make a new plan to extend it."
    )


def _expired(
    directive: Directive, after: Directive | None, holding: Sequence[str], now: datetime
) -> str:
    end = clock_time(directive.expires_at, directive.expires_at)
    what = f"“{describe_directive(directive)}” ended at {end}"
    text = f"{what}."
    if after is not None:
        text = f"{what}, but containment goes on: {_goes_on(after, directive.expires_at)}."
    elif directive.action.verified:
        once = f" once {listing(holding)} {_is(holding)} put back" if holding else ""
        text = f"Containment ended at {end}: {undone(directive)}{once}."
    if holding and (after is not None or not directive.action.verified):
        text = f"{text} {listing(holding)} {_is(holding)} being put back."
    if now - directive.expires_at < _NOTED_WITHIN:
        return text
    noted = clock_time(now, directive.expires_at)
    return f"{text} Noted at {noted} only: nobody here was running when it ended."


def _goes_on(after: Directive, seen_at: datetime) -> str:
    by = f" by plan {after.plan}" if after.plan else ""
    return f"{describe_directive(after)} until {clock_time(after.expires_at, seen_at)}{by}"


def _is(names: Sequence[str]) -> str:
    return "is" if len(names) == 1 else "are"
