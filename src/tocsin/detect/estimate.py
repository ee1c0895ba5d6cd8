"""Estimate: how right decisions probably are before anybody knows, from scores alone.

A score's meaning is learnt from the reference's outcomes (`calibration`); the window's scores then
say what its decisions are worth (`expected`).  Everyone is weighted by the values of one attribute
by which scores mean different things: the one whose mix of people moved, or else the most telling.
So a change in who is decided about is accounted for; where two such mixes move at once, or one
moves within the slices of another attribute, there is no estimate.

    estimated_accuracy  estimated_precision  estimated_recall  estimated_auc

Of one class of several the score is the confidence in it: its meaning is how often such answers
are right, and accuracy alone is estimated.

An alarm is a fall against what the same calibration says of the reference, beyond the smallest
effect of interest of the measure itself.  Its variance is that of the mix of scores in window and
reference and of the calibration, each with the wobble seen between the reference's blocks; its tail
is Bernstein's.  The sentence tells the value with a range that holds what outcomes will show 95 %
of the time: that adds the chance of single outcomes.

No estimate sees that the same score has come to mean something else (`doubts`).  Where outcomes of
nearly all decisions are known they are judged instead (`performance`).
"""

import math
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from scipy import stats

from tocsin.base.phrases import listing
from tocsin.detect import expected, tails
from tocsin.detect.calibration import calibrate, telling
from tocsin.detect.dispersion import Dispersion, each_apart, only_chance
from tocsin.detect.doubts import Doubted, Meaning, broken, doubts, follows, meaning, steady
from tocsin.detect.expected import (
    LEAST,
    MEASURES,
    Expected,
    Functional,
    People,
    in_words,
    performance,
)
from tocsin.detect.finding import INVALID, Finding, Layer, Level, Verdict
from tocsin.detect.look import FEWEST, Judged, Lack, Look, Subject, finding, insufficient
from tocsin.detect.performance import RIGHT
from tocsin.detect.places import at
from tocsin.detect.tails import Numbers
from tocsin.profile.window import Window

KNOWN = 0.9
"""Outcomes known, over those that the reference has, from which they are judged instead."""
SAID_95 = 0.95
_OF = ("decisions", "positive decisions", "expected outcomes", "expected outcomes of one kind")


@dataclass(frozen=True, slots=True, eq=False)
class Usual:
    """What the baseline tells; rows are everyone and then the slices."""

    people: People
    measured: Functional
    telling: Mapping[str, tuple[int, ...]]
    reference: Expected
    mix: Dispersion
    """Of the measures by scores alone, (R, M)."""
    meaning: Meaning
    follows: bool


@dataclass(frozen=True, slots=True, eq=False)
class _Table:
    """All numbers of one look, arrays (R, M)."""

    now: Expected
    was: Numbers
    half: Numbers
    """Half the interval of the effect, at the look's error rate."""
    evidence: Numbers
    around: Numbers
    """Half the range in which outcomes will show the value, 95 %."""


def estimates(
    look: Look,
    known: Sequence[Window] | None = None,
    faults: Sequence[Finding] = (),
    moved: Collection[str] = (),
    mixed: Sequence[Finding] = (),
) -> list[Finding]:
    """Return what scores say of performance, per slice; nothing where there are no scores.

    Args:
        look: the window and its baseline.
        known: windows whose outcomes may contradict the estimate; None: the one looked at.
        faults: alarms of quality, which say whose inputs are broken.
        moved: attributes by which the mix of people is in alarm.
        mixed: alarms of the mix of classes answered: each has a calibration of its own.
    """
    scored = look.current[:, at(look.layout, "score_hist")]
    if look.reference[0, at(look.layout, "score_hist")].sum() == 0:
        return []
    if _labelled(look, look.reference)[0] == 0:
        return [_withdrawn(look, 0, "the reference knows no outcomes that tell what scores mean")]
    most = learnt(look)
    moving = [name for name in most.telling if name in moved]
    usual = most
    if moving and moving[0] != next(iter(most.telling)):
        usual = look.baseline.derived(f"estimate by {moving[0]}", lambda: _usual(look, moving[0]))
    if not usual.follows:
        return [_withdrawn(look, 0, "the reference's answers do not follow from its scores")]
    table = _table(look, usual, scored)
    windows = [look.window] if known is None else known
    reasons = _reasons(look, usual, windows, (faults, mixed), moving)
    labelled = _labelled(look, look.current)
    enough = KNOWN * _labelled(look, look.reference)
    found: list[Finding] = []
    for row in range(len(look.slices)):
        n, outcomes = scored[row].sum(), usual.people.calibration.labels[row].sum()
        if (n == 0 and row > 0) or (n > 0 and labelled[row] >= enough[row] > 0):
            continue
        if min(n, outcomes) < FEWEST:
            lack = Lack(n, outcomes, RIGHT, of="scores" if n < FEWEST else "outcomes")
            found.append(insufficient(look, _subject(look, row, 0), lack))
        elif reasons[row]:
            found.append(_withdrawn(look, row, reasons[row]))
        else:
            found += [_judged(look, table, row, k, outcomes) for k in range(table.was.shape[-1])]
    return found


