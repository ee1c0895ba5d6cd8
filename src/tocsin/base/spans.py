"""Instants and spans of time.  Instants are aware UTC datetimes; spans are half open."""

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from tocsin.base.errors import BadInput

_UNITS_S = {"ms": 0.001, "s": 1, "m": 60, "h": 3600, "d": 86400, "w": 604800}
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True, order=True)
class Span:
    """The half-open stretch of time [start, end)."""

    start: datetime
    end: datetime

    @property
    def length(self) -> timedelta:
        """How long the span is."""
        return self.end - self.start

    def holds(self, at: datetime) -> bool:
        """Return whether `at` lies inside."""
        return self.start <= at < self.end

    def overlaps(self, other: "Span") -> bool:
        """Return whether the two share an instant."""
        return self.start < other.end and other.start < self.end


def bucket_of(at: datetime, size_s: int) -> datetime:
    """Return the start of the bucket of `size_s` seconds, counted from the epoch, that holds `at`.

    >>> bucket_of(datetime(2026, 11, 20, 14, 5, tzinfo=UTC), 3600).isoformat()
    '2026-11-20T14:00:00+00:00'
    """
    seconds = int((at - _EPOCH).total_seconds() // size_s) * size_s
    return _EPOCH + timedelta(seconds=seconds)


def parse_duration(text: str) -> timedelta:
    """Return the length that `text` names, e.g. `90s`, `4h`, `7d`, `1h 30m`.

    Raises:
        BadInput: `text` is not a sum of number-and-unit pairs, or is not positive.

    >>> parse_duration("1h 30m").total_seconds()
    5400.0
    """
    parts = re.findall(r"(\d+(?:\.\d+)?)\s*(ms|[smhdw])", text)
    rest = re.sub(r"(\d+(?:\.\d+)?)\s*(ms|[smhdw])|\s", "", text)
    total_s = sum(float(number) * _UNITS_S[unit] for number, unit in parts)
    if not parts or rest or total_s <= 0:
        raise BadInput(f"{text!r} is not a length of time", do="write it like 90s, 4h or 7d")
    return timedelta(seconds=total_s)


def describe(length: timedelta) -> str:
    """Return `length` for people, two units at the most.

    >>> describe(timedelta(seconds=100)), describe(timedelta(hours=26)), describe(timedelta(0))
    ('1 min 40 s', '1 d 2 h', '0 s')
    """
    seconds = abs(length.total_seconds())
    if 0 < seconds < 10:
        return f"{seconds:.1f} s"
    left, words = round(seconds), list[str]()
    for size, unit in ((86400, "d"), (3600, "h"), (60, "min"), (1, "s")):
        count, left = divmod(left, size)
        if count:
            words.append(f"{count} {unit}")
        elif words:
            break
    return " ".join(words[:2]) or "0 s"


def parse_instant(text: str) -> datetime:
    """Return the aware UTC instant of an ISO 8601 text; a text without a zone is refused.

    Raises:
        BadInput: not ISO 8601, or no time zone.

    >>> parse_instant("2026-11-20T15:05:00+01:00").isoformat()
    '2026-11-20T14:05:00+00:00'
    """
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        raise BadInput(
            f"{text!r} is not an instant", do="use ISO 8601, e.g. 2026-11-20T14:05:00Z"
        ) from None
    if at.tzinfo is None:
        raise BadInput(f"{text!r} has no time zone", do="add Z or an offset such as +01:00")
    return at.astimezone(UTC)
