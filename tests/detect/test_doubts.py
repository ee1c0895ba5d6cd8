from collections.abc import Sequence

import numpy as np
import pytest

from tests.detect.counted import LAYOUT, SPEC
from tests.detect.looks import look
from tests.detect.scored import ABOVE, Truth, baseline, hidden, window
from tests.detect.test_levels import said as fault
from tocsin.base.slices import EVERYONE, Slice
from tocsin.detect.baseline import Baseline
from tocsin.detect.calibration import calibrate
from tocsin.detect.doubts import Doubted, broken, doubts, follows, meaning
from tocsin.detect.expected import People, performance
from tocsin.detect.finding import Layer
from tocsin.detect.look import Look
from tocsin.profile.window import Window


def doubted(one: Look) -> Doubted:
    yes, no = (one.reference[:, LAYOUT.places[k]] for k in ("pos_hist", "neg_hist"))
    people = People(calibrate(yes, no), (1, 2, 3))
    _, blocks = one.baseline.counts(SPEC)
    early_yes, early_no = (blocks[..., LAYOUT.places[k]] for k in ("pos_hist", "neg_hist"))
    measured = performance(ABOVE)
    return Doubted(people, measured, meaning(people, measured, early_yes, early_no))


def said(current: Window, usual: Baseline, history: Sequence[Window] = ()) -> list[str]:
    one = look(current, usual)
    return doubts(one, doubted(one), [current, *history])


def test_scores_that_mean_what_they_meant_are_not_doubted() -> None:
    r = np.random.default_rng(1)
    usual = baseline(1000, r)
    assert set(said(window(2000, r), usual)) == {""}
    assert set(said(hidden(window(2000, r, Truth(centre=0.5))), usual)) == {""}


def test_scores_where_the_reference_knows_little_are_doubted() -> None:
    r = np.random.default_rng(1)
    usual = baseline(300, r, Truth(centre=-2, spread=0.5))
    found = said(hidden(window(2000, r, Truth(centre=1, spread=0.5))), usual)
    assert "% of scores lie where the reference knows fewer than 10 outcomes" in found[0]


def test_a_meaning_that_moved_within_the_reference_is_doubted() -> None:
    r = np.random.default_rng(1)
    usual = baseline(2000, r, Truth(wobble=0.6))
    found = said(hidden(window(2000, r)), usual)
    assert "outcomes and scores parted by some" in found[0]


@pytest.mark.parametrize("seed", range(3))
def test_outcomes_that_contradict_are_told_in_numbers(seed: int) -> None:
    r = np.random.default_rng(seed)
    usual = baseline(1000, r)
    turned = Truth(bias={"": -1.0}, known=0.3)
    found = said(window(2000, r, turned), usual)
    assert "outcomes contradict it: " in found[0]
    assert "where scores promised" in found[0]


def test_outcomes_of_earlier_windows_contradict_as_well() -> None:
    r = np.random.default_rng(1)
    usual = baseline(1000, r)
    turned = [window(1000, r, Truth(bias={"": -1.0}), day=-d) for d in range(1, 4)]
    assert "contradict" in said(hidden(window(2000, r)), usual, turned)[0]
    straight = [window(1000, r, day=-d) for d in range(1, 4)]
    assert not said(hidden(window(2000, r)), usual, straight)[0]


def test_outcomes_of_one_slice_contradict_only_there() -> None:
    r = np.random.default_rng(1)
    usual = baseline(2000, r)
    found = said(window(2000, r, Truth(bias={"government": -1.5})), usual)
    assert "contradict" in found[3]
    assert not found[1]


def test_true_scores_are_contradicted_no_more_often_than_stated() -> None:
    wrong = tried = 0
    for seed in range(6):
        r = np.random.default_rng(seed)
        usual = baseline(500, r, Truth(wobble=0.1))
        for _ in range(25):
            found = said(window(1000, r, Truth(wobble=0.1)), usual)
            wrong, tried = wrong + sum(map(bool, found)), tried + len(found)
    assert wrong <= 2 + 3 * tried * 1e-3


def test_broken_inputs_of_one_slice_are_not_those_of_its_neighbours() -> None:
    north, south, women = (
        Slice.of(one) for one in ({"region": "north"}, {"region": "south"}, {"sex": "f"})
    )
    slices = [EVERYONE, north, south, women]
    there = fault(Layer.QUALITY, "missing", north, column="income", effect=0.9)
    assert broken(slices, [there]) == {north}
    whole = fault(Layer.QUALITY, "missing", column="income", effect=0.3)
    assert broken(slices, [whole, there]) == {EVERYONE, north, women}
    assert broken(slices, [whole]) == set(slices)
    assert broken(slices, []) == set()


def test_answers_that_do_not_follow_from_scores_are_seen() -> None:
    r = np.random.default_rng(1)
    one = look(window(2000, r), baseline(1000, r))
    assert follows(one, ABOVE)
    assert not follows(one, ~ABOVE | ABOVE)
