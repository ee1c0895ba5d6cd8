"""Reviews of resolved incidents, as JSON and as Markdown, and the actions that follow from them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Annotated

import sqlalchemy as sa
from fastapi import Response
from pydantic import BeforeValidator, Field

from tocsin.base.errors import NotFound
from tocsin.base.slices import Slice
from tocsin.contain.canary import Call
from tocsin.learn.actions import ActionItem, ActionState, Check, CheckKind
from tocsin.learn.markdown import to_markdown
from tocsin.learn.review import Review
from tocsin.learn.tried import Tried
from tocsin.store import incidents, reviews, trials
from tocsin.store.unit import Unit
from tocsin.web.canary import ComparedAnswer
from tocsin.web.fields import Answer, Conditions, Name, Number, Order, SpanAnswer, Wanted
from tocsin.web.site import SiteDep
from tocsin.web.writing import WritingDep

Seconds = Annotated[
    float | None,
    BeforeValidator(lambda value: value.total_seconds() if isinstance(value, timedelta) else value),
]
"""A length of time; null where it cannot be said."""


class CheckAnswer(Answer):
    """What must pass before the action is done."""

    kind: CheckKind
    layer: str
    measure: str
    column: str | None
    slice: Conditions
    target: str


class ActionAnswer(Answer):
    """One follow-up; it is done when its check passes, not when somebody says so."""

    id: str
    incident: str
    title: str
    owner: str
    opened_at: datetime
    due_at: datetime
    check: CheckAnswer
    state: ActionState
    closed_at: datetime | None


class ActionsAnswer(Answer):
    """Follow-ups in the order in which they were made."""

    actions: list[ActionAnswer]


class MarkAnswer(Answer):
    """One instant on the strip from impact to recovery."""

    name: str
    at: datetime


class LineAnswer(Answer):
    """One row of the timeline."""

    at: datetime
    kind: str
    actor: str
    text: str


class CauseAnswer(Answer):
    """One suspected cause."""

    title: str
    why: str
    score: Number
    change: str | None


class HarmAnswer(Answer):
    """The impact; null where it cannot be said."""

    affected: int
    estimated_errors: Number
    cost: Number
    currency: str
    unit: str
    complaints: int
    text: str


class TimesAnswer(Answer):
    """Response times in seconds; null where the step has not happened."""

    mttd: Seconds
    mtta: Seconds
    mttc: Seconds
    mttr: Seconds


_OF_VERDICT = ("call", "why", "champion", "span", "compared")


class CalledAnswer(Answer):
    """One verdict on a canary, with what was compared when it was given."""

    at: datetime
    call: Call
    why: str
    champion: str
    span: SpanAnswer | None
    compared: list[ComparedAnswer]


class TriedAnswer(Answer):
    """One canary of the incident; each verdict once, in the order of time."""

    directive: str
    what: str
    version: str
    calls: list[CalledAnswer]


def _tried(trials: Sequence[Tried]) -> list[TriedAnswer]:
    return [
        TriedAnswer(
            directive=one.directive.id,
            what=one.what,
            version=one.directive.to_version or "",
            calls=[
                CalledAnswer.model_validate(
                    {name: getattr(given.told, name) for name in _OF_VERDICT} | {"at": given.at}
                )
                for given in one.calls
            ],
        )
        for one in trials
    ]


class ReviewAnswer(Answer):
    """One incident's review."""

    incident: str
    name: str
    number: int
    system: str
    title: str
    severity: str
    severity_why: str
    slice: Conditions
    drafted_at: datetime
    summary: list[str]
    harm: HarmAnswer
    times: TimesAnswer
    marks: list[MarkAnswer]
    timeline: list[LineAnswer]
    causes: list[CauseAnswer]
    went_well: list[str]
    went_badly: list[str]
    lucky: list[str]
    actions: list[ActionAnswer]
    trials: Annotated[list[TriedAnswer], BeforeValidator(_tried)]


class CheckOrder(Order):
    """What must pass; `monitor` names a finding's layer and measure, others a target."""

    kind: CheckKind
    layer: Annotated[str, Field(max_length=50)] = ""
    measure: Annotated[str, Field(max_length=100)] = ""
    column: Name | None = None
    slice: Annotated[Wanted, Field(default_factory=dict[str, str])]
    target: Annotated[str, Field(max_length=200)] = ""


class ActionOrder(Order):
    """What will be different, who sees to it, by when, and how that is proved."""

    title: Name
    owner: Name
    days: Annotated[int, Field(ge=1, le=366)] = 30
    check: CheckOrder


def read_review(conn: sa.Connection, incident: str) -> Review:
    """Return the review of an incident, with its actions and trials as they stand now.

    Raises:
        NotFound: there is no such incident, or it has no review yet.
    """
    found = incidents.get(conn, incident)
    review = reviews.get(conn, found.id)
    if review is None:
        raise NotFound(f"{found.name} has no review yet; it is drafted when the incident ends")
    return replace(
        review,
        actions=tuple(reviews.actions(conn, found.id)) or review.actions,
        trials=tuple(trials.of_incident(conn, found.id)),
    )


def show_review(site: SiteDep, incident: str) -> ReviewAnswer:
    """Return the review."""
    with site.database.reading() as conn:
        return ReviewAnswer.model_validate(read_review(conn, incident))


def review_markdown(site: SiteDep, incident: str) -> Response:
    """Return the review as Markdown."""
    with site.database.reading() as conn:
        text = to_markdown(read_review(conn, incident))
    return Response(text, media_type="text/markdown; charset=utf-8")


def list_actions(site: SiteDep, incident: str) -> ActionsAnswer:
    """Return the follow-ups of an incident."""
    with site.database.reading() as conn:
        found = reviews.actions(conn, incidents.get(conn, incident).id)
    return ActionsAnswer(actions=[ActionAnswer.model_validate(item) for item in found])


def add_action(write: WritingDep, incident: str, order: ActionOrder) -> ActionAnswer:
    """Open a follow-up; it closes only when its check passes."""
    wanted = order.check
    check = Check(
        kind=wanted.kind,
        layer=wanted.layer,
        measure=wanted.measure,
        column=wanted.column,
        slice=Slice.of(wanted.slice),
        target=wanted.target,
    )

    def act(unit: Unit) -> ActionAnswer:
        item = ActionItem(
            id=unit.new_id("act"),
            incident=incidents.get(unit.conn, incident).id,
            title=order.title,
            owner=order.owner,
            opened_at=unit.now,
            due_at=unit.now + timedelta(days=order.days),
            check=check,
            state=ActionState.OPEN,
        )
        reviews.add_action(unit, item)
        return ActionAnswer.model_validate(item)

    return write.once(ActionAnswer, act, 201)
