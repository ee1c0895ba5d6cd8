"""A playbook as the room and its own page show it: what to do, who does it, what was done."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from tocsin.base.phrases import count, listing, percent
from tocsin.base.spans import describe
from tocsin.contain.directive import Action
from tocsin.contain.failure import Failure
from tocsin.contain.playbook import CANDIDATE, LAST_GOOD, Done, Mode, Playbook, Run, Step, Ticked
from tocsin.incident.incident import Severity
from tocsin.web.views.marks import Mark

_DOES = {
    Action.FALLBACK: "fallback rules",
    Action.REVIEW: "human review",
    Action.ROLLBACK: "{version}",
    Action.CANARY: "{version} for {part} of the decisions",
    Action.SHADOW: "copies of {part} of the decisions to {version},",
    Action.THRESHOLD: "yes from a score of {threshold} on",
}
_WRITTEN = {LAST_GOOD: "the last good version", CANDIDATE: "the candidate", None: ""}
STALE_DAYS = 180
"""A playbook that nobody has played through for so long may no longer be true."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StepView:
    """One step."""

    number: int
    say: str
    does: str
    """What its action would do; "": people do it."""
    who: str
    done: bool
    skipped: bool
    by: str
    at: datetime | None
    note: str
    clickable: bool
    """Whether pressing it makes a plan."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PlaybookView:
    """One playbook."""

    name: str
    title: str
    owner: str
    rehearsed: str
    stale: bool
    meant_for: str
    steps: tuple[StepView, ...]
    progress: str
    next: int
    """Number of the first step that is still to be done; 0: all are."""
    chosen_by: str
    failure: str
    """What sort of failure the incident is taken for; "": of no incident."""
    mark: Mark


def run_view(run: Run, severity: Severity, today: date) -> PlaybookView:
    """Return the playbook of an incident."""
    return _view(run.playbook, severity, today, run)


@dataclass(frozen=True, slots=True)
class Sort:
    """A sort of failure that an incident may be taken for, and what is then followed."""

    name: str
    title: str


def sorts(leads_to: Mapping[Failure, Playbook], run: Run | None) -> tuple[Sort, ...]:
    """Return every sort of failure but the one that the incident is taken for."""
    return tuple(
        Sort(failure.value, playbook.title)
        for failure, playbook in leads_to.items()
        if run is None or failure is not run.failure
    )


def playbook_views(playbooks: Sequence[Playbook], today: date) -> tuple[PlaybookView, ...]:
    """Return every playbook, for reading."""
    return tuple(_view(one, one.from_severity, today, None) for one in playbooks)


def _view(playbook: Playbook, severity: Severity, today: date, run: Run | None) -> PlaybookView:
    ticked: Mapping[int, Ticked] = run.ticked if run else dict[int, Ticked]()
    left = [place for place in range(len(playbook.steps)) if place not in ticked]
    stale = playbook.rehearsed is None or (today - playbook.rehearsed).days > STALE_DAYS
    return PlaybookView(
        name=playbook.name,
        title=playbook.title,
        owner=playbook.owner,
        rehearsed=_rehearsed(playbook.rehearsed, today),
        stale=stale,
        meant_for=_meant_for(playbook),
        steps=tuple(
            _step(place + 1, step, severity, ticked.get(place))
            for place, step in enumerate(playbook.steps)
        ),
        progress=f"{len(ticked)} of {count(len(playbook.steps), 'step')}",
        next=left[0] + 1 if left else 0,
        chosen_by=run.chosen_by if run else "",
        failure=run.failure.value if run else "",
        mark=Mark.AT_RISK if left else Mark.HEALTHY,
    )


def _step(number: int, step: Step, severity: Severity, ticked: Ticked | None) -> StepView:
    mode = step.mode(severity)
    does = ""
    if step.action is not None:
        whom = "everyone" if step.everyone else "those who are hit"
        does = f"{_does(step, step.action)} for {whom}{_where(step)}, {describe(step.for_)}"
    said = {
        Mode.MANUAL: "by hand",
        Mode.CLICK: "one click makes the plan",
        Mode.AUTOMATIC: f"by itself from {step.automatic.name if step.automatic else ''} on",
    }
    return StepView(
        number=number,
        say=step.say,
        does=does,
        who=said[mode],
        done=ticked is not None and ticked.done is Done.DONE,
        skipped=ticked is not None and ticked.done is Done.SKIPPED,
        by=ticked.by if ticked else "",
        at=ticked.at if ticked else None,
        note=ticked.note if ticked else "",
        clickable=step.action is not None,
    )


def _does(step: Step, action: Action) -> str:
    return _DOES.get(action, action.value).format(
        version=_WRITTEN.get(step.version, f"version {step.version}"),
        part=percent(1.0 if step.share is None else step.share, 0),
        threshold=f"{step.threshold or 0:g}",
    )


def _where(step: Step) -> str:
    return "" if step.of_version is None else f" where version {step.of_version} would decide"


def _rehearsed(at: date | None, today: date) -> str:
    """Return when it was last played through.

    >>> _rehearsed(None, date(2026, 11, 20)), _rehearsed(date(2026, 11, 19), date(2026, 11, 20))
    ('never rehearsed', 'rehearsed 2026-11-19, 1 day ago')
    """
    if at is None:
        return "never rehearsed"
    return f"rehearsed {at.isoformat()}, {count((today - at).days, 'day')} ago"


def _meant_for(playbook: Playbook) -> str:
    failures = [one.value.replace("_", " ") for one in playbook.failures]
    said = listing(failures) if failures else "anything else"
    if playbook.kinds:
        said += f" of {listing([kind.value for kind in playbook.kinds])} systems"
    if playbook.from_severity is not Severity.SEV4:
        said += f", from {playbook.from_severity.name} on"
    return said
