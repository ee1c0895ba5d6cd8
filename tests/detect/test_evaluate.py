import time
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import numpy as np
import pytest
from bench.kpi_traffic import Traffic, series

from tests.detect import desks, prices, shelves
from tests.detect.counted import SPEC, Truth, baseline, window
from tests.detect.looks import alarms, chance
from tests.profile.rows import LENDING
from tocsin.base.slices import EVERYONE
from tocsin.base.spans import Span
from tocsin.detect import lasting
from tocsin.detect.baseline import Baseline
from tocsin.detect.budget import HALF, WINDOW, Asked, Budget
from tocsin.detect.evaluate import (
    evaluate,
    harm_monitors,
    kpi_share,
    look_at,
    other_monitors,
)
from tocsin.detect.finding import MEASURED, Layer, Level, Verdict
from tocsin.detect.kpi import watch
from tocsin.detect.look import HARM
from tocsin.ingest.kpi import DAY_S, Kpi, KpiKind
from tocsin.ingest.slo import Slo
from tocsin.ingest.system import Risk, System
from tocsin.profile.spec import Spec
from tocsin.profile.window import Window

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
    harm, other = harm_monitors(SPEC, LENDING), other_monitors(SPEC, LENDING)
    assert pages <= 3 * looks * chance(harm, generous.alphas(harm))
    assert tickets <= 3 * looks * chance(other, generous.tickets.alphas(other))


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
    took_s = list[float]()
    for _ in range(5):
        started = time.thread_time()
        evaluate(one, usual, SPEC, LENDING, TIGHT, now=None)
        took_s.append(time.thread_time() - started)
    assert min(took_s) < 0.2  # the others may have shared the core


def test_kpis_are_harm_that_pages_and_count_in_the_budget() -> None:
    kpi = Kpi(name="ctr", kind=KpiKind.RATE, learn_s=14 * DAY_S)
    system = replace(LENDING, kpis=(kpi, replace(kpi, name="cvr")))
    assert harm_monitors(SPEC, system) == harm_monitors(SPEC, LENDING) + Asked(2)
    share = kpi_share(SPEC, system, TIGHT)
    whole = TIGHT.false_pages_per_month * WINDOW * HALF
    assert share * harm_monitors(SPEC, system).everyone == pytest.approx(whole)
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


CTR = Kpi(name="ctr", kind=KpiKind.RATE, learn_s=14 * DAY_S)
FEW = Slo(name="right", sli="accuracy", target=0.9)
NORTH = replace(FEW, name="theirs", slice=GOVERNMENT)


@pytest.mark.parametrize("slices", [SPEC.slices, SPEC.slices[:1], ()])
@pytest.mark.parametrize(
    "system",
    [
        LENDING,
        replace(LENDING, protected=()),
        replace(LENDING, kpis=(CTR,), slos=(FEW, NORTH)),
        replace(LENDING, auto=False, slos=(NORTH,)),
        replace(LENDING, auto=False, kpis=(CTR,), slos=(FEW, NORTH)),
        replace(LENDING, auto=False),
    ],
)
def test_all_questions_together_stay_within_the_budget(
    system: System, slices: tuple[str, ...]
) -> None:
    spec, budget = replace(SPEC, slices=slices), Budget.of(2, 3600, 7)
    r = np.random.default_rng(2)
    look = look_at(window(100, r), baseline(100, r, blocks=2), spec, system, budget)
    harm, other = harm_monitors(spec, system), other_monitors(spec, system)
    lasting_harm, lasting_other = lasting.monitors(spec)
    pages = chance(harm, look.harm) + chance(lasting_harm, look.lasting_harm) + look.search_alpha
    assert pages * budget.looks_per_month <= 2 * (1 + 1e-9)
    tickets = chance(other, look.other) + chance(lasting_other, look.lasting_other)
    assert tickets * budget.looks_per_month <= 7 * (1 + 1e-9)


def _lending() -> tuple[Spec, Baseline, Window, System]:
    r = np.random.default_rng(5)
    return SPEC, baseline(1000, r), window(1000, r), LENDING


def _desks() -> tuple[Spec, Baseline, Window, System]:
    r = np.random.default_rng(5)
    spec, known = desks.usual(400, r)
    return spec, known, desks.window(desks.table(1000, r), spec), desks.DESKS


def _shelves() -> tuple[Spec, Baseline, Window, System]:
    r = np.random.default_rng(5)
    spec, known = shelves.usual(400, r)
    return spec, known, shelves.window(shelves.table(1000, r), spec), shelves.SHELF


def _prices() -> tuple[Spec, Baseline, Window, System]:
    r = np.random.default_rng(5)
    spec, known = prices.usual(400, r)
    return spec, known, prices.window(prices.table(1000, r), spec), prices.PRICES


@pytest.mark.parametrize("case", [_lending, _desks, _shelves, _prices])
def test_no_question_is_asked_beyond_those_that_are_counted(
    case: Callable[[], tuple[Spec, Baseline, Window, System]],
) -> None:
    spec, known, one, system = case()
    budget = Budget.of(1, 3600, 4)
    length = one.span.length
    days = [
        replace(one, span=Span(one.span.start - k * length, one.span.end - k * length))
        for k in range(1, 9)
    ]
    found = evaluate(
        one, known, spec, system, budget, now=one.span.end + timedelta(minutes=1), history=days
    )
    look = look_at(one, known, spec, system, budget)
    for asked, alphas, harm in (
        (harm_monitors(spec, system), look.harm, True),
        (other_monitors(spec, system), look.other, False),
    ):
        said = [
            f
            for f in found
            if (f.layer in HARM) is harm and f.method == "window" and f.alpha is not None
            if not f.measure.endswith("_difference")  # of groups: a fact that never alarms
        ]
        whole, parts = (
            [f.alpha for f in said if (f.slice == EVERYONE) is w] for w in (True, False)
        )
        assert set(whole) == {alphas.everyone}
        assert len(whole) <= asked.everyone
        assert set(parts) <= {alphas.slice}
        assert len(parts) <= asked.slices
