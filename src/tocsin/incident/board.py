"""The status board: everything the public may see, and nothing else, as one value.

Pages, feeds, the static copy and the machine's form are drawn from a `Board` alone.  What must not
leave the house (ids and names of incidents, people, systems, slices, measures) has no place in it.
"""

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from tocsin.base.phrases import listing
from tocsin.base.spans import Span
from tocsin.incident.bulletin import Bulletin, Component, Level, Stage
from tocsin.incident.uptime import DAYS, Day, days, uptime

AHEAD = timedelta(days=30)
"""How far ahead planned maintenance is told."""
_TAG_CHARS = 16


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    """Whose status page it is: what a person wrote at its head and foot."""

    title: str
    about: str = ""
    contact: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """Planned maintenance of some components; `title` is for those inside the house."""

    id: str
    systems: tuple[str, ...]
    span: Span
    title: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One component as it is now, and its last 90 days."""

    title: str
    about: str
    level: Level
    days: tuple[Day, ...]
    uptime: float | None
    since: datetime
    """Since when there is a record."""


@dataclass(frozen=True, slots=True)
class Line:
    """One thing said in public."""

    at: datetime
    stage: Stage
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One incident as the public is told; `lines` newest first."""

    tag: str
    """A name for links and feeds that says nothing about the incident's own."""
    title: str
    level: Level
    components: tuple[str, ...]
    whom: str
    began_at: datetime
    resolved_at: datetime | None
    lines: tuple[Line, ...]

    @property
    def stage(self) -> Stage:
        """How far the work has come."""
        return self.lines[0].stage


@dataclass(frozen=True, slots=True, kw_only=True)
class Planned:
    """Planned maintenance as the public is told."""

    tag: str
    components: tuple[str, ...]
    span: Span
    active: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Board:
    """The status page."""

    site: Site
    as_of: datetime
    rows: tuple[Row, ...]
    open: tuple[Case, ...]
    planned: tuple[Planned, ...]
    past: tuple[Case, ...]
    """Over, the newest first, 90 days back."""

    @property
    def level(self) -> Level:
        """The worst level of any component."""
        order = list(Level)
        return max((row.level for row in self.rows), key=order.index, default=Level.OPERATIONAL)

    @property
    def says(self) -> str:
        """The answer in one sentence."""
        hit = [row.title for row in self.rows if row.level is self.level]
        match self.level:
            case Level.OPERATIONAL:
                return "Everything works."
            case Level.MAINTENANCE:
                return f"Planned maintenance of {_some(hit)} is under way."
            case Level.DEGRADED:
                return f"{_some(hit)} {_verb(hit, 'works', 'work')} worse than usual."
            case Level.AFFECTED:
                return f"{_some(hit)} {_verb(hit, 'is', 'are')} affected by an incident."


def tag(id_: str) -> str:
    """Return the public name of something inside: stable, and telling nothing.

    >>> len(tag("blt_1")), tag("blt_1") == tag("blt_2")
    (16, False)
    """
    return hashlib.sha256(f"status:{id_}".encode()).hexdigest()[:_TAG_CHARS]


def board(
    site: Site,
    components: Sequence[tuple[Component, datetime]],
    bulletins: Sequence[Bulletin],
    windows: Sequence[Window],
    now: datetime,
) -> Board:
    """Return what the public may see `now`.

    Args:
        site: the page's own words.
        components: each with since when it stands on the page.
        bulletins: those that are open or ended within 90 days.
        windows: maintenance of the last 90 days and to come.
        now: when.
    """
    titles = {one.key: one.title for one, _ in components}
    past_from = now - timedelta(days=DAYS)
    cases = [_case(one, titles) for one in bulletins if titles.keys() & set(one.components)]
    ended = [one for one in cases if one.resolved_at and one.resolved_at >= past_from]
    return Board(
        site=site,
        as_of=now,
        rows=tuple(_row(one, since, bulletins, windows, now) for one, since in components),
        open=tuple(_newest(one for one in cases if one.resolved_at is None)),
        planned=tuple(_planned([one for one, _ in components], windows, now)),
        past=tuple(_newest(ended)),
    )


def _row(
    component: Component,
    since: datetime,
    bulletins: Sequence[Bulletin],
    windows: Sequence[Window],
    now: datetime,
) -> Row:
    mine = [one for one in bulletins if component.key in one.components]
    kept = [one.span for one in windows if _about(one, component)]
    levels = {one.last.level for one in mine if one.resolved_at is None}
    if any(span.holds(now) for span in kept):
        levels.add(Level.MAINTENANCE)
    return Row(
        title=component.title,
        about=component.about,
        level=max(levels, key=list(Level).index, default=Level.OPERATIONAL),
        days=days(mine, kept, since=since, now=now),
        uptime=uptime(mine, kept, since=since, now=now),
        since=since,
    )


def _case(bulletin: Bulletin, titles: dict[str, str]) -> Case:
    lines = tuple(Line(post.at, post.stage, post.text) for post in reversed(bulletin.posts))
    return Case(
        tag=tag(bulletin.id),
        title=bulletin.title,
        level=bulletin.last.level,
        components=tuple(titles[key] for key in bulletin.components if key in titles),
        whom=bulletin.whom,
        began_at=bulletin.began_at,
        resolved_at=bulletin.resolved_at,
        lines=lines,
    )


def _newest(cases: Iterable[Case]) -> list[Case]:
    return sorted(cases, key=lambda one: (one.began_at, one.tag), reverse=True)


def _planned(
    components: Sequence[Component], windows: Sequence[Window], now: datetime
) -> list[Planned]:
    found: list[Planned] = []
    for window in sorted(windows, key=lambda one: (one.span.start, one.id)):
        mine = tuple(one.title for one in components if _about(window, one))
        if mine and now < window.span.end and window.span.start < now + AHEAD:
            found.append(
                Planned(
                    tag=tag(window.id),
                    components=mine,
                    span=window.span,
                    active=window.span.holds(now),
                )
            )
    return found


def _about(window: Window, component: Component) -> bool:
    return not set(window.systems).isdisjoint(component.systems)


def _some(titles: Sequence[str]) -> str:
    """Return titles as a phrase; beyond three, how many more."""
    if len(titles) > 3:
        return f"{', '.join(titles[:2])} and {len(titles) - 2} more"
    return listing(titles)


def _verb(titles: Sequence[str], one: str, several: str) -> str:
    return one if len(titles) == 1 else several
