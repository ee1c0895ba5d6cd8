"""Bulletins: what the status page says of an incident, in words that a person chose for the public.

    publish ──▶ investigating ⇄ identified ⇄ monitoring ──▶ resolved

An incident has no bulletin until a person publishes one, or a rule does in fixed neutral words.
The two are linked by the incident's id alone; nothing of the incident is copied.  A bulletin grows
by posts and none is changed afterwards: what the public has read stays what it has read.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import StrEnum

from tocsin.base.errors import BadInput, Conflict
from tocsin.base.slices import EVERYONE, Slice
from tocsin.incident.incident import Incident, Severity

TITLE_MAX_CHARS = 140
TEXT_MAX_CHARS = 4000
RULE = "tocsin"
"""Who speaks where no person did."""
LOOKING = "We are looking into a disturbance and will say here what we find."
OVER = "The disturbance is over. We keep watching."


class Level(StrEnum):
    """How a component is, the worst last."""

    OPERATIONAL = "operational"
    MAINTENANCE = "maintenance"
    DEGRADED = "degraded"
    """It works, worse than usual."""
    AFFECTED = "affected"
    """Some people get wrong answers, or none."""


class Stage(StrEnum):
    """How far the work on an incident has come, as the public is told."""

    INVESTIGATING = "investigating"
    IDENTIFIED = "identified"
    MONITORING = "monitoring"
    RESOLVED = "resolved"


@dataclass(frozen=True, slots=True, kw_only=True)
class Component:
    """A part of the service as the public knows it: systems, or a slice of them, by a plain name.

    Complaints about it go to the first of `systems`.
    """

    key: str
    title: str
    systems: tuple[str, ...]
    slice: Slice = EVERYONE
    about: str = ""
    wording: Mapping[str, str] = field(default_factory=dict[str, str])
    """How the public is told of a slice, by the slice's key; others are never named."""

    def touches(self, incident: Incident) -> bool:
        """Return whether the incident can be about this component."""
        return incident.system in self.systems and self.slice.compatible(incident.slice)


