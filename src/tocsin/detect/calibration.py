"""Calibration: how often the outcome is yes at a score, learnt from the reference, for whom.

Everyone's curve is a non-decreasing fit to the share of yes per score bin,

    c_b = isotonic[(yes_b + 0.5) / (N_b + 1)],   weights N_b + 1        (pool adjacent violators)

and a slice's is everyone's, moved and stretched on the scale of log-odds:

    logit c_s,b = logit c_b + a_s + s_s * (logit c_b - mean)

fitted by maximum likelihood to the slice's own outcomes and to `TAU` imagined ones that follow
everyone's curve, so that a slice of few outcomes keeps everyone's.  Two numbers a slice, because
groups differ from everyone in level and sharpness far more than bin by bin.
Source: Zadrozny & Elkan (2002), KDD (isotonic); Platt (1999); Hébert-Johnson et al. (2018), ICML
(multi-calibration).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import optimize, special

from tocsin.base.slices import Slice
from tocsin.detect.tails import Numbers

TAU = 20.0
"""Imagined outcomes by which a slice holds on to everyone's curve."""
SURELY = 1e-4
"""No score is taken to mean a yes or a no more surely than this."""
_STEPS = 30
_PRIOR = 1e-6


@dataclass(frozen=True, slots=True, eq=False)
class Calibration:
    """What is known of outcomes by score bin, rows as they are stacked: everyone first.

    share: chance of yes, shape (R, B), within (0, 1).
    labels: the reference's outcomes behind it, shape (R, B).
    slope: d share / d (a, s), shape (R, B, 2); 0 for everyone.
    doubt: covariance of (a, s), shape (R, 2, 2); 0 for everyone.
    """

    share: Numbers
    labels: Numbers
    slope: Numbers
    doubt: Numbers

    @property
    def variance(self) -> Numbers:
        """The variance of everyone's curve, bin by bin as if each had its own, shape (B,)."""
        c = self.share[0]
        return c * (1 - c) / (self.labels[0] + 1)


def calibrate(yes: Numbers, no: Numbers) -> Calibration:
    """Return the calibration that outcomes by score bin tell.

    Args:
        yes: outcomes that were yes, shape (R, B), everyone first; everyone needs at least one
            outcome.
        no: outcomes that were no, same shape.
    """
    labels = yes + no
    base = curve(yes[0], no[0])
    share = np.tile(base, (len(yes), 1))
    slope, doubt = np.zeros((*share.shape, 2)), np.zeros((len(yes), 2, 2))
    if len(yes) > 1:
        share[1:], slope[1:], doubt[1:] = _moved(base, yes[1:], labels[1:])
    return Calibration(share, labels, slope, doubt)


def curve(yes: Numbers, no: Numbers) -> Numbers:
    """Return the non-decreasing chance of yes per score bin, shape (B,).

    Bins without outcomes lie on the straight line between their neighbours.

    >>> curve(np.array([0.0, 5.0, 4.0, 0.0]), np.array([9.0, 5.0, 5.0, 0.0])).round(3).tolist()
    [0.05, 0.476, 0.476, 0.476]
    """
    n = yes + no
    filled = n > 0
    shares = (yes[filled] + 0.5) / (n[filled] + 1)
    fit = optimize.isotonic_regression(shares, weights=n[filled] + 1).x
    whole = np.interp(np.arange(len(n)), np.flatnonzero(filled), fit)
    return np.clip(whole, SURELY, 1 - SURELY)


def _moved(base: Numbers, yes: Numbers, labels: Numbers) -> tuple[Numbers, Numbers, Numbers]:
    """Return share, slope and doubt of slices, by Newton's method on all of them at once."""
    total = labels.sum(-1, keepdims=True)
    imagined = TAU * labels / np.maximum(total, 1)
    yes, n = yes + imagined * base, labels + imagined
    odds = np.asarray(special.logit(base), np.float64)
    middle = (n * odds).sum(-1, keepdims=True) / np.maximum(n.sum(-1, keepdims=True), 1)
    x = np.stack([np.ones_like(n), odds - middle], axis=-1)
    at: Numbers = np.zeros((len(n), 2))
    share, doubt = _fitted(odds, x, n, at)
    for _ in range(_STEPS):
        pull = (x * (yes - n * share)[..., None]).sum(-2)
        step = np.clip((doubt @ pull[..., None])[..., 0], -1.0, 1.0)
        at = at + step
        share, doubt = _fitted(odds, x, n, at)
        if np.abs(step).max() < 1e-9:
            break
    slope = (share * (1 - share))[..., None] * x
    return share, slope, np.where(total[..., None] > 0, doubt, 0.0)


def _fitted(odds: Numbers, x: Numbers, n: Numbers, at: Numbers) -> tuple[Numbers, Numbers]:
    """Return the shares at coefficients `at`, and the inverse of Fisher's information."""
    share = np.clip(
        np.asarray(special.expit(odds + (x * at[:, None, :]).sum(-1)), np.float64),
        SURELY,
        1 - SURELY,
    )
    weight = (n * share * (1 - share))[..., None, None]
    bend = (weight * x[..., :, None] * x[..., None, :]).sum(-3) + _PRIOR * np.eye(2)
    return share, np.asarray(np.linalg.inv(bend), np.float64)


def telling(
    calibration: Calibration, yes: Numbers, slices: Sequence[Slice]
) -> Mapping[str, tuple[int, ...]]:
    """Return the attributes by whose values scores mean different things, with their rows.

    The one that tells most is first: by likelihood, less the number of coefficients that it takes
    (Akaike); those that tell nothing are left out.

    Args:
        calibration: rows in the order of `slices`.
        yes: the reference's outcomes that were yes, shape (R, B).
        slices: everyone first, then single attribute values.
    """
    c, base, no = calibration.share, calibration.share[:1], calibration.labels - yes
    gain = (yes * np.log(c / base) + no * np.log((1 - c) / (1 - base))).sum(-1) - 2
    rows: dict[str, list[int]] = {}
    for row, slice_ in enumerate(slices):
        if len(slice_.conditions) == 1:
            rows.setdefault(slice_.conditions[0][0], []).append(row)
    gains = {name: float(gain[at].sum()) for name, at in rows.items()}
    order = sorted(rows, key=lambda name: (-gains[name], name))
    return {name: tuple(rows[name]) for name in order if gains[name] > 0}


def supported(labels: Numbers, fewest: int) -> NDArray[np.bool_]:
    """Return the bins around which the reference knows at least `fewest` outcomes.

    Around is the bin and its neighbour on either side: the curve is smooth.

    >>> supported(np.array([9.0, 1.0, 0.0, 0.0]), 10).tolist()
    [True, True, False, False]
    """
    wide = np.convolve(labels, np.ones(3), mode="same")
    return wide >= fewest
