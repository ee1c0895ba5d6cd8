"""Localise: which slice holds the harm, by an expectation-based likelihood-ratio scan.

For every slice handed in, with O events among n decisions where E were expected:

    LLR = (O ln(O/E) + (n-O) ln((n-O)/(n-E))) / phi        [nats; 0 in the direction of no harm]

the binomial form, which is the Poisson one where events are rare.  E comes from each slice's own
baseline, so that a mere change of mix is no harm.  A slice stands if

    LLR > ln(slices scanned at its depth) + MARGIN

(the search is paid for).  **Promotion**: a slice is only part of the story if what is left of a
larger slice around it deviates too: the parent is taken instead when ln(O/E) of its rest is at
least 0.3 of the slice's own and the rest's LLR exceeds 5, or nothing is left.

Source: Kulldorff (1997), Commun. Stat. Theory Methods 26, 1481-1496; promotion: our own.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from tocsin.base.errors import BadInput
from tocsin.base.slices import Slice

MARGIN = 7.0
"""ln(1/alpha) with alpha about 1/1,000 for a whole scan."""
_PROMOTE_RATIO, _PROMOTE_LLR = 0.3, 5.0


@dataclass(frozen=True, slots=True)
class Cell:
    """One slice's counts: events observed, events expected from its own baseline, decisions."""

    slice: Slice
    observed: float
    expected: float
    n: float


@dataclass(frozen=True, slots=True)
class Culprit:
    """One slice that deviates: evidence, impact and severity apart."""

    slice: Slice
    llr: float
    """Evidence in nats."""
    excess: float
    """Observed less expected events; negative where events are missing."""
    ratio: float
    """Observed over expected events."""


def localise(cells: Sequence[Cell], *, phi: float = 1.0, rise: bool = True) -> list[Culprit]:
    """Return the slices that hold the harm, the strongest evidence first; overlaps included.

    Args:
        cells: single attribute values, pairs, and everyone where known; a slice stands once.
        phi: over-dispersion of the counts, >= 1, measured where all is well.
        rise: whether more events are harm; False looks for drops.

    Raises:
        BadInput: a slice stands twice, a count is outside 0..n, or phi < 1.

    >>> from tocsin.base.slices import EVERYONE
    >>> cells = [Cell(EVERYONE, 190, 100, 1000),
    ...          Cell(Slice.of({"region": "north"}), 110, 20, 200),
    ...          Cell(Slice.of({"region": "south"}), 80, 80, 800)]
    >>> [c.slice.label for c in localise(cells)]
    ['region=north', 'everyone']
    """
    by_slice = {cell.slice: cell for cell in cells}
    if len(by_slice) != len(cells) or phi < 1:
        raise BadInput(f"{len(cells) - len(by_slice)} slices twice, phi {phi}", where="localise")
    for cell in cells:
        if not (0 <= cell.observed <= cell.n and 0 <= cell.expected <= cell.n):
            raise BadInput(f"impossible counts in {cell.slice.label}", where="localise")
    at_depth: dict[int, int] = {}
    for cell in cells:
        depth = len(cell.slice.conditions)
        at_depth[depth] = at_depth.get(depth, 0) + 1
    standing = [
        (score, cell)
        for cell in cells
        if (score := llr(cell, phi=phi, rise=rise))
        > math.log(at_depth[len(cell.slice.conditions)]) + MARGIN
    ]
    standing.sort(key=lambda pair: (-pair[0], pair[1].slice))
    ordered = [cell for _, cell in standing]
    if ordered:
        best = ordered[0]
        while (parent := _promoted(best, by_slice, phi=phi, rise=rise)) is not None:
            best = parent
        ordered = [best, *(cell for cell in ordered if cell.slice != best.slice)]
    return [
        Culprit(
            cell.slice,
            llr(cell, phi=phi, rise=rise),
            cell.observed - cell.expected,
            cell.observed / cell.expected if cell.expected else math.inf,
        )
        for cell in ordered
    ]


def llr(cell: Cell, *, phi: float = 1.0, rise: bool = True) -> float:
    """Return one slice's evidence in nats, >= 0; 0 where it deviates to the other side."""
    if (cell.observed > cell.expected) is not rise or cell.observed == cell.expected:
        return 0.0
    expected = min(max(cell.expected, 1e-9), cell.n - 1e-9) if cell.n else 0.0
    no, expected_no = cell.n - cell.observed, cell.n - expected
    return (_xlogy(cell.observed, expected) + _xlogy(no, expected_no)) / phi


def _xlogy(observed: float, expected: float) -> float:
    return observed * math.log(observed / expected) if observed > 0 else 0.0


def _promoted(cell: Cell, by_slice: Mapping[Slice, Cell], *, phi: float, rise: bool) -> Cell | None:
    """Return the parent whose rest deviates like `cell`, the strongest first; None: stay."""
    parents: list[tuple[float, Cell]] = []
    for condition in cell.slice.conditions:
        rest_of = tuple(c for c in cell.slice.conditions if c != condition)
        parent = by_slice.get(Slice(rest_of))
        if parent is None:
            continue
        rest = Cell(
            parent.slice,
            parent.observed - cell.observed,
            parent.expected - cell.expected,
            parent.n - cell.n,
        )
        score = llr(rest, phi=phi, rise=rise)
        if rest.n <= 0 or (
            score > _PROMOTE_LLR and abs(_ln_ratio(rest)) >= _PROMOTE_RATIO * abs(_ln_ratio(cell))
        ):
            parents.append((score, parent))
    return max(parents, key=lambda pair: (pair[0], pair[1].slice))[1] if parents else None


def _ln_ratio(cell: Cell) -> float:
    # half an event on either side keeps an empty cell finite
    return math.log((cell.observed + 0.5) / (cell.expected + 0.5))
