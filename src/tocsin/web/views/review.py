"""A review as an article: the strip from impact to recovery, and the figures for its margin."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise

from tocsin.base.spans import describe
from tocsin.contain.canary import Call
from tocsin.learn.actions import ActionItem, ActionState
from tocsin.learn.response import ResponseTimes
from tocsin.learn.review import Mark as Instant
from tocsin.learn.review import Review
from tocsin.learn.tried import Tried
from tocsin.web.views.canary import CanaryPage, canary_page
from tocsin.web.views.marks import Mark

BESIDE_AT_MOST = 3
"""Harms that are told beside the one in the verdict; all of them stand in its table."""
NARROWEST = 6.0
"""Percent of the strip that a segment has at least, so that short ones can be seen."""


@dataclass(frozen=True, slots=True)
class Segment:
    """A stretch of the strip: `x` and `width` in percent of it."""

    name: str
    mark: Mark
    x: float
    width: float
    lasts: str
    starts_at: datetime


@dataclass(frozen=True, slots=True)
class Span:
    """One response time: its short name, what it means, and its length."""

    name: str
    means: str
    lasts: str


@dataclass(frozen=True, slots=True)
class ActionView:
    """One follow-up with its live state."""

    action: ActionItem
    mark: Mark
    says: str


@dataclass(frozen=True, slots=True)
class CallView:
    """One verdict on a canary as it was given."""

    at: datetime
    page: CanaryPage
    beside: tuple[str, ...]
    """What other harm decided it, in sentences; at most `BESIDE_AT_MOST`."""
    more: int
    """How many more harms there were."""


@dataclass(frozen=True, slots=True)
class TrialView:
    """One canary that took part."""

    what: str
    calls: tuple[CallView, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ReviewPage:
    """The page."""

    review: Review
    segments: tuple[Segment, ...]
    ends_at: datetime | None
    to_scale: bool
    spans: tuple[Span, ...]
    actions: tuple[ActionView, ...]
    trials: tuple[TrialView, ...]


def review_page(review: Review, *, now: datetime) -> ReviewPage:
    """Return the page."""
    segments, to_scale = strip(review.marks)
    return ReviewPage(
        review=review,
        segments=segments,
        ends_at=max((mark.at for mark in review.marks), default=None),
        to_scale=to_scale,
        spans=spans(review.times),
        actions=tuple(_action(action, now) for action in review.actions),
        trials=tuple(_trial(one, review.system) for one in review.trials),
    )


def _trial(one: Tried, system: str) -> TrialView:
    calls: list[CallView] = []
    for given in one.calls:
        # the verdict's own sentence tells one of them already; what is open is in the table
        harms = given.told.decided if given.told.call is Call.ABORT else ()
        texts = [_capital(c.text) for c in harms if c.text[1:] not in given.told.why]
        shown = tuple(texts[:BESIDE_AT_MOST])
        page = canary_page(system, given.told)
        calls.append(CallView(given.at, page, shown, len(texts) - len(shown)))
    return TrialView(one.what, tuple(calls))


def _capital(text: str) -> str:
    return f"{text[:1].upper()}{text[1:]}"


def strip(instants: Sequence[Instant]) -> tuple[tuple[Segment, ...], bool]:
    """Return the segments between instants, and whether their widths are to scale.

    Each segment is called by the instant that begins it; widths are their shares of the whole,
    but no segment is narrower than `NARROWEST` percent.
    """
    order = sorted(instants, key=lambda instant: instant.at)
    pairs = [(a, b) for a, b in pairwise(order) if b.at > a.at]
    if not pairs:
        return (), True
    total = pairs[-1][1].at - pairs[0][0].at
    shares = [(b.at - a.at) / total * 100 for a, b in pairs]
    wide = [max(NARROWEST, share) for share in shares]
    scale = 100 / sum(wide)
    found: list[Segment] = []
    x = 0.0
    for (a, b), width in zip(pairs, (w * scale for w in wide), strict=True):
        lasts = describe(b.at - a.at)
        found.append(
            Segment(a.name, _mark_after(a.name), round(x, 2), round(width, 2), lasts, a.at)
        )
        x += width
    return tuple(found), all(share >= NARROWEST for share in shares)


def spans(times: ResponseTimes) -> tuple[Span, ...]:
    """Return the four response times in words."""
    named = (
        ("MTTD", "impact to detection", times.mttd),
        ("MTTA", "detection to acknowledgement", times.mtta),
        ("MTTC", "detection to containment", times.mttc),
        ("MTTR", "impact to recovery", times.mttr),
    )
    return tuple(Span(name, means, _lasts(length)) for name, means, length in named)


def _lasts(length: timedelta | None) -> str:
    return "–" if length is None else describe(length)


def _mark_after(name: str) -> Mark:
    """Return the state that an instant begins."""
    for word, mark in (
        ("recover", Mark.HEALTHY),
        ("resolv", Mark.HEALTHY),
        ("contain", Mark.CONTAINED),
        ("good", Mark.NO_DATA),
    ):
        if word in name:
            return mark
    return Mark.HARM


def _action(action: ActionItem, now: datetime) -> ActionView:
    match action.state:
        case ActionState.DONE:
            return ActionView(action, Mark.HEALTHY, "done")
        case ActionState.DROPPED:
            return ActionView(action, Mark.NO_DATA, "dropped")
        case _ if action.due_at < now:
            return ActionView(action, Mark.HARM, f"{action.state.value}, overdue")
        case _:
            return ActionView(action, Mark.AT_RISK, action.state.value)
