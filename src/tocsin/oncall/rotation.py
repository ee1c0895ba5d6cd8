"""Rotation: people who follow one another, and when they hand over.

    turn 0    from  start          until  hand-off 1
    turn k    from  hand-off k     until  hand-off k + 1        held by participants[k mod n]

A hand-off is a reading of the clock on the wall: `every` is counted there, so that a week ends at
nine in the morning in summer and in winter.  Hand-off 1 is the first one after the start: with a
`weekday`, the first turn is shorter than the others unless the start falls on that day.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from tocsin.base.errors import BadInput
from tocsin.base.spans import Span
from tocsin.oncall.wall import instant, reading, zone

_DAY = timedelta(days=1)
_WEEK = timedelta(weeks=1)
_HOUR = timedelta(hours=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Rotation:
    """Who follows whom, from `start` (at `hand_off`) on.

    `every` is a whole number of hours on the clock on the wall; `weekday` (0 is Monday) makes the
    hand-offs of a rotation by weeks fall on that day.
    """

    participants: tuple[str, ...]
    every: timedelta
    start: date
    hand_off: time
    time_zone: str
    weekday: int | None = None


@dataclass(frozen=True, slots=True)
class Turn:
    """One stretch between two hand-offs; `span` may be empty where the clocks skip it."""

    span: Span
    person: str


def check(rotation: Rotation) -> None:
    """Refuse a rotation that names nobody, or hand-offs that no clock shows.

    Raises:
        BadInput: no participants, no such zone, no whole number of hours, or a weekday that the
            hand-offs could not keep to.
    """
    zone(rotation.time_zone)
    if not rotation.participants:
        raise BadInput("a rotation without participants", do="name at least one")
    if rotation.every < _HOUR or rotation.every % _HOUR:
        raise BadInput("hand-offs are whole hours apart", do="write daily, weekly, 12h, 2d or 2w")
    if rotation.weekday is not None and rotation.every % _WEEK:
        raise BadInput(
            "only a rotation by whole weeks keeps to a weekday", do="leave out the weekday"
        )
    if rotation.hand_off.tzinfo is not None:
        raise BadInput("a time of hand-off with an offset", do="write it like 09:00")


def turns(rotation: Rotation, span: Span) -> Iterator[Turn]:
    """Yield the turns that overlap `span`, whole, in the order of time; none before the start."""
    k = max(0, _turn_at(rotation, span.start))
    start = _hand_off(rotation, k)
    while start < span.end:
        end = _hand_off(rotation, k + 1)
        if end > start and end > span.start:
            yield Turn(Span(start, end), rotation.participants[k % len(rotation.participants)])
        k, start = k + 1, end


def whose_turn(rotation: Rotation, at: datetime) -> str | None:
    """Return whose turn it is at the instant `at`; None: the rotation has not begun."""
    k = _turn_at(rotation, at)
    return None if k < 0 else rotation.participants[k % len(rotation.participants)]


def _turn_at(rotation: Rotation, at: datetime) -> int:
    """Return the number of the turn that holds the instant `at`; -1: before the first."""
    since = reading(at, rotation.time_zone) - _anchor(rotation)
    k = max(0, since // rotation.every)
    # where clocks change, the reading may lie a hand-off or more from the truth
    while k >= 0 and _hand_off(rotation, k) > at:
        k -= 1
    while _hand_off(rotation, k + 1) <= at:
        k += 1
    return k


def _hand_off(rotation: Rotation, k: int) -> datetime:
    """Return the instant at which turn `k` begins."""
    begins = datetime.combine(rotation.start, rotation.hand_off)
    shown = _anchor(rotation) + k * rotation.every if k else begins
    return instant(shown, rotation.time_zone)


def _anchor(rotation: Rotation) -> datetime:
    """Return the reading of the last hand-off up to the start; all are counted from it."""
    begins = datetime.combine(rotation.start, rotation.hand_off)
    if rotation.weekday is None:
        return begins
    return begins - (begins.weekday() - rotation.weekday) % 7 * _DAY
