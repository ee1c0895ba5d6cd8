"""An SLO: which share of events must be good, over which time, as its owner declares it."""

from dataclasses import dataclass

OUTCOMES = ("accuracy", "precision", "recall", "hit_rate")
"""Indicators that need to know what became of decisions."""
ANSWERS = ("availability", "latency")
INPUTS = ("missing", "invalid", "mistyped", "unseen", "out_of_range")
"""Indicators of one column; an event is good where this is not so."""
KPI = "kpi"
INDICATORS = (*ANSWERS, *OUTCOMES, *INPUTS, KPI)


@dataclass(frozen=True, slots=True, kw_only=True)
class Slo:
    """One objective and its indicator (SLI).

    `target` is the share of events that must be good, above 0 and below 1, of all events in
    `period_s` seconds; the rest, 1 - target, is the error budget.  `column` is the input, or the
    name of the KPI (a rate), that the indicator looks at; `slice` the key of the people it is
    about; `under_ms` how fast an answer is good.  Fewer events than `fewest` in a window are not
    judged.
    """

    name: str
    sli: str
    target: float
    period_s: int = 30 * 86400
    column: str | None = None
    slice: str = ""
    under_ms: float | None = None
    fewest: int = 50

    @property
    def budget(self) -> float:
        """The share of events that may be bad."""
        return 1.0 - self.target

    @property
    def needs_outcomes(self) -> bool:
        """Whether events count only once it is known what became of them."""
        return self.sli in OUTCOMES
