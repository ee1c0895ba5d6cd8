"""On-call: who it is, what a policy would do, and overrides; a calendar to subscribe to."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Annotated

from fastapi import Query, Response

from tocsin.base.errors import BadInput
from tocsin.base.spans import Span
from tocsin.incident.incident import Role
from tocsin.incident.joining import Asking
from tocsin.incident.joining import preview as preview_asks
from tocsin.oncall.ical import calendar
from tocsin.oncall.preview import LOOK_AHEAD, Hole, Telling, holes, preview
from tocsin.oncall.roster import Roster
from tocsin.oncall.schedule import Override, Schedule, Shift, gaps, shifts, whole_shifts
from tocsin.oncall.swap import swap as exchanged
from tocsin.store import oncall
from tocsin.store.oncall import OverrideRow
from tocsin.store.unit import Unit
from tocsin.web.fields import Answer, Instant, Name, Order, SpanAnswer, Text
from tocsin.web.site import SiteDep
from tocsin.web.writing import WritingDep

MOST = timedelta(days=400)
CALENDAR = timedelta(days=90)
CALENDAR_TYPE = "text/calendar; charset=utf-8"
At = Annotated[Instant | None, Query(description="ISO 8601 with a zone; default: now")]


class OnCallAnswer(Answer):
    """Who is on call in one schedule; `person` null: nobody, `until` null: for weeks."""

    schedule: str
    person: str | None
    until: datetime | None


class OnCallsAnswer(Answer):
    """Who is on call at an instant."""

    at: datetime
    schedules: list[OnCallAnswer]


class ShiftAnswer(SpanAnswer):
    """One person on call without a break."""

    person: str


class ShiftsAnswer(Answer):
    """A schedule laid out: who, and when nobody."""

    schedule: str
    shifts: list[ShiftAnswer]
    gaps: list[SpanAnswer]


class ToldAnswer(Answer):
    """Somebody who would be told, and on which channel."""

    person: str
    channel: str


class TellingAnswer(Answer):
    """One round: `step` counts from 1, 0 is the catch-all; `why` says if nobody was on call."""

    at: datetime
    after_s: int
    step: int
    repeat: int
    told: list[ToldAnswer]
    why: str


class HoleAnswer(Answer):
    """Gaps within 60 days in a schedule that a step asks; `grave`: only the catch-all is left."""

    step: int
    schedule: str
    grave: bool
    text: str
    gaps: list[SpanAnswer]


class AskAnswer(Answer):
    """Whom the escalation matrix would ask as well, at `at`, should `when` be so."""

    when: str
    role: Role | None
    at: datetime
    after_s: int
    told: list[ToldAnswer]
    why: str


class PreviewAnswer(Answer):
    """What a policy would do for an incident that opens at `at` and that nobody acknowledges.

    `asks` is what the escalation matrix adds, whichever policy it is.
    """

    policy: str
    at: datetime
    tellings: list[TellingAnswer]
    asks: list[AskAnswer]
    holes: list[HoleAnswer]


class OverrideOrder(Order):
    """Who is on call instead, from `start` until `end`, and why."""

    schedule: Name
    person: Name
    start: Instant
    end: Instant
    reason: Text


class OverrideAnswer(SpanAnswer):
    """One override."""

    id: str
    schedule: str
    person: str
    reason: str
    made_at: datetime
    made_by: str
    withdrawn_at: datetime | None
    withdrawn_by: str | None


class OverridesAnswer(Answer):
    """The overrides that stand and have not ended, in the order in which they were made."""

    overrides: list[OverrideAnswer]


class ShiftOrder(Order):
    """A shift, or a part of one, as the schedule has it."""

    person: Name
    start: Instant
    end: Instant


class SwapOrder(Order):
    """Two shifts whose people take each other's, and why."""

    schedule: Name
    one: ShiftOrder
    other: ShiftOrder
    reason: Text


def show(
    site: SiteDep, schedule: Annotated[Name | None, Query()] = None, at: At = None
) -> OnCallsAnswer:
    """Return who is on call, in one schedule or in each."""
    roster, at = site.roster, at or site.clock()
    asked = [roster.schedule(schedule)] if schedule else list(roster.schedules.values())
    with site.database.reading() as conn:
        overrides = oncall.overrides(conn, at)
    return OnCallsAnswer(
        at=at, schedules=[_now(one, overrides.get(one.name, ()), at) for one in asked]
    )


def show_preview(site: SiteDep, policy: str, at: At = None) -> PreviewAnswer:
    """Return whom a policy would tell and when, without telling anybody."""
    one, at = site.roster.policy(policy), at or site.clock()
    with site.database.reading() as conn:
        overrides = oncall.overrides(conn, at)
    return PreviewAnswer(
        policy=policy,
        at=at,
        tellings=[_telling(told, at, len(one.steps)) for told in preview(one, overrides, at)],
        asks=[_ask(ask, at) for ask in preview_asks(site.command, overrides, at)],
        holes=[_hole(hole) for hole in holes(one, overrides, at)],
    )


