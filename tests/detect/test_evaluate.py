import time
from dataclasses import replace

import numpy as np
import pytest
from bench.kpi_traffic import Traffic, series

from tests.detect.counted import SPEC, Truth, baseline, window
from tests.detect.looks import alarms
from tests.profile.rows import LENDING
from tocsin.detect.budget import WINDOW, Budget
from tocsin.detect.evaluate import evaluate, harm_monitors, kpi_share, other_monitors
from tocsin.detect.finding import MEASURED, Layer, Level, Verdict
from tocsin.detect.kpi import watch
from tocsin.ingest.kpi import DAY_S, Kpi, KpiKind
from tocsin.ingest.system import Risk

GOVERNMENT = "employer=government"
TIGHT = Budget.of(1, 5)  # buckets of five seconds, looked at all month


def test_a_fault_in_one_slice_is_told_first_and_where_it_is() -> None:
    for seed in range(5):
        r = np.random.default_rng(seed)
        usual = baseline(3000, r)
        sick = window(1500, r, Truth(faults={GOVERNMENT: {"missing": 0.96, "selected": 0.05}}))
        first, *rest = evaluate(sick, usual, SPEC, LENDING, TIGHT, now=None)
        assert (first.level, first.slice.key) == (Level.PAGE, GOVERNMENT)
        harm = [f for f in (first, *rest) if f.layer is Layer.PERFORMANCE]
        assert harm[0].slice.key == GOVERNMENT


def test_moved_inputs_without_harm_are_tickets() -> None:
    r = np.random.default_rng(1)
    sick = window(3000, r, Truth(missing=0.5))
    found = alarms(evaluate(sick, baseline(3000, r), SPEC, LENDING, TIGHT, now=None))
    assert found
    assert {f.level for f in found} == {Level.TICKET}


@pytest.mark.parametrize("rho", [0.0, 0.001])
def test_the_budget_holds_under_wobble_without_change(rho: float) -> None:
    # a budget of 300 a month at 30 looks is 10 false pages and 10 false tickets a look, which
    # alpha's ceiling of 0.05 cuts to what is counted here
    looks, generous = 40, Budget(300, 30)
    pages = tickets = 0
    for seed in range(3):
        r = np.random.default_rng(seed)
        usual = baseline(1000, r, Truth(rho=rho))
        for _ in range(looks):
            now_window = window(1000, r, Truth(rho=rho))
            found = alarms(evaluate(now_window, usual, SPEC, LENDING, generous, now=None))
            pages += sum(f.level is Level.PAGE for f in found)
            tickets += sum(f.level is Level.TICKET for f in found)
    harm_alpha = generous.alpha(harm_monitors(SPEC, LENDING))
    other_alpha = generous.alpha(other_monitors(SPEC, LENDING))
    assert pages <= 3 * looks * harm_alpha * harm_monitors(SPEC, LENDING)
    assert tickets <= 3 * looks * other_alpha * other_monitors(SPEC, LENDING)


def test_a_month_of_ordinary_days_with_a_budget_of_one_is_silent() -> None:
    r = np.random.default_rng(7)
    usual = baseline(2000, r, Truth(rho=0.001))
    found = [
        finding
        for _ in range(30)
        for finding in evaluate(
            window(2000, r, Truth(rho=0.001)), usual, SPEC, LENDING, Budget(1, 30), now=None
        )
    ]
    assert len(alarms(found)) <= 1


def test_every_finding_has_a_key_of_its_own_and_a_sentence() -> None:
    r = np.random.default_rng(1)
    sick = window(2000, r, Truth(faults={GOVERNMENT: {"missing": 0.9}}))
    usual = baseline(2000, r)
    history = [window(2000, r, day=-d) for d in range(1, 8)]
    found = evaluate(sick, usual, SPEC, LENDING, TIGHT, now=sick.span.end, history=history)
    assert len({f.key for f in found}) == len(found)
    assert all(f.why.endswith(".") for f in found)
    assert {f.layer for f in found} == set(MEASURED) - {Layer.KPI, Layer.SLO}  # there is none
    assert all(f.window == sick.span for f in found)


def test_an_empty_window_is_insufficient_and_nothing_else() -> None:
    r = np.random.default_rng(1)
    one = window(2000, r)
    empty = type(one)(one.span, {})
    found = evaluate(empty, baseline(500, r), SPEC, LENDING, TIGHT, now=None)
    assert {f.verdict for f in found} == {Verdict.INSUFFICIENT}


def test_silence_is_judged_only_where_there_is_a_now() -> None:
    r = np.random.default_rng(1)
    one, usual = window(2000, r), baseline(500, r)
    assert "silence" not in {
        f.measure for f in evaluate(one, usual, SPEC, LENDING, TIGHT, now=None)
    }
    now = one.span.end
    assert "silence" in {f.measure for f in evaluate(one, usual, SPEC, LENDING, TIGHT, now=now)}


def test_a_look_is_fast() -> None:
    r = np.random.default_rng(1)
    one, usual = window(2000, r), baseline(500, r)
    evaluate(one, usual, SPEC, LENDING, TIGHT, now=None)
    started = time.process_time()
    for _ in range(5):
        evaluate(one, usual, SPEC, LENDING, TIGHT, now=None)
    assert (time.process_time() - started) / 5 < 0.1


def test_kpis_are_harm_that_pages_and_count_in_the_budget() -> None:
    kpi = Kpi(name="ctr", kind=KpiKind.RATE, learn_s=14 * DAY_S)
    system = replace(LENDING, kpis=(kpi, replace(kpi, name="cvr")))
    assert harm_monitors(SPEC, system) == harm_monitors(SPEC, LENDING) + 2
    share = kpi_share(SPEC, system, TIGHT)
    whole = TIGHT.false_pages_per_month * WINDOW
    assert share * harm_monitors(SPEC, system) == pytest.approx(whole)
    r = np.random.default_rng(2)
    clicks = series(Traffic(KpiKind.RATE, 50_000, days=35, faulty_from=32, drop=0.4), 1)
    found = evaluate(
        window(1500, r),
        baseline(3000, r),
        SPEC,
        system,
        TIGHT,
        now=None,
        kpis=[watch(kpi, clicks, share)],
    )
    assert {(f.layer, f.level) for f in alarms(found)} == {(Layer.KPI, Level.PAGE)}
    low = evaluate(
        window(1500, r),
        baseline(3000, r),
        SPEC,
        replace(system, risk=Risk.LOW),
        TIGHT,
        now=None,
        kpis=[watch(kpi, clicks, share)],
    )
    assert {f.level for f in alarms(low)} == {Level.TICKET}
