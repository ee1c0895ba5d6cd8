import pytest

from tocsin.ingest.kpi import Kpi, KpiKind


def test_rates_and_sums_scale_and_means_shift() -> None:
    assert [Kpi(name="k", kind=kind).scales for kind in KpiKind] == [True, False, True]


def test_holidays_are_days_since_1970() -> None:
    kpi = Kpi(name="k", holidays=frozenset({"1970-01-02", "1970-01-01"}))
    assert kpi.holiday_days == (0, 1)
    with pytest.raises(ValueError, match="Invalid isoformat"):
        _ = Kpi(name="k", holidays=frozenset({"new year"})).holiday_days