@dataclass(frozen=True, slots=True, kw_only=True)
class Post:
    """One thing said in public."""

    id: str
    at: datetime
    stage: Stage
    level: Level
    text: str
    by: str
    """Who said it; never shown in public."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Bulletin:
    """What the public is told of one incident.  `began_at` is since when people noticed it."""

    id: str
    incident: str
    title: str
    components: tuple[str, ...]
    began_at: datetime
    whom: str = ""
    posts: tuple[Post, ...]

    @property
    def last(self) -> Post:
        """What was said last."""
        return self.posts[-1]

    @property
    def resolved_at(self) -> datetime | None:
        """When it was said to be over."""
        return self.last.at if self.last.stage is Stage.RESOLVED else None

    @property
    def by_rule(self) -> bool:
        """Whether no person has said anything yet."""
        return all(post.by == RULE for post in self.posts)


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """What somebody wants to say."""

    stage: Stage
    text: str
    level: Level = Level.AFFECTED


def publish(
    incident: Incident,
    told: Told,
    *,
    ids: tuple[str, str],
    title: str,
    components: Sequence[str],
    known: Sequence[Component],
    whom: str = "",
    by: str,
    now: datetime,
) -> Bulletin:
    """Return the first bulletin of `incident`.

    Args:
        incident: what it is about; only its id and beginning are taken.
        told: what is said first.
        ids: fresh ids of the bulletin and of its post.
        title: one line for the public.
        components: keys of the components that it concerns.
        known: the components there are.
        whom: who is hit, in words for the public; empty: it is not said.
        by: who says so.
        now: when.

    Raises:
        BadInput: a text is missing or too long, or a component is not known.
    """
    keys = {one.key for one in known}
    unknown = [key for key in components if key not in keys]
    if unknown or not components:
        what = f"no component {unknown[0]!r}" if unknown else "no component is named"
        raise BadInput(what, where="components", do=f"choose of {', '.join(sorted(keys))}")
    began = min(incident.impact_from or incident.detected_at, now)
    return Bulletin(
        id=ids[0],
        incident=incident.id,
        title=_line(title, "title", TITLE_MAX_CHARS),
        components=tuple(dict.fromkeys(components)),
        began_at=began,
        whom=_line(whom, "whom", TITLE_MAX_CHARS) if whom.strip() else "",
        posts=(_post(told, ids[1], by, now),),
    )


def update(
    bulletin: Bulletin,
    told: Told,
    *,
    id_: str,
    by: str,
    now: datetime,
    began_at: datetime | None = None,
) -> Bulletin:
    """Return `bulletin` with one more post.

    Args:
        bulletin: what the public was told so far.
        told: what is said now.
        id_: a fresh id of the post.
        by: who says so.
        now: when.
        began_at: since when, by the word of somebody who worked on the incident; None: as before.

    Raises:
        BadInput: the text is missing or too long.
        Conflict: it was said to be over.
    """
    if bulletin.resolved_at is not None:
        raise Conflict("the public was told that this is over; publish another bulletin")
    post = _post(told, id_, by, max(now, bulletin.last.at))
    began = began_at or bulletin.began_at
    return replace(bulletin, began_at=began, posts=(*bulletin.posts, post))


def asked_by_rule(
    incident: Incident, severity: Severity | None, known: Sequence[Component]
) -> tuple[Component, ...]:
    """Return the components about which the rule publishes `incident`; empty: it does not.

    Args:
        incident: one without a bulletin.
        severity: from which on the rule publishes; None: never.
        known: the components there are.
    """
    if severity is None or incident.resolved_at is not None or incident.severity > severity:
        return ()
    return tuple(one for one in known if one.touches(incident))


def neutral(components: Sequence[Component]) -> str:
    """Return the title of a bulletin that no person wrote.

    >>> neutral([Component(key="a", title="Loan applications", systems=("loans",))])
    'Disturbance of Loan applications'
    """
    names = ", ".join(one.title for one in components)
    return f"Disturbance of {names}"[:TITLE_MAX_CHARS]


def wording(components: Sequence[Component], slice_: Slice) -> str:
    """Return how the public is told of `slice_`, as a person wrote it down; else nothing.

    >>> one = Component(key="a", title="A", systems=("s",), wording={"region=n": "the north"})
    >>> wording([one], Slice.of({"region": "n"})), wording([one], Slice.of({"region": "s"}))
    ('the north', '')
    """
    return next((one.wording[slice_.key] for one in components if slice_.key in one.wording), "")


@dataclass(frozen=True, slots=True)
class Stretch:
    """A length of time in which a component was at one level; `end` is None while it lasts."""

    start: datetime
    end: datetime | None
    level: Level


def stretches(bulletin: Bulletin) -> list[Stretch]:
    """Return what `bulletin` says of its components over time, in order.

    From the beginning to the first post it was as the first post says.
    """
    found: list[Stretch] = []
    start = bulletin.began_at
    for post, after in zip(bulletin.posts, (*bulletin.posts[1:], None), strict=True):
        if post.stage is Stage.RESOLVED:
            if not found:
                found.append(Stretch(start, post.at, post.level))
            break
        end = after.at if after is not None else None
        found.append(Stretch(start, end, post.level))
        start = end or start
    return [one for one in found if one.end is None or one.end - one.start > timedelta(0)]


def _post(told: Told, id_: str, by: str, now: datetime) -> Post:
    text = _text(told.text, "text", TEXT_MAX_CHARS)
    if told.level not in (Level.DEGRADED, Level.AFFECTED):
        do = "say degraded or affected"
        raise BadInput(f"an incident leaves nothing {told.level.value}", where="level", do=do)
    return Post(id=id_, at=now, stage=told.stage, level=told.level, text=text, by=by)


def _line(text: str, where: str, limit_chars: int) -> str:
    return _text(" ".join(text.split()), where, limit_chars)


def _text(text: str, where: str, limit_chars: int) -> str:
    text = text.strip()
    if not text:
        raise BadInput("nothing is said", where=where, do="write it for the people affected")
    if len(text) > limit_chars:
        what = f"{len(text)} characters are more than {limit_chars}"
        raise BadInput(what, where=where, do="say it shorter")
    return text
