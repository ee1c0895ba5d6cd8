"""A playbook as the room and its own page show it: what to do, who does it, what was done."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from tocsin.base.phrases import count, listing, percent
from tocsin.base.spans import describe
from tocsin.contain.builtin import BUILT_IN
from tocsin.contain.directive import Action, OnAbort
from tocsin.contain.failure import Failure
from tocsin.contain.playbook import (
    CANDIDATE,
    LAST_GOOD,
    Done,
    IfWorse,
    Mode,
    Playbook,
    Run,
    Step,
    Ticked,
)
from tocsin.incident.incident import Severity
from tocsin.web.views.marks import Mark

_DOES = {
    Action.FALLBACK: "fallback rules for {whom}{where}",
    Action.REVIEW: "human review for {whom}{where}",
    Action.ROLLBACK: "{version} for {whom}{where}",
    Action.BLOCK: "nobody decides for {whom}{where}",
    Action.KILL: "nobody decides anything, for everyone",
    Action.CANARY: "{version} for {part} of {whom}",
    Action.SHADOW: "copies of {part} of the decisions to {version}, for {whom}{where}",
    Action.THRESHOLD: "yes from a score of {threshold} on for {whom}{where}",
    Action.QUARANTINE: "nothing counts that comes from {whom}",
    Action.FREEZE: "no new version goes out",
    Action.NOTIFY: "{whom} are only watched",
}
"""What each action does to whom, before how long it holds."""
_WRITTEN = {LAST_GOOD: "the last good version", CANDIDATE: "the candidate", None: ""}
_WORSE = {
    IfWorse.ESCALATE: "",
    IfWorse.REVERT: "a plan that makes it worse is taken back by itself",
}
_MEANT = {
    failure: one.title for one in BUILT_IN for failure in one.failures or (Failure.UNEXPLAINED,)
}
"""What each sort of failure is, in the words of the built-in playbook for it."""
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
    if_worse: str
    """What happens by itself when it is worse than before; "": people are called, no more."""
    mark: Mark


def run_view(run: Run, severity: Severity, today: date) -> PlaybookView:
    """Return the playbook of an incident."""
    return _view(run.playbook, severity, today, run)


@dataclass(frozen=True, slots=True)
class Sort:
    """A sort of failure that an incident may be taken for, and what is then followed."""

    name: str
    says: str
    """What it means, and the playbook where that is called something else."""


def sorts(leads_to: Mapping[Failure, Playbook], run: Run | None) -> tuple[Sort, ...]:
    """Return every sort of failure but the one that the incident is taken for."""
    return tuple(
        Sort(failure.value, _said(_MEANT[failure], playbook.title))
        for failure, playbook in leads_to.items()
        if run is None or failure is not run.failure
    )


def _said(meant: str, title: str) -> str:
    return meant if title == meant else f"{meant}; the playbook is “{title}”"


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
        if_worse=_WORSE[playbook.if_worse],
        mark=Mark.AT_RISK if left else Mark.HEALTHY,
    )


def _step(number: int, step: Step, severity: Severity, ticked: Ticked | None) -> StepView:
    mode = step.mode(severity)
    alone = f"by itself from {step.automatic.name} on" if step.automatic else ""
    click = "; ".join(filter(None, ("one click makes the plan", alone)))
    said = {Mode.MANUAL: "by hand", Mode.CLICK: click, Mode.AUTOMATIC: alone}
    return StepView(
        number=number,
        say=step.say,
        does="" if step.action is None else _does(step, step.action),
        who=said[mode],
        done=ticked is not None and ticked.done is Done.DONE,
        skipped=ticked is not None and ticked.done is Done.SKIPPED,
        by=ticked.by if ticked else "",
        at=ticked.at if ticked else None,
        note=ticked.note if ticked else "",
        clickable=step.action is not None,
    )


def _does(step: Step, action: Action) -> str:
    said = _DOES[action].format(
        whom="everyone" if step.everyone else "those who are hit",
        where=_where(step, action),
        version=_WRITTEN.get(step.version, f"version {step.version}"),
        part=percent(1.0 if step.share is None else step.share, 0),
        threshold=f"{step.threshold or 0:g}",
    )
    sooner = ", or until it is seen to harm somebody" if step.on_abort is OnAbort.STOP else ""
    return f"{said}, {describe(step.for_)}{sooner}"


def _where(step: Step, action: Action) -> str:
    """Return of which version it is, in the words of the plan that it becomes."""
    if step.of_version is None:
        return ""
    return f" where version {step.of_version} {'would decide' if action.decides else 'decides'}"


def _rehearsed(at: date | None, today: date) -> str:
    """Return when it was last played through.

    >>> _rehearsed(None, date(2026, 11, 20)), _rehearsed(date(2026, 11, 19), date(2026, 11, 20))
    ('never rehearsed', 'rehearsed 2026-11-19, 1 day ago')
    """
    if at is None:
        return "never rehearsed"
    return f"rehearsed {at.isoformat()}, {count((today - at).days, 'day')} ago"


def _meant_for(playbook: Playbook) -> str:
    failures = [f"“{one.value}”" for one in playbook.failures]
    said = f"{listing(failures)} failures" if failures else "anything else"
    if playbook.kinds:
        said += f" of {listing([kind.value for kind in playbook.kinds])} systems"
    if playbook.from_severity is not Severity.SEV4:
        said += f", from {playbook.from_severity.name} on"
    return said
