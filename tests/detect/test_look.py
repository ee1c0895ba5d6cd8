import math
from dataclasses import replace

import numpy as np

from tests.detect.counted import baseline, window
from tests.detect.looks import look
from tocsin.base.slices import EVERYONE, Slice
from tocsin.detect import tails
from tocsin.detect.budget import Alphas
from tocsin.detect.finding import Layer, Level, Verdict
from tocsin.detect.look import (
    SURELY,
    SURELY_OF_INPUTS,
    Judged,
    Lack,
    Subject,
    finding,
    insufficient,
)

R = np.random.default_rng(1)
LOOK = look(window(300, R), baseline(300, R, blocks=2))
SUBJECT = Subject(Layer.QUALITY, "missing", "income", Slice.of({"sex": "f"}))


def judged(low: float) -> Judged:
    return Judged(0.5, 0.1, 0.4, (low, 0.5), 0.02, 300, 3000, 12.0)


def test_an_alarm_needs_the_whole_interval_beyond_the_threshold() -> None:
    assert finding(LOOK, SUBJECT, judged(0.03), "x").verdict is Verdict.ALARM
    assert finding(LOOK, SUBJECT, judged(0.02), "x").verdict is Verdict.OK
    assert finding(LOOK, SUBJECT, judged(0.01), "x").level is Level.INFO


def test_what_is_lacking_is_said_with_its_number() -> None:
    short = insufficient(LOOK, SUBJECT, Lack(12, 3000, 0.02))
    assert short.why == (
        "Missing of income for sex=f cannot be judged: 12 decisions in the window, 30 needed."
    )
    assert short.verdict is Verdict.INSUFFICIENT
    assert math.isnan(short.value)
    other = insufficient(LOOK, SUBJECT, Lack(300, 5, 0.02))
    assert "5 decisions in the reference" in other.why


def test_harm_and_inputs_have_error_rates_of_their_own() -> None:
    here = replace(
        LOOK,
        harm=Alphas(1e-3, 1e-4),
        other=Alphas(2e-3, 2e-4),
        lasting_harm=Alphas(3e-3, 3e-4),
        lasting_other=Alphas(4e-3, 4e-4),
    )
    assert here.alphas(Layer.PERFORMANCE) == Alphas(1e-3, 1e-4)
    assert here.alphas(Layer.DRIFT) == Alphas(2e-3, 2e-4)
    assert here.lasting_alphas(Layer.HEALTH) == Alphas(3e-3, 3e-4)
    assert here.lasting_alphas(Layer.QUALITY) == Alphas(4e-3, 4e-4)


def test_a_finding_states_the_error_rate_of_whom_it_is_about() -> None:
    here = replace(LOOK, other=Alphas(1e-3, 1e-5))
    assert finding(here, SUBJECT, judged(0.03), "x").alpha == 1e-5
    whole = replace(SUBJECT, slice=EVERYONE)
    assert finding(here, whole, judged(0.03), "x").alpha == 1e-3


def test_harm_that_surely_matters_is_told_by_an_exact_interval_and_inputs_by_a_bound() -> None:
    r = np.random.default_rng(1)
    one, dof = look(window(500, r), baseline(500, r)), np.array([np.inf, 20.0])
    harm, inputs = (one.surely(layer, 1e-6, dof) for layer in (Layer.FAIRNESS, Layer.QUALITY))
    assert harm.tolist() == tails.student(SURELY, dof).tolist()
    assert inputs.tolist() == tails.exponent(SURELY_OF_INPUTS / 2, dof).tolist()
    assert (harm < inputs).all()
    loose = one.surely(Layer.PERFORMANCE, 0.05, dof)  # nothing is surer than the look's own rate
    assert loose.tolist() == tails.student(0.05, dof).tolist()
