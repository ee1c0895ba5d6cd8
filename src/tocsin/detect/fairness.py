"""Fairness: is a protected group treated worse, compared with the others, than it was?

Per group v of a comparison (an attribute's values, or two attributes' combinations), against the
other known groups together ("the rest"):

    selection_rate_gap   rest's share of yes  -  v's
    tpr_gap              rest's recall        -  v's          (this and the next need outcomes)
    fpr_gap              |false-positive rates' difference|
    ppv_gap              rest's precision     -  v's
    accuracy_gap         rest's accuracy      -  v's

A combination is set beside those of the others who share one of its values (young women beside
other women, or other young people), where the reference shows that the gap to them wobbles less
than that to all others (`compared.Whom`).
Where one of several classes is chosen, the accuracy gap alone (and what `found` tells of each
class): no class is what all people want.
Of a ranking

    hit_rate_gap         rest's share of lists with something wanted  -  v's

A yes is taken to be what people want.  An alarm is a *worsening*: the gap against v now, less the
gap against v that the reference already had (a gap in v's favour counts as none), beyond 3 %.
A disparity that the reference has too is a fact to be shown (`disparity`), not a fault that
appeared; the duty of the four-fifths rule is judged beside it (`four_fifths`).  A combination
whose gap is, surely, no wider than one of its values' is left out: one alarm tells it.
Source: Hardt, Price & Srebro (2016), NeurIPS; Kearns et al. (2018), ICML (combinations).
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from tocsin.base.phrases import percent
from tocsin.detect import compared, disparity, four_fifths
from tocsin.detect.beside import Question, widened
from tocsin.detect.compared import Asked, Comparison, Usual, comparisons
from tocsin.detect.finding import Finding, Layer, Verdict
from tocsin.detect.look import FEWEST, Lack, Look, Subject, finding, insufficient
from tocsin.ingest.system import Kind, System
from tocsin.profile.spec import Spec

GAP = 0.03
_OF_ANY, _OF_LISTS = "accuracy_gap", "hit_rate_gap"


@dataclass(frozen=True, slots=True)
class Gap:
    """A disparity: the share `yes` of `of` (PARTS) that a group has, against the rest's."""

    measure: str
    yes: tuple[str, ...]
    of: tuple[str, ...]
    said: str
    either: bool = False

    @property
    def needs_outcomes(self) -> bool:
        """Whether it can be said only once outcomes are known."""
        return self.of != ("n_prediction",)


GAPS = (
    Gap("selection_rate_gap", ("n_positive",), ("n_prediction",), "got a yes"),
    Gap("tpr_gap", ("tp",), ("tp", "fn"), "got the yes they deserved"),
    Gap("fpr_gap", ("fp",), ("fp", "tn"), "got a yes they did not deserve", either=True),
    Gap("ppv_gap", ("tp",), ("tp", "fp"), "of the yeses were right"),
    Gap(_OF_ANY, ("tp", "tn"), ("tp", "fp", "tn", "fn"), "were decided rightly"),
)
HITS = Gap(_OF_LISTS, ("tp",), ("tp", "fp"), "were shown something they wanted")


def monitors(spec: Spec, system: System) -> int:
    """Return how many questions about fairness one evaluation asks."""
    rule = spec.kind is Kind.BINARY  # of four fifths
    return (len(gaps(spec)) + rule) * compared.groups_asked(spec, system)


def gaps(spec: Spec) -> tuple[Gap, ...]:
    """Return the disparities that a system of this kind can have."""
    if spec.kind is Kind.RANKING:
        return (HITS,)
    return tuple(gap for gap in GAPS if spec.kind is Kind.BINARY or gap.measure == _OF_ANY)


def fairness(look: Look, known: Look | None = None) -> list[Finding]:
    """Return the disparities of every protected attribute and of every two of them together.

    Args:
        look: for what needs no outcomes.
        known: for what needs them; None: the same.
    """
    every, asked = comparisons(look), gaps(look.layout.spec)
    if not every:
        return []
    usual = _usual(look, every)
    found: list[Finding] = []
    for one, late, told in zip(every, comparisons(known or look), usual, strict=False):
        for gap, usually in zip(asked, told, strict=True):
            at = (known, late) if known is not None and gap.needs_outcomes else (look, one)
            found += gap_findings(at[0], gap, at[1], usually)
        if look.layout.spec.kind is Kind.BINARY:
            found += [*four_fifths.ratios(look, one), *disparity.facts(look, one)]
    return _beyond_parts(found)


def _usual(look: Look, every: Sequence[Comparison]) -> list[list[Usual]]:
    asked = [[Asked(one, g.yes, g.of) for g in gaps(look.layout.spec)] for one in every]
    # a baseline outlives a change of who is protected, and windows without combinations
    names = [one.name for one in every]
    return look.baseline.derived(f"gaps of {names}", lambda: compared.usual(look, asked))


def _beyond_parts(found: Sequence[Finding]) -> list[Finding]:
    """Leave out alarms of combinations that a part of theirs tells as well."""
    alarms = [f for f in found if f.verdict is Verdict.ALARM and len(f.slice.conditions) == 1]
    return [
        f
        for f in found
        if f.verdict is not Verdict.ALARM
        or len(f.slice.conditions) < 2
        or not any(
            part.measure == f.measure
            and f.slice.within(part.slice)
            and f.interval[0] <= part.effect
            for part in alarms
        )
    ]


def gap_findings(
    look: Look, gap: Gap, one: Comparison, usual: Usual, column: str | None = None
) -> list[Finding]:
    """Return one finding per group: how much worse it fares now against the others."""
    if one.sums(one.was, gap.of).sum() == 0 or one.sums(one.now, gap.of).sum() == 0:
        return []
    now, was = (usual.whom.counted(one, c, gap.yes, gap.of) for c in (one.now, one.was))
    sign = np.where(gap.either & (now.gap < 0), -1.0, 1.0)
    alpha = look.alphas(Layer.FAIRNESS).slice
    told = widened(now, was, Question(usual.spread, look.blocks_long, alpha, sign, parity=True))
    found: list[Finding] = []
    for v, group in enumerate(one.groups):
        if now.n[v] == was.n[v] == 0:
            continue
        subject = Subject(Layer.FAIRNESS, gap.measure, column, group)
        fewest, fewest_ref = float(now.fewest[v]), float(was.fewest[v])
        if min(fewest, fewest_ref) < FEWEST:
            found.append(insufficient(look, subject, Lack(fewest, fewest_ref, GAP)))
            continue
        judged = told.judged(v, GAP)
        why = (
            f"{percent(now.own[v])} of {group.label} {gap.said}, {percent(now.rest[v])} of the"
            f" others{usual.whom.among(v)}: a gap of {percent(judged.value)}"
            f" (was {percent(judged.baseline)}); n {judged.n:,}."
        )
        found.append(finding(look, subject, judged, why))
    return found
