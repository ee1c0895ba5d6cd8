"""Schedule: who is on call at an instant, as layers over one another and overrides on top.

    override made last  >  …  >  override made first  >  last layer  >  …  >  first layer

A layer has somebody while its rotation has begun and its hours hold; where it has nobody, the
layer below shows through.  Where nothing shows, nobody is on call: a gap.

`who` asks one instant, `shifts` lays out a span; they are computed apart, and agree.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from itertools import chain

from tocsin.base.errors import BadInput
from tocsin.base.spans import Span
from tocsin.oncall import rotation as rotations
from tocsin.oncall.person import Contact
from tocsin.oncall.rotation import Rotation
from tocsin.oncall.wall import instant, reading

_DAY = timedelta(days=1)
_FAR = timedelta(weeks=5)


@dataclass(frozen=True, slots=True)
class Hours:
    """Times of day at which a layer applies, from `start` until `end` on the clock on the wall.

    An `end` at or before `start` lies on the day after.  `days` (0 is Monday) are those on which
    the hours begin; empty: every day.
    """

    start: time
    end: time
    days: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Layer:
    """One rotation, and the hours to which it is restricted; without any, it always applies."""

    rotation: Rotation
    hours: tuple[Hours, ...] = ()


@dataclass(frozen=True, slots=True)
class Schedule:
    """Layers in order: a later one wins where it has somebody."""

    name: str
    layers: tuple[Layer, ...]


@dataclass(frozen=True, slots=True)
class Override:
    """One person instead of whom the layers name, for a while.

    `contacts` are the ways to reach them, for a policy that was kept before they were declared.
    """

    person: str
    span: Span
    contacts: tuple[Contact, ...] = ()


@dataclass(frozen=True, slots=True)
class Shift:
    """One person on call without a break."""

    person: str
    span: Span


def check(schedule: Schedule) -> None:
    """Refuse a schedule that could never name anybody.

    Raises:
        BadInput: no layers, or a rotation that names nobody.
    """
    if not schedule.layers:
        raise BadInput(f"schedule {schedule.name!r} has no layers", do="add one")
    for layer in schedule.layers:
        rotations.check(layer.rotation)


def who(schedule: Schedule, overrides: Sequence[Override], at: datetime) -> str | None:
    """Return who is on call at the instant `at`; None: nobody.

    Args:
        schedule: the layers.
        overrides: of this schedule, in the order in which they were made.
        at: an instant.
    """
    for override in reversed(overrides):
        if override.span.holds(at):
            return override.person
    for layer in reversed(schedule.layers):
        person = rotations.whose_turn(layer.rotation, at)
        if person is not None and _applies(layer, at):
            return person
    return None


def shifts(schedule: Schedule, overrides: Sequence[Override], span: Span) -> list[Shift]:
    """Return who is on call when within `span`: in the order of time, each as long as it lasts."""
    found: list[Shift] = []
    for layer in schedule.layers:
        found = _over(found, _of_layer(layer, span))
    for override in overrides:
        found = _over(found, _clipped(override.person, override.span, span))
    return _merged(found)


def whole_shifts(schedule: Schedule, overrides: Sequence[Override], span: Span) -> list[Shift]:
    """Return the shifts that overlap `span`, each as long as it lasts, also beyond the span.

    One that lasts longer than five weeks beyond is cut there, at its beginning where a month (UTC)
    begins: asked again on another day of the month, it begins where it did.
    """
    start = (span.start - _FAR).replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    found = shifts(schedule, overrides, Span(start, span.end + _FAR))
    return [shift for shift in found if shift.span.overlaps(span)]


def gaps(schedule: Schedule, overrides: Sequence[Override], span: Span) -> list[Span]:
    """Return the stretches of `span` in which nobody is on call, in the order of time."""
    return unmanned(shifts(schedule, overrides, span), span)


def within(found: Sequence[Shift], span: Span) -> list[Shift]:
    """Return the parts of `found` that lie in `span`."""
    parts = (_clipped(shift.person, shift.span, span) for shift in found)
    return list(chain.from_iterable(parts))


def unmanned(found: Sequence[Shift], span: Span) -> list[Span]:
    """Return the stretches of `span` that no shift of `found`, in the order of time, covers."""
    manned = [shift.span for shift in within(found, span)]
    starts = [span.start, *(one.end for one in manned)]
    ends = [*(one.start for one in manned), span.end]
    return [Span(a, b) for a, b in zip(starts, ends, strict=True) if a < b]


def _applies(layer: Layer, at: datetime) -> bool:
    if not layer.hours:
        return True
    today = reading(at, layer.rotation.time_zone).date()
    near = Span(at, at + timedelta(microseconds=1))
    return any(span.holds(at) for span in _hours(layer, today, today, near))


def _of_layer(layer: Layer, span: Span) -> list[Shift]:
    """Return the layer's own shifts within `span`, in the order of time and without overlap."""
    turns = chain.from_iterable(
        _clipped(turn.person, turn.span, span) for turn in rotations.turns(layer.rotation, span)
    )
    if not layer.hours:
        return list(turns)
    zone = layer.rotation.time_zone
    first, last = reading(span.start, zone).date(), reading(span.end, zone).date()
    holding = _united(sorted(_hours(layer, first, last, span)))
    return _within(list(turns), holding)