def list_shifts(site: SiteDep, schedule: str, start: At = None, end: At = None) -> ShiftsAnswer:
    """Return a schedule laid out from `start` until `end`, 60 days unless said otherwise."""
    one = site.roster.schedule(schedule)
    start = start or site.clock()
    span = Span(start, end or start + LOOK_AHEAD)
    if not timedelta(0) < span.length <= MOST:
        raise BadInput(
            "`end` is not after `start`, or too far",
            where="end",
            do=f"ask for {MOST.days} days at the most",
        )
    with site.database.reading() as conn:
        overrides = oncall.overrides(conn, start).get(schedule, [])
    return ShiftsAnswer(
        schedule=schedule,
        shifts=[
            ShiftAnswer(person=shift.person, start=shift.span.start, end=shift.span.end)
            for shift in shifts(one, overrides, span)
        ],
        gaps=[SpanAnswer.model_validate(gap) for gap in gaps(one, overrides, span)],
    )


def show_calendar(site: SiteDep, schedule: str) -> Response:
    """Return the shifts of the next 90 days as iCalendar."""
    one, now = site.roster.schedule(schedule), site.clock()
    with site.database.reading() as conn:
        overrides = oncall.overrides(conn, now - MOST).get(schedule, [])
    found = whole_shifts(one, overrides, Span(now, now + CALENDAR))
    return Response(calendar(schedule, found, now), media_type=CALENDAR_TYPE)


def list_overrides(site: SiteDep) -> OverridesAnswer:
    """Return the overrides that stand."""
    with site.database.reading() as conn:
        found = oncall.standing(conn, site.clock())
    return OverridesAnswer(overrides=[_override(row) for row in found])


def override(site: SiteDep, write: WritingDep, order: OverrideOrder) -> OverrideAnswer:
    """Put somebody on call instead of whom the schedule names; planned pages follow at once."""
    return write.once(OverrideAnswer, lambda unit: _override(placed(unit, site.roster, order)), 201)


def swap(site: SiteDep, write: WritingDep, order: SwapOrder) -> OverridesAnswer:
    """Let two people take each other's shift: two overrides, both or none."""

    def act(unit: Unit) -> OverridesAnswer:
        found = swapped(unit, site.roster, order)
        return OverridesAnswer(overrides=[_override(row) for row in found])

    return write.once(OverridesAnswer, act, 201)


def placed(unit: Unit, roster: Roster, order: OverrideOrder) -> OverrideRow:
    """Keep the override that `order` asks for.

    Raises:
        NotFound: no such schedule or person.
        BadInput: it ends before it begins, or is over already.
    """
    roster.schedule(order.schedule)
    person = roster.person(order.person)
    what = Override(person.name, Span(order.start, order.end), person.contacts)
    return oncall.override(unit, order.schedule, what, order.reason)


def swapped(unit: Unit, roster: Roster, order: SwapOrder) -> list[OverrideRow]:
    """Keep the two overrides of a swap.

    Raises:
        NotFound: no such schedule or person.
        BadInput: both shifts are of one person, or one is over.
        Conflict: the schedule has changed.
    """
    schedule = roster.schedule(order.schedule)
    one, other = (
        Shift(roster.person(shift.person).name, Span(shift.start, shift.end))
        for shift in (order.one, order.other)
    )
    standing = oncall.overrides(unit.conn, unit.now).get(schedule.name, [])
    return [
        oncall.override(
            unit,
            schedule.name,
            replace(what, contacts=roster.person(what.person).contacts),
            order.reason,
        )
        for what in exchanged(schedule, standing, one, other, unit.now)
    ]


def withdraw(write: WritingDep, override: str) -> OverrideAnswer:
    """Take an override back."""

    def act(unit: Unit) -> OverrideAnswer:
        return _override(oncall.withdraw_override(unit, override))

    return write.once(OverrideAnswer, act)


def _now(schedule: Schedule, overrides: list[Override] | tuple[()], at: datetime) -> OnCallAnswer:
    span = Span(at, at + LOOK_AHEAD)
    first = next(iter(shifts(schedule, overrides, span)), None)
    if first is None:
        return OnCallAnswer(schedule=schedule.name, person=None, until=None)
    if first.span.start > at:
        return OnCallAnswer(schedule=schedule.name, person=None, until=first.span.start)
    until = first.span.end if first.span.end < span.end else None
    return OnCallAnswer(schedule=schedule.name, person=first.person, until=until)


def _telling(telling: Telling, at: datetime, steps: int) -> TellingAnswer:
    one = telling.round
    return TellingAnswer(
        at=one.due_at,
        after_s=round((one.due_at - at).total_seconds()),
        step=one.rung + 1 if one.rung < steps else 0,
        repeat=one.round,
        told=[ToldAnswer(person=way.person, channel=way.channel) for way in telling.contacts],
        why=telling.why,
    )


def _ask(asking: Asking, at: datetime) -> AskAnswer:
    return AskAnswer(
        when=asking.ask.when.says,
        role=asking.ask.role,
        at=asking.at,
        after_s=round((asking.at - at).total_seconds()),
        told=[ToldAnswer(person=way.person, channel=way.channel) for way in asking.contacts],
        why=asking.why,
    )


def _hole(hole: Hole) -> HoleAnswer:
    return HoleAnswer(
        step=hole.rung + 1,
        schedule=hole.schedule,
        grave=hole.grave,
        text=str(hole),
        gaps=[SpanAnswer.model_validate(gap) for gap in hole.gaps],
    )


def _override(row: OverrideRow) -> OverrideAnswer:
    return OverrideAnswer(
        id=row.id,
        schedule=row.schedule,
        person=row.override.person,
        start=row.override.span.start,
        end=row.override.span.end,
        reason=row.reason,
        made_at=row.made_at,
        made_by=row.made_by,
        withdrawn_at=row.withdrawn_at,
        withdrawn_by=row.withdrawn_by,
    )
