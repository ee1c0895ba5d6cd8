"""Did the affected slice recover?  A sequential test between two rates that were both seen.

H1, still the incident: decisions since containment show the incident's rate.
H0, recovered: they show the baseline's rate.

    LR = BB(k | n, baseline) / BB(k | n, incident)            (dimensionless)

BB is the beta-binomial predictive of k in n after the counts of either window and Jeffreys' prior
Beta(1/2, 1/2), so that a short incident window counts as the weak knowledge it is.  It may be
looked at as often as one likes: while H1 holds, LR is a non-negative martingale of mean 1, so the
chance that it *ever* reaches `odds` is at most 1/odds (Ville).  Counts are divided by the
over-dispersion `phi` first, which only makes the test slower.

*Worse* is the same test turned round: against H1, half the harm (in log-odds) on top of it.

A fallback by rules need not show the baseline's rate exactly: the question is which of the two
rates it is nearer to, in the sense of likelihood.  It refuses to say more than that.

Source: Ville (1939); Wald (1945), Ann. Math. Stat. 16, 117-186.
"""

import math
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from tocsin.base.errors import BadInput
from tocsin.base.phrases import percent
from tocsin.base.slices import EVERYONE, Slice

ODDS = 20.0
"""Recovered is said at 20 : 1, hence wrongly at most once in 20 incidents that go on."""


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
    version: str | None = None
    """Whose decisions were compared with what decides them since; None: whoever decided."""
    verdict: Recovery
    baseline: Rate
    before: Rate
    """The incident window: from impact until containment."""
    after: Rate
    """Since containment, less the time the serving side needs to hear of it."""
    evidence: float
    """ln of the likelihood ratio recovered : incident; `ln(odds)` and above means recovered."""
    text: str


def verify(
    baseline: Rate,
    before: Rate,
    after: Rate,
    *,
    incident: str,
    measure: str,
    at: datetime,
    slice_: Slice = EVERYONE,
    version: str | None = None,
    plan: str | None = None,
    phi: float = 1.0,
    odds: float = ODDS,
) -> Verification:
    """Return what the decisions since containment say.

    Args:
        baseline: the harm measure when all was well; n >= 1.
        before: the same while the incident ran uncontained; n >= 1.
        after: the same since containment; n may be 0.
        incident: id of the incident it is about.
        measure: what is counted, e.g. `selection_rate`.
        at: the instant of the look.
        slice_: whose decisions were counted.
        version: the version that made them before, where only its own were; None: whichever.
        plan: id of the plan under test, if one.
        phi: over-dispersion of the counts, >= 1 (variance over its binomial value).
        odds: likelihood ratio that decides, > 1.

    Raises:
        BadInput: a window is empty, k is outside 0..n, phi < 1 or odds <= 1.
    """
    for name, rate in (("baseline", baseline), ("before", before), ("after", after)):
        if not 0 <= rate.k <= rate.n or (rate.n == 0 and name != "after"):
            raise BadInput(f"{rate.k} of {rate.n} is no rate", where=f"verify: {name}")
    if phi < 1 or odds <= 1:
        raise BadInput(f"phi {phi}, odds {odds}", where="verify", do="use phi >= 1 and odds > 1")
    b, i, a = (_Counts(r.k / phi, (r.n - r.k) / phi) for r in (baseline, before, after))
    still = a.ln_predictive(i)
    recovered = a.ln_predictive(b) - still
    worse = a.ln_predictive(_further(b, i)) - still
    verdict = Recovery.NOT_YET
    if recovered >= math.log(odds):
        verdict = Recovery.RECOVERED
    elif worse >= math.log(odds):
        verdict = Recovery.WORSE
    return Verification(
        incident=incident,
        plan=plan,
        at=at,
        measure=measure,
        slice=slice_,
        version=version,
        verdict=verdict,
        baseline=baseline,
        before=before,
        after=after,
        evidence=recovered,
        text=_sentence(
            verdict, measured_on(measure, slice_, version), (baseline, before, after), recovered
        ),
    )


@dataclass(frozen=True, slots=True)
class _Counts:
    """Yes and no, divided by the over-dispersion, so not whole."""

    yes: float
    no: float

    def ln_predictive(self, seen: "_Counts") -> float:
        """Return ln BB of these counts in one given order, after `seen` and Jeffreys' prior."""
        a, b = seen.yes + 0.5, seen.no + 0.5
        return _ln_beta(a + self.yes, b + self.no) - _ln_beta(a, b)

    @property
    def log_odds(self) -> float:
        return math.log((self.yes + 0.5) / (self.no + 0.5))


def _further(baseline: _Counts, incident: _Counts) -> _Counts:
    """Return the incident's counts as they would be with half the harm on top of it."""
    log_odds = incident.log_odds + (incident.log_odds - baseline.log_odds) / 2
    n = incident.yes + incident.no
    yes = n / (1 + math.exp(-log_odds))
    return _Counts(yes, n - yes)


def _ln_beta(a: float, b: float) -> float:
    return math.lgamma(a) + math.lgamma(b) - math.lgamma(a + b)


_WORDS = {
    Recovery.RECOVERED: "recovered",
    Recovery.NOT_YET: "not recovered yet",
    Recovery.WORSE: "worse than during the incident",
}


def measured_on(measure: str, slice_: Slice, version: str | None) -> str:
    """Return what is counted on whom, in words.

    >>> measured_on("selection_rate", EVERYONE, "v2")
    'selection rate of everyone whom version v2 decides or would decide'
    """
    of = "" if version is None else f" whom version {version} decides or would decide"
    return f"{measure.replace('_', ' ')} of {slice_.label}{of}"


def _sentence(verdict: Recovery, what: str, rates: tuple[Rate, Rate, Rate], evidence: float) -> str:
    baseline, before, after = rates
    if not after.n:
        return f"{what}: nothing to count since containment, so it cannot be said yet."
    return (
        f"{what} {_WORDS[verdict]}: {percent(after.share)} since containment "
        f"({after.k:,} of {after.n:,}), {percent(before.share)} during the incident, "
        f"{percent(baseline.share)} normally; the odds for recovery are {_odds(evidence)}."
    )


def _odds(evidence: float) -> str:
    """Return ln odds as people say them.

    >>> _odds(math.log(240)), _odds(-math.log(3)), _odds(40.0)
    ('240 : 1', '1 : 3', 'over 1,000,000 : 1')
    """
    if abs(evidence) > math.log(1e6):
        return "over 1,000,000 : 1" if evidence > 0 else "1 : over 1,000,000"
    size = f"{round(math.exp(abs(evidence))):,}"
    return f"{size} : 1" if evidence >= 0 else f"1 : {size}"
