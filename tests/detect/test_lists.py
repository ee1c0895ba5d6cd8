from collections.abc import Callable
from typing import Any, cast

import numpy as np
import pyarrow as pa
import pytest
from numpy.typing import NDArray
from sklearn import metrics

from tests.detect.looks import alarms
from tests.detect.shelves import SHELF, Fault, listed, look, table, usual, window
from tests.profile.rows import replaced
from tocsin.detect.budget import Asked, Budget
from tocsin.detect.evaluate import evaluate, harm_monitors, other_monitors
from tocsin.detect.finding import Finding, Layer, Level, Verdict
from tocsin.detect.lists import ASKED, WATCHED, clicks, concentrated, concentration, lists, quality
from tocsin.detect.performance import performance
from tocsin.profile.layout import layout_of
from tocsin.profile.spec import Spec

NDCG = cast("Callable[..., float]", metrics.ndcg_score)
DAILY = Budget.of(1, 86400, 1)


def one(found: list[Finding], measure: str, column: str | None = None, key: str = "") -> Finding:
    (same,) = [f for f in found if (f.measure, f.column, f.slice.key) == (measure, column, key)]
    return same


def counted(raw: pa.Table, spec: Spec) -> NDArray[np.float64]:
    """Return everyone's counts as one row of slices."""
    return window(raw, spec).cells[""].astype(float)[None]


@pytest.mark.parametrize("seed", range(3))
def test_the_findings_tell_the_rows_own_numbers(seed: int) -> None:
    r = np.random.default_rng(seed)
    spec, baseline = usual(300, r)
    raw = table(2000, r, Fault(fewer=0.2))
    seen = look(window(raw, spec), spec, baseline)
    found = performance(seen) + lists(seen, fixed=True) + concentrated(seen)
    phones = np.array(raw["device"].to_pylist()) == "phone"
    gains = listed(raw, "clicked")
    shown = listed(raw, "items")
    for key, some in (("", np.ones(len(phones), np.bool_)), ("device=phone", phones)):
        mine = [gains[k] for k in np.flatnonzero(some)]
        ndcg = np.mean([NDCG([g], [[-k for k in range(len(g))]], k=5) for g in mine])
        assert one(found, "ndcg", key=key).value == pytest.approx(float(ndcg), abs=1e-9)
        ranks = [1 / (g.index(1) + 1) if 1 in g else 0 for g in mine]
        assert one(found, "mrr", key=key).value == pytest.approx(float(np.mean(ranks)), abs=1e-9)
        hits = [any(g[:5]) for g in mine]
        assert one(found, "hit_rate", key=key).value == pytest.approx(float(np.mean(hits)))
        ctr = sum(map(sum, mine)) / sum(map(len, mine))
        assert one(found, "ctr", key=key).value == pytest.approx(ctr)
        second = float(np.mean([g[1] for g in mine]))
        assert one(found, "ctr", "position 2", key).value == pytest.approx(second)
    often = [item in spec.classes for items in shown for item in items]
    assert one(found, "concentration").value == pytest.approx(float(np.mean(often)))


def test_requests_vary_as_the_counts_say() -> None:
    r = np.random.default_rng(5)
    spec, _ = usual(200, r)
    layout, n = layout_of(spec), 1500
    raw = table(n, r)
    gains = [np.array(one) for one in listed(raw, "clicked")]
    c, m = np.array([g.sum() for g in gains]), np.array([len(g) for g in gains])
    told, good = clicks(layout, counted(raw, spec)), quality(layout, counted(raw, spec))
    again = r.integers(0, n, (3000, n))
    ratios = c[again].sum(1) / m[again].sum(1)
    assert float(ratios.var()) == pytest.approx(float(told.variance[0, 0]) / n, rel=0.12)
    ndcg = np.array([NDCG([g], [-np.arange(len(g))], k=5) for g in gains])
    assert float(ndcg.var()) == pytest.approx(float(good.variance[0, 0]), rel=1e-6)
    first = np.array([g[0] for g in gains])
    assert float(told.variance[0, 1]) == pytest.approx(float(first.var()))
    often = np.array([sum(i in spec.classes for i in one) for one in listed(raw, "items")])
    leans = often[again].sum(1) / m[again].sum(1)
    whole = concentration(layout, counted(raw, spec))
    assert float(leans.var()) == pytest.approx(float(whole.variance[0, 0]) / n, rel=0.12)


