"""On-call: who has it now, who is next, where nobody is, and who could really be reached."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from tocsin.base.phrases import count, listing
from tocsin.base.spans import Span, describe
from tocsin.oncall.policy import Contact, Policy
from tocsin.oncall.preview import LOOK_AHEAD, Hole, Telling
from tocsin.oncall.reach import Reach, Verdict
from tocsin.oncall.schedule import Override, Schedule, Shift, shifts, unmanned, within
from tocsin.store.outbox import PageState
from tocsin.store.testpages import PageTest
from tocsin.web.views.marks import GRAVEST, Mark

PICTURED = timedelta(days=14)
"""How much of a schedule is drawn."""
_DAY = timedelta(days=1)
_OF_VERDICT = {
    Verdict.REACHED: Mark.HEALTHY,
    Verdict.ACCEPTED: Mark.NO_DATA,
    Verdict.NEVER_TRIED: Mark.NO_DATA,
    Verdict.STALE: Mark.AT_RISK,
    Verdict.FAILS: Mark.HARM,
}


@dataclass(frozen=True, slots=True)
class Bar:
    """A stretch on the picture's line; `x` and `width` are percentages of it."""

    x: float
    width: float
    span: Span


@dataclass(frozen=True, slots=True)
class Row:
    """One person's line in the picture of a schedule, or nobody's (`person` is None)."""

    person: str | None
    bars: tuple[Bar, ...]
    says: str


@dataclass(frozen=True, slots=True)
class Day:
    """A day that begins in the picture, `x` percent along."""

    x: float
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Duty:
    """One schedule: who has it now (None: nobody), until when (None: for weeks), and who is next.

    `next` None: nobody comes after `until`.
    """

    schedule: str
    mark: Mark
    person: str | None
    until: datetime | None
    next: str | None
    rows: tuple[Row, ...]
    days: tuple[Day, ...]
    now_x: float
    shifts: tuple[Shift, ...]
    """Those of the picture that are not over, in the order of time."""
    gaps: tuple[Span, ...]
    """Of the next 60 days."""


@dataclass(frozen=True, slots=True)
class Way:
    """One contact, and what is known of it."""

    contact: Contact
    mark: Mark
    verdict: str
    at: datetime | None
    """When what the verdict says came about."""
    failure: str
    tested: str
    """What became of the last test page, in words."""
    tested_at: datetime | None


@dataclass(frozen=True, slots=True)
class Standing:
    """One person: whether a page is known to reach them, way by way."""

    name: str
    mark: Mark
    says: str
    ways: tuple[Way, ...]


