"""Action items: follow-ups that close only when their check passes."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from tocsin.base.slices import EVERYONE, Slice


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
