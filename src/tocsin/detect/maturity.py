"""Maturity: how complete outcomes are, and whether those that are known stand for all decisions.

    outcomes_known   share of decisions whose outcome is known, against the reference's share
    outcomes_skew    by how much decisions with a known outcome look better or worse than all, by
                     what their scores promise (`expected`): accuracy, precision, recall or AUC,
                     whichever parts furthest

Outcomes of a window that is as old as the system's `outcomes_after` are as complete as they get: a
lower share than in the reference, beyond 5 %, is an alarm.  Without such an age outcomes are
still coming in; how many are known is then told as a state, never as an alarm.

Where those known are others than all, beyond chance and beyond half of what matters, accuracy and
its kin of these people would tell of the choice and not of the system: `trusted` withdraws them and
tells accuracy corrected for it, by weighing each score's outcomes with all decisions of that score
(post-stratification).  Scores cannot tell a choice by the outcome itself, as where only bad ones
are reported early.
Source: Little (1993), JASA 88, 1001-1012 (post-stratification).
"""

import math
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

import numpy as np

from tocsin.base.phrases import percent
from tocsin.base.spans import describe
from tocsin.detect import tails
from tocsin.detect.calibration import TAU
from tocsin.detect.estimate import learnt
from tocsin.detect.expected import LEAST, MEASURES, Expected, above, in_words, performance
from tocsin.detect.finding import INVALID, Finding, Layer, Level, Verdict
from tocsin.detect.look import FEWEST, Judged, Look, Subject, finding
from tocsin.detect.places import at
from tocsin.detect.rates import Rate, Watch, judge
from tocsin.detect.tails import Numbers
from tocsin.ingest.system import Kind
from tocsin.profile.layout import Layout
from tocsin.profile.spec import LABEL_AGE_EDGES_S

LOST = 0.05
MATURE = 0.9
"""Share of the reference's share from which outcomes count as complete."""
NEARLY_ALL = 0.98
RESTING = (
    *("accuracy", "precision", "recall", "auc", "value_per_decision"),
    *("calibration", "outcome_rate", "macro_f1", "overconfidence"),
    *("hit_rate", "ndcg", "mrr", "ctr", "accuracy_apart", "hit_rate_apart"),
)
"""Measures that rest on outcomes."""
_Z_95 = 1.96


def known_shares(look: Look, *, fixed: bool) -> list[Finding]:
    """Return how complete outcomes are; nothing where the reference knows none.

    Args:
        look: the window whose outcomes are judged.
        fixed: whether it is old enough for them to be complete.
    """
    n, known = (look.layout.places[name].start for name in ("n", "n_labelled"))
    if look.reference[0, known] == 0:
        return []
    if fixed:
        age = describe(timedelta(seconds=look.system.outcomes_after_s))
        said = f"outcomes of {{value}} of decisions that are {age} old are known"
        return judge(look, [rate(look.layout, said)], "outcomes")
    usual = float(look.reference[0, known] / look.reference[0, n])
    decided, counted = float(look.current[0, n]), float(look.current[0, known])
    share = counted / decided if decided else math.nan
    ripe = "complete" if share >= MATURE * usual else "still immature"
    text = f"Outcomes are {ripe}: those of {percent(share)} of decisions are known"
    text += f" (reference {percent(usual)}){_pace(look)}; n {int(decided):,}."
    if math.isnan(share):
        text = "There is no decision whose outcome could be known."
    return [
        Finding(
            layer=Layer.QUALITY,
            measure="outcomes_known",
            value=share,
            baseline=usual,
            effect=usual - share,
            interval=(math.nan, math.nan),
            threshold=LOST,
            n=int(decided),
            n_baseline=int(look.reference[0, n]),
            verdict=Verdict.OK if decided >= FEWEST else Verdict.INSUFFICIENT,
            level=Level.INFO,
            why=text,
            window=look.window.span,
        )
    ]


def immature(look: Look) -> str:
    """Return why outcomes are not as complete as the reference's; empty: they are."""
    n, known = (look.layout.places[name].start for name in ("n", "n_labelled"))
    share, usual = (
        float(one[0, known] / max(one[0, n], 1.0)) for one in (look.current, look.reference)
    )
    if share >= MATURE * usual:
        return ""
    return (
        f"outcomes of {percent(share)} of decisions are known (reference {percent(usual)}), and"
        " early ones are others than late ones; `outcomes_after` says when they are complete"
    )


