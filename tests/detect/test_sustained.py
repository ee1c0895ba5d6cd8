import numpy as np
from bench.kpi_traffic import Traffic, series

from tocsin.detect.season import fit
from tocsin.detect.sustained import gathered, steps, wobble
from tocsin.ingest.kpi import Kpi, KpiKind

KPI = Kpi(name="ctr", kind=KpiKind.RATE, least=0.0)


def log_l(drop: float, seed: int = 1, threshold: float = 1000.0):  # noqa: ANN201 - an array
    traffic = Traffic(KpiKind.RATE, days=56, faulty_from=28, drop=drop)
    whole = series(traffic, seed)
    learnt = fit(KPI, whole.cut(0, 28 * 24))
    wobbled = wobble(learnt)
    assert wobbled is not None
    return steps(learnt, wobbled, whole.cut(28 * 24, 56 * 24), threshold)


def test_a_small_lasting_change_gathers_evidence_on_its_side() -> None:
    evidence, runs = gathered(log_l(0.15), 1000.0)
    assert [run.side for run in runs][:1] == [1]
    assert runs[0].since <= 48
    assert evidence[:, 0].max() < 1000


def test_evidence_seldom_reaches_the_threshold_without_a_change() -> None:
    threshold, buckets, raised = 100.0, 0, 0
    for seed in range(10):
        told = log_l(0.0, seed, threshold)
        raised += len(gathered(told, threshold)[1])
        buckets += len(told)
    assert raised <= 2 * buckets / threshold  # two sides


def test_an_alarm_ends_when_the_evidence_is_gone_and_begins_anew() -> None:
    up = np.full((60, 2, 5), -1.0)
    up[5:20, 0] = 1.0
    up[40:55, 0] = 1.0
    _, runs = gathered(up, 100.0)
    assert [run.since for run in runs] == [5, 40]
    assert runs[0].end is not None
    assert runs[0].first < runs[0].end < 40
    assert runs[1].end is None


def test_a_bucket_that_tells_nothing_changes_nothing() -> None:
    told = np.full((10, 2, 5), 0.5)
    gap = told.copy()
    gap = np.insert(gap, 5, np.nan, axis=0)
    assert gathered(told, 1e6)[0][-1].tolist() == gathered(gap, 1e6)[0][-1].tolist()


def test_a_week_is_needed_to_know_how_days_wobble() -> None:
    whole = series(Traffic(KpiKind.RATE, days=28), 1)
    assert wobble(fit(KPI, whole.cut(0, 6 * 24))) is None
    assert wobble(fit(KPI, whole)) is not None


def test_memory_and_dispersion_are_charged() -> None:
    plain = wobble(fit(KPI, series(Traffic(KpiKind.RATE, 50_000, days=28), 2)))
    wild = wobble(
        fit(KPI, series(Traffic(KpiKind.RATE, 50_000, days=28, memory=0.9, wobble=0.1), 2))
    )
    assert plain is not None
    assert wild is not None
    assert wild.phi > 4 * plain.phi
