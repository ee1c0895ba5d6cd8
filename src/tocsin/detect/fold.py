"""Fold: one fault, one alarm.  What moved only because a part of it did is no alarm of its own.

A fault in one slice moves everyone's rate and that of every slice that shares people with it.  For
each alarm of `performance` the people of the causes that the search found, and that are told, are
left out; if what remains is no alarm any more at the look's error rate, the alarm only repeats
theirs: it is told as a fact that asks nothing.  Harm to a protected group (`fairness`) is always
told.
"""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from tocsin.base.phrases import listing
from tocsin.base.slices import EVERYONE, Slice
from tocsin.detect import apart, performance, tails
from tocsin.detect.finding import Finding, Layer, Level, Verdict
from tocsin.detect.look import FEWEST, Look
from tocsin.detect.rates import share, usual
from tocsin.detect.search import METHOD
from tocsin.detect.tails import Numbers
from tocsin.profile.leaves import PARTS, Leaves, within

_OF = {
    "selection_rate": (("n_positive",), ("n_prediction",)),
    "accuracy": (("tp", "tn"), ("tp", "fp", "tn", "fn")),
    "hit_rate": (("tp",), ("tp", "fp")),
    "precision": (("tp",), ("tp", "fp")),
    "recall": (("tp",), ("tp", "fn")),
}
"""Each rate's events and rows, as parts of a leaf."""


def folded(
    look: Look, known: Look, found: Sequence[Finding], causes: Sequence[Slice]
) -> list[Finding]:
    """Return the findings; those that only repeat what is told of a cause are alarms no more.

    Args:
        look: what they were found in.
        known: the same for what needs outcomes.
        found: every finding of the look.
        causes: slices that moved by themselves; those that no alarm tells are not left out.
    """
    told = {f.slice for f in found if _tells(f)}
    own = [who for who in dict.fromkeys(causes) if who in told]
    if look.window.leaves is None or look.baseline.total.leaves is None or not own:
        return list(found)
    at = {"selection_rate": look}
    return [
        _fact(f, own) if _repeats(at.get(apart.plain(f.measure), known), f, own) else f
        for f in found
    ]


def _tells(finding: Finding) -> bool:
    whole = finding.layer is Layer.PERFORMANCE and finding.column is None  # not of one class
    return whole and apart.plain(finding.measure) in _OF and finding.verdict is Verdict.ALARM


def _repeats(look: Look, finding: Finding, causes: Sequence[Slice]) -> bool:
    own = finding.slice in causes or finding.method == METHOD
    return _tells(finding) and not own and not _alarms(look, finding, causes)


def _fact(finding: Finding, causes: Sequence[Slice]) -> Finding:
    parts = [who.label for who in causes if finding.slice.compatible(who)]
    why = f"{finding.why.removesuffix('.')}; the others are as before: it is {listing(parts)}."
    return replace(finding, verdict=Verdict.OK, level=Level.INFO, why=why)


def _alarms(look: Look, finding: Finding, causes: Sequence[Slice]) -> bool:
    """Return whether a finding's slice would alarm without the people of the causes."""
    now, was = look.window.leaves, look.baseline.total.leaves
    if finding.slice not in look.slices or now is None or was is None:
        return True
    others = [who for who in causes if not finding.slice.within(who)]
    (k, n), (k_was, n_was) = (_without(look, some, finding, others) for some in (now, was))
    if min(n, n_was) < FEWEST:
        return False
    if finding.measure in apart.MEASURES:
        every = _without(look, now, replace(finding, slice=EVERYONE), others)
        return apart.remains(look, finding, (k, n), every)
    name, place, rate = performance.find(look.layout, finding.measure)
    row = look.slices.index(finding.slice)
    spread = usual(look, performance.families(look.layout)[name], name).dispersion.one(row, place)
    size, size_was = np.full((1, 1), n), np.full((1, 1), n_was)
    phi = spread.phi(size, look.blocks_long)
    p, q = share(np.full((1, 1), k), size), share(np.full((1, 1), k_was), size_was)
    cost = tails.two_samples(p, size / phi, q, size_was / spread.phi_block)
    alpha = look.alphas(finding.layer).of(finding.slice)
    needed = tails.exponent(alpha / 2, spread.tail_dof(phi))
    moved = float((p - q)[0, 0]) * (1 if finding.value >= finding.baseline else -1)
    return bool(cost[0, 0] >= needed[0, 0]) and moved > rate.least


def _without(
    look: Look, some: Leaves, finding: Finding, causes: Sequence[Slice]
) -> tuple[float, float]:
    """Return events and rows of the finding's slice without the people of the causes."""
    spec = look.layout.spec
    left = within(some.codes, spec, finding.slice)
    for who in causes:
        left &= ~within(some.codes, spec, who)
    yes, of = _OF[apart.plain(finding.measure)]
    return _sum(some.counts[left], yes), _sum(some.counts[left], of)


def _sum(counts: Numbers, parts: Sequence[str]) -> float:
    return float(counts[:, [PARTS.index(part) for part in parts]].sum())
