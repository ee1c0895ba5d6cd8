"""Indicators (SLIs): which events an objective counts, and which of them are bad.

availability             calls that did not fail
latency                  answers within `under_ms`, by the nearest border of the histogram
accuracy, precision, recall, hit_rate    decisions that turned out right, see `performance`
missing, invalid, mistyped, unseen, out_of_range    decisions where `column` is not so
kpi                      successes of a KPI that is a rate
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from tocsin.base.errors import BadInput
from tocsin.base.slices import parse
from tocsin.detect import performance, quality
from tocsin.detect.places import at
from tocsin.detect.rates import Rate
from tocsin.ingest.slo import INPUTS, KPI, OUTCOMES, Slo
from tocsin.profile.cell import Counts
from tocsin.profile.cells import in_cube
from tocsin.profile.layout import Layout
from tocsin.profile.spec import LATENCY_EDGES_MS


@dataclass(frozen=True, slots=True)
class Events:
    """Places of a cell: their sum is how many events were good or bad, and how many there were."""

    counted: tuple[int, ...]
    of: tuple[int, ...]
    bad: bool
    """Whether `counted` are the bad ones."""

    def bad_of(self, counts: Counts) -> tuple[float, float]:
        """Return how many events of one vector were bad, and how many there were."""
        n = float(counts[list(self.of)].sum())
        k = float(counts[list(self.counted)].sum())
        return (k if self.bad else n - k), n


def events(layout: Layout, slo: Slo) -> Events:
    """Return what the indicator of `slo` counts.

    Raises:
        BadInput: the system has no such measure, column or slice.
    """
    where = f"objective {slo.name!r}"
    _check_slice(layout, slo, where)
    match slo.sli:
        case "availability":
            return Events(at(layout, "n_error"), at(layout, "n"), bad=True)
        case "latency":
            assert slo.under_ms is not None, "the configuration asks for it"
            places = at(layout, "latency_hist")
            return Events(places[: border(slo.under_ms) + 1], places, bad=False)
        case sli if sli in OUTCOMES:
            return _rated(slo, performance.rates(layout), where, bad=False)
        case sli if sli in INPUTS:
            return _rated(slo, quality.rates(layout), where, bad=True)
        case _:
            assert slo.sli == KPI, "the configuration knows no other"
            return Events((), (), bad=False)


def _rated(slo: Slo, rates: Sequence[Rate], where: str, *, bad: bool) -> Events:
    """Return the events of the rate that the indicator names; `bad`: those that it counts are."""
    same = [rate for rate in rates if rate.measure == slo.sli]
    for rate in same:
        if rate.column == slo.column:
            return Events(rate.yes, rate.of, bad=bad)
    known = ", ".join(sorted(rate.column or "no column" for rate in same))
    what = f"{slo.sli} is not counted of {slo.column or 'the whole'}"
    do = f"choose one of: {known}" if same else "choose another indicator"
    raise BadInput(what, where=where, do=do)


def border(under_ms: float) -> int:
    """Return which of the latency histogram's inner edges is nearest, as a ratio.

    >>> LATENCY_EDGES_MS[border(250.0)]
    237.1374
    """
    return int(np.argmin(np.abs(np.log(np.array(LATENCY_EDGES_MS) / under_ms))))


def _check_slice(layout: Layout, slo: Slo, where: str) -> None:
    who = parse(slo.slice)
    if slo.slice in layout.spec.slices or not who.conditions:
        return
    if len(who.conditions) == 1 or not in_cube(layout.spec, who):
        raise BadInput(
            f"nobody is counted as {who.label}", where=where, do="name an attribute under slices"
        )
    if slo.sli in INPUTS:
        raise BadInput(
            f"inputs are not counted for {who.label}", where=where, do="name a single attribute"
        )