def learnt(look: Look) -> Usual:
    """Return what the baseline tells of scores and outcomes, the most telling attribute's parts.

    Its outcomes must be known.
    """
    return look.baseline.derived("estimate", lambda: _usual(look, None))


def _labelled(look: Look, counts: Numbers) -> Numbers:
    """Return the share of scored decisions whose outcome is known, (R,)."""
    labels = sum(counts[:, places].sum(-1) for places in expected.told(look.layout))
    return labels / np.maximum(counts[:, at(look.layout, "score_hist")].sum(-1), 1)


def _usual(look: Look, by: str | None) -> Usual:
    """Return what the baseline tells, everyone weighted by attribute `by`; None: the first."""
    layout, (total, blocks) = look.layout, look.baseline.counts(look.layout.spec)
    (yes, no), scored = expected.told(layout), at(layout, "score_hist")
    calibration = calibrate(total[:, yes], total[:, no])
    told = telling(calibration, total[:, yes], look.slices)
    people = People(calibration, told[by or next(iter(told))] if told else ())
    measured = performance(expected.above(layout), expected.measures(layout))
    reference = people.expected(total[:, scored], measured)
    shown = Usual(
        people,
        measured,
        told,
        reference,
        only_chance(reference.value.shape),
        steady(people, expected.measures(layout)),
        follows(look, expected.above(layout)),
    )
    if not look.baseline.timed:
        return shown
    wobble = meaning(people, measured, blocks[..., yes], blocks[..., no])
    part = people.expected(blocks[..., scored], measured)
    with np.errstate(invalid="ignore", divide="ignore"):
        residual = (part.value - reference.value) / np.sqrt(part.mix)
    sizes = np.broadcast_to(blocks[..., scored].sum(-1)[..., None], residual.shape)
    return replace(shown, meaning=wobble, mix=each_apart(residual, sizes))


def _table(look: Look, usual: Usual, scored: Numbers) -> _Table:
    now, was = usual.people.expected(scored, usual.measured), usual.reference
    n, meaning_ = scored.sum(-1)[:, None], usual.meaning.spread
    phi = usual.mix.phi(n, look.blocks_long)
    wobble = meaning_.phi(np.nan_to_num(now.size), look.blocks_long)
    moved = usual.people.doubt(
        now.curve - was.curve,
        [a - b for a, b in zip(now.coefficients, was.coefficients, strict=True)],
    )
    variance = phi * now.mix + usual.mix.phi_block * was.mix
    variance = variance + meaning_.phi_block * moved + (wobble - 1) * now.label
    dof = np.minimum(usual.mix.tail_dof(phi), meaning_.tail_dof(wobble))
    needed = tails.exponent(look.alphas(Layer.PERFORMANCE).rows(look.slices) / 2, dof)
    reach = phi * now.reach / 3
    half = needed * reach + np.sqrt((needed * reach) ** 2 + 2 * needed * variance)
    effect = was.value - now.value
    with np.errstate(invalid="ignore", divide="ignore"):
        cost = np.nan_to_num(effect**2 / (2 * (variance + reach * np.abs(effect))))
    proof = np.maximum(tails.evidence(cost, dof) - math.log10(2), 0.0)
    return _Table(now, was.value, half, proof, around(usual.people, meaning_, now, wobble))


