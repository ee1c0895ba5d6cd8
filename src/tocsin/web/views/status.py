"""The status page: bars of days, and which mark stands for which level."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta

from tocsin.base.phrases import count, listing, percent
from tocsin.base.spans import describe
from tocsin.incident.board import Row
from tocsin.incident.bulletin import Level, Stage
from tocsin.incident.uptime import Day
from tocsin.web.views.marks import Mark

marks_of: Mapping[Level, Mark] = {
    Level.OPERATIONAL: Mark.HEALTHY,
    Level.MAINTENANCE: Mark.CONTAINED,
    Level.DEGRADED: Mark.AT_RISK,
    Level.AFFECTED: Mark.HARM,
}
STAGES: Mapping[Stage, str] = {
    Stage.INVESTIGATING: "We are looking into it",
    Stage.IDENTIFIED: "We know what it is",
    Stage.MONITORING: "Put right, we are watching",
    Stage.RESOLVED: "Over",
}


@dataclass(frozen=True, slots=True)
class Bar:
    """One day: its class for the eye, its words for everyone."""

    kind: str
    says: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Bars:
    """The days of one component."""

    days: tuple[Bar, ...]
    says: str
    """All of them in one sentence, for who cannot see the bars."""
    eventful: tuple[str, ...]
    """A line per day that was not quiet, newest first."""
    uptime: str


def bars(row: Row) -> Bars:
    """Return the days of a component as drawn and as said."""
    told = [Bar(day.level.value if day.level else "none", _says(day)) for day in row.days]
    eventful = [
        _says(day) for day in reversed(row.days) if day.level not in (None, Level.OPERATIONAL)
    ]
    return Bars(
        days=tuple(told),
        says=_sentence(row.days),
        eventful=tuple(eventful),
        uptime=uptime(row.uptime),
    )


def uptime(share: float | None) -> str:
    """Return an uptime in words, never rounded up to all.

    >>> uptime(1.0), uptime(0.999999), uptime(0.5), uptime(None)
    ('100 %', '99.99 %', '50.00 %', 'no record yet')
    """
    if share is None:
        return "no record yet"
    if share >= 1:
        return "100 %"
    return percent(min(share, 0.9999), 2)


def _says(day: Day) -> str:
    when = _day(day.on)
    if day.level is None:
        return f"{when}: no record"
    parts = [
        f"{word} for {describe(lasted)}"
        for word, lasted in (
            ("affected", day.affected),
            ("degraded", day.degraded),
            ("planned maintenance", day.maintenance),
        )
        if lasted > timedelta(0)
    ]
    return f"{when}: {listing(parts) if parts else 'worked'}"


def _sentence(days: tuple[Day, ...]) -> str:
    known = [day for day in days if day.level is not None]
    parts = [
        f"{count(number, 'day')} {words}"
        for level, words in (
            (Level.AFFECTED, "with people affected"),
            (Level.DEGRADED, "degraded"),
            (Level.MAINTENANCE, "with planned maintenance"),
            (Level.OPERATIONAL, "without trouble"),
        )
        if (number := sum(day.level is level for day in known))
    ]
    return f"Last {count(len(known), 'day')}: {listing(parts) or 'no record'}"


def _day(on: date) -> str:
    return f"{on.day} {on:%b %Y}"
