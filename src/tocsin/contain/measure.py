"""Which harm an incident is about, as a rate that can be counted: k of n in a cell.

Containment is verified, and reach computed, on what people got, never on inputs: after a fallback
the broken input is still broken, and that is no harm any more.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from tocsin.base.slices import Slice
from tocsin.contain.verify import Rate
from tocsin.detect.finding import Finding, Layer, Level, Verdict
from tocsin.ingest.system import Kind
from tocsin.profile.cell import Counts
from tocsin.profile.layout import Layout


@dataclass(frozen=True, slots=True)
class Counted:
    """A rate by the places of a cell that are summed for k and for n, and its name for people.

    `of_classes` are the same of a system that chooses among classes, or ranks, where it has such a
    rate.
    """

    name: str
    k: tuple[str, ...]
    n: tuple[str, ...]
    of_classes: tuple[tuple[str, ...], tuple[str, ...]] = ((), ())

    @property
    def needs_outcomes(self) -> bool:
        """Whether it can only be counted once outcomes are known."""
        return any(place in ("tp", "fp", "tn", "fn") for place in self.n)

    def rate(self, layout: Layout, counts: Counts | None) -> Rate:
        """Return k and n of one cell; nothing of nothing where nothing is counted."""
        several = layout.spec.kind is not Kind.BINARY and self.needs_outcomes
        k, n = self.of_classes if several else (self.k, self.n)
        if counts is None or not layout.places.keys() >= {*k, *n}:
            return Rate(0, 0)
        return Rate(
            sum(layout.one(counts, place) for place in k),
            sum(layout.one(counts, place) for place in n),
        )


SELECTION_RATE = Counted("selection_rate", ("n_positive",), ("n_prediction",))
ERROR_RATE = Counted(
    "error_rate", ("fp", "fn"), ("tp", "fp", "tn", "fn"), (("wrong",), ("right", "wrong"))
)
PRECISION = Counted("precision", ("tp",), ("tp", "fp"))
RECALL = Counted("recall", ("tp",), ("tp", "fn"))
FALSE_POSITIVE_RATE = Counted("false_positive_rate", ("fp",), ("fp", "tn"))
FAILED_CALLS = Counted("failed_calls", ("n_error",), ("n",))
EMPTY_LISTS = Counted("empty_lists", ("empty",), ("n_prediction",))

_BY_WORD = (
    ("false_positive", FALSE_POSITIVE_RATE),
    ("fpr", FALSE_POSITIVE_RATE),
    ("true_positive", RECALL),
    ("tpr", RECALL),
    ("recall", RECALL),
    ("precision", PRECISION),
    ("ppv", PRECISION),
    ("error_share", FAILED_CALLS),
    ("accuracy", ERROR_RATE),
    ("auc", ERROR_RATE),
    ("macro_f1", ERROR_RATE),
    ("overconfidence", ERROR_RATE),
    ("hit_rate", ERROR_RATE),
    ("ndcg", ERROR_RATE),
    ("mrr", ERROR_RATE),
    ("ctr", ERROR_RATE),
    ("empty_lists", EMPTY_LISTS),
    ("error", ERROR_RATE),
)
_HARM = (Layer.PERFORMANCE, Layer.FAIRNESS, Layer.HEALTH)
_LEVELS = (Level.PAGE, Level.TICKET, Level.INFO)


def counted(finding: Finding) -> Counted:
    """Return the rate that `finding` is about, or the nearest one that can be counted.

    What has no rate of its own (AUC, one class of several) is seen in the error rate, which of a
    ranking is the share of lists with nothing wanted among their first items; everything
    else, disparities included, in the selection rate, which needs no outcomes.
    """
    if finding.layer is Layer.HEALTH and "error" in finding.measure:
        return FAILED_CALLS
    if finding.layer in {Layer.PERFORMANCE, Layer.FAIRNESS} and finding.column is not None:
        return ERROR_RATE
    for word, rate in _BY_WORD:
        if word in finding.measure:
            return rate
    return SELECTION_RATE


def harm(findings: Sequence[Finding], slice_: Slice) -> tuple[Counted, Finding | None]:
    """Return the rate on which harm to `slice_` is judged, and the finding that says so.

    It is the alarm about people's decisions with the gravest level and then the strongest
    evidence: first among those on exactly `slice_`, then among those that hold all of it, then
    among any that could share a person with it.  Without one the selection rate is taken.
    """
    alarms = [
        f
        for f in findings
        if f.verdict is Verdict.ALARM and f.layer in _HARM and f.slice.compatible(slice_)
    ]
    if not alarms:
        return SELECTION_RATE, None

    def order(finding: Finding) -> tuple[int, int, float]:
        nearness = 2 if finding.slice == slice_ else int(slice_.within(finding.slice))
        return nearness, -_LEVELS.index(finding.level), finding.evidence

    best = max(alarms, key=order)
    return counted(best), best


def dispersion(parts: Sequence[Rate]) -> float:
    """Return the over-dispersion of a rate over the parts of a reference, >= 1.

    Pearson's chi-square over its degrees of freedom; 1 where it cannot be said.
    Source: McCullagh & Nelder (1989), section 4.5.

    >>> dispersion([Rate(5, 10), Rate(5, 10)]), dispersion([Rate(10, 10), Rate(0, 10)])
    (1.0, 20.0)
    """
    used = [part for part in parts if part.n]
    k, n = sum(part.k for part in used), sum(part.n for part in used)
    if len(used) < 2 or not 0 < k < n:
        return 1.0
    p = k / n
    chi2 = sum((part.k - part.n * p) ** 2 / (part.n * p * (1 - p)) for part in used)
    return max(1.0, chi2 / (len(used) - 1))
