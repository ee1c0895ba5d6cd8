"""Miscalibration: outcomes that are yes more often, or less, than their own scores promised.

    (O - E) / n      O = outcomes that were yes,  E = sum over score bins b of n_b c_b

over decisions with a score and a known outcome; c_b is what the score meant in the reference, for
the slice (`calibration`).  Everyone is weighted by the values of the most telling attribute.  So a
change in who comes is accounted for, and what remains is that a score means something else.
Variance: sum n_b c_b (1 - c_b) / n**2 times the wobble between the reference's blocks, and that of
the calibration (`expected`); Bernstein's tail, two-sided.  Smallest effect of interest: 2 %.
Refuses: outcomes that are still coming in, as `outcomes` does; scores where the reference knows too
few outcomes (`doubts.STRANGE`).
Source: Spiegelhalter (1986), Stat. Med. 5, 421-433 (O - E of probabilistic predictions).
"""

import math

import numpy as np

from tocsin.base.phrases import percent
from tocsin.detect import tails
from tocsin.detect.calibration import supported
from tocsin.detect.dispersion import Dispersion, each_apart, only_chance
from tocsin.detect.doubts import FEW, STRANGE
from tocsin.detect.estimate import learnt
from tocsin.detect.expected import Derived, Expected, People
from tocsin.detect.finding import Finding, Layer
from tocsin.detect.look import (
    FEWEST,
    SURELY,
    Judged,
    Lack,
    Look,
    Subject,
    finding,
    insufficient,
    undecided,
)
from tocsin.detect.maturity import immature
from tocsin.detect.places import at
from tocsin.detect.tails import Numbers

MEASURE = "miscalibration"
OFF = 0.02


def miscalibration(look: Look, *, fixed: bool) -> list[Finding]:
    """Return how far outcomes are from what scores promised, per slice.

    Nothing where the reference has no scores with outcomes.

    Args:
        look: the window whose outcomes are judged.
        fixed: whether it is old enough for them to be complete.
    """
    if look.reference[0, at(look.layout, "pos_hist", "neg_hist")].sum() == 0:
        return []
    reason = "" if fixed else immature(look)
    if reason:
        return [undecided(look, _subject(look, 0), OFF, reason)]
    yes, no = (look.current[:, at(look.layout, name)] for name in ("pos_hist", "neg_hist"))
    people = learnt(look).people
    n, n_usual = (yes + no).sum(-1), people.calibration.labels.sum(-1)
    known = supported(people.calibration.labels[0], FEW)
    strange = (yes + no)[:, ~known].sum(-1) / np.maximum(n, 1)
    found: list[Finding] = []
    for row, judged in enumerate(_judged(look, people, yes, no)):
        if n[row] == 0 and row > 0:
            continue
        subject = _subject(look, row)
        if min(n[row], n_usual[row]) < FEWEST:
            lack = Lack(n[row], n_usual[row], OFF, of="scored outcomes")
            found.append(insufficient(look, subject, lack))
        elif strange[row] > STRANGE:
            share = percent(float(strange[row]))
            where = f"{share} of scores lie where the reference knows fewer than {FEW} outcomes"
            found.append(undecided(look, subject, OFF, where))
        else:
            found.append(finding(look, subject, judged, _why(look, row, judged)))
    return found


def promised(look: Look, row: int, labels: Numbers) -> Numbers:
    """Return how many of `labels` outcomes per score bin, (..., B), one slice's scores promise."""
    return labels * learnt(look).people.calibration.share[row]


def _judged(look: Look, people: People, yes: Numbers, no: Numbers) -> list[Judged]:
    spread = look.baseline.derived(MEASURE, lambda: _wobble(look, people))
    expected, seen = people.expected(yes + no, _share), _share(yes, no)[0]
    phi = spread.phi(np.nan_to_num(expected.size), look.blocks_long)
    dof = spread.tail_dof(phi)
    doubt = people.doubt(expected.curve, expected.coefficients)
    variance = phi * expected.label + spread.phi_block * doubt
    off = np.nan_to_num(seen - expected.value)
    with np.errstate(invalid="ignore", divide="ignore"):
        reach = phi / (3 * expected.size)
        cost = np.nan_to_num(off**2 / (2 * (variance + reach * np.abs(off))))
    alpha = look.alpha(Layer.PERFORMANCE)
    sure = tails.exponent(max(alpha, SURELY) / 2, dof)
    with np.errstate(invalid="ignore"):
        half = sure * reach + np.sqrt((sure * reach) ** 2 + 2 * sure * variance)
    proof = np.maximum(tails.evidence(cost, dof) - math.log10(2), 0.0)
    proven = cost >= tails.exponent(alpha / 2, dof)
    return [
        Judged(
            value=float(seen[row, 0]),
            baseline=float(expected.value[row, 0]),
            effect=abs(float(off[row, 0])),
            interval=(
                abs(float(off[row, 0])) - float(half[row, 0]),
                abs(float(off[row, 0])) + float(half[row, 0]),
            ),
            threshold=OFF,
            n=int((yes + no)[row].sum()),
            n_baseline=int(people.calibration.labels[row].sum()),
            evidence=float(proof[row, 0]),
            proven=bool(proven[row, 0]),
        )
        for row in range(len(look.slices))
    ]


def _wobble(look: Look, people: People) -> Dispersion:
    """Return how outcomes wobble about what scores promise between blocks, (R, 1)."""
    if not look.baseline.timed:
        return only_chance((len(look.slices), 1))

    def told(counts: Numbers) -> Dispersion:
        yes, no = (counts[..., at(look.layout, name)] for name in ("pos_hist", "neg_hist"))
        expected: Expected = people.expected(yes + no, _share)
        with np.errstate(invalid="ignore", divide="ignore"):
            residual = (_share(yes, no)[0] - expected.value) / np.sqrt(expected.label)
        size = np.nan_to_num(expected.size)
        return each_apart(residual, size, told=size.mean(0) >= FEW)

    return look.baseline.wobble(look.layout.spec, told)


def _share(yes: Numbers, no: Numbers) -> Derived:
    """Return the share of yes as a functional of outcomes per score bin; see `expected`."""
    size = (yes + no).sum(-1)
    with np.errstate(invalid="ignore", divide="ignore"):
        value = yes.sum(-1) / size
        each = np.ones_like(yes) / size[..., None]
    up = np.nan_to_num((1 - value)[..., None] * each)[..., None, :]
    down = np.nan_to_num(-value[..., None] * each)[..., None, :]
    return value[..., None], size[..., None], up, down


def _subject(look: Look, row: int) -> Subject:
    return Subject(Layer.PERFORMANCE, MEASURE, None, look.slices[row])


def _why(look: Look, row: int, judged: Judged) -> str:
    said = (
        f"Outcomes for {look.slices[row].label} were {look.layout.spec.positive!r} in"
        f" {percent(judged.value)} where scores promised {percent(judged.baseline)};"
        f" n {judged.n:,}"
    )
    if judged.proven and not judged.alarms:
        said += f"; beyond chance, but not surely by the {percent(OFF)} that matter"
    return said + "."
