"""The review: one incident told from its records, blamelessly; computed facts only."""

from dataclasses import dataclass
from datetime import datetime

from tocsin.base.slices import EVERYONE, Slice
from tocsin.learn.actions import ActionItem
from tocsin.learn.response import ResponseTimes
from tocsin.learn.tried import Tried


@dataclass(frozen=True, slots=True)
class Mark:
    """One instant on the strip from the start of the impact to its end, e.g. `detected`."""

    name: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Line:
    """One row of the timeline."""

    at: datetime
    kind: str
    actor: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Cause:
    """One suspected cause; `change` is the id of the recorded change, if it is one."""

    title: str
    why: str
    score: float
    change: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Harm:
    """The impact in decisions and money; NaN where it cannot be said."""

    affected: int
    estimated_errors: float
    cost: float
    currency: str
    unit: str
    complaints: int
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Review:
    """One incident's review.  Texts are plain, unescaped prose; renderers escape."""

    incident: str
    name: str
    """What people call the incident, e.g. `INC-42`."""
    number: int
    system: str
    title: str
    severity: str
    severity_why: str
    slice: Slice = EVERYONE
    drafted_at: datetime
    summary: tuple[str, ...]
    """Paragraphs: what happened, to whom, since when; how it was noticed; what was done."""
    harm: Harm
    times: ResponseTimes
    marks: tuple[Mark, ...]
    timeline: tuple[Line, ...]
    causes: tuple[Cause, ...]
    """The likeliest first."""
    went_well: tuple[str, ...]
    went_badly: tuple[str, ...]
    lucky: tuple[str, ...]
    actions: tuple[ActionItem, ...]
    trials: tuple[Tried, ...] = ()
    """The canaries of the incident, in the order in which they were put in force."""
