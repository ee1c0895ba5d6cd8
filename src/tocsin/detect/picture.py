"""Pictures: what stands behind a finding's number, ready to be drawn on a page or in a terminal.

    a share, an AUC, a gap   the measure by slice: now with its 95 % interval, the reference, and
                             the range over the reference's blocks (its ordinary wobble)
    calibration              the share of yes by score: now, as promised, and over its blocks
    a distribution           the share of each bin: now, in the reference, and over its blocks
    anything else            the effect, its interval and the threshold alone

What is drawn is counted from the same cells as the finding; nothing is sampled or fitted.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from tocsin.base.slices import Slice
from tocsin.detect import (
    apart,
    fairness,
    health,
    intervals,
    maturity,
    outcomes,
    performance,
    quality,
)
from tocsin.detect.bars import Bar, bars, reliability, wobble
from tocsin.detect.finding import Finding, Layer
from tocsin.detect.look import FEWEST, Look
from tocsin.detect.places import at
from tocsin.detect.rates import Rate
from tocsin.detect.tails import Numbers
from tocsin.ingest.system import Kind
from tocsin.profile.layout import Layout

GROUPS = 8
"""Slices that are drawn at the most, everyone and the finding's own among them."""
FEWEST_IN_BLOCK = 10
"""Rows below which a block tells nothing of the wobble."""
_Z_95 = 1.959964


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """The measure for one slice: now with a 95 % interval, in the reference, in its blocks."""

    slice: Slice
    now: float
    low: float
    high: float
    n: int
    was: float
    blocks: tuple[float, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Picture:
    """One finding with what is drawn of it: `bars`, or `groups`, or neither."""

    finding: Finding
    bars: tuple[Bar, ...] = ()
    ordered: bool = False
    """Whether the bars are of numbers, from small to large, rather than of categories."""
    groups: tuple[Group, ...] = ()
    blocks: tuple[float, ...] = ()
    """The finding's own measure in each block of the reference that could tell."""


_OF_VALUES = ("jsd", "scale", "constant")
_RIGHT = {Kind.MULTICLASS: "accuracy", Kind.RANKING: "hit_rate"}
"""The rate by which groups are compared where there is no yes."""
"""Measures of one input's values, which are drawn as bars."""


@dataclass(frozen=True, slots=True)
class _Measure:
    """How one measure is read off cells of shape (..., width): its value and its n, (...).

    `limits` gives the 95 % interval of one cell.
    """

    read: Callable[[Numbers], tuple[Numbers, Numbers]]
    limits: Callable[[Numbers], tuple[float, float]]


def picture(look: Look, finding: Finding) -> Picture:
    """Return the picture of one of the findings that the monitors made of `look`."""
    empty = Picture(finding=finding)
    if finding.measure in _OF_VALUES:
        drawn, ordered = bars(look, finding)
        seen = wobble(look, finding) if finding.measure == "jsd" else ()
        return replace(empty, bars=drawn, ordered=ordered, blocks=seen)
    if finding.measure == outcomes.CALIBRATION:
        return replace(empty, bars=reliability(look, finding), ordered=True)
    measure, rows = _measure(look, finding), _rows(look, finding)
    if measure is None or not rows:
        return empty
    groups = tuple(group for row in rows if (group := _group(look, measure, row)) is not None)
    own = next((group.blocks for group in groups if group.slice == finding.slice), ())
    return replace(empty, groups=groups, blocks=own)


def _measure(look: Look, finding: Finding) -> _Measure | None:
    """Return how the finding's measure is read off cells; None where this room does not know."""
    layout = look.layout
    if finding.layer is Layer.FAIRNESS and layout.spec.kind in _RIGHT:
        rate = _right(layout, finding.column)
        return _share(rate.yes, rate.of)
    gap = next((gap for gap in fairness.GAPS if gap.measure == finding.measure), None)
    if gap is not None:
        return _share(at(layout, *gap.yes), at(layout, *gap.of))
    if finding.layer is Layer.FAIRNESS:
        chosen = fairness.GAPS[0]
        return _share(at(layout, *chosen.yes), at(layout, *chosen.of))
    if finding.measure == "auc":
        return _auc(look)
    named = (finding.layer, apart.plain(finding.measure), finding.column)
    for rate in _rates(look):
        if (rate.layer, rate.measure, rate.column) == named:
            return _share(rate.yes, rate.of)
    return None


def _right(layout: Layout, column: str | None) -> Rate:
    """Return the rate by which groups are compared: of all answers, or of one true class."""
    name = _RIGHT[layout.spec.kind] if column is None else "recall"
    rates = performance.rates(layout)
    return next(rate for rate in rates if (rate.measure, rate.column) == (name, column))


def _rates(look: Look) -> list[Rate]:
    def listed() -> list[Rate]:
        found = [*health.rates(look), *quality.rates(look.layout), maturity.rate(look.layout)]
        found += [rate for some in performance.families(look.layout).values() for rate in some]
        if look.layout.spec.kind is Kind.BINARY:
            found.append(outcomes.rate(look.layout))
        return found

    return look.baseline.derived("rates that are drawn", listed)


def _share(yes: tuple[int, ...], of: tuple[int, ...]) -> _Measure:
    def read(cells: Numbers) -> tuple[Numbers, Numbers]:
        n = cells[..., list(of)].sum(-1)
        with np.errstate(invalid="ignore", divide="ignore"):
            return cells[..., list(yes)].sum(-1) / n, n

    def limits(cell: Numbers) -> tuple[float, float]:
        return intervals.wilson(float(cell[list(yes)].sum()), float(cell[list(of)].sum()))

    return _Measure(read, limits)


def _auc(look: Look) -> _Measure:
    positive, negative = (list(at(look.layout, name)) for name in ("pos_hist", "neg_hist"))

    def read(cells: Numbers) -> tuple[Numbers, Numbers]:
        yes, no = cells[..., positive], cells[..., negative]
        return intervals.auc_and_variance(yes, no)[0], yes.sum(-1) + no.sum(-1)

    def limits(cell: Numbers) -> tuple[float, float]:
        value, variance = intervals.auc_and_variance(cell[positive], cell[negative])
        half = _Z_95 * float(np.sqrt(variance))
        return max(0.0, float(value) - half), min(1.0, float(value) + half)

    return _Measure(read, limits)


def _group(look: Look, measure: _Measure, row: int) -> Group | None:
    """Return one slice's numbers; None where the window holds none of it."""
    value, n = measure.read(look.current[row])
    was, _ = measure.read(look.reference[row])
    if not np.isfinite(value):
        return None
    blocks, sizes = measure.read(look.baseline.counts(look.layout.spec)[1][:, row])
    told = np.isfinite(blocks) & (sizes >= FEWEST_IN_BLOCK)
    low, high = measure.limits(look.current[row])
    return Group(
        slice=look.slices[row],
        now=float(value),
        low=low,
        high=high,
        n=int(n),
        was=float(was),
        blocks=tuple(blocks[told].tolist()),
    )


def _rows(look: Look, finding: Finding) -> list[int]:
    """Return which slices are drawn: everyone, its own, and those beside it that moved most.

    Empty where the finding is of a slice that is not among the counted ones.
    """
    if finding.slice not in look.slices:
        return []
    own = look.slices.index(finding.slice)
    attribute = finding.slice.conditions[0][0] if finding.slice.conditions else None
    if finding.layer is Layer.FAIRNESS and attribute is None:
        attribute = finding.column
    beside = [
        row
        for row, slice_ in enumerate(look.slices)
        if row not in {0, own} and (attribute is None or slice_.conditions[0][0] == attribute)
    ]
    measure = _measure(look, finding)
    if measure is not None and beside:
        now, n = measure.read(look.current[beside])
        was, _ = measure.read(look.reference[beside])
        moved = np.where(n >= FEWEST, np.nan_to_num(np.abs(now - was)), -1.0)
        order: list[int] = np.argsort(-moved, kind="stable").tolist()
        beside = [beside[place] for place in order if moved[place] >= 0]
    first = dict.fromkeys((0, own))
    return [*first, *sorted(beside[: GROUPS - len(first)])]
