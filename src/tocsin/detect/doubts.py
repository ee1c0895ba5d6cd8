"""Doubts: where scores no longer say what decisions are worth, so that no estimate may be claimed.

An estimate rests on scores meaning what they meant in the reference.  It is withdrawn where

    answers do not follow from score and threshold, but for `UNFOLLOWED` of them;
    more than `STRANGE` of scores lie where the reference knows fewer than `FEW` outcomes;
    what outcomes showed and scores promised parted between the reference's blocks, beyond chance,
        by a standard deviation of more than twice what matters;
    outcomes that are known by now differ from what scores promised of the same decisions, beyond
        chance (error rate `DOUBTED` a slice) and by more than half of what matters;
    inputs of the same people are broken (`broken`).

Outcomes known by now are those of a window old enough for them to be complete or, where no such age
is declared, those of the window and, for everyone, of the windows before it.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tocsin.base.phrases import percent
from tocsin.base.slices import EVERYONE, Slice
from tocsin.detect import expected, tails
from tocsin.detect.baseline import stacked
from tocsin.detect.calibration import supported
from tocsin.detect.dispersion import Dispersion, each_apart, only_chance
from tocsin.detect.expected import LEAST, MEASURES, Functional, People, in_words
from tocsin.detect.finding import Finding
from tocsin.detect.look import FEWEST, Look
from tocsin.detect.places import at
from tocsin.detect.tails import Numbers
from tocsin.ingest.system import Kind
from tocsin.profile.window import Window

FEW = 10
STRANGE = 0.05
DOUBTED = 1e-3
UNFOLLOWED = 0.01


@dataclass(frozen=True, slots=True, eq=False)
class Meaning:
    """How far outcomes part from what scores promise between blocks, arrays (R, M).

    `unstable` is the standard deviation beyond chance, in the unit of the measure.
    """

    spread: Dispersion
    unstable: Numbers


@dataclass(frozen=True, slots=True, eq=False)
class Doubted:
    """What an estimate rests on."""

    people: People
    measured: Functional
    meaning: Meaning


def meaning(people: People, measured: Functional, yes: Numbers, no: Numbers) -> Meaning:
    """Return how the meaning of scores wobbles between blocks of time.

    Args:
        people: whose scores, with the calibration that all blocks together gave.
        measured: what is made of outcomes by score.
        yes: outcomes of each block that were yes, (D, R, B).
        no: the same of those that were no.
    """
    promised, seen = people.expected(yes + no, measured), measured(yes, no)[0]
    with np.errstate(invalid="ignore", divide="ignore"):
        residual = np.where(
            promised.label > 0, (seen - promised.value) / np.sqrt(promised.label), np.nan
        )
    told = np.nan_to_num(promised.size).mean(0) >= FEW
    spread = each_apart(residual, np.nan_to_num(promised.size), told=told)
    label = np.where(told, promised.label.mean(0), 0.0)
    return Meaning(spread, np.sqrt((spread.phi_block - 1) * label))


def steady(people: People, measures: int) -> Meaning:
    """Return the meaning of scores whose blocks are no stretches of time: known not to wobble."""
    shape = (len(people.calibration.share), measures)
    return Meaning(only_chance(shape), np.zeros(shape))


def follows(look: Look, above: NDArray[np.bool_]) -> bool:
    """Return whether the reference's answers are what score and threshold say, for nearly all.

    A confidence says nothing of the answer that it is in.
    """
    if look.layout.spec.kind is Kind.MULTICLASS:
        return True
    everyone = look.reference[0]
    scored = everyone[list(at(look.layout, "score_hist"))]
    answered, yes = (everyone[look.layout.places[k].start] for k in ("n_prediction", "n_positive"))
    unscored = max(float(answered - scored.sum()), 0.0)
    return bool(abs(yes - scored[above].sum()) <= unscored + UNFOLLOWED * scored.sum())


def doubts(look: Look, doubted: Doubted, known: Sequence[Window]) -> list[str]:
    """Return for each slice why no estimate may be claimed; empty: none is in sight.

    Args:
        look: the window of which is estimated.
        doubted: what the estimate rests on.
        known: windows whose outcomes tell whether scores mean what they meant.
    """
    scored = look.current[:, at(look.layout, "score_hist")]
    told = supported(doubted.people.calibration.labels[0], FEW)
    strange = scored[:, ~told].sum(-1) / np.maximum(scored.sum(-1), 1)
    wobble = doubted.meaning.unstable / (2 * LEAST[: doubted.meaning.unstable.shape[-1]])
    against = _contradicted(look, doubted, known)
    found: list[str] = []
    for row, contradiction in enumerate(against):
        worst = int(wobble[row].argmax())
        if strange[row] > STRANGE:
            share = percent(float(strange[row]))
            why = f"{share} of scores lie where the reference knows fewer than {FEW} outcomes"
        elif wobble[row, worst] > 1:
            by = in_words(worst, float(doubted.meaning.unstable[row, worst]))
            why = f"outcomes and scores parted by some {by} of {MEASURES[worst]} in the reference"
        else:
            why = contradiction
        found.append(why)
    return found


def broken(slices: Sequence[Slice], alarms: Sequence[Finding]) -> set[Slice]:
    """Return whose inputs are broken, by what alarms of quality say.

    They are the slices that alarm; where everyone does, also all who share people with the slice
    that it surely shows most in, be that everyone: a small slice cannot alarm by itself.

    Args:
        slices: of whom to tell.
        alarms: of quality, of any slices.
    """
    found = {alarm.slice for alarm in alarms}
    for whole in (alarm for alarm in alarms if alarm.slice == EVERYONE):
        same = [a for a in alarms if (a.measure, a.column) == (whole.measure, whole.column)]
        most = max(same, key=lambda alarm: (alarm.interval[0], alarm.slice.key)).slice
        found |= {one for one in slices if one.compatible(most)}
    return found & set(slices)


def _outcomes(look: Look, counts: Numbers) -> tuple[Numbers, Numbers]:
    """Return outcomes that were yes, and that were no, by score bin."""
    yes, no = expected.told(look.layout)
    return counts[..., yes], counts[..., no]


def _contradicted(look: Look, doubted: Doubted, known: Sequence[Window]) -> list[str]:
    whole = sum((stacked(one, look.layout.spec) for one in known), np.zeros_like(look.current))
    yes, no = _outcomes(look, np.asarray(whole))
    people, spread, measured = doubted.people, doubted.meaning.spread, doubted.measured
    promised, seen = people.expected(yes + no, measured), measured(yes, no)[0]
    size = np.nan_to_num(promised.size)
    phi = spread.phi(size, look.blocks_long)
    variance = phi * promised.label + spread.phi_block * people.doubt(
        promised.curve, promised.coefficients
    )
    off = np.abs(np.nan_to_num(seen - promised.value))
    with np.errstate(invalid="ignore", divide="ignore"):
        # one outcome more moves the measure by about one in `size`: Bernstein's tail
        cost = np.nan_to_num(off**2 / (2 * (variance + phi * off / (3 * size))))
    needed = tails.exponent(DOUBTED / (2 * len(MEASURES)), spread.tail_dof(phi))
    sure = (cost > needed) & (off > LEAST[: off.shape[-1]] / 2) & (size >= FEWEST)
    found: list[str] = []
    for row, one in enumerate(sure):
        if not one.any():
            found.append("")
            continue
        k = int(np.where(one, cost[row] / needed[row], 0).argmax())
        shown, said = (in_words(k, float(x[row, k])) for x in (seen, promised.value))
        n = int((yes[row] + no[row]).sum())
        found.append(
            f"outcomes contradict it: {n:,} that are known show"
            f" {MEASURES[k]} of {shown} where scores promised {said}"
        )
    return found
