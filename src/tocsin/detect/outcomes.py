"""Outcomes: whether what becomes of people changed, and whether scores still mean what they said.

    outcome_rate   share of known outcomes that are yes, against the reference's      (drift)
    calibration    the same share, against what the scores of these decisions promise (performance)

Promises come from the reference's calibration of each slice (`calibration`).  Where outcomes are
other than promised, decisions at a threshold are wrong in a way that no input shows.  With n
outcomes, of which scores promise a share m = sum n_b c_b / n,

    Var(observed - m) = phi sum n_b c_b (1 - c_b) / n**2 + phi_block · doubt of the calibration

phi is the wobble of the difference in the reference's own parts (see `dispersion`).  Both alarm in
either direction, from 3 points on.
Refuses: outcomes that are still coming in, since early ones are others than late ones (who defaults
does so sooner than others have repaid) and that would show as a change of either; scores where the
reference knows too few outcomes (`doubts.STRANGE`).
Source: Spiegelhalter (1986), Stat. Med. 5, 421-433 (the calibration test by its variance).
"""

import math

import numpy as np

from tocsin.base.phrases import percent
from tocsin.base.slices import EVERYONE
from tocsin.detect import tails
from tocsin.detect.calibration import supported
from tocsin.detect.dispersion import FEWEST_EVENTS, Dispersion, each_apart, only_chance
from tocsin.detect.doubts import FEW, STRANGE
from tocsin.detect.estimate import learnt
from tocsin.detect.expected import Derived, People
from tocsin.detect.finding import Finding, Layer
from tocsin.detect.look import (
    FEWEST,
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
from tocsin.detect.rates import Rate, Watch, judge
from tocsin.detect.tails import Numbers
from tocsin.profile.layout import Layout

CALIBRATION = "calibration"
MOVED = 0.03
"""Smallest effect of interest of both."""


def outcomes(look: Look, *, fixed: bool) -> list[Finding]:
    """Return what known outcomes show by themselves and against scores, per slice.

    Args:
        look: the window whose outcomes are judged.
        fixed: whether it is old enough for them to be complete.
    """
    if look.reference[0, at(look.layout, "pos_hist", "neg_hist")].sum() == 0:
        return []
    reason = "" if fixed else immature(look)
    if reason:
        names = ((Layer.DRIFT, "outcome_rate"), (Layer.PERFORMANCE, CALIBRATION))
        subjects = [Subject(layer, name, None, EVERYONE) for layer, name in names]
        return [undecided(look, subject, MOVED, reason) for subject in subjects]
    return [*judge(look, [rate(look.layout)], "outcome rate"), *_calibration(look)]


def rate(layout: Layout) -> Rate:
    """Return the share of known outcomes that are yes."""
    return Rate(
        layer=Layer.DRIFT,
        measure="outcome_rate",
        yes=at(layout, "pos_hist"),
        of=at(layout, "pos_hist", "neg_hist"),
        watch=Watch.BOTH,
        least=MOVED,
        said="{value} of known outcomes were a yes",
    )


def promised(look: Look, row: int, labels: Numbers) -> Numbers:
    """Return how many of `labels` outcomes per score bin, (..., B), one slice's scores promise."""
    return labels * learnt(look).people.calibration.share[row]


def _share(yes: Numbers, no: Numbers) -> Derived:
    """Return the share of yes as a functional of `expected`, one measure."""
    n = (yes + no).sum(-1)
    with np.errstate(invalid="ignore", divide="ignore"):
        value = yes.sum(-1) / n
        up, down = (1 - value) / n, -value / n
    flat = np.ones_like(yes)[..., None, :]
    slopes = (np.nan_to_num(some)[..., None, None] * flat for some in (up, down))
    return value[..., None], n[..., None], *slopes


def _calibration(look: Look) -> list[Finding]:
    people = learnt(look).people
    spread = look.baseline.derived(CALIBRATION, lambda: _wobble(look, people))
    yes, no = _known(look, look.current)
    meant = people.expected(yes + no, _share)
    n, seen = meant.size, yes.sum(-1, keepdims=True) / np.maximum(meant.size, 1)
    phi = spread.phi(n, look.blocks_long)
    doubt = people.doubt(meant.curve, meant.coefficients)
    variance = phi * meant.label + spread.phi_block * doubt
    off = np.nan_to_num(np.abs(seen - meant.value))
    # one outcome more moves the share by at most 1 / n: Bernstein's tail
    reach = phi / (3 * np.maximum(n, 1))
    with np.errstate(invalid="ignore", divide="ignore"):
        cost = np.nan_to_num(off**2 / (2 * (variance + reach * off)))
    dof, alpha = spread.tail_dof(phi), look.alphas(Layer.PERFORMANCE).rows(look.slices)
    proven = cost >= tails.exponent(alpha / 2, dof)
    sure = look.surely(Layer.PERFORMANCE, alpha, dof)
    half = sure * reach + np.sqrt((sure * reach) ** 2 + 2 * sure * variance)
    proof = np.maximum(tails.evidence(cost, dof) - math.log10(2), 0.0)
    was_yes, was_no = _known(look, look.reference)
    known = (was_yes + was_no).sum(-1)
    told = supported(people.calibration.labels[0], FEW)
    strange = (yes + no)[:, ~told].sum(-1) / np.maximum(n[:, 0], 1)
    found: list[Finding] = []
    for row, slice_ in enumerate(look.slices):
        subject = Subject(Layer.PERFORMANCE, CALIBRATION, None, slice_)
        if min(n[row, 0], known[row]) < FEWEST:
            lack = Lack(float(n[row, 0]), float(known[row]), MOVED, of="outcomes")
            found += [insufficient(look, subject, lack)] if row == 0 else []
            continue
        if strange[row] > STRANGE:
            where = f"{percent(float(strange[row]))} of scores lie where the reference knows fewer"
            found.append(undecided(look, subject, MOVED, f"{where} than {FEW} outcomes"))
            continue
        effect, around = float(off[row, 0]), float(half[row, 0])
        judged = Judged(
            value=float(seen[row, 0]),
            baseline=float(meant.value[row, 0]),
            effect=effect,
            interval=(effect - around, effect + around),
            threshold=MOVED,
            n=int(n[row, 0]),
            n_baseline=int(known[row]),
            evidence=float(proof[row, 0]),
            proven=bool(proven[row, 0]),
        )
        if row == 0 or judged.alarms:
            why = (
                f"{percent(judged.value)} of known outcomes for {slice_.label} were a yes, where"
                f" their scores promised {percent(judged.baseline)}; n {judged.n:,}."
            )
            found.append(finding(look, subject, judged, why))
    return found


def _known(look: Look, counts: Numbers) -> tuple[Numbers, Numbers]:
    """Return outcomes that were yes, and that were no, by score bin, (..., slices, B)."""
    return counts[..., at(look.layout, "pos_hist")], counts[..., at(look.layout, "neg_hist")]


def _wobble(look: Look, people: People) -> Dispersion:
    """Return how the difference wobbles between parts of the reference, (slices, 1)."""
    if not look.baseline.timed:
        return only_chance((len(look.slices), 1))

    def told(counts: Numbers) -> Dispersion:
        yes, no = _known(look, counts)
        promised = people.expected(yes + no, _share)
        with np.errstate(invalid="ignore", divide="ignore"):
            seen = yes.sum(-1, keepdims=True) / promised.size
            residual = (seen - promised.value) / np.sqrt(promised.label)
        sizes = np.nan_to_num(promised.size)
        events = (promised.label * sizes**2).mean(0) >= FEWEST_EVENTS
        residual = np.where(promised.label > 0, residual, np.nan)
        return each_apart(residual, sizes, told=events)

    return look.baseline.wobble(look.layout.spec, told)
