"""Ranking: how well scores still sort those who deserve a yes before those who do not (AUC).

The interval is that of two independent AUCs with DeLong's variances, on the scale of log-odds,
where it cannot leave (0, 1).  Its tail is the normal one, so at least `FEWEST` outcomes of either
class are asked for.  Smallest effect of interest: a fall of 0.01.
"""

import math

import numpy as np

from tocsin.detect import intervals, tails
from tocsin.detect.dispersion import Dispersion, dispersion, only_chance
from tocsin.detect.finding import Finding, Layer
from tocsin.detect.look import FEWEST, Judged, Lack, Look, Subject, finding, insufficient
from tocsin.detect.places import at
from tocsin.detect.tails import Numbers

FELL = 0.01


def ranking(look: Look) -> list[Finding]:
    """Return the AUC of every slice that has outcomes; nothing if the reference has none."""
    positive, negative = (at(look.layout, name) for name in ("pos_hist", "neg_hist"))
    yes, no = look.current[:, positive], look.current[:, negative]
    yes_usual, no_usual = look.reference[:, positive], look.reference[:, negative]
    rarer = np.minimum(yes.sum(-1), no.sum(-1))
    rarer_usual = np.minimum(yes_usual.sum(-1), no_usual.sum(-1))
    if rarer_usual[0] == 0:
        return []
    n, n_usual = yes.sum(-1) + no.sum(-1), yes_usual.sum(-1) + no_usual.sum(-1)
    spread = look.baseline.derived("ranking", lambda: _wobble(look))
    phi = spread.phi(n[:, None], look.blocks_long)
    dof = spread.tail_dof(phi)[:, 0]
    a, va = intervals.auc_and_variance(yes, no)
    b, vb = intervals.auc_and_variance(yes_usual, no_usual)
    va, vb = va * phi[:, 0], vb * spread.phi_block[:, 0]
    alpha = look.alphas(Layer.PERFORMANCE).rows(look.slices)
    needed = tails.exponent(alpha[:, 0] / 2, dof)
    low, high = intervals.difference(b, _limits(b, vb, needed), a, _limits(a, va, needed))
    with np.errstate(invalid="ignore", divide="ignore"):
        cost = np.nan_to_num((b - a) ** 2 / (2 * (va + vb)))
    proof = np.maximum(tails.evidence(cost, dof) - math.log10(2), 0.0)
    found: list[Finding] = []
    for row, slice_ in enumerate(look.slices):
        subject = Subject(Layer.PERFORMANCE, "auc", None, slice_)
        if min(rarer[row], rarer_usual[row]) < FEWEST:
            if n[row] > 0 or row == 0:
                of = "outcomes of the rarer class"
                lack = Lack(rarer[row], rarer_usual[row], FELL, of=of)
                found.append(insufficient(look, subject, lack))
            continue
        judged = Judged(
            value=float(a[row]),
            baseline=float(b[row]),
            effect=float(b[row] - a[row]),
            interval=(float(low[row]), float(high[row])),
            threshold=FELL,
            n=int(n[row]),
            n_baseline=int(n_usual[row]),
            evidence=float(proof[row]),
        )
        why = (
            f"Scores rank {slice_.label} with an AUC of {judged.value:.3f}"
            f" (was {judged.baseline:.3f}); n {judged.n:,}."
        )
        found.append(finding(look, subject, judged, why))
    return found


def _wobble(look: Look) -> Dispersion:
    if not look.baseline.timed:
        return only_chance((len(look.slices), 1))
    return look.baseline.wobble(look.layout.spec, lambda counts: _between(look, counts))


def _between(look: Look, parts: Numbers) -> Dispersion:
    """Return how AUC wobbles between parts of the reference, (D, slices, width)."""
    yes = parts[:, :, at(look.layout, "pos_hist")]
    no = parts[:, :, at(look.layout, "neg_hist")]
    each, variance = intervals.auc_and_variance(yes, no)
    n = yes.sum(-1) + no.sum(-1)
    known = np.isfinite(each)
    centre = np.where(known, each * n, 0.0).sum(0) / np.maximum(np.where(known, n, 0.0).sum(0), 1)
    with np.errstate(invalid="ignore", divide="ignore"):
        residual = (each - centre) / np.sqrt(variance)
    return dispersion(residual[:, :, None], n[:, :, None])


def _limits(x: Numbers, variance: Numbers, needed: Numbers) -> tuple[Numbers, Numbers]:
    """Return limits of an AUC, symmetric on the scale of log-odds."""
    inside = np.clip(x, 1e-6, 1 - 1e-6)
    # a perfect ranking shows a variance of 0; it is never known that well
    half = np.sqrt(2 * needed * np.maximum(variance, 1e-9)) / (inside * (1 - inside))
    odds = np.log(inside / (1 - inside))
    with np.errstate(over="ignore"):
        return 1 / (1 + np.exp(half - odds)), 1 / (1 + np.exp(-half - odds))
