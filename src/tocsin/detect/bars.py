"""Bars: a distribution in a few bins that people can read, now, in the reference and its blocks.

Bins of numbers are of equal width between the half-percent quantiles of both samples, with what
lies beyond at either end; a fine bin is taken as even within itself.  A column of few values has a
bar for each.  Categories are the ones that
hold most, now or then, and all others together.
"""

from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from tocsin.base.phrases import number
from tocsin.detect import drift
from tocsin.detect.drift import Binned
from tocsin.detect.finding import Finding
from tocsin.detect.look import Look
from tocsin.detect.outcomes import promised
from tocsin.detect.places import at
from tocsin.detect.tails import Numbers
from tocsin.ingest.system import Kind
from tocsin.profile.layout import score_edges

BARS = 20
CATEGORIES = 9
TAIL = 0.005
TENTH = 10
"""Score bins of a bar that tells whether scores hold what they promise."""
MOST_VALUES, MOSTLY = 24, 0.9
"""A column of at most so many values, which hold so much of it, has a bar for each."""
FEWEST_IN_BLOCK = 20
"""Values below which a block tells nothing of the wobble."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Bar:
    """Shares of one bin: in the window, in the reference, and the range over its blocks.

    `tick` is what an axis has room for.
    """

    label: str
    tick: str
    now: float
    was: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class _Counted:
    """Counts of bins, on the last axis: of the window, the reference and its blocks."""

    now: Numbers
    was: Numbers
    blocks: Numbers


def bars(look: Look, finding: Finding) -> tuple[tuple[Bar, ...], bool]:
    """Return the bars of a finding of drift, and whether they are of numbers.

    Empty where the finding's column or slice is not among the counted ones.
    """
    row = look.slices.index(finding.slice) if finding.slice in look.slices else None
    grid = None if row is None else _grid(look, finding.column or "")
    if row is not None and grid is not None:
        edges, places = grid
        return _numbers(edges, _counts(look, row, places)), True
    binned = _binned(look).get(finding.column or "")
    if row is not None and binned is not None:
        blocks = look.baseline.counts(look.layout.spec)[1][:, row]
        own = binned.of(look.current[row]), binned.of(look.reference[row]), binned.of(blocks)
        return _categories(binned.categories, _Counted(*own)), False
    return _mix(look, finding.column or ""), False


def wobble(look: Look, finding: Finding) -> tuple[float, ...]:
    """Return the divergence of each block of the reference from the whole of it, in bits."""
    binned = _binned(look).get(finding.column or "")
    if binned is None or finding.slice not in look.slices:
        return ()
    row = look.slices.index(finding.slice)
    whole = binned.of(look.reference[row])
    blocks = binned.of(look.baseline.counts(look.layout.spec)[1][:, row])
    blocks = blocks[blocks.sum(-1) >= FEWEST_IN_BLOCK]
    if not len(blocks):
        return ()
    shares = blocks / blocks.sum(-1, keepdims=True)
    usual = np.broadcast_to(whole / whole.sum(), shares.shape)
    n_usual = np.full(len(blocks), whole.sum())
    return tuple(drift.divergence(usual, shares, blocks.sum(-1), n_usual).tolist())


def reliability(look: Look, finding: Finding) -> tuple[Bar, ...]:
    """Return a bar per tenth of the scores: the share of yes seen, and what scores promised.

    The range is that of the shares seen in the reference's blocks.
    """
    if finding.slice not in look.slices:
        return ()
    row, layout = look.slices.index(finding.slice), look.layout
    positive, negative = (list(at(layout, name)) for name in ("pos_hist", "neg_hist"))
    starts = np.arange(0, len(positive), TENTH)

    def tenths(counts: Numbers) -> Numbers:
        return np.add.reduceat(counts, starts, axis=-1)

    now, blocks = look.current[row], look.baseline.counts(layout.spec)[1][:, row]
    labels = now[positive] + now[negative]
    n, promises = tenths(labels), tenths(promised(look, row, labels))
    yes = tenths(now[positive])
    parts, of = tenths(blocks[:, positive]), tenths(blocks[:, positive] + blocks[:, negative])
    found: list[Bar] = []
    for k in np.flatnonzero(n).tolist():
        told = of[:, k] >= FEWEST_IN_BLOCK
        seen = parts[told, k] / of[told, k] if told.any() else promises[k : k + 1] / n[k]
        low, high = (number(end) for end in (k / 10, (k + 1) / 10))
        found.append(
            Bar(
                label=f"scores {low} to {high}",
                tick=low,
                now=float(yes[k] / n[k]),
                was=float(promises[k] / n[k]),
                low=float(seen.min()),
                high=float(seen.max()),
            )
        )
    return tuple(found)


def _binned(look: Look) -> dict[str, Binned]:
    def every() -> list[Binned]:
        several = look.layout.spec.kind is Kind.MULTICLASS
        return [*drift.columns(look), *([drift.true_classes(look)] if several else [])]

    return look.baseline.derived(
        "bins by column", lambda: {binned.column: binned for binned in every()}
    )


def _grid(look: Look, column: str) -> tuple[Numbers, tuple[int, ...]] | None:
    """Return a numeric column's borders and places: below, the bins, above; None: not numeric."""
    layout = look.layout
    for bins in layout.spec.numeric:
        if bins.name == column:
            name = f"f_{column}"
            return np.array(bins.edges), at(layout, f"{name}.under", f"{name}.hist", f"{name}.over")
    if column == "estimate" and layout.spec.estimate is not None:
        places = at(layout, "estimate.under", "estimate.hist", "estimate.over")
        return np.array(layout.spec.estimate.edges), places
    if column == "score" and "score_hist" in layout.places:
        return score_edges(layout.spec), (-1, *at(layout, "score_hist"), -1)
    return None


