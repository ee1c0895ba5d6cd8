from dataclasses import replace

import numpy as np
import pytest

from tests.detect.counted import LAYOUT, Truth, baseline, window
from tests.detect.looks import alarms, look
from tocsin.detect import performance, quality
from tocsin.detect.finding import Verdict
from tocsin.detect.rates import Rate, Watch, judge

WATCHED = [
    replace(rate, least=0.0, watch=Watch.BOTH, everywhere=True)
    for rate in (*quality.rates(LAYOUT), *performance.answers(LAYOUT), *performance.rates(LAYOUT))
]
GOVERNMENT = "employer=government"


def of(measure: str, column: str | None = None) -> Rate:
    every = (*quality.rates(LAYOUT), *performance.answers(LAYOUT), *performance.rates(LAYOUT))
    return next(r for r in every if (r.measure, r.column) == (measure, column))


@pytest.mark.parametrize("rho", [0.0, 0.002, 0.01])
@pytest.mark.parametrize("n", [300, 3000])
def test_without_change_alarms_are_no_more_frequent_than_stated(rho: float, n: int) -> None:
    alpha, said, false = 0.01, 0, 0
    for seed in range(3):
        r = np.random.default_rng([seed, n])
        usual = baseline(500, r, Truth(rho=rho))
        for _ in range(60):
            found = judge(look(window(n, r, Truth(rho=rho)), usual, alpha), WATCHED, "all")
            said += sum(f.verdict is not Verdict.INSUFFICIENT for f in found)
            false += len(alarms(found))
    assert said > 5000
    assert false <= alpha * said


def test_a_measure_in_clumps_neither_alarms_nor_makes_its_list_deaf() -> None:
    alpha, false, said, hits = 0.01, 0, 0, {"clumps": 0, "calm": 0}
    for seed in range(6):
        for name in hits:
            rho = 0.05 if name == "clumps" else 0.0
            r = np.random.default_rng(seed)
            truth = Truth(clumps={"missing": rho})
            usual = baseline(1000, r, truth)
            for _ in range(20):
                now = window(1000, r, replace(truth, selected=0.45))
                found = judge(look(now, usual, alpha), WATCHED, "all")
                missing = [f for f in found if f.measure == "missing" and f.column == "income"]
                said += len(missing)
                false += len(alarms(missing))
                selected = [f for f in alarms(found) if f.measure == "selection_rate"]
                hits[name] += "" in {f.slice.key for f in selected}
    assert false <= alpha * said
    assert hits["calm"] > 50
    assert hits["clumps"] > 0.8 * hits["calm"]


@pytest.mark.parametrize("rho", [0.0, 0.002])
def test_a_gross_fault_on_300_rows_is_found_at_one_in_a_billion(rho: float) -> None:
    fault = {"missing": 0.96, "selected": 0.1, "right": 0.5}
    hits = 0
    for seed in range(20):
        r = np.random.default_rng(seed)
        usual = baseline(2000, r, Truth(rho=rho))
        sick = window(1500, r, Truth(rho=rho, faults={GOVERNMENT: fault}))
        watched = [of("missing", "income"), of("selection_rate"), of("accuracy")]
        found = alarms(judge(look(sick, usual, 1e-9), watched, "some"))
        hits += {f.measure for f in found if f.slice.key == GOVERNMENT} == {
            "missing",
            "selection_rate",
            "accuracy",
        }
    assert hits >= 17


def test_the_slice_with_the_fault_has_more_evidence_than_what_it_dilutes_into() -> None:
    r = np.random.default_rng(1)
    usual = baseline(2000, r)
    sick = window(2000, r, Truth(faults={GOVERNMENT: {"missing": 0.9}}))
    found = judge(look(sick, usual), [of("missing", "income")], "some")
    assert max(found, key=lambda f: f.evidence).slice.key == GOVERNMENT
    assert "" in {f.slice.key for f in alarms(found)}


def test_the_sentence_says_what_where_how_much_and_of_how_many() -> None:
    r = np.random.default_rng(1)
    usual = baseline(2000, r)
    sick = window(2000, r, Truth(faults={GOVERNMENT: {"missing": 0.9}}))
    found = judge(look(sick, usual), [of("missing", "income")], "some")
    (one,) = [f for f in found if f.slice.key == GOVERNMENT]
    assert one.why == (
        f"income is missing in {one.value:.1%} of decisions for employer=government"
        f" (was {one.baseline:.1%}); n {one.n:,}."
    ).replace("%", " %")


def test_an_effect_in_the_harmless_direction_is_no_alarm() -> None:
    r = np.random.default_rng(1)
    better = window(2000, r, Truth(missing=0.0, right=0.99))
    watched = [of("missing", "income"), of("accuracy")]
    assert alarms(judge(look(better, baseline(2000, r)), watched, "some")) == []


def test_a_sure_but_small_effect_is_told_and_not_alarmed() -> None:
    r = np.random.default_rng(1)
    usual = baseline(50_000, r)
    found = judge(
        look(window(100_000, r, Truth(missing=0.06)), usual), [of("missing", "income")], "s"
    )
    assert alarms(found) == []
    assert "beyond chance" in found[0].why


def test_too_few_rows_are_insufficient_and_say_so() -> None:
    r = np.random.default_rng(1)
    (one,) = judge(look(window(20, r), baseline(2000, r)), [of("missing", "income")], "some")
    assert one.verdict is Verdict.INSUFFICIENT
    assert "30 needed" in one.why


def test_what_the_reference_never_shows_is_not_judged() -> None:
    r = np.random.default_rng(1)
    never = tuple(range(*LAYOUT.places["latency_hist"].indices(LAYOUT.width)))
    errors = replace(of("missing", "income"), yes=never[:1], of=never)
    assert judge(look(window(500, r), baseline(500, r)), [errors], "none") == []
