from dataclasses import replace

import numpy as np
import pytest

from tests.contain.cases import NORTH
from tests.contain.test_propose import finding
from tests.store.examples import SPEC
from tocsin.base.slices import EVERYONE, Slice
from tocsin.contain.measure import (
    ERROR_RATE,
    FAILED_CALLS,
    FALSE_POSITIVE_RATE,
    PRECISION,
    RECALL,
    SELECTION_RATE,
    Counted,
    counted,
    dispersion,
    harm,
)
from tocsin.contain.verify import Rate
from tocsin.detect.finding import Layer, Level, Verdict
from tocsin.ingest.system import Kind
from tocsin.profile.layout import layout_of


@pytest.mark.parametrize(
    ("layer", "measure", "rate"),
    [
        (Layer.PERFORMANCE, "selection_rate", SELECTION_RATE),
        (Layer.FAIRNESS, "selection_rate_ratio", SELECTION_RATE),
        (Layer.PERFORMANCE, "accuracy", ERROR_RATE),
        (Layer.PERFORMANCE, "auc", ERROR_RATE),
        (Layer.PERFORMANCE, "precision", PRECISION),
        (Layer.FAIRNESS, "true_positive_rate_gap", RECALL),
        (Layer.FAIRNESS, "false_positive_rate_gap", FALSE_POSITIVE_RATE),
        (Layer.HEALTH, "error_share", FAILED_CALLS),
        (Layer.FAIRNESS, "error_rate_gap", ERROR_RATE),
    ],
)
def test_every_harm_has_a_rate_that_can_be_counted(
    layer: Layer, measure: str, rate: Counted
) -> None:
    assert counted(replace(finding(layer), measure=measure)) is rate


def test_a_rate_is_read_off_a_cell() -> None:
    layout = layout_of(SPEC)
    cell = layout.zero()
    for place, value in (("tp", 5), ("fp", 2), ("tn", 7), ("fn", 1), ("n_positive", 4)):
        layout.get(cell, place)[:] = value
    layout.get(cell, "n_prediction")[:] = 9
    assert ERROR_RATE.rate(layout, cell) == Rate(3, 15)
    assert SELECTION_RATE.rate(layout, cell) == Rate(4, 9)
    assert RECALL.rate(layout, None) == Rate(0, 0)
    assert (ERROR_RATE.needs_outcomes, SELECTION_RATE.needs_outcomes) == (True, False)


@pytest.mark.parametrize(
    "rate",
    [SELECTION_RATE, ERROR_RATE, PRECISION, RECALL, FALSE_POSITIVE_RATE, FAILED_CALLS],
)
def test_every_rate_can_be_read_off_the_outcomes_alone(rate: Counted) -> None:
    layout = layout_of(SPEC)
    cell = np.arange(layout.width, dtype=np.int64)
    assert rate.rate(layout, cell[: layout.outcomes]) == rate.rate(layout, cell)


def test_the_alarm_nearest_to_the_slice_then_the_gravest_then_the_strongest_is_the_harm() -> None:
    exact = replace(finding(Layer.PERFORMANCE), measure="accuracy", evidence=3.0)
    stronger = replace(exact, measure="recall", evidence=5.0)
    milder = replace(exact, measure="precision", evidence=9.0, level=Level.TICKET)
    wide = replace(exact, slice=EVERYONE, evidence=99.0)
    ok = replace(exact, measure="fpr", evidence=99.0, verdict=Verdict.OK)
    drift = finding(Layer.DRIFT, column="income")
    elsewhere = replace(exact, slice=Slice.of({"region": "south"}), evidence=99.0)
    rate, said = harm([exact, wide, milder, stronger, ok, drift, elsewhere], NORTH)
    assert (rate, said) == (RECALL, stronger)
    assert harm([wide], NORTH) == (ERROR_RATE, wide)


def test_without_an_alarm_answers_are_counted() -> None:
    assert harm([], NORTH) == (SELECTION_RATE, None)


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_dispersion_is_one_for_chance_alone_and_finds_clumps(seed: int) -> None:
    rng = np.random.default_rng(seed)
    plain = [Rate(int(rng.binomial(200, 0.3)), 200) for _ in range(400)]
    assert dispersion(plain) == pytest.approx(1.0, abs=0.25)
    rho = 0.02  # phi = 1 + 199 rho, about 5
    shares = rng.beta(0.3 * (1 / rho - 1), 0.7 * (1 / rho - 1), 400)
    clumped = [Rate(int(k), 200) for k in rng.binomial(200, shares).tolist()]
    assert dispersion(clumped) == pytest.approx(5.0, rel=0.3)


def test_dispersion_of_too_little_is_one() -> None:
    assert dispersion([]) == dispersion([Rate(1, 2)]) == dispersion([Rate(0, 5), Rate(0, 5)]) == 1.0


def test_harm_of_a_choice_among_classes_is_seen_in_its_error_rate() -> None:
    spec = replace(SPEC, kind=Kind.MULTICLASS, classes=("cat", "dog"))
    layout = layout_of(spec)
    cell = layout.zero()
    for place, value in (("right", 7), ("wrong", 3)):
        layout.get(cell, place)[:] = value
    alarm = finding(Layer.PERFORMANCE)
    for measure, column in (("recall", "cat"), ("precision", "dog"), ("accuracy", None)):
        rate = counted(replace(alarm, measure=measure, column=column))
        assert (rate, rate.rate(layout, cell)) == (ERROR_RATE, Rate(3, 10))
    for measure in ("macro_f1", "overconfidence", "accuracy_gap"):
        assert counted(replace(alarm, measure=measure)) is ERROR_RATE
    assert RECALL.rate(layout, cell) == SELECTION_RATE.rate(layout, cell) == Rate(0, 0)
