"""Silences and maintenance windows: list, make, end early; and why nobody was called."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

from fastapi import Query
from pydantic import Field

from tocsin.alert.matching import parse_all
from tocsin.alert.quiet import Reason
from tocsin.alert.silence import Kind, Silence, check, expire, systems_of
from tocsin.base.errors import BadInput, NotFound
from tocsin.store import silences, suppressions, systems
from tocsin.store.unit import Unit
from tocsin.web.fields import Answer, Conditions, Instant, Order, Text
from tocsin.web.site import SiteDep
from tocsin.web.writing import WritingDep

MOST_MATCHERS = 20


class SilenceOrder(Order):
    """Quiet about the alerts that every matcher takes; `docs/alerts.md` tells how they are written.

    `starts_at` is now where it is left out.  Maintenance has a title and a `system=` matcher.
    """

    kind: Kind = Kind.SILENCE
    title: Annotated[str, Field(max_length=200)] = ""
    matchers: Annotated[list[Text], Field(min_length=1, max_length=MOST_MATCHERS)]
    starts_at: Instant | None = None
    ends_at: Instant
    reason: Text


class SilenceAnswer(Answer):
    """One silence."""

    id: str
    kind: Kind
    state: Literal["scheduled", "active", "over"]
    title: str
    matchers: list[str]
    starts_at: datetime
    ends_at: datetime
    author: str
    reason: str
    expired_at: datetime | None
    expired_by: str | None


class SilencesAnswer(Answer):
    """Silences, the next to end first, or all of them, the last to end first."""

    silences: list[SilenceAnswer]


class SuppressedAnswer(Answer):
    """One episode of an alert that called nobody, and what kept it quiet.

    `by` is the id of the silence or of the incident that was open already, or the fingerprint of
    the alert that explains it; `over_at` is null while that lasts.  `incident` is the id of the
    incident that it joined, or would have.
    """

    fingerprint: str
    started_at: datetime
    what: str
    slice: Conditions
    reason: Reason
    by: str
    why: str
    at: datetime
    over_at: datetime | None
    incident: str | None


class SuppressedAlertsAnswer(Answer):
    """Why nobody was called, newest first."""

    suppressed: list[SuppressedAnswer]


def list_silences(
    site: SiteDep,
    state: Annotated[Literal["standing", "all"], Query(description="standing: not over")] = (
        "standing"
    ),
    limit: Annotated[int, Query(ge=1, le=1000)] = 100,
) -> SilencesAnswer:
    """Return the silences that are in force or to come, or the most recent of all."""
    now = site.clock()
    with site.database.reading() as conn:
        if state == "standing":
            found = silences.standing(conn, now)[:limit]
        else:
            found = silences.recent(conn, limit)
    return SilencesAnswer(silences=[_answer(one, now) for one in found])


def show(site: SiteDep, silence: str) -> SilenceAnswer:
    """Return one silence."""
    with site.database.reading() as conn:
        return _answer(silences.get(conn, silence), site.clock())


def make(write: WritingDep, order: SilenceOrder) -> SilenceAnswer:
    """Keep alerts quiet for a while: they are recorded, and page nobody until it ends."""
    return write.once(SilenceAnswer, lambda unit: _answer(made(unit, order), unit.now), 201)


def end(write: WritingDep, silence: str) -> SilenceAnswer:
    """End a silence now; what still fires opens its incident."""
    return write.once(SilenceAnswer, lambda unit: _answer(ended(unit, silence), unit.now))


def list_suppressed(
    site: SiteDep, name: str, limit: Annotated[int, Query(ge=1, le=1000)] = 100
) -> SuppressedAlertsAnswer:
    """Return which alerts of a system called nobody, and why, newest first."""
    with site.database.reading() as conn:
        systems.get(conn, name)
        found = suppressions.recent(conn, name, limit)
    return SuppressedAlertsAnswer(suppressed=[SuppressedAnswer.model_validate(r) for r in found])


def ended(unit: Unit, silence: str) -> Silence:
    """End a silence now and return it.

    Raises:
        NotFound: there is none.
        Conflict: it is over already.
    """
    after = expire(silences.get(unit.conn, silence), unit.actor, unit.now)
    silences.save(unit, after)
    return after


def made(unit: Unit, order: SilenceOrder) -> Silence:
    """Keep the silence that `order` asks for.

    Raises:
        BadInput: a matcher that is none, a time that cannot be, or a system that nobody declared.
    """
    silence = Silence(
        id=unit.new_id("sil"),
        kind=order.kind,
        matchers=parse_all(order.matchers),
        starts_at=order.starts_at or unit.now,
        ends_at=order.ends_at,
        author=unit.actor,
        reason=order.reason,
        title=order.title.strip(),
    )
    silence = check(silence, unit.now)
    for name in systems_of(silence):
        try:
            systems.get(unit.conn, name)
        except NotFound as error:
            raise BadInput(str(error), where="matchers", do="name a declared system") from None
    silences.add(unit, silence)
    return silence


def _answer(silence: Silence, now: datetime) -> SilenceAnswer:
    told = {"state": silence.state(now), "matchers": [str(one) for one in silence.matchers]}
    own = {name: getattr(silence, name) for name in SilenceAnswer.model_fields if name not in told}
    return SilenceAnswer.model_validate(own | told)
