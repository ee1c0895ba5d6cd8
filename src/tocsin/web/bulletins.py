"""What the public is told of an incident: said by a person, and on the page in the same moment.

The timeline keeps that and what was said; subscribers' letters stand in the outbox with it.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Literal

from pydantic import Field

from tocsin.base.errors import NotFound
from tocsin.incident import impact, lifecycle
from tocsin.incident.bulletin import (
    TEXT_MAX_CHARS,
    TITLE_MAX_CHARS,
    Bulletin,
    Level,
    Stage,
    Told,
    neutral,
    publish,
    update,
)
from tocsin.incident.incident import EntryKind, Incident
from tocsin.incident.statuspage import StatusPage
from tocsin.store import boards, bulletins, changes, incidents, letters, subscribers
from tocsin.store.unit import Unit
from tocsin.web.fields import Answer, Name, Order, Text
from tocsin.web.site import Site, SiteDep
from tocsin.web.writing import WritingDep

StageName = Literal["investigating", "identified", "monitoring", "resolved"]
LevelName = Literal["degraded", "affected"]


class Saying(Order):
    """What is said in public; title, components and whom count for the first post alone."""

    stage: StageName
    text: Annotated[str, Field(min_length=1, max_length=TEXT_MAX_CHARS)]
    level: LevelName = "affected"
    title: Annotated[str, Field(max_length=TITLE_MAX_CHARS)] = ""
    components: Annotated[list[Name], Field(max_length=100)] = []  # noqa: RUF012 - pydantic copies it
    whom: Annotated[str, Field(max_length=TITLE_MAX_CHARS)] = ""


class PostAnswer(Answer):
    """One thing said in public, and by whom."""

    at: datetime
    stage: str
    level: str
    text: str
    by: str


class BulletinAnswer(Answer):
    """What the public is told of one incident."""

    id: str
    incident: str
    title: str
    components: list[str]
    whom: str
    began_at: datetime
    resolved_at: datetime | None
    posts: list[PostAnswer]


class BulletinsAnswer(Answer):
    """The bulletins of one incident, oldest first."""

    bulletins: list[BulletinAnswer]


class ComponentAnswer(Answer):
    """One component as it is now."""

    key: str
    title: str
    systems: list[str]
    level: str
    uptime_90_days: float | None


class StatusAnswer(Answer):
    """The status page as those inside see it."""

    says: str
    level: str
    as_of: datetime
    components: list[ComponentAnswer]
    open: list[BulletinAnswer]
    subscribers: dict[str, int]
    letters: dict[str, int]


class Erasing(Order):
    """Whose address is to be forgotten."""

    address: Text


class Erased(Answer):
    """How much was forgotten."""

    erased: int


def list_bulletins(site: SiteDep, incident: str) -> BulletinsAnswer:
    """Return what the public was told of one incident."""
    with site.database.reading() as conn:
        found = bulletins.of_incident(conn, incidents.get(conn, incident).id)
    return BulletinsAnswer(bulletins=[_answer(one) for one in found])


def say(site: SiteDep, write: WritingDep, incident: str, order: Saying) -> BulletinAnswer:
    """Publish the incident, or say what is new of it; subscribers are told."""
    page = page_of(site)

    def act(unit: Unit) -> BulletinAnswer:
        told = Told(stage=Stage(order.stage), text=order.text, level=Level(order.level))
        found = incidents.get(unit.conn, incident)
        said = tell(
            unit,
            page,
            found,
            told,
            title=order.title,
            components=order.components,
            whom=order.whom,
        )
        return _answer(said)

    return write.once(BulletinAnswer, act, 201)


def show_status(site: SiteDep) -> StatusAnswer:
    """Return how every component is, and how many are told."""
    page, now = page_of(site), site.clock()
    with site.database.reading() as conn:
        board = boards.get(conn, page, now)
        standing = [one for one in bulletins.since(conn, now) if one.resolved_at is None]
        told, sent = subscribers.count(conn), letters.count_by_state(conn)
    return StatusAnswer(
        says=board.says,
        level=board.level.value,
        as_of=board.as_of,
        components=[
            ComponentAnswer(
                key=one.key,
                title=one.title,
                systems=list(one.systems),
                level=row.level.value,
                uptime_90_days=row.uptime,
            )
            for one, row in zip(page.components, board.rows, strict=True)
        ],
        open=[_answer(one) for one in standing],
        subscribers={way.value: number for way, number in told.items()},
        letters={state.value: number for state, number in sent.items()},
    )


def erase(write: WritingDep, order: Erasing) -> Erased:
    """Forget every subscriber with an address; the address itself is recorded nowhere."""
    return write.once(Erased, lambda unit: Erased(erased=subscribers.erase(unit, order.address)))


def erase_complaint(write: WritingDep, reference: str) -> Erased:
    """Forget what a person wrote under a reference."""

    def act(unit: Unit) -> Erased:
        changes.erase_complaint(unit, reference)
        return Erased(erased=1)

    return write.once(Erased, act)


def page_of(site: Site) -> StatusPage:
    """Return the status page as configured.

    Raises:
        NotFound: none is declared.
    """
    if site.public is None:
        raise NotFound("there is no status page; declare `status:` in tocsin.yaml")
    return site.public.page


def tell(
    unit: Unit,
    page: StatusPage,
    incident: Incident,
    told: Told,
    *,
    title: str,
    components: Sequence[str],
    whom: str,
) -> Bulletin:
    """Publish `incident`, or add a post where it is published already; keep that on the timeline.

    Args:
        unit: where to write, by whom.
        page: the status page.
        incident: as read in this unit.
        told: what is said.
        title: of a new bulletin; empty: a neutral one.
        components: of a new bulletin; empty: those that the incident touches.
        whom: of a new bulletin, who is hit, in words for the public.

    Raises:
        BadInput: something is missing or too long.
    """
    standing = standing_of(bulletins.of_incident(unit.conn, incident.id))
    if standing is not None:
        said = update(
            standing,
            told,
            id_=unit.new_id("pst"),
            by=unit.actor,
            now=unit.now,
            began_at=impact.said(incident),
        )
        bulletins.save(unit, said)
    else:
        touched = [one for one in page.components if one.touches(incident)]
        said = publish(
            incident,
            told,
            ids=(unit.new_id("blt"), unit.new_id("pst")),
            title=title.strip() or neutral(touched),
            components=list(components) or [one.key for one in touched],
            known=page.components,
            whom=whom,
            by=unit.actor,
            now=unit.now,
        )
        bulletins.add(unit, said)
    after, entries = lifecycle.note(
        incident,
        kind=EntryKind.NOTE,
        text=f"Status page, {said.last.stage.value}: {said.last.text}",
        actor=unit.actor,
        now=unit.now,
        entry_id=unit.new_id("ent"),
        facts={"bulletin": said.id},
    )
    incidents.save(unit, after, entries)
    return said


def standing_of(known: Sequence[Bulletin]) -> Bulletin | None:
    """Return the bulletin that was not said to be over."""
    return next((one for one in reversed(known) if one.resolved_at is None), None)


def _answer(one: Bulletin) -> BulletinAnswer:
    return BulletinAnswer(
        id=one.id,
        incident=one.incident,
        title=one.title,
        components=list(one.components),
        whom=one.whom,
        began_at=one.began_at,
        resolved_at=one.resolved_at,
        posts=[
            PostAnswer(
                at=post.at,
                stage=post.stage.value,
                level=post.level.value,
                text=post.text,
                by=post.by,
            )
            for post in one.posts
        ],
    )