@pytest.mark.parametrize("seed", range(2))
def test_fewer_clicks_on_one_device_are_found_there(seed: int) -> None:
    r = np.random.default_rng(10 + seed)
    spec, baseline = usual(3000, r, Fault(wobble=0.01))
    fault = Fault(fewer=0.15, wobble=0.01)
    found = evaluate(window(table(8000, r, fault), spec), baseline, spec, SHELF, DAILY, now=None)
    loud = [f for f in alarms(found) if f.level is Level.PAGE]
    assert one(loud, "ctr", key="device=phone").effect > 0
    assert found[0].slice.key == "device=phone"
    assert not [f for f in loud if f.slice.key in ("device=desk", "device=tablet")]


@pytest.mark.parametrize("seed", range(3))
def test_lists_in_a_worse_order_lose_ndcg(seed: int) -> None:
    r = np.random.default_rng(20 + seed)
    spec, baseline = usual(1500, r)
    faulty = table(4000, r, Fault(shuffled=0.5))
    found = evaluate(window(faulty, spec), baseline, spec, SHELF, DAILY, now=None)
    worst = one(alarms(found), "ndcg", key="device=phone")
    assert worst.level is Level.PAGE
    assert worst.value < worst.baseline - 0.05
    assert found[0].slice.key == "device=phone"
    assert one(found, "concentration").verdict is Verdict.OK


def test_empty_lists_page_and_the_same_items_for_all_are_a_ticket() -> None:
    r = np.random.default_rng(30)
    spec, baseline = usual(1500, r)
    empty = window(table(3000, r, Fault(empty=0.05)), spec)
    found = evaluate(empty, baseline, spec, SHELF, DAILY, now=None)
    assert one(alarms(found), "empty_lists", key="device=phone").level is Level.PAGE
    narrow = window(table(3000, r, Fault(narrow=0.4)), spec)
    other = evaluate(narrow, baseline, spec, SHELF, DAILY, now=None)
    told = one(alarms(other), "concentration", key="device=phone")
    assert (told.layer, told.level) == (Layer.DRIFT, Level.TICKET)
    assert told.value > told.baseline + 0.05
    assert one(alarms(other), "jsd", "prediction", "device=phone").level is Level.TICKET


def test_more_clicks_are_no_alarm() -> None:
    r = np.random.default_rng(31)
    spec, baseline = usual(1000, r, Fault(fewer=0.3, device=""))
    found = evaluate(window(table(4000, r), spec), baseline, spec, SHELF, DAILY, now=None)
    assert alarms(found) == []
    assert one(found, "ctr").value > one(found, "ctr").baseline


def test_outcomes_that_still_come_in_are_not_judged() -> None:
    r = np.random.default_rng(32)
    spec, baseline = usual(400, r)
    raw = table(1000, r)
    early = [label if k % 3 else None for k, label in enumerate(listed(raw, "clicked"))]
    seen = look(window(replaced(raw, "clicked", early), spec), spec, baseline)
    young = lists(seen, fixed=False)
    assert {f.measure for f in young} == {"ndcg", "mrr", "ctr"}
    assert {f.verdict for f in young} == {Verdict.INSUFFICIENT}
    assert all("early ones" in f.why for f in young)
    assert Verdict.OK in {f.verdict for f in lists(seen, fixed=True)}