@dataclass(frozen=True, slots=True)
class Told:
    """One round of a policy in words: `T+5`, when, which step, whom, and why somebody else."""

    after: str
    at: datetime
    step: str
    whom: str
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class GapLine:
    """Gaps of one schedule that steps of one policy will meet; `grave`: an error."""

    mark: Mark
    grave: bool
    policy: str
    schedule: str
    steps: str
    gaps: tuple[Span, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class OnCall:
    """The page."""

    mark: Mark
    answer: str
    lead: str
    duties: tuple[Duty, ...]
    holes: tuple[GapLine, ...]
    people: tuple[Standing, ...]


def oncall(
    schedules: Iterable[Schedule],
    overrides: Mapping[str, Sequence[Override]],
    holes: Iterable[Hole],
    people: Iterable[Standing],
    now: datetime,
) -> OnCall:
    """Return the page.

    Args:
        schedules: all that are declared.
        overrides: those that stand, by schedule, from the beginning of the day on.
        holes: what the policies' steps will find nobody for.
        people: from `standing`.
        now: the instant.
    """
    duties = tuple(duty(one, overrides.get(one.name, ()), now) for one in schedules)
    found = _gap_lines(holes)
    known = tuple(people)
    unproven = [one for one in known if one.mark is not Mark.HEALTHY]
    marks = [*(one.mark for one in duties), *(line.mark for line in found)]
    marks += [Mark.AT_RISK] if unproven else []
    return OnCall(
        mark=next((m for m in GRAVEST if m in marks), Mark.HEALTHY) if duties else Mark.NO_DATA,
        answer=_answer(duties),
        lead=_lead(found, known, unproven),
        duties=duties,
        holes=found,
        people=known,
    )


def duty(schedule: Schedule, overrides: Sequence[Override], now: datetime) -> Duty:
    """Return one schedule: who has it now, and two weeks of it from the beginning of the day."""
    start = now.replace(hour=0, minute=0, second=0, microsecond=0)
    drawn = Span(start, start + PICTURED)
    found = shifts(schedule, overrides, Span(start, now + LOOK_AHEAD))
    ahead = within(found, Span(now, now + LOOK_AHEAD))
    open_ = tuple(unmanned(found, Span(now, now + LOOK_AHEAD)))
    current = ahead[0] if ahead and ahead[0].span.holds(now) else None
    until = (current.span.end if current else ahead[0].span.start) if ahead else None
    if until is not None and until >= now + LOOK_AHEAD:
        until = None
    after = [one for one in ahead if until is not None and one.span.holds(until)]
    pictured = within(found, drawn)
    manned = Mark.AT_RISK if open_ else Mark.HEALTHY
    return Duty(
        schedule=schedule.name,
        mark=manned if current else Mark.HARM,
        person=current.person if current else None,
        until=until,
        next=after[0].person if after else None,
        rows=_rows(pictured, unmanned(found, drawn), drawn),
        days=tuple(
            Day(_percent(start + k * _DAY, drawn), start + k * _DAY) for k in range(PICTURED.days)
        ),
        now_x=_percent(now, drawn),
        shifts=tuple(one for one in pictured if one.span.end > now),
        gaps=open_,
    )


def standing(
    name: str, reaches: Sequence[Reach], tests: Sequence[PageTest], now: datetime
) -> Standing:
    """Return what is known of one person.

    Args:
        name: the person's.
        reaches: what is known of each of their contacts.
        tests: the test pages to them, newest first.
        now: the instant.
    """
    last = {one.contact: one for one in reversed(tests)}
    ways = tuple(_way(one, last.get(one.contact), now) for one in reaches)
    if any(way.mark is Mark.HEALTHY for way in ways):
        mark, says = Mark.HEALTHY, "can be reached"
    elif ways and all(way.mark is Mark.HARM for way in ways):
        mark, says = Mark.HARM, "cannot be reached"
    elif not ways:
        mark, says = Mark.HARM, "has no contact"
    else:
        mark, says = Mark.AT_RISK, "not known to be reached"
    return Standing(name, mark, says, ways)


def told(tellings: Iterable[Telling], policy: Policy, opened_at: datetime) -> tuple[Told, ...]:
    """Return what `policy` would do for an incident that opens at `opened_at`, round by round."""
    return tuple(_told(one, len(policy.steps), opened_at) for one in tellings)


def _told(telling: Telling, steps: int, opened_at: datetime) -> Told:
    one = telling.round
    minutes = round((one.due_at - opened_at).total_seconds() / 60)
    step = f"step {one.rung + 1}" if one.rung < steps else "catch-all"
    again = f", again ({one.round})" if one.round else ""
    whom = listing([f"{way.person} ({way.channel})" for way in telling.contacts])
    return Told(f"T+{minutes}", one.due_at, step + again, whom or "nobody", telling.why)


def _answer(duties: Sequence[Duty]) -> str:
    if not duties:
        return "No schedule is declared."
    empty = [one for one in duties if one.person is None]
    if len(duties) == 1:
        return f"{duties[0].person or 'Nobody'} is on call."
    if empty:
        return f"Nobody is on call in {len(empty)} of {len(duties)} schedules."
    return f"Somebody is on call in each of {len(duties)} schedules."


def _gap_lines(holes: Iterable[Hole]) -> tuple[GapLine, ...]:
    """Return holes, the grave ones first, with the steps of one policy that meet the same."""
    heaps: dict[tuple[bool, str, str], list[Hole]] = {}
    for one in holes:
        heaps.setdefault((not one.grave, one.policy, one.schedule), []).append(one)
    return tuple(
        GapLine(
            mark=Mark.HARM if heap[0].grave else Mark.AT_RISK,
            grave=heap[0].grave,
            policy=policy,
            schedule=schedule,
            steps=f"step{'s'[: len(heap) > 1]} {listing([str(one.rung + 1) for one in heap])}",
            gaps=heap[0].gaps,
        )
        for (_, policy, schedule), heap in sorted(heaps.items(), key=lambda item: item[0][0])
    )


def _lead(
    holes: Sequence[GapLine], people: Sequence[Standing], unproven: Sequence[Standing]
) -> str:
    said: list[str] = []
    stretches = len({(line.schedule, gap) for line in holes for gap in line.gaps})
    if stretches:
        said.append(f"{count(stretches, 'gap')} within {LOOK_AHEAD.days} days.")
    if unproven:
        verb = "is" if len(unproven) == 1 else "are"
        said.append(f"{len(unproven)} of {count(len(people), 'person', 'people')} {verb} not known")
        said[-1] += " to be reached by any channel: send a test page."
    elif people:
        said.append("Everybody is known to be reached by at least one channel.")
    return " ".join(said)


def _rows(pictured: Sequence[Shift], open_: Sequence[Span], drawn: Span) -> tuple[Row, ...]:
    spans: dict[str, list[Span]] = {}
    for shift in pictured:
        spans.setdefault(shift.person, []).append(shift.span)
    found = [_row(person, its, drawn) for person, its in spans.items()]
    return (*found, *([_row(None, open_, drawn)] if open_ else []))


def _row(person: str | None, spans: Sequence[Span], drawn: Span) -> Row:
    bars = tuple(
        Bar(_percent(one.start, drawn), _percent(one.end, drawn) - _percent(one.start, drawn), one)
        for one in spans
    )
    length = sum((one.length for one in spans), timedelta(0))
    noun = "shift" if person else "gap"
    says = f"{person or 'nobody'}: {count(len(spans), noun)} in {PICTURED.days} days,"
    return Row(person, bars, f"{says} {describe(length)} in all")


def _percent(at: datetime, drawn: Span) -> float:
    return round((at - drawn.start) / drawn.length * 100, 3)


def _way(reach: Reach, test: PageTest | None, now: datetime) -> Way:
    verdict = reach.verdict(now)
    at = {
        Verdict.REACHED: reach.acknowledged_at,
        Verdict.FAILS: reach.failed_at,
        Verdict.NEVER_TRIED: None,
    }.get(verdict, max((t for t in (reach.accepted_at, reach.acknowledged_at) if t), default=None))
    failure = (reach.failure or "") if verdict is Verdict.FAILS else ""
    tested, tested_at = _tested(test)
    mark = _OF_VERDICT[verdict]
    return Way(reach.contact, mark, verdict.value, at, failure, tested, tested_at)


def _tested(test: PageTest | None) -> tuple[str, datetime | None]:
    if test is None:
        return "never tested", None
    match test.state:
        case PageState.ACKNOWLEDGED:
            return "arrived", test.acknowledged_at
        case PageState.ACCEPTED:
            return "taken by the channel, button not pressed", test.accepted_at
        case PageState.FAILED:
            return f"failed: {test.error}" if test.error else "failed", test.asked_at
        case _:
            return "on its way", test.asked_at