def _counts(look: Look, row: int, places: tuple[int, ...]) -> _Counted:
    """Return the counts at `places`; -1 stands for a place that is always 0."""
    blocks = look.baseline.counts(look.layout.spec)[1][:, row]
    none = np.array(places) < 0

    def chosen(cells: Numbers) -> Numbers:
        return np.where(none, 0.0, cells[..., list(places)])

    return _Counted(chosen(look.current[row]), chosen(look.reference[row]), chosen(blocks))


def _numbers(edges: Numbers, counted: _Counted) -> tuple[Bar, ...]:
    """Return bars of equal width, and one at either end for what lies beyond."""
    few = _few_values(edges, counted.was)
    if few is not None:
        middles = (few[1:] + few[:-1]) / 2
        borders = np.array([2 * few[0] - middles[0], *middles, 2 * few[-1] - middles[-1]])
        names = ticks = [number(value) for value in few.tolist()]
    else:
        ends = [_middle(edges, counts) for counts in (counted.now, counted.was)]
        known = [pair for pair in ends if pair is not None]
        if not known:
            return ()
        lowest, highest = min(a for a, _ in known), max(b for _, b in known)
        borders = np.linspace(lowest, highest, BARS + 1)
        names = [f"{number(a)} to {number(b)}" for a, b in pairwise(borders.tolist())]
        ticks = [number(a) for a in borders[:-1].tolist()]
    low, high = (number(float(border)) for border in borders[[0, -1]])
    found = _bars(
        [f"below {low}", *names, f"{high} and above"],
        [f"< {low}", *ticks, f"≥ {high}"],
        _Counted(*(_spread(edges, counts, borders) for counts in _parts(counted))),
    )
    first = 0 if found[0].now or found[0].was else 1
    last = len(found) if found[-1].now or found[-1].was else len(found) - 1
    return found[first:last]


def _parts(counted: _Counted) -> tuple[Numbers, Numbers, Numbers]:
    return counted.now, counted.was, counted.blocks


def _few_values(edges: Numbers, was: Numbers) -> Numbers | None:
    """Return the values of a column that takes only a few, such as whole years; else None."""
    alone = np.flatnonzero(np.nextafter(edges[:-1], np.inf) == edges[1:])
    inside = was[1:-1]
    if not 2 <= len(alone) <= MOST_VALUES or inside[alone].sum() < MOSTLY * inside.sum():
        return None
    return edges[alone]


