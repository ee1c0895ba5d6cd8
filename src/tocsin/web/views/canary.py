"""The canary page: may this version serve everybody?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from tocsin.base.phrases import percent
from tocsin.base.slices import Slice
from tocsin.base.spans import describe
from tocsin.contain.canary import Answer, Call, Canary, Compared
from tocsin.web.views.marks import Mark

WIDEST = 0.2
"""The picture shows at most so much harm, 20 points, to either side."""
_MARKS = {
    Answer.HARMED: Mark.HARM,
    Answer.OPEN: Mark.NO_DATA,
    Answer.SAFE: Mark.HEALTHY,
}
_SAID = {
    Call.ABORT: (Mark.HARM, "Version {candidate} does harm: take it back."),
    Call.HOLD: (Mark.AT_RISK, "Version {candidate} is not proven yet: hold its share."),
    Call.PROMOTE: (Mark.HEALTHY, "Version {candidate} may serve everybody."),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Bar:
    """An interval of harm as places from 0 to 100: no harm is `zero`, what is borne `borne`."""

    low: float
    high: float
    at: float
    zero: float
    borne: float
    says: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One measure of one slice."""

    measure: str
    slice: Slice
    candidate: str
    champion: str
    n: str
    mark: Mark
    bar: Bar
    must: bool
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CanaryPage:
    """The page."""

    system: str
    canary: Canary
    mark: Mark
    answer: str
    length: str
    """How long both served together."""
    rows: tuple[Row, ...]
    small: tuple[Row, ...]
    """Of slices too small to need proof, where nothing is wrong."""


def canary_page(system: str, told: Canary) -> CanaryPage:
    """Return the page."""
    mark, answer = _SAID[told.call]
    scale = _scale(told.compared)
    rows = [_row(one, scale) for one in told.compared]
    shown = [row for row in rows if row.must or row.mark is Mark.HARM]
    return CanaryPage(
        system=system,
        canary=told,
        mark=mark,
        answer=answer.format(candidate=told.candidate or "without a name"),
        length=describe(told.span.length) if told.span else "",
        rows=tuple(shown),
        small=tuple(row for row in rows if row not in shown),
    )


def _scale(compared: Sequence[Compared]) -> float:
    """Return the harm at the right end of the picture: all intervals that must be seen fit in."""
    ends = [abs(end) for one in compared if one.must for end in (*one.interval, one.borne)]
    return min(max(ends, default=0.05) * 1.05, WIDEST)


def _row(one: Compared, scale: float) -> Row:
    def place(harm: float) -> float:
        return round(50 + 50 * min(max(harm / scale, -1), 1), 2)

    low, high = one.interval
    return Row(
        measure=one.measure.replace("_", " "),
        slice=one.slice,
        candidate=percent(one.candidate.share) if one.candidate.n else "–",
        champion=percent(one.champion.share) if one.champion.n else "–",
        n=f"{one.candidate.n:,} / {one.champion.n:,}",
        mark=_MARKS[one.answer],
        bar=Bar(
            low=place(low),
            high=place(high),
            at=place(one.harm),
            zero=50.0,
            borne=place(one.borne),
            says=f"harm {_points(low)} to {_points(high)} points, borne {_points(one.borne)}",
        ),
        must=one.must,
        text=one.text,
    )


def _points(share: float) -> str:
    return f"{100 * share:+.1f}"