def around(people: People, meaning_: Dispersion, now: Expected, wobble: Numbers) -> Numbers:
    """Return half the range in which outcomes will show what is expected, 95 % of the time.

    Args:
        people: of whom it is expected.
        meaning_: how what scores mean wobbles.
        now: what is expected, arrays (..., R, M).
        wobble: factor on the variance of outcomes, same shape.
    """
    doubt = people.doubt(now.curve, now.coefficients)
    sure = np.minimum(meaning_.tail_dof(wobble), 1e9)
    half = stats.t.isf((1 - SAID_95) / 2, sure) * np.sqrt(
        wobble * now.label + meaning_.phi_block * doubt
    )
    with np.errstate(divide="ignore"):
        # half a count more: few expected mistakes are not a normal number of mistakes
        return np.asarray(half + 0.5 / now.size, np.float64)


def _reasons(
    look: Look,
    usual: Usual,
    known: Sequence[Window],
    alarms: tuple[Sequence[Finding], Sequence[Finding]],
    moving: Sequence[str],
) -> list[str]:
    """Return for each slice why its estimate is withdrawn; empty: it stands."""
    hit, mixed = (broken(look.slices, some) for some in alarms)
    own = doubts(look, Doubted(usual.people, usual.measured, usual.meaning), known)
    found: list[str] = []
    for slice_, reason in zip(look.slices, own, strict=True):
        others = [name for name in moving if name not in slice_.as_dict()]
        if slice_ in hit:
            found.append("their inputs are broken, and scores may not mean what they meant")
        elif slice_ in mixed:
            found.append("the mix of answers moved, and each may have a confidence of its own")
        elif len(others) > (0 if slice_.conditions else 1):
            who = listing(others)
            found.append(f"the mix of people moved by {who}, for whom scores mean different things")
        else:
            found.append(reason or own[0])
    return found


def _subject(look: Look, row: int, measure: int) -> Subject:
    name = f"estimated_{MEASURES[measure]}"
    return Subject(Layer.PERFORMANCE, name, None, look.slices[row])


def _judged(look: Look, table: _Table, row: int, k: int, outcomes: float) -> Finding:
    subject, size = _subject(look, row, k), float(table.now.size[row, k])
    if size < FEWEST:
        return insufficient(look, subject, Lack(size, outcomes, float(LEAST[k]), of=_OF[k]))
    value, was, half = (float(one[row, k]) for one in (table.now.value, table.was, table.half))
    judged = Judged(
        value=value,
        baseline=was,
        effect=was - value,
        interval=(was - value - half, was - value + half),
        threshold=float(LEAST[k]),
        n=int(look.current[row, at(look.layout, "score_hist")].sum()),
        n_baseline=int(outcomes),
        evidence=float(table.evidence[row, k]),
    )
    around = float(table.around[row, k])
    ends = (in_words(k, max(0.0, value - around)), in_words(k, min(1.0, value + around)))
    name = "AUC" if MEASURES[k] == "auc" else MEASURES[k]
    why = (
        f"Scores say that {name} for {subject.slice.label} is about {in_words(k, value)}"
        f" ({ends[0]} to {ends[1]}, 95 %; was {in_words(k, was)}); n {judged.n:,}."
    )
    return finding(look, subject, judged, why)


def _withdrawn(look: Look, row: int, reason: str) -> Finding:
    """Return the finding that says that there is no estimate, and why."""
    nan, subject, told = float("nan"), _subject(look, row, 0), expected.told(look.layout)
    return Finding(
        layer=subject.layer,
        measure=subject.measure,
        slice=subject.slice,
        value=nan,
        baseline=nan,
        effect=nan,
        interval=(nan, nan),
        threshold=RIGHT,
        n=int(look.current[row, at(look.layout, "score_hist")].sum()),
        n_baseline=int(sum(look.reference[row, places].sum() for places in told)),
        verdict=Verdict.INSUFFICIENT,
        level=Level.INFO,
        why=f"The estimate of performance for {subject.slice.label} {INVALID} {reason}.",
        window=look.window.span,
    )