def biases(look: Look) -> list[Finding]:
    """Return by how much known outcomes are those of other decisions than all, per slice.

    Nothing is said where nearly all outcomes are known, or too few; quiet slices are left out.
    """
    if look.layout.spec.kind is not Kind.BINARY:
        return []
    labels = _labels(look, look.reference)
    if labels[0].sum() < FEWEST or not learnt(look).follows:
        return []
    usual, now = learnt(look), _labels(look, look.current)
    scored = look.current[:, at(look.layout, "score_hist")]
    known, n = now.sum(-1), scored.sum(-1)
    measured = performance(above(look.layout))
    some, all_ = usual.people.expected(now, measured), usual.people.expected(scored, measured)
    before = usual.people.expected(labels, measured).value - usual.reference.value
    off = np.nan_to_num(some.value - all_.value - before)
    half, proof = _halves(look, some, off, known / np.maximum(n, 1))
    enough = (known >= FEWEST) & (known < NEARLY_ALL * n) & (labels.sum(-1) >= FEWEST)
    beyond = np.where(some.size >= FEWEST, (np.abs(off) - half) / LEAST, -np.inf)
    found: list[Finding] = []
    for row in np.flatnonzero(enough).tolist():
        k = int(beyond[row].argmax())
        effect, around = abs(float(off[row, k])), float(half[row, k])
        if not math.isfinite(beyond[row, k]) or (row > 0 and beyond[row, k] <= 0.5):
            continue
        judged = Judged(
            value=float(some.value[row, k]),
            baseline=float(all_.value[row, k]),
            effect=effect,
            interval=(effect - around, effect + around),
            threshold=float(LEAST[k]) / 2,
            n=int(known[row]),
            n_baseline=int(n[row]),
            evidence=float(proof[row, k]),
        )
        slice_ = look.slices[row]
        why = (
            f"Outcomes of {percent(float(known[row] / n[row]))} of scored decisions for"
            f" {slice_.label} are known; by scores their {MEASURES[k]} is"
            f" {in_words(k, judged.value)}, that of all decisions {in_words(k, judged.baseline)}"
        )
        why += f"; {_corrected(look, row, now, scored)}." if judged.alarms else "."
        subject = Subject(Layer.QUALITY, "outcomes_skew", None, slice_)
        found.append(finding(look, subject, judged, why))
    return found


def trusted(findings: Sequence[Finding], biased: Sequence[Finding]) -> list[Finding]:
    """Return findings; those that rest on outcomes withdrawn where these do not stand for all."""
    alarms = {one.slice: one for one in biased if one.verdict is Verdict.ALARM}
    return [
        _withdrawn(f, alarms[f.slice]) if f.slice in alarms and f.measure in RESTING else f
        for f in findings
    ]


def _withdrawn(finding: Finding, because: Finding) -> Finding:
    name = finding.measure.replace("_", " ") if finding.measure != "auc" else "AUC"
    return replace(
        finding,
        verdict=Verdict.INSUFFICIENT,
        level=Level.INFO,
        evidence=0.0,
        why=f"What known outcomes say of {name} for {finding.slice.label} {INVALID} they are not"
        f" those of all decisions. {because.why}",
    )


def rate(layout: Layout, said: str = "outcomes of {value} of decisions are known") -> Rate:
    """Return the share of decisions whose outcome is known."""
    return Rate(
        layer=Layer.QUALITY,
        measure="outcomes_known",
        yes=at(layout, "n_labelled"),
        of=at(layout, "n"),
        watch=Watch.DOWN,
        least=LOST,
        said=said,
    )


def _pace(look: Look) -> str:
    """Return in words how soon half of the known outcomes were known, where that is counted."""
    names = ("label_age",) if "label_age" in look.layout.places else ("pos_age", "neg_age")
    ages = np.stack([look.current[0, at(look.layout, name)] for name in names])
    upto: list[float] = np.cumsum(ages.sum(0)).tolist()
    if upto[-1] == 0:
        return ""
    place = next(k for k, held in enumerate(upto) if held >= upto[-1] / 2)
    if place == len(LABEL_AGE_EDGES_S):
        return f", half of them after {describe(timedelta(seconds=LABEL_AGE_EDGES_S[-1]))}"
    return f", half of them within {describe(timedelta(seconds=LABEL_AGE_EDGES_S[place]))}"


def _labels(look: Look, counts: Numbers) -> Numbers:
    return counts[:, at(look.layout, "pos_hist")] + counts[:, at(look.layout, "neg_hist")]


def _halves(look: Look, some: Expected, off: Numbers, share: Numbers) -> tuple[Numbers, Numbers]:
    """Return half the intervals of the differences, and their evidence, (R, M)."""
    mix = learnt(look).mix
    phi = mix.phi(np.nan_to_num(some.size), look.blocks_long)
    variance = phi * some.mix * (1 - share[:, None])  # a part of all parts from all only so far
    reach = phi * some.reach / 3
    dof = mix.tail_dof(phi)
    alpha = look.alphas(Layer.QUALITY).rows(look.slices)
    needed = tails.exponent(alpha / (2 * len(MEASURES)), dof)
    half = needed * reach + np.sqrt((needed * reach) ** 2 + 2 * needed * variance)
    with np.errstate(invalid="ignore", divide="ignore"):
        cost = np.nan_to_num(off**2 / (2 * (variance + reach * np.abs(off))))
    proof = tails.evidence(cost, dof) - math.log10(2 * len(MEASURES))
    return half, np.maximum(proof, 0.0)


def _corrected(look: Look, row: int, known: Numbers, scored: Numbers) -> str:
    """Return accuracy with each score's outcomes weighed with all decisions of that score."""
    usual = learnt(look)
    yes, n = look.current[row, at(look.layout, "pos_hist")], scored[row]
    share = (yes + TAU * usual.people.calibration.share[row]) / (known[row] + TAU)
    yes_at = above(look.layout)
    right = share * yes_at + (1 - share) * ~yes_at
    value = float((n * right).sum() / n.sum())
    variance = ((n / n.sum()) ** 2 * share * (1 - share) / (known[row] + TAU)).sum()
    half = _Z_95 * math.sqrt(float(variance))
    ends = f"{percent(max(0.0, value - half))} to {percent(min(1.0, value + half))}"
    return f"corrected for that, accuracy is about {percent(value)} ({ends}, 95 %)"
