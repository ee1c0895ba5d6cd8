"""The promise of the alarm budget, held on made-up traffic over seeds; and what is found."""

from dataclasses import replace

import numpy as np
import pytest
from bench.kpi_traffic import Traffic, series

from tocsin.detect.kpi import Test as Asked
from tocsin.detect.kpi import watch
from tocsin.detect.series import Series
from tocsin.ingest.kpi import DAY_S, Kpi, KpiKind, Way

LEARN = 28
HEALTHY = [
    Traffic(KpiKind.RATE, 50_000, days=88, rho=0.002),
    Traffic(KpiKind.RATE, 5000, days=88, memory=0.9, wobble=0.05),
    Traffic(KpiKind.RATE, 5000, days=88, trend=0.003),
    Traffic(KpiKind.SUM, 5000, days=88, trend=0.005),
    Traffic(KpiKind.MEAN, days=88, memory=0.8, wobble=0.2),
]


def raised(traffic: Traffic, seed: int, false_per_month: float = 1.0) -> list[tuple[float, Asked]]:
    """Return when alarms were raised, in days, and by which test."""
    kpi = Kpi(name="kpi", kind=traffic.kind, least=0.0, learn_s=LEARN * DAY_S)
    watched = watch(kpi, series(traffic, seed), false_per_month)
    start_s = watched.series.start_s
    return [((start_s[p] + 3600 - start_s[0]) / DAY_S, test) for p, test in watched.raised()]


def test_false_alarms_stay_within_the_budget() -> None:
    seeds = range(3)
    alarms = sum(len(raised(traffic, seed)) for traffic in HEALTHY for seed in seeds)
    months = len(HEALTHY) * len(seeds) * (88 - LEARN) / 30
    assert alarms / months <= 1.0


def test_a_smaller_budget_is_kept_as_well() -> None:
    alarms = sum(len(raised(traffic, seed, 0.1)) for traffic in HEALTHY[:3] for seed in range(3))
    assert alarms <= 3  # 18 months


@pytest.mark.parametrize(("per_day", "within_days"), [(5000, 10), (50_000, 2)])
def test_a_click_rate_that_falls_under_its_season_is_found(per_day: int, within_days: int) -> None:
    for seed in range(3):
        traffic = Traffic(KpiKind.RATE, per_day, days=63, faulty_from=49)
        kpi = Kpi(name="ctr", kind=KpiKind.RATE, watch=Way.DOWN, learn_s=LEARN * DAY_S)
        watched = watch(kpi, series(traffic, seed), 1.0)
        ages = [place / 24 - 49 for place, _ in watched.raised()]
        assert min(age for age in ages if age >= 0) < within_days


def test_a_change_that_creeps_is_found_in_the_long_run() -> None:
    healthy = series(Traffic(KpiKind.RATE, 20_000, days=118), 4)
    days = np.arange(len(healthy)) / 24
    creeping = healthy.total * np.exp(-0.004 * np.maximum(days - 35, 0))
    series_ = Series(healthy.start_s, np.floor(creeping), healthy.n)
    kpi = Kpi(name="ctr", kind=KpiKind.RATE, watch=Way.DOWN, learn_s=LEARN * DAY_S)
    assert Asked.LONG_RUN in {test for _, test in watch(kpi, series_, 1.0).raised()}


def test_nothing_is_judged_before_it_was_learnt() -> None:
    whole = series(Traffic(KpiKind.RATE, days=20), 1)
    watched = watch(Kpi(name="ctr", kind=KpiKind.RATE), whole, 1.0)
    assert np.isnan(watched.expected[: 7 * 24]).all()
    assert np.isfinite(watched.expected[7 * 24 :]).all()
    assert watched.day(7 * 24 - 1) is None


def test_no_values_are_no_alarm() -> None:
    assert watch(Kpi(name="ctr"), Series.of([], 3600), 1.0).raised() == []


def test_a_day_is_judged_by_what_was_known_before_it_alone() -> None:
    whole = series(Traffic(KpiKind.RATE, days=45), 2)
    kpi = Kpi(name="ctr", kind=KpiKind.RATE)
    early, late = watch(kpi, whole.cut(0, 40 * 24), 1.0), watch(kpi, whole, 1.0)
    assert early.expected.tolist()[-24:] == late.expected.tolist()[39 * 24 : 40 * 24]
    assert early.far.share.tolist()[-24:] == late.far.share.tolist()[39 * 24 : 40 * 24]


def test_a_known_incident_teaches_nothing() -> None:
    whole = series(Traffic(KpiKind.RATE, 50_000, days=60, faulty_from=30, drop=0.4), 2)
    kpi = Kpi(name="ctr", kind=KpiKind.RATE)
    incident = [(float(whole.start_s[30 * 24]), float(whole.start_s[-1] + 3600))]
    masked, learnt = watch(kpi, whole, 1.0, incident), watch(kpi, whole, 1.0)
    usual = float(np.median(masked.expected[20 * 24 : 30 * 24]))
    assert np.median(masked.expected[-48:]) > 0.85 * usual > np.median(learnt.expected[-48:])


def test_daily_buckets_are_judged_too() -> None:
    traffic = Traffic(KpiKind.RATE, 50_000, days=90, every_s=DAY_S, faulty_from=80, drop=0.4)
    kpi = Kpi(name="ctr", kind=KpiKind.RATE, every_s=DAY_S)
    ages = [place - 80 for place, _ in watch(kpi, series(traffic, 1), 1.0).raised()]
    assert min(age for age in ages if age >= 0) <= 2
    assert replace(kpi, least=0.1).least == 0.1
