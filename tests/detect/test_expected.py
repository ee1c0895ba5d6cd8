from dataclasses import fields

import numpy as np
import pytest

from tests.detect.counted import LAYOUT, SPEC
from tests.detect.scored import ABOVE, Truth, baseline, realised, window
from tocsin.detect.baseline import stacked
from tocsin.detect.calibration import calibrate
from tocsin.detect.expected import LEAST, MEASURES, Expected, People, performance
from tocsin.detect.intervals import auc_and_variance
from tocsin.detect.tails import Numbers


def people(parts: tuple[int, ...] = (1, 2, 3)) -> tuple[People, Numbers]:
    truth = Truth(bias={"government": -0.8})
    counts = stacked(baseline(2000, np.random.default_rng(1), truth).total, SPEC)
    yes, no = (np.asarray(counts[:, LAYOUT.places[k]]) for k in ("pos_hist", "neg_hist"))
    return People(calibrate(yes, no), parts), yes + no


def test_with_true_outcomes_the_measures_are_those_of_the_confusion_table() -> None:
    one = window(2000, np.random.default_rng(3))
    yes, no = (one.cells[""][LAYOUT.places[k]].astype(float) for k in ("pos_hist", "neg_hist"))
    values: list[float] = performance(ABOVE)(yes, no)[0].tolist()
    value: dict[str, float] = dict(zip(MEASURES, values, strict=True))
    for measure, known in realised(one).items():
        assert value[measure] == pytest.approx(known)
    assert value["auc"] == pytest.approx(float(auc_and_variance(yes, no)[0]))


def test_derivatives_are_those_of_finite_differences() -> None:
    r = np.random.default_rng(5)
    yes, no = r.uniform(1, 30, 100), r.uniform(1, 30, 100)
    measured = performance(ABOVE)
    value, _, up, down = measured(yes, no)
    for place in (3, 49, 50, 97):
        step = np.zeros(100)
        step[place] = 1e-4
        assert (measured(yes + step, no)[0] - value) / 1e-4 == pytest.approx(up[:, place], abs=1e-7)
        assert (measured(yes, no + step)[0] - value) / 1e-4 == pytest.approx(
            down[:, place], abs=1e-7
        )


def test_the_variances_are_those_seen_when_decisions_are_drawn_again() -> None:
    some, labels = people(())
    r, measured = np.random.default_rng(7), performance(ABOVE)
    share, n = some.calibration.share[0], np.rint(labels / 20)
    expected, fixed = some.expected(n, measured), n[0].astype(int)
    mixes = [measured(k * share, k * (1 - share))[0] for k in r.poisson(fixed, (3000, 100))]
    assert np.std(mixes, 0) == pytest.approx(np.sqrt(expected.mix[0]), rel=0.1)
    draws = [measured(k, fixed - k)[0] for k in r.binomial(fixed, share, (3000, 100))]
    assert np.std(draws, 0) == pytest.approx(np.sqrt(expected.label[0]), rel=0.1)


def test_everyone_is_weighted_by_the_parts_that_are_there() -> None:
    some, labels = people()
    mostly = labels.copy()
    mostly[3] *= 5  # employer=government, for whom scores promise too much
    mostly[0] = mostly[1:4].sum(0)
    weighted = some.expected(mostly, performance(ABOVE)).value[0]
    plain = people(())[0].expected(mostly, performance(ABOVE)).value[0]
    precision = MEASURES.index("precision")
    assert weighted[precision] < plain[precision] - 0.02


def test_blocks_give_what_each_gives_alone() -> None:
    some, labels = people()
    both = np.stack([labels, labels / 3])
    together = some.expected(both, performance(ABOVE))
    for place in range(2):
        alone = some.expected(both[place], performance(ABOVE))
        for name in (field.name for field in fields(Expected) if field.name != "coefficients"):
            assert np.allclose(getattr(together, name)[place], getattr(alone, name))


def test_nobody_is_worth_nothing_that_can_be_said() -> None:
    some, labels = people()
    nothing = some.expected(np.zeros_like(labels), performance(ABOVE))
    assert np.isnan(nothing.value).all()
    assert len(LEAST) == len(MEASURES)