def test_without_outcomes_lists_are_watched_for_what_they_show() -> None:
    r = np.random.default_rng(33)
    spec, baseline = usual(400, r)
    raw = table(1000, r, Fault(narrow=0.5, device=""))
    unknown = window(replaced(raw, "clicked", [None] * 1000), spec)
    found = evaluate(unknown, baseline, spec, SHELF, DAILY, now=None)
    assert one(alarms(found), "concentration").n == 1000
    said = {f.measure: f.verdict for f in found if f.layer is Layer.PERFORMANCE}
    assert said.pop("empty_lists") is Verdict.OK
    assert set(said.values()) == {Verdict.INSUFFICIENT}


def test_a_group_that_is_shown_less_of_what_it_wants_is_unfairly_treated() -> None:
    r = np.random.default_rng(34)
    spec, baseline = usual(2000, r)
    raw = table(6000, r)
    women = np.array(raw["sex"].to_pylist()) == "f"
    lost = women & (r.random(6000) < 0.3)
    bad = [[0] * len(gains) if lost[k] else gains for k, gains in enumerate(listed(raw, "clicked"))]
    worse = window(replaced(raw, "clicked", bad), spec)
    found = evaluate(worse, baseline, spec, SHELF, DAILY, now=None)
    fair = [f for f in found if f.layer is Layer.FAIRNESS]
    assert {f.measure for f in fair} == {"hit_rate_gap"}
    assert [f.slice.key for f in alarms(fair)] == ["sex=f"]
    hits = np.array([any(one[:5]) for one in bad])
    gap = float(hits[~women].mean() - hits[women].mean())
    assert one(fair, "hit_rate_gap", key="sex=f").value == pytest.approx(gap)


def test_every_question_that_is_asked_is_counted() -> None:
    r = np.random.default_rng(35)
    spec, baseline = usual(400, r)
    found = evaluate(window(table(1000, r), spec), baseline, spec, SHELF, DAILY, now=None)
    asked: set[Any] = {(f.layer, f.measure, f.column) for f in found if not f.slice.conditions}
    performed = [key for key in asked if key[0] is Layer.PERFORMANCE]
    per_slice = 2 + ASKED  # hit rate, empty lists
    assert len(performed) == per_slice == 2 + 3 + WATCHED
    rows = len(spec.slices)
    health = 5  # failed, timed out, slow, near full capacity, how many came lately
    assert harm_monitors(spec, SHELF) == Asked(
        per_slice + health + 2,
        (per_slice + health + 1) * rows,  # hit rate beside others; groups' gap
    )
    drifts = {key for key in asked if key[0] is Layer.DRIFT and key[2] not in {"device", "sex"}}
    assert drifts == {
        (Layer.DRIFT, "jsd", "words"),
        (Layer.DRIFT, "jsd", "prediction"),
        (Layer.DRIFT, "concentration", None),
    }
    assert other_monitors(spec, SHELF).slices >= len(drifts) * rows


@pytest.mark.parametrize("wobble", [0.0, 0.05])
def test_without_change_alarms_are_no_more_frequent_than_stated(wobble: float) -> None:
    alpha, beyond, tried = 0.02, 0, 0
    for seed in range(6):
        r = np.random.default_rng(seed)
        spec, baseline = usual(500, r, Fault(wobble=wobble))
        for _ in range(6):
            seen = look(window(table(500, r, Fault(wobble=wobble)), spec), spec, baseline, alpha)
            found = performance(seen) + lists(seen, fixed=True) + concentrated(seen)
            told = [f for f in found if f.verdict is not Verdict.INSUFFICIENT]
            beyond += sum(f.evidence >= -np.log10(alpha) and f.effect > 0 for f in told)
            tried += len(told)
    assert tried > 1700
    assert beyond / tried <= 1.5 * alpha


def test_quiet_weeks_raise_no_alarm() -> None:
    for seed in range(4):
        r = np.random.default_rng(100 + seed)
        spec, baseline = usual(500, r, Fault(wobble=0.03))
        for _ in range(7):
            calm = window(table(500, r, Fault(wobble=0.03)), spec)
            found = evaluate(calm, baseline, spec, SHELF, DAILY, now=None)
            assert alarms(found) == []
