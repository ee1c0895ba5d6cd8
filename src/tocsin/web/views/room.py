"""The incident room: what is happening, what do I do next?"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import StrEnum

from tocsin.base.phrases import count
from tocsin.base.spans import Span, describe
from tocsin.contain.approval import Standing
from tocsin.contain.directive import Directive
from tocsin.contain.plan import PlanState
from tocsin.contain.playbook import Run
from tocsin.contain.precondition import Precondition
from tocsin.contain.verify import Recovery, Verification
from tocsin.diagnose.diagnosis import Diagnosis
from tocsin.diagnose.suspect import Suspect, SuspectKind
from tocsin.incident.corrections import Before, Line, folded
from tocsin.incident.incident import Entry, EntryKind, Incident, State
from tocsin.ingest.change import Complaint
from tocsin.store.acts import ActRow
from tocsin.store.containment import StoredPlan
from tocsin.store.pages import PageRow
from tocsin.web.views import marks
from tocsin.web.views.act import DirectiveView, directive_view
from tocsin.web.views.affected import Affected, affected
from tocsin.web.views.marks import Mark
from tocsin.web.views.plan import PlanView, plan_view
from tocsin.web.views.playbook import PlaybookView, run_view
from tocsin.web.views.series import Chart

ENTRIES_SHOWN, SUSPECTS_SHOWN = 60, 6


@dataclass(frozen=True, slots=True, kw_only=True)
class Moment:
    """One of the four times; `at` is None while it has not come."""

    name: str
    mark: Mark
    at: datetime | None
    after: str = ""
    """How long after the one it is measured from."""
    pending: str = "not yet"
    by: str = ""
    """Who has said so, where it is not what was computed or done."""


class Do(StrEnum):
    """What a button of the next step does."""

    ACKNOWLEDGE = "acknowledge"
    PROPOSE = "propose"
    PLAN = "plan"
    """Only by hand, such as to extend what is in force: the playbook has had its turn."""
    APPROVE = "approve"
    REVERT = "revert"
    RESOLVE = "resolve"
    REVIEW = "review"


@dataclass(frozen=True, slots=True, kw_only=True)
class NextStep:
    """The one thing to do now, and the buttons for it, the first one first."""

    say: str
    why: str
    doing: tuple[Do, ...]


@dataclass(frozen=True, slots=True)
class EntryView:
    """One line of the timeline; `mark` only where the state of the incident changed."""

    entry: Entry
    mark: Mark | None
    kind: str
    before: tuple[Before, ...] = ()
    """What it said before it was corrected."""


@dataclass(frozen=True, slots=True)
class PageView:
    """One person who was told, or is to be."""

    person: str
    channel: str
    says: str
    due_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Room:
    """The page."""

    incident: Incident
    mark: Mark
    lead: str
    moments: tuple[Moment, ...]
    next: NextStep
    proposals: tuple[PlanView, ...]
    applied: tuple[PlanView, ...]
    alone: tuple[PlanView, ...]
    """What one person put in force alone and nobody has ratified."""
    chart: Chart
    chart_says: str
    entries: tuple[EntryView, ...]
    older: tuple[EntryView, ...]
    affected: Affected | None
    suspects: tuple[Suspect, ...]
    signs: tuple[Suspect, ...]
    """Columns and slices that the diagnosis names: where it shows, not why it came."""
    directives: tuple[DirectiveView, ...]
    ended: tuple[DirectiveView, ...]
    pages: tuple[PageView, ...]
    complaints: tuple[Complaint, ...]
    reviewed: bool
    playbook: PlaybookView | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Records:
    """What the store knows of one incident; gathered by the page."""

    incident: Incident
    entries: Sequence[Entry]
    plans: Sequence[StoredPlan]
    directives: Sequence[Directive]
    verifications: Sequence[Verification]
    diagnosis: Diagnosis | None
    ledger_total: int
    pages: Sequence[PageRow]
    complaints: Sequence[Complaint]
    reviewed: bool
    run: Run | None = None
    """The playbook that it follows."""
    standings: Mapping[str, Standing] = field(default_factory=dict[str, Standing])
    """How far the approval of each plan has come, by its id."""
    asked: Mapping[str, Sequence[Precondition]] = field(
        default_factory=dict[str, Sequence[Precondition]]
    )
    """What must hold for each plan that waits, by its id."""
    acts: Sequence[ActRow] = ()
    """What was done outside."""


def room(records: Records, chart: Chart, *, now: datetime) -> Room:
    """Return the page."""
    incident, diagnosis = records.incident, records.diagnosis
    plans = [
        plan_view(
            stored,
            records.standings.get(stored.plan.id, Standing(needed=1)),
            now,
            records.asked.get(stored.plan.id, ()),
        )
        for stored in records.plans
    ]
    proposals = tuple(p for p in plans if p.state is PlanState.PROPOSED and not p.late)
    running = [d for d in records.directives if d.in_force(now)]
    applied = {d.plan for d in running}
    entries = tuple(_entry(line) for line in reversed(folded(records.entries)))
    suspects = diagnosis.suspects if diagnosis else ()
    causes = (SuspectKind.CHANGE, SuspectKind.UNKNOWN)
    last = records.verifications[-1] if records.verifications else None
    return Room(
        incident=incident,
        mark=marks.of_incident(incident),
        lead=diagnosis.summary if diagnosis else "Being diagnosed: cause and reach follow.",
        moments=moments(incident),
        next=next_step(incident, proposals, running, last),
        proposals=proposals,
        applied=tuple(plan for plan in plans if plan.id in applied),
        alone=tuple(plan for plan in plans if plan.standing.ratify_by is not None),
        chart=chart,
        chart_says=last.text if last else "",
        entries=entries[:ENTRIES_SHOWN],
        older=entries[ENTRIES_SHOWN:],
        affected=affected(diagnosis, records.ledger_total),
        suspects=tuple(s for s in suspects if s.kind in causes)[:SUSPECTS_SHOWN],
        signs=tuple(s for s in suspects if s.kind not in causes)[:SUSPECTS_SHOWN],
        directives=tuple(directive_view(d, incident, records.acts, now) for d in running),
        ended=tuple(
            directive_view(d, incident, records.acts, now)
            for d in records.directives
            if not d.in_force(now)
        ),
        pages=tuple(_page(row) for row in records.pages),
        complaints=tuple(records.complaints),
        reviewed=records.reviewed,
        playbook=run_view(records.run, incident.severity, now.date()) if records.run else None,
    )


def moments(incident: Incident) -> tuple[Moment, ...]:
    """Return the times of an incident, each with its distance from what it is measured from."""
    began, detected = incident.impact_from, incident.detected_at
    return (
        Moment(
            name="impact",
            mark=Mark.HARM,
            at=began,
            pending="not known yet",
            by=incident.impact_by or "",
        ),
        Moment(name="detected", mark=Mark.AT_RISK, at=detected, after=_after(detected, began)),
        Moment(
            name="acknowledged",
            mark=Mark.NO_DATA,
            at=incident.acknowledged_at,
            after=_after(incident.acknowledged_at, detected),
            pending="nobody yet",
        ),
        Moment(
            name="contained",
            mark=Mark.CONTAINED,
            at=incident.contained_at,
            after=_after(incident.contained_at, detected),
        ),
        Moment(
            name="recovered",
            mark=Mark.HEALTHY,
            at=incident.recovered_at,
            after=_after(incident.recovered_at, began),
        ),
    )


def next_step(
    incident: Incident,
    proposals: Sequence[PlanView],
    running: Sequence[Directive],
    last: Verification | None,
) -> NextStep:
    """Return the one thing to do now."""
    who = incident.slice.label
    # what is in force can be taken back whatever state the incident is in
    beside = (Do.REVERT,) if running else ()
    if incident.state is State.RESOLVED:
        return NextStep(
            say="This incident is over. Read what was learnt.",
            why=_stays(running) or "Its actions close only when their checks pass.",
            doing=(Do.REVIEW, *beside),
        )
    if incident.acknowledged_at is None:
        first = (Do.ACKNOWLEDGE, Do.APPROVE if proposals else Do.PROPOSE)
        if incident.state is State.CONTAINED:  # a playbook acted, and nobody knows yet
            first += (Do.REVERT,) if running else ()
        return NextStep(
            say="Take it: nobody has this incident yet.",
            why="Paging goes on, and climbs, until somebody acknowledges.",
            doing=(*first, *beside),
        )
    changed = any(d.action.verified for d in running)
    if changed or incident.state is State.CONTAINED or incident.recovered_at is not None:
        step = _while_contained(incident, proposals, running, last)
        # what waits for approval is never hidden by what is in force already
        more = (Do.APPROVE,) if proposals and Do.APPROVE not in step.doing else ()
        return replace(step, doing=(*step.doing, *more))
    if proposals:
        return NextStep(
            say="Read the plan and put it in force.",
            why="Until then the system goes on deciding as it does.",
            doing=(Do.APPROVE, Do.PROPOSE, Do.RESOLVE, *beside),
        )
    return NextStep(
        say=f"Contain the harm to {who}.",
        why="The playbook knows what to do first; nothing happens before you have approved it.",
        doing=(Do.PROPOSE, Do.RESOLVE, *beside),
    )


def _stays(running: Sequence[Directive]) -> str:
    if not running:
        return ""
    many = count(len(running), "directive")
    return f"{many} still in force: revert what need not run until its end."


def _while_contained(
    incident: Incident,
    proposals: Sequence[PlanView],
    running: Sequence[Directive],
    last: Verification | None,
) -> NextStep:
    who, looked = incident.slice.label, _capital(last.text) if last else ""
    more = (Do.APPROVE, Do.PLAN) if proposals else (Do.PLAN,)
    if incident.recovered_at is not None and running:
        return NextStep(
            say="Harm has stopped. Fix the cause, then give the decisions back.",
            why=looked,
            doing=(Do.REVERT, Do.RESOLVE, *more),
        )
    if incident.recovered_at is not None:
        return NextStep(
            say=f"The system decides {who} again. Resolve, or contain it once more.",
            why=looked,
            doing=(Do.RESOLVE, *more, Do.PROPOSE),
        )
    if incident.state is not State.CONTAINED:
        if not any(d.contains(incident.slice) for d in running):
            return NextStep(
                say=f"Contain the harm to {who}: what is in force does not hold for all of it.",
                why="Until something does, the incident does not count as contained.",
                doing=(Do.APPROVE, Do.PROPOSE, Do.REVERT) if proposals else (Do.PROPOSE, Do.REVERT),
            )
        return NextStep(
            say="Wait for the serving side to obey.",
            why="The plan is in force here; it counts as contained once decisions show it.",
            doing=(Do.REVERT, *more),
        )
    if not running:
        return NextStep(
            say=f"Containment of {who} has ended: see whether the harm is back.",
            why=looked,
            doing=(Do.APPROVE, Do.PROPOSE, Do.RESOLVE) if proposals else (Do.PROPOSE, Do.RESOLVE),
        )
    worse = last is not None and last.verdict is Recovery.WORSE
    return NextStep(
        say=f"It got worse for {who}: take it back." if worse else f"Verify that {who} recovers.",
        why=looked or "The next look follows as decisions arrive.",
        doing=(Do.REVERT, Do.RESOLVE, *more),
    )


def chart_span(incident: Incident, now: datetime, bucket_s: int) -> Span:
    """Return what the recovery chart covers, with a lead of 12 buckets or more."""
    end = min(now, (incident.resolved_at or now) + timedelta(seconds=6 * bucket_s))
    began = min(incident.impact_from or incident.detected_at, incident.detected_at)
    lead = max((end - began) / 3, timedelta(seconds=12 * bucket_s))
    return Span(began - lead, end + timedelta(microseconds=1))


_STATES = {
    EntryKind.OPENED: Mark.HARM,
    EntryKind.CONTAINED: Mark.CONTAINED,
    EntryKind.REVERTED: Mark.AT_RISK,
    EntryKind.EXPIRED: Mark.AT_RISK,
    EntryKind.RESOLVED: Mark.HEALTHY,
}


def _entry(line: Line) -> EntryView:
    entry = line.entry
    mark = _STATES.get(entry.kind)
    if entry.kind is EntryKind.VERIFIED and entry.facts.get("verdict") != Recovery.NOT_YET:
        mark = Mark.HEALTHY
    return EntryView(entry, mark, entry.kind.value.replace("_", " "), line.before)


def _page(row: PageRow) -> PageView:
    if row.acknowledged_at is not None and row.acknowledged_at < row.due_at:
        says = "was not needed"
    elif row.acknowledged_at is not None:
        took = describe(row.acknowledged_at - row.due_at)
        says = f"acknowledged by {row.acknowledged_by} after {took}"
    elif row.accepted_at is not None:
        says = "told"
    elif row.error:
        says = f"not delivered, {count(row.attempts, 'try', 'tries')}: {row.error}"
    else:
        says = row.state.value
    return PageView(row.contact.person, row.contact.channel, says, row.due_at)


def _after(at: datetime | None, since: datetime | None) -> str:
    if at is None or since is None:
        return ""
    return f"after {describe(at - since)}" if at > since else "at once"


def _capital(text: str) -> str:
    return f"{text[:1].upper()}{text[1:]}"