def _middle(edges: Numbers, counts: Numbers) -> tuple[float, float] | None:
    """Return where all but a half-percent of the values within the grid lie at either side."""
    inside = counts[1:-1]
    if inside.sum() == 0:
        return None
    share = np.concatenate([[0.0], np.cumsum(inside)]) / inside.sum()
    low = int(np.searchsorted(share, TAIL, side="right")) - 1
    high = int(np.searchsorted(share, 1 - TAIL, side="left"))
    return float(edges[low]), float(edges[high])


def _spread(edges: Numbers, counts: Numbers, borders: Numbers) -> Numbers:
    """Return the counts of the bars: below the first border, between borders, above the last."""
    below, inside, above = counts[..., :1], counts[..., 1:-1], counts[..., -1:]
    rising = np.concatenate([np.zeros_like(below), np.cumsum(inside, -1)], axis=-1)
    place = np.clip(np.searchsorted(edges, borders, side="right") - 1, 0, len(edges) - 2)
    # not np.interp: the slope of a value that is alone in its bin overflows
    with np.errstate(over="ignore"):  # borders far outside a narrow bin
        part = np.clip((borders - edges[place]) / (edges[place + 1] - edges[place]), 0.0, 1.0)
    at_borders = rising[..., place] + part * inside[..., place]
    return np.concatenate(
        [
            below + at_borders[..., :1],
            np.diff(at_borders, axis=-1),
            above + rising[..., -1:] - at_borders[..., -1:],
        ],
        axis=-1,
    )


def _categories(names: tuple[str, ...], counted: _Counted) -> tuple[Bar, ...]:
    """Return the bars of the largest categories, largest in the reference first, and the rest."""
    rest = len(names) - 1
    size = np.maximum(counted.now / max(counted.now.sum(), 1), counted.was / counted.was.sum())
    largest: list[int] = np.argsort(-size[:rest], kind="stable")[:CATEGORIES].tolist()
    kept = sorted(largest, key=lambda place: (-counted.was[place], place))
    others = [place for place in range(len(names)) if place not in kept]

    def folded(counts: Numbers) -> Numbers:
        return np.concatenate(
            [counts[..., kept], counts[..., others].sum(-1, keepdims=True)], axis=-1
        )

    parts = _Counted(*(folded(counts) for counts in _parts(counted)))
    own = [*(names[place] for place in kept), names[rest]]
    found = _bars(own, own, parts)
    return found if found[-1].now or found[-1].was else found[:-1]


def _mix(look: Look, attribute: str) -> tuple[Bar, ...]:
    """Return the bars of the mix of people by one attribute."""
    rows = [
        row
        for row, slice_ in enumerate(look.slices)
        if len(slice_.conditions) == 1 and slice_.conditions[0][0] == attribute
    ]
    if not rows:
        return ()
    place = look.layout.places["n"].start

    def counts(cells: Numbers) -> Numbers:
        parts = cells[..., rows, place]
        other = np.maximum(cells[..., :1, place] - parts.sum(-1, keepdims=True), 0.0)
        return np.concatenate([parts, other], axis=-1)

    every = (look.current, look.reference, look.baseline.counts(look.layout.spec)[1])
    names = (*(look.slices[row].conditions[0][1] for row in rows), "any other")
    return _categories(names, _Counted(*(counts(cells) for cells in every)))


def _bars(names: list[str], ticks: list[str], counted: _Counted) -> tuple[Bar, ...]:
    now, was = (c / max(float(c.sum()), 1.0) for c in (counted.now, counted.was))
    sizes = counted.blocks.sum(-1)
    told = counted.blocks[sizes >= FEWEST_IN_BLOCK]
    shares = told / told.sum(-1, keepdims=True) if len(told) else was[None]
    lowest, highest = shares.min(0), shares.max(0)
    return tuple(
        Bar(label=name, tick=tick, now=float(a), was=float(b), low=float(low), high=float(high))
        for name, tick, a, b, low, high in zip(names, ticks, now, was, lowest, highest, strict=True)
    )
