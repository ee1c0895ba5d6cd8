"""Did the affected slice recover?  A sequential test between two rates that were both seen.

H1, still the incident: decisions since containment show the incident's rate.
H0, recovered: they show the baseline's rate.
"""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from tocsin.base.slices import EVERYONE, Slice


class Recovery(StrEnum):
    """What the decisions since containment say."""

    RECOVERED = "recovered"
    NOT_YET = "not_yet"
    WORSE = "worse"


@dataclass(frozen=True, slots=True)
class Rate:
    """`k` of `n`: how often the measured thing happened."""

    k: int
    n: int

    @property
    def share(self) -> float:
        """`k` / `n` in 0-1; NaN when `n` is 0."""
        return self.k / self.n if self.n else float("nan")


@dataclass(frozen=True, slots=True, kw_only=True)
class Verification:
    """The verdict at one instant, with the numbers it rests on."""

    incident: str
    plan: str | None = None
    at: datetime
    measure: str
    slice: Slice = EVERYONE
    verdict: Recovery
    baseline: Rate
    before: Rate
    """The incident window: from impact until containment."""
    after: Rate
    """Since containment, less the time the serving side needs to hear of it."""
    evidence: float
    """ln of the likelihood ratio recovered : incident; `ln(odds)` and above means recovered."""
    text: str
