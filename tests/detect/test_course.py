import numpy as np

from tests.detect.counted import LAYOUT
from tests.detect.scored import Truth, baseline, hidden, realised, window
from tocsin.detect.course import accuracies


def test_each_step_tells_a_range_that_holds_what_outcomes_show() -> None:
    held = 0
    for seed in range(5):
        r = np.random.default_rng(seed)
        usual = [block.cells[""] for block in baseline(500, r).blocks]
        shown = [window(600, r, Truth(centre=c)) for c in np.linspace(-1, 1, 10)]
        steps = np.stack([hidden(one).cells[""] for one in shown])
        for one, found in zip(shown, accuracies(LAYOUT, steps, usual), strict=True):
            assert found is not None
            held += found[0] <= realised(one)["accuracy"] <= found[2]
    assert held >= 46  # of 50, 95 % stated


def test_a_slice_holds_on_to_everyone() -> None:
    r = np.random.default_rng(1)
    blocks, key = baseline(200, r).blocks, "employer=government"
    steps = hidden(window(3000, r)).cells[key][None, :]
    own = [block.cells[key] for block in blocks]
    (alone,) = accuracies(LAYOUT, steps, own)
    (held,) = accuracies(LAYOUT, steps, own, [block.cells[""] for block in blocks])
    assert alone is not None
    assert held is not None
    assert abs(alone[1] - held[1]) < 0.05


def test_few_scores_or_outcomes_are_gaps() -> None:
    r = np.random.default_rng(1)
    usual = [block.cells[""] for block in baseline(500, r).blocks]
    steps = hidden(window(10, r)).cells[""][None, :]
    assert accuracies(LAYOUT, steps, usual) == [None]
    assert accuracies(LAYOUT, steps, []) == [None]
    mute = [hidden(block).cells[""] for block in baseline(500, r).blocks]
    assert accuracies(LAYOUT, hidden(window(500, r)).cells[""][None, :], mute) == [None]
