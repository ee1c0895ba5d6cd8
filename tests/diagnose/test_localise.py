import numpy as np
import pytest

from tocsin.base.errors import BadInput
from tocsin.base.slices import EVERYONE, Slice
from tocsin.diagnose.localise import Cell, llr, localise

REGIONS = {"north": 0.25, "south": 0.25, "east": 0.25, "west": 0.25}
SEXES = {"f": 0.5, "m": 0.5}


def cube(rng: np.random.Generator, faulty: Slice, rate: float, factor: float) -> list[Cell]:
    """Return every single value, every pair and everyone of a crossed cube with a planted fault."""
    pairs: list[tuple[Slice, int, float]] = []
    for region in REGIONS:
        for sex in SEXES:
            slice_ = Slice.of({"region": region, "sex": sex})
            p = rate * (factor if slice_.within(faulty) else 1.0)
            pairs.append((slice_, int(rng.binomial(500, p)), 500.0))
    wanted = [EVERYONE, *(Slice.of({"region": r}) for r in REGIONS)]
    wanted += [Slice.of({"sex": s}) for s in SEXES]
    wanted += [slice_ for slice_, _, _ in pairs]
    cells: list[Cell] = []
    for slice_ in wanted:
        inside = [(o, n) for leaf, o, n in pairs if leaf.within(slice_)]
        n = sum(n for _, n in inside)
        cells.append(Cell(slice_, sum(o for o, _ in inside), n * rate, n))
    return cells


@pytest.mark.parametrize("factor", [2.0, 0.4])
@pytest.mark.parametrize(
    "faulty",
    [
        EVERYONE,
        Slice.of({"region": "north"}),
        Slice.of({"sex": "f"}),
        Slice.of({"region": "north", "sex": "f"}),
    ],
    ids=lambda s: s.label,
)
def test_the_planted_slice_comes_first_at_any_depth(faulty: Slice, factor: float) -> None:
    rng = np.random.default_rng(7)
    hits = 0
    for _ in range(40):
        found = localise(cube(rng, faulty, 0.2, factor), rise=factor > 1)
        hits += bool(found) and found[0].slice == faulty
    assert hits >= 38


def test_nothing_is_accused_when_all_is_well() -> None:
    rng = np.random.default_rng(11)
    accused = sum(bool(localise(cube(rng, EVERYONE, 0.2, 1.0))) for _ in range(300))
    assert accused <= 3


def test_the_other_direction_is_no_harm() -> None:
    cell = Cell(EVERYONE, 50, 100, 1_000)
    assert llr(cell, rise=True) == 0.0
    assert llr(cell, rise=False) > 10
    assert localise([cell], rise=True) == []


def test_a_parent_whose_rest_deviates_as_well_is_taken_instead() -> None:
    north, south = Slice.of({"region": "north"}), Slice.of({"region": "south"})
    cells = [Cell(EVERYONE, 200, 100, 1_000), Cell(north, 160, 60, 300), Cell(south, 40, 40, 700)]
    assert localise(cells)[0].slice == north
    both = [Cell(EVERYONE, 260, 100, 1_000), Cell(north, 190, 60, 300), Cell(south, 70, 40, 700)]
    assert localise(both)[0].slice == EVERYONE


def test_evidence_impact_and_severity_are_told_apart() -> None:
    culprit = localise([Cell(EVERYONE, 200, 100, 1_000)])[0]
    assert (culprit.excess, culprit.ratio) == (100, 2.0)
    assert localise([Cell(EVERYONE, 9, 0, 10)])[0].ratio == float("inf")


def test_impossible_counts_are_refused() -> None:
    good = Cell(EVERYONE, 1, 1, 10)
    for cells in ([good, good], [Cell(EVERYONE, 11, 1, 10)], [Cell(EVERYONE, 1, -1, 10)]):
        with pytest.raises(BadInput):
            localise(cells)
