from datetime import timedelta

import numpy as np
import pytest
from bench.kpi_traffic import Traffic, series

from tocsin.detect.finding import Finding, Layer, Level, Verdict
from tocsin.detect.kpi import Watched, watch
from tocsin.detect.kpi_findings import alarms, findings, instant, line
from tocsin.detect.series import Series
from tocsin.ingest.kpi import Kpi, KpiKind, Way

KPI = Kpi(name="ctr", kind=KpiKind.RATE)


def watched(drop: float, *, days: int = 52, kpi: Kpi = KPI) -> Watched:
    traffic = Traffic(KpiKind.RATE, 50_000, days=days, faulty_from=49, drop=drop)
    return watch(kpi, series(traffic, 7), 1.0)


def said(one: Watched) -> dict[str, Finding]:
    return {finding.measure: finding for finding in findings(one)}


def test_each_test_says_one_thing_of_a_kpi() -> None:
    found = said(watched(0.0))
    assert list(found) == ["rate_sudden", "rate_sustained", "rate_long_run"]
    for finding in found.values():
        assert (finding.layer, finding.column, finding.verdict) == (Layer.KPI, "ctr", Verdict.OK)
        assert finding.level is Level.INFO
        low, high = finding.interval
        assert low <= finding.effect <= high
        assert finding.n > 0
        assert finding.n_baseline == 28 * 24


def test_an_alarm_tells_how_far_from_what_and_since_when() -> None:
    found = said(watched(0.15))["rate_sustained"]
    assert found.verdict is Verdict.ALARM
    assert found.effect == pytest.approx(0.15, abs=0.05)
    assert found.interval[0] > found.threshold == KPI.least
    assert found.value < found.baseline
    assert found.window is not None
    onset = instant(watched(0.15).series.start_s[49 * 24])
    assert abs(found.window.start - onset) < timedelta(hours=30)
    assert "below what the weeks before let expect" in found.why


def test_a_kpi_that_is_only_watched_upwards_is_not_alarmed_by_a_fall() -> None:
    up = Kpi(name="ctr", kind=KpiKind.RATE, watch=Way.UP)
    assert {f.verdict for f in findings(watched(0.3, kpi=up))} == {Verdict.OK}


def test_a_young_kpi_lacks_evidence_and_says_what_is_needed() -> None:
    found = findings(watched(0.0, days=5))
    assert {finding.verdict for finding in found} == {Verdict.INSUFFICIENT}
    assert "known for 5 days, and 7 days of it are needed" in found[0].why


def test_no_values_say_nothing() -> None:
    assert findings(watch(KPI, Series.of([], 3600), 1.0)) == []


def test_every_alarm_of_the_past_is_told_with_its_end() -> None:
    whole = series(Traffic(KpiKind.RATE, 50_000, days=60), 3)
    total = whole.total.copy()
    total[40 * 24 + 12 : 40 * 24 + 18] = 0.0
    past = alarms(watch(KPI, Series(whole.start_s, total, whole.n), 1.0))
    assert past
    raised, finding, over = past[0]
    assert raised == instant(whole.start_s[40 * 24 + 12] + 3600)
    assert finding.verdict is Verdict.ALARM
    assert over is not None
    assert over > raised


def test_a_line_says_where_each_bucket_may_lie() -> None:
    points = line(watched(0.0), 100)
    assert len(points) == 100
    assert all(point.low < point.value < point.high for point in points)
    young = line(watched(0.0, days=5), 10)
    assert np.isnan(young[0].low)