def _hours(layer: Layer, first: date, last: date, span: Span) -> Iterator[Span]:
    """Yield the stretches of the layer's hours that overlap `span`, which lasts `first` to `last`.

    A stretch of the day before may reach into the first day.
    """
    zone = layer.rotation.time_zone
    for k in range(-1, (last - first).days + 1):
        day = first + k * _DAY
        for hours in layer.hours:
            if hours.days and day.weekday() not in hours.days:
                continue
            until = day if hours.end > hours.start else day + _DAY
            found = Span(
                instant(datetime.combine(day, hours.start), zone),
                instant(datetime.combine(until, hours.end), zone),
            )
            if found.start < found.end and found.overlaps(span):
                yield found


def _clipped(person: str, stretch: Span, span: Span) -> list[Shift]:
    start, end = max(stretch.start, span.start), min(stretch.end, span.end)
    return [Shift(person, Span(start, end))] if start < end else []


def _united(spans: Sequence[Span]) -> list[Span]:
    """Return sorted spans with those that touch or overlap made one."""
    united: list[Span] = []
    for span in spans:
        if united and span.start <= united[-1].end:
            united[-1] = Span(united[-1].start, max(united[-1].end, span.end))
        else:
            united.append(span)
    return united


def _within(turns: Sequence[Shift], holding: Sequence[Span]) -> list[Shift]:
    """Return the parts of `turns` that lie in `holding`; both in order, neither with overlap."""
    found: list[Shift] = []
    first = 0
    for turn in turns:
        while first < len(holding) and holding[first].end <= turn.span.start:
            first += 1
        for span in holding[first:]:
            if span.start >= turn.span.end:
                break
            found += _clipped(turn.person, turn.span, span)
    return found


def _over(lower: Sequence[Shift], upper: Sequence[Shift]) -> list[Shift]:
    """Return `upper`, and of `lower` what it does not cover, in the order of time."""
    found = list(upper)
    first = 0
    for shift in lower:
        start = shift.span.start
        while first < len(upper) and upper[first].span.end <= start:
            first += 1
        for above in upper[first:]:
            if above.span.start >= shift.span.end:
                break
            found += _clipped(shift.person, Span(start, above.span.start), shift.span)
            start = max(start, above.span.end)
        found += _clipped(shift.person, Span(start, shift.span.end), shift.span)
    return sorted(found, key=lambda one: one.span)


def _merged(found: Sequence[Shift]) -> list[Shift]:
    merged: list[Shift] = []
    for shift in found:
        last = merged[-1] if merged else None
        if last and last.person == shift.person and last.span.end == shift.span.start:
            merged[-1] = Shift(last.person, Span(last.span.start, shift.span.end))
        else:
            merged.append(shift)
    return merged
