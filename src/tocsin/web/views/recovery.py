"""Before and after: the harm measure of the affected slice, drawn on one scale as it is counted."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from tocsin.base.phrases import percent
from tocsin.contain.verify import Rate, Recovery, Verification, measured_on
from tocsin.detect.intervals import wilson
from tocsin.web.views.marks import Mark

_MARKS = {
    Recovery.RECOVERED: Mark.HEALTHY,
    Recovery.NOT_YET: Mark.AT_RISK,
    Recovery.WORSE: Mark.HARM,
}
_WORDS = {
    Recovery.RECOVERED: "recovered",
    Recovery.NOT_YET: "cannot be said yet",
    Recovery.WORSE: "worse than before containment",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """One rate with its 95 % interval (Wilson): in words, and as places on the scale (percent)."""

    name: str
    mark: Mark
    value: str
    around: str
    n: str
    at: float
    low: float
    high: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Recovering:
    """The three rates that recovery is judged on, and the verdict."""

    title: str
    rows: tuple[Seen, ...]
    scale: tuple[str, str]
    """What the two ends of the scale stand for."""
    mark: Mark
    verdict: str
    says: str
    at: datetime


def recovering(look: Verification) -> Recovering:
    """Return the picture of one look."""
    named = (
        ("normally", Mark.NO_DATA, look.baseline),
        ("before containment", Mark.HARM, look.before),
        ("since containment", Mark.CONTAINED, look.after),
    )
    spans = [wilson(rate.k, rate.n) for _, _, rate in named if rate.n]
    low, high = min(span[0] for span in spans), max(span[1] for span in spans)
    margin = max((high - low) * 0.05, 0.005)
    ends = max(0.0, low - margin), min(1.0, high + margin)
    title = measured_on(look.measure, look.slice, look.version)
    return Recovering(
        title=f"{title[:1].upper()}{title[1:]}",
        rows=tuple(_seen(name, mark, rate, ends) for name, mark, rate in named),
        scale=(percent(ends[0]), percent(ends[1])),
        mark=_MARKS[look.verdict],
        verdict=_WORDS[look.verdict],
        says=look.text,
        at=look.at,
    )


def _seen(name: str, mark: Mark, rate: Rate, ends: tuple[float, float]) -> Seen:
    low, high = wilson(rate.k, rate.n)
    if not rate.n:
        return Seen(name=name, mark=mark, value="–", around="", n="0", at=0, low=0, high=0)

    def place(share: float) -> float:
        return round((share - ends[0]) / (ends[1] - ends[0]) * 100, 2)

    return Seen(
        name=name,
        mark=mark,
        value=percent(rate.share),
        around=f"{percent(low)} to {percent(high)}",
        n=f"{rate.n:,}",
        at=place(rate.share),
        low=place(low),
        high=place(high),
    )
