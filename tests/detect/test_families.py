import numpy as np
import pytest

from tocsin.detect.families import Flags, Kinds
from tocsin.detect.tails import Numbers

SLICES = 3


def kinds(usual: Numbers, seed: int, dof: int = 19, more: float = 499.0) -> Kinds:
    """Return what measures tell whose mean squares are `usual` times those of chance."""
    r = np.random.default_rng(seed)
    s2 = np.tile(usual * r.chisquare(dof, len(usual)) / dof, (SLICES, 1))  # slices wobble as one
    there = np.ones(s2.shape)
    return Kinds.of(s2, dof * there, more * there, there > 0, np.arange(len(usual)))


def families(of: Kinds) -> list[list[int]]:
    return [np.flatnonzero(family).tolist() for family in of.families()]


@pytest.mark.parametrize("usual", [1.0, 5.0])
def test_measures_that_wobble_alike_mostly_stay_together(usual: float) -> None:
    sizes = [len(families(kinds(np.full(20, usual), seed))[0]) for seed in range(40)]
    assert np.mean(sizes) > 18.5


@pytest.mark.parametrize("seed", range(5))
def test_a_measure_in_clumps_leaves_the_others(seed: int) -> None:
    found = families(kinds(np.array([30.0, *[1.0] * 19]), seed))
    assert found[0][0] != 0
    assert len(found[0]) >= 17
    assert [0] in found


@pytest.mark.parametrize("seed", range(5))
def test_a_calm_measure_leaves_many_in_clumps(seed: int) -> None:
    found = families(kinds(np.array([1.0, *[30.0] * 9]), seed))
    assert [0] in found


def test_none_is_taken_for_calmer_than_its_family_by_chance() -> None:
    """Too high is only deaf; too low would cry."""
    low = 0
    for seed in range(200):
        of = kinds(np.full(20, 5.0), seed)
        first = next(of.families())
        together = float(of.seen[first].sum() / of.chance[first].sum())
        low += int((of.seen[~first] / of.chance[~first] < together).sum())
    assert low <= 0.05 * 200


def test_measures_of_one_kind_are_never_parted() -> None:
    s2 = np.array([[1.0, 30.0, 1.0, 1.0]])
    there = np.ones(s2.shape)
    of = Kinds.of(s2, 19 * there, 499 * there, there > 0, np.array([0, 0, 1, 1]))
    assert families(of) == [[1], [0]] or families(of) == [[0], [1]]


def test_every_kind_that_tells_is_in_one_family_and_no_other_is() -> None:
    s2 = np.array([[1.0, 30.0, 1.0, 1.0, 25.0]])
    there = np.ones(s2.shape)
    tells: Flags = np.array([[True, True, False, True, True]])
    of = Kinds.of(s2, 19 * there, 499 * there, tells, np.arange(5))
    assert sorted(families(of)) == [[0, 3], [1, 4]]


def test_what_tells_less_is_charged_more_of_the_word_of_the_list() -> None:
    s2 = np.array([[1.0, 1.0, 1.0, 30.0]])
    there = np.ones(s2.shape)
    more = np.array([[1000.0, 50.0, 500.0, 500.0]])
    tells: Flags = np.array([[True, True, False, True]])
    of = Kinds.of(s2, 19 * there, more, tells, np.arange(4))
    shares = of.shares(np.array([0.0, 0.0, 0.0, 0.06]))
    assert shares[0] < 0.01
    assert shares[0] < shares[1] < shares[2] == 1


def test_where_all_say_the_same_each_is_charged_it() -> None:
    of = kinds(np.ones(5), 1)
    assert (of.shares(np.full(5, 0.01)) == 1).all()
