import numpy as np
import pytest

from tests.detect.looks import alarms
from tests.detect.prices import Off, look, table, usual, window
from tocsin.detect.errors import MEASURES, errors, sampled
from tocsin.detect.finding import Verdict
from tocsin.profile import regression
from tocsin.profile.layout import layout_of


def test_the_measures_are_those_of_the_rows() -> None:
    r = np.random.default_rng(1)
    spec, _ = usual(300, r)
    raw = table(5000, r, Off(spread=12, aside={"": 3.0}))
    counts = window(raw, spec).cells[""]
    error = raw["price"].to_numpy() - raw["answer"].to_numpy()
    found = sampled(layout_of(spec), counts.astype(float))
    mae, rmse, bias = found.value.tolist()
    assert mae == pytest.approx(float(np.abs(error).mean()), rel=1e-3)
    assert rmse == pytest.approx(float(np.sqrt((error**2).mean())), rel=1e-3)
    assert bias == pytest.approx(float(error.mean()), abs=1e-2)
    layout = layout_of(spec)
    known = [f(layout, counts) for f in (regression.mae, regression.rmse, regression.bias)]
    assert [mae, rmse, bias] == pytest.approx(known)
    spread = [np.abs(error).var(), (error**2).var() / (4 * (error**2).mean()), error.var()]
    assert found.variance.tolist() == pytest.approx([float(x) for x in spread], rel=0.1)


def test_worse_answers_are_found_where_they_are() -> None:
    r = np.random.default_rng(2)
    spec, baseline = usual(600, r)
    aside = window(table(3000, r, Off(aside={"west": 8.0})), spec)
    found = alarms(errors(look(aside, spec, baseline)))
    assert max(found, key=lambda f: f.evidence).slice.key == "town=west"
    assert {f.measure for f in found if f.slice.key == "town=west"} == set(MEASURES)
    assert "too low by" in next(f.why for f in found if f.measure == "bias")
    wide = alarms(errors(look(window(table(3000, r, Off(spread=15)), spec), spec, baseline)))
    assert {f.measure for f in wide if not f.slice.conditions} == {"mae", "rmse"}


def test_better_answers_are_no_alarm() -> None:
    r = np.random.default_rng(3)
    spec, baseline = usual(600, r)
    assert alarms(errors(look(window(table(3000, r, Off(spread=6)), spec), spec, baseline))) == []


@pytest.mark.parametrize("wobble", [0.0, 2.0])
def test_without_change_alarms_are_no_more_frequent_than_stated(wobble: float) -> None:
    alpha, beyond, tried = 0.02, 0, 0
    for seed in range(5):
        r = np.random.default_rng(seed)
        spec, baseline = usual(300, r, Off(wobble=wobble))
        for _ in range(15):
            found = errors(
                look(window(table(300, r, Off(wobble=wobble)), spec), spec, baseline, alpha)
            )
            beyond += sum(f.interval[0] > 0 for f in found)  # as if nothing were too small
            tried += len(found)
    assert tried > 600
    assert beyond / tried <= alpha


def test_few_or_no_outcomes_are_insufficient() -> None:
    r = np.random.default_rng(4)
    spec, baseline = usual(300, r)
    found = errors(look(window(table(20, r), spec), spec, baseline))
    assert {f.verdict for f in found} == {Verdict.INSUFFICIENT}
    mute = window(table(500, r).drop_columns(["price"]), spec)
    assert {f.verdict for f in errors(look(mute, spec, baseline))} == {Verdict.INSUFFICIENT}
