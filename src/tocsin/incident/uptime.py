"""Uptime of a component: what its bulletins said of it, day by day.

    uptime = 1 - (time said to be affected) / (time on record - planned maintenance)

over the last 90 days in UTC, or since the component first stood on the status page if that is
later.  Overlapping bulletins count once, the worst level wins; degraded time is shown and not
counted; within planned maintenance nothing counts.  It is a statement about what was published,
not a measurement: an incident that nobody published is not in it.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise

from tocsin.base.spans import Span
from tocsin.incident.bulletin import Bulletin, Level, Stretch, stretches

DAYS = 90
_DAY = timedelta(days=1)
_ORDER: tuple[Level, ...] = (Level.MAINTENANCE, Level.DEGRADED, Level.AFFECTED)


@dataclass(frozen=True, slots=True, kw_only=True)
class Day:
    """One day of a component; `level` is the worst of it, None where there is no record."""

    on: date
    level: Level | None
    affected: timedelta = timedelta(0)
    degraded: timedelta = timedelta(0)
    maintenance: timedelta = timedelta(0)


def days(
    bulletins: Iterable[Bulletin], maintenance: Sequence[Span], *, since: datetime, now: datetime
) -> tuple[Day, ...]:
    """Return the last 90 days (UTC), oldest first, today as far as it has come.

    Args:
        bulletins: those about the component.
        maintenance: planned maintenance of it.
        since: when it first stood on the page.
        now: the end of what is known.
    """
    pieces = _pieces(bulletins, maintenance, now)
    first = now.astimezone(UTC).date() - timedelta(days=DAYS - 1)
    return tuple(_day(first + timedelta(days=k), pieces, since, now) for k in range(DAYS))


def uptime(
    bulletins: Iterable[Bulletin], maintenance: Sequence[Span], *, since: datetime, now: datetime
) -> float | None:
    """Return the share of time (0-1) in which the component was not affected; None: no record."""
    first = now.astimezone(UTC).date() - timedelta(days=DAYS - 1)
    start = max(_midnight(first), since)
    length = now - start
    if length <= timedelta(0):
        return None
    pieces = _within(_pieces(bulletins, maintenance, now), Span(start, now))
    counted = length - pieces[Level.MAINTENANCE]
    if counted <= timedelta(0):
        return None
    return 1 - pieces[Level.AFFECTED] / counted


@dataclass(frozen=True, slots=True)
class _Piece:
    span: Span
    level: Level


def _pieces(
    bulletins: Iterable[Bulletin], maintenance: Sequence[Span], now: datetime
) -> list[_Piece]:
    """Return spans that do not overlap, each at the level that counts."""
    said = [one for bulletin in bulletins for one in stretches(bulletin)]
    kept = [Stretch(span.start, span.end, Level.MAINTENANCE) for span in maintenance]
    edges = sorted({edge for one in (*said, *kept) for edge in (one.start, _end(one, now))})
    found: list[_Piece] = []
    for start, end in pairwise(edges):
        if start >= now:
            break
        levels = {one.level for one in (*kept, *said) if one.start <= start < _end(one, now)}
        if levels:
            planned = Level.MAINTENANCE in levels
            level = Level.MAINTENANCE if planned else max(levels, key=_ORDER.index)
            found.append(_Piece(Span(start, min(end, now)), level))
    return found


def _end(one: Stretch, now: datetime) -> datetime:
    return now if one.end is None else one.end


def _day(on: date, pieces: Sequence[_Piece], since: datetime, now: datetime) -> Day:
    start = _midnight(on)
    if start + _DAY <= since:
        return Day(on=on, level=None)
    lasted = _within(pieces, Span(start, min(start + _DAY, now)))
    worst = next((one for one in reversed(_ORDER) if lasted[one]), Level.OPERATIONAL)
    return Day(
        on=on,
        level=worst,
        affected=lasted[Level.AFFECTED],
        degraded=lasted[Level.DEGRADED],
        maintenance=lasted[Level.MAINTENANCE],
    )


def _within(pieces: Sequence[_Piece], span: Span) -> dict[Level, timedelta]:
    """Return how long each level lasted within `span`."""
    lasted = dict.fromkeys(_ORDER, timedelta(0))
    for piece in pieces:
        overlap = min(piece.span.end, span.end) - max(piece.span.start, span.start)
        lasted[piece.level] += max(overlap, timedelta(0))
    return lasted


def _midnight(on: date) -> datetime:
    return datetime.combine(on, time(), UTC)
