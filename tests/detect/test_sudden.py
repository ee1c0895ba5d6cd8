import numpy as np
import pytest
from bench.kpi_traffic import Traffic, series

from tocsin.detect import sudden
from tocsin.detect.season import fit
from tocsin.detect.series import Series
from tocsin.ingest.kpi import Kpi, KpiKind, Way

KPI = Kpi(name="m", least=0.0)


def judged(kpi: Kpi, change: float, alpha: float = 1e-3) -> sudden.Far:
    whole = series(Traffic(KpiKind.MEAN, days=29), 3)
    value = whole.total.copy()
    value[28 * 24 + 5] += change
    whole = Series(whole.start_s, value, whole.n)
    return sudden.far(fit(kpi, whole.cut(0, 28 * 24)), whole, 28 * 24, 29 * 24, alpha)


def test_one_hour_far_out_is_an_alarm_at_once() -> None:
    far = judged(KPI, 12.0)
    assert far.share[5] > 1
    assert (far.share[:5] < 1).all()
    assert far.effect[5] > far.allowed[5] > 0
    assert far.length[5] == 1


def test_only_the_watched_way_counts() -> None:
    down = Kpi(name="m", least=0.0, watch=Way.DOWN)
    assert judged(down, 12.0).share[5] == 0
    assert judged(down, -12.0).share[5] > 1


def test_what_does_not_matter_is_no_alarm_however_sure() -> None:
    assert judged(Kpi(name="m", least=2.0), 12.0).share[5] < 1


def test_a_smaller_error_rate_asks_for_more() -> None:
    assert judged(KPI, 12.0, 1e-6).share[5] < judged(KPI, 12.0).share[5]


def test_where_a_bucket_may_lie_agrees_with_the_verdict() -> None:
    far = judged(KPI, 0.0)
    edge = float(far.high[5])
    whole = series(Traffic(KpiKind.MEAN, days=29), 3)
    distance = edge - whole.total[28 * 24 + 5]
    assert judged(KPI, distance + 0.05).share[5] > 1
    assert judged(KPI, distance - 0.05).share[5] < 1


@pytest.mark.parametrize("shape", ["normal", "laplace", "uniform"])
def test_tails_up_to_exponential_keep_the_error_rate(shape: str) -> None:
    alpha, looks, beyond = 2e-3, 0, 0
    for seed in range(12):
        draws = getattr(np.random.default_rng(seed), shape)(size=60 * 24)
        start_s = np.arange(len(draws), dtype=np.float64) * 3600
        whole = Series(start_s, 50 + draws, np.ones(len(draws)))
        learnt = fit(KPI, whole.cut(0, 28 * 24))
        far = sudden.far(learnt, whole, 28 * 24, len(draws), alpha)
        looks, beyond = looks + len(far.share), beyond + int((far.share >= 1).sum())
    assert beyond / looks < 1.5 * alpha


def test_an_alarm_lasts_until_it_was_quiet() -> None:
    start_s = np.arange(40, dtype=np.float64) * 3600
    share = np.zeros(40)
    share[[3, 5, 20, 39]] = [1.5, 2.0, 1.1, 1.2]
    found = sudden.bursts(share, start_s, 6 * 3600)
    assert [(b.first, b.peak, b.end) for b in found] == [(3, 5, 11), (20, 20, 26), (39, 39, None)]
