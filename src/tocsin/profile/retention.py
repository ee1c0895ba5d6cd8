"""Retention: for how long counts are kept, and how finely.

newest ──── as_of + windows ────▶ profiles_hourly ────▶ profiles ────▶ gone
one row per epoch      one row per hour      one row per day
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from tocsin.base.errors import BadInput
from tocsin.base.spans import bucket_of

DAY_S = 86400
"""The length of a rolled-up cell: a day in UTC."""
_DAY = timedelta(seconds=DAY_S)


@dataclass(frozen=True, slots=True)
class Retention:
    """How long what is kept.

    `as_of`: findings can be computed again as of their time; `profiles_hourly`: counts are kept by
    bucket; `profiles`: counts are kept at all.  Each must be at least as long as the one before.

    Raises:
        BadInput: they are not in order.
    """

    as_of: timedelta = timedelta(days=30)
    profiles_hourly: timedelta = timedelta(days=90)
    profiles: timedelta = timedelta(days=400)

    def __post_init__(self) -> None:
        """Check the order."""
        if not timedelta(0) < self.as_of <= self.profiles_hourly <= self.profiles:
            raise BadInput(
                "retention must grow: as_of, then profiles_hourly, then profiles",
                where="retention",
                do="give profiles the longest time and as_of the shortest",
            )


@dataclass(frozen=True, slots=True)
class Horizons:
    """Instants before which, by the start of their bucket, cells are merged or dropped."""

    epochs: datetime
    """Rows of one bucket are merged into one, whatever their epoch."""
    hours: datetime
    """Buckets are merged to days; the start of a day."""
    days: datetime
    """Nothing is kept; the start of a day."""


def horizons(retention: Retention, seen: timedelta, now: datetime) -> Horizons:
    """Return where the counts of one system change their form.

    A finding of `as_of` ago looked back `seen` further; those hours keep their epochs, and are
    hours still, so that it can be computed again.

    Args:
        retention: what is configured.
        seen: how far before its time one evaluation reads.
        now: the instant.

    >>> at = datetime.fromisoformat("2026-11-20T14:05:00+00:00")
    >>> for h in (horizons(Retention(), timedelta(days=13), at),):
    ...     print(h.epochs.date(), h.hours.date(), h.days.date())
    2026-10-08 2026-08-22 2025-10-16
    """
    finest = retention.as_of + seen
    hourly = max(retention.profiles_hourly, finest)
    last = max(retention.profiles, hourly + _DAY)
    return Horizons(
        epochs=bucket_of(now - finest, DAY_S),
        hours=bucket_of(now - hourly, DAY_S),
        days=bucket_of(now - last, DAY_S),
    )
