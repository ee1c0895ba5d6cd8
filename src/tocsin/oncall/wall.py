"""From what a clock on the wall shows to an instant.

    an hour that the clocks skip     the instant at which they jump forward
    an hour that they show twice     the first of the two (as RFC 5545 has it)

So the later of two readings never names the earlier instant: hand-offs keep their order on the
nights when the clocks change.  Readings are naive datetimes, instants aware ones in UTC.
"""

from datetime import UTC, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from tocsin.base.errors import BadInput

_SECOND = timedelta(seconds=1)


@lru_cache(maxsize=64)
def zone(name: str) -> ZoneInfo:
    """Return the time zone that the IANA database calls `name`.

    Raises:
        BadInput: there is none.
    """
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise BadInput(
            f"{name!r} is not a time zone", do="use an IANA name such as Europe/Berlin or UTC"
        ) from None


def reading(at: datetime, name: str) -> datetime:
    """Return what the clock on the wall shows in the zone `name` at the instant `at`."""
    return at.astimezone(zone(name)).replace(tzinfo=None, fold=0)


@lru_cache(maxsize=4096)
def instant(shown: datetime, name: str) -> datetime:
    """Return when the clock on the wall shows `shown`, or passes it, in the zone `name`.

    Args:
        shown: a naive datetime.
        name: of the zone.

    >>> instant(datetime(2026, 3, 29, 2, 30), "Europe/Berlin").isoformat()  # 2 to 3 is skipped
    '2026-03-29T01:00:00+00:00'
    >>> instant(datetime(2026, 10, 25, 2, 30), "Europe/Berlin").isoformat()  # shown twice
    '2026-10-25T00:30:00+00:00'
    """
    late = shown.replace(tzinfo=zone(name), fold=0).astimezone(UTC)
    if reading(late, name) == shown:
        return late
    early = shown.replace(tzinfo=zone(name), fold=1).astimezone(UTC)
    return _jump(early, late, name)


def _jump(early: datetime, late: datetime, name: str) -> datetime:
    """Return the instant in (early, late] at which the zone's offset changes."""
    before = early.astimezone(zone(name)).utcoffset()
    while late - early > _SECOND:
        middle = early + (late - early) // (2 * _SECOND) * _SECOND
        if middle.astimezone(zone(name)).utcoffset() == before:
            early = middle
        else:
            late = middle
    return late
