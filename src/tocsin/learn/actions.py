"""Action items: follow-ups that close only when their check passes."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from tocsin.base.errors import Conflict
from tocsin.base.phrases import count
from tocsin.base.slices import EVERYONE, Slice
from tocsin.detect.finding import Finding, Verdict
from tocsin.ingest.change import Change


class CheckKind(StrEnum):
    """How an action item proves that it is done."""

    MONITOR = "monitor"
    """The named monitor says `ok` on a window that began after the item was opened."""
    DRILL = "drill"
    """The named drill passes."""
    LEDGER = "ledger"
    """Every decision on the incident's ledger has a remedy."""
    CHANGE = "change"
    """A change of the named kind is recorded after the item was opened."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """What must pass.  The fields that name a monitor are those of a finding's key."""

    kind: CheckKind
    layer: str = ""
    measure: str = ""
    column: str | None = None
    slice: Slice = EVERYONE
    target: str = ""
    """The drill, the incident or the kind of change, by `kind`."""

    @property
    def label(self) -> str:
        """What must pass, for people."""
        match self.kind:
            case CheckKind.MONITOR:
                what = f" of {self.column}" if self.column else ""
                return f"monitor {self.layer}/{self.measure}{what} says ok for {self.slice.label}"
            case CheckKind.DRILL:
                return f"drill {self.target} passes"
            case CheckKind.LEDGER:
                return "every decision on the ledger has a remedy"
            case CheckKind.CHANGE:
                return f"a {self.target.replace('_', ' ')} is recorded"


class ActionState(StrEnum):
    """Where an action item stands; `DONE` only through its check."""

    PROPOSED = "proposed"
    OPEN = "open"
    DONE = "done"
    DROPPED = "dropped"


@dataclass(frozen=True, slots=True, kw_only=True)
class ActionItem:
    """One follow-up: what, who, by when, and what must pass."""

    id: str
    incident: str
    title: str
    owner: str
    opened_at: datetime
    due_at: datetime
    check: Check
    state: ActionState = ActionState.PROPOSED
    closed_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """What checks are judged on."""

    findings: Sequence[Finding] = ()
    """The latest of each monitor."""
    drills_passed: Collection[str] = ()
    """Names of drills that passed after the item was opened."""
    unremedied: int | None = None
    """Decisions on the incident's ledger without a remedy; None: no ledger was read."""
    changes: Sequence[Change] = ()


@dataclass(frozen=True, slots=True)
class Judged:
    """Whether a check passes, and why, for people."""

    passes: bool
    why: str


def judge(item: ActionItem, evidence: Evidence) -> Judged:
    """Return whether the check of `item` passes on `evidence`; silence never passes."""
    check = item.check
    match check.kind:
        case CheckKind.MONITOR:
            return _judge_monitor(item, evidence.findings)
        case CheckKind.DRILL:
            passed = check.target in evidence.drills_passed
            return Judged(
                passed, f"drill {check.target} " + ("passed" if passed else "has not run")
            )
        case CheckKind.LEDGER:
            left = evidence.unremedied
            if left is None:
                return Judged(False, "the ledger was not read")
            return Judged(left == 0, f"{count(left, 'decision')} left without a remedy")
        case CheckKind.CHANGE:
            done = [c for c in evidence.changes if c.kind == check.target and c.at > item.opened_at]
            why = f"recorded: {done[-1].title}" if done else f"{check.label} is not so yet"
            return Judged(bool(done), why)


def close(item: ActionItem, judged: Judged, now: datetime) -> ActionItem:
    """Return `item` as done.

    Raises:
        Conflict: its check does not pass, or it is closed already.
    """
    if item.state in (ActionState.DONE, ActionState.DROPPED):
        raise Conflict(f"action {item.id} is {item.state} already")
    if not judged.passes:
        raise Conflict(f"action {item.id} is not done: {judged.why}")
    return replace(item, state=ActionState.DONE, closed_at=now)


def _judge_monitor(item: ActionItem, findings: Sequence[Finding]) -> Judged:
    check = item.check
    for f in findings:
        if (f.layer, f.measure, f.column, f.slice) != (
            check.layer,
            check.measure,
            check.column,
            check.slice,
        ):
            continue
        if f.window is None or f.window.start < item.opened_at:
            return Judged(False, "its latest window began before the action was opened")
        return Judged(f.verdict is Verdict.OK, f.why)
    return Judged(False, f"no such monitor has spoken: {check.label}")
