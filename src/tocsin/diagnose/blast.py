"""Blast radius: how many decisions, how many of them wrong, at what cost.

    wrong = affected * eligible * |p - p0|            cost = wrong * cost per error

p is the harm measure in the incident, p0 its baseline.  Of an error rate the difference is the
share of decisions that are wrong beyond the usual; of a selection rate it is the share of people
whose answer was turned, the fewest that explain what is seen.  `eligible` is the share of
decisions that the measure speaks of: of recall those who deserved a yes, of most measures all.
The interval is Newcombe's for a difference of two shares, times the decisions it speaks of.

Source: Newcombe (1998), Statist. Med. 17, 873-890 (method 10).
"""

import math
from dataclasses import dataclass
from statistics import NormalDist

from tocsin.base.errors import BadInput
from tocsin.base.phrases import count, number
from tocsin.contain.verify import Rate
from tocsin.ingest.system import Impact


@dataclass(frozen=True, slots=True, kw_only=True)
class Blast:
    """Reach and cost; NaN where nothing could be counted."""

    affected: int
    wrong: float
    interval: tuple[float, float]
    """Of `wrong`, at the stated confidence."""
    cost: float
    impact: Impact
    by_outcomes: bool
    """Whether wrong answers were counted by their outcomes; else turned answers, by their share."""

    @property
    def text(self) -> str:
        """One sentence for people.

        >>> money = Impact(unit="loan decision", cost_per_error=1800.0, currency="EUR")
        >>> said = blast(1284, Rate(540, 1284), Rate(1000, 10000), money, by_outcomes=True)
        >>> said.text  # doctest: +NORMALIZE_WHITESPACE
        'The system made 1,284 loan decisions in the slice; about 412 of them (376 to 447) were
        wrong beyond the usual, at about 741,000 EUR.'
        """
        unit = self.impact.unit
        made = f"The system made {count(self.affected, unit)} in the slice"
        if math.isnan(self.wrong):
            return f"{made}; how many were wrong cannot be said yet."
        low, high = (number(round(end)) for end in self.interval)
        how = "wrong beyond the usual" if self.by_outcomes else "answered unlike usual"
        wrong = f"about {number(round(self.wrong))} of them ({low} to {high}) were {how}"
        money = ""
        if self.impact.cost_per_error:
            money = f", at about {rounded(self.cost)} {self.impact.currency}"
        return f"{made}; {wrong}{money}."


def blast(
    affected: int,
    incident: Rate,
    baseline: Rate,
    impact: Impact,
    *,
    by_outcomes: bool,
    eligible: float = 1.0,
    confidence: float = 0.95,
) -> Blast:
    """Return the reach of an incident.

    Args:
        affected: decisions the system itself made in the slice while the incident ran, >= 0.
        incident: the harm measure over that time; may rest on fewer decisions (late outcomes).
        baseline: the harm measure when all was well.
        impact: what one wrong decision costs.
        by_outcomes: whether the two rates count known errors.
        eligible: share (0-1) of the decisions that the measure speaks of.
        confidence: of the interval, 0-1.

    Raises:
        BadInput: `affected` is negative.
    """
    if affected < 0:
        raise BadInput(f"{affected} decisions", where="blast")
    if not incident.n or not baseline.n:
        nan = math.nan
        return Blast(
            affected=affected,
            wrong=nan,
            interval=(nan, nan),
            cost=nan,
            impact=impact,
            by_outcomes=by_outcomes,
        )
    low, high = _newcombe(incident, baseline, confidence)
    sizes = (0.0 if low <= 0 <= high else min(abs(low), abs(high)), max(abs(low), abs(high)))
    spoken_of = affected * eligible
    wrong = spoken_of * abs(incident.share - baseline.share)
    return Blast(
        affected=affected,
        wrong=wrong,
        interval=(spoken_of * sizes[0], spoken_of * sizes[1]),
        cost=wrong * impact.cost_per_error,
        impact=impact,
        by_outcomes=by_outcomes,
    )


def _newcombe(a: Rate, b: Rate, confidence: float) -> tuple[float, float]:
    """Return the interval of a.share - b.share."""
    z = NormalDist().inv_cdf(0.5 + confidence / 2)
    (low_a, high_a), (low_b, high_b) = _wilson(a, z), _wilson(b, z)
    difference = a.share - b.share
    return (
        difference - math.hypot(a.share - low_a, high_b - b.share),
        difference + math.hypot(high_a - a.share, b.share - low_b),
    )


def _wilson(rate: Rate, z: float) -> tuple[float, float]:
    n, p = rate.n, rate.share
    middle = (p + z * z / (2 * n)) / (1 + z * z / n)
    half = z / (1 + z * z / n) * math.sqrt(p * (1 - p) / n + z * z / (4 * n * n))
    return max(0.0, middle - half), min(1.0, middle + half)


def rounded(money: float) -> str:
    """Return an amount of money to three significant figures: more would pretend.

    >>> rounded(741_176.4)
    '741,000'
    """
    if money <= 0 or not math.isfinite(money):
        return number(money)
    step = 10 ** max(0, math.floor(math.log10(money)) - 2)
    return number(round(money / step) * step)
