from dataclasses import replace

import numpy as np
import pytest
from bench.kpi_traffic import START_S, Traffic, series

from tocsin.detect.season import fit
from tocsin.detect.series import Series
from tocsin.ingest.kpi import DAY_S, Kpi, KpiKind, Season

RATE = Kpi(name="ctr", kind=KpiKind.RATE)


def past(**facts: object) -> Series:
    return series(replace(Traffic(KpiKind.RATE, 50_000, days=28), **facts), 1)  # pyright: ignore[reportArgumentType] - facts are the test's own


def test_hours_and_weekends_are_found_out() -> None:
    found = fit(RATE, past())
    assert (found.phases.days, found.phases.hours) == (7, 24)
    week = found.profile.reshape(7, 24)
    assert week[[2, 3]].mean() / week[[0, 1, 4, 5, 6]].mean() == pytest.approx(1.15, abs=0.03)
    assert week.max() / week.min() > 1.4


def test_what_does_not_repeat_has_no_season() -> None:
    start_s = START_S + np.arange(28 * 24, dtype=np.float64) * 3600
    noise = np.random.default_rng(0).normal(10, 1, len(start_s))
    found = fit(Kpi(name="m"), Series(start_s, noise, np.ones(len(start_s))))
    assert (found.phases.days, found.phases.hours) == (1, 1)


@pytest.mark.parametrize(
    ("season", "phases"), [(Season.NONE, 1), (Season.DAY, 24), (Season.WEEK, 168)]
)
def test_a_declared_season_is_taken(season: Season, phases: int) -> None:
    found = fit(replace(RATE, season=season), past())
    assert len(found.profile) == phases


def test_a_week_is_not_believed_before_it_came_three_times() -> None:
    assert fit(RATE, past(days=20)).phases.days == 1


def test_an_incident_of_a_day_does_not_move_what_is_expected() -> None:
    healthy = past()
    hit = healthy.total.copy()
    hit[10 * 24 : 11 * 24] = 0.0
    struck = fit(RATE, Series(healthy.start_s, hit, healthy.n))
    ratio = struck.profile / fit(RATE, healthy).profile
    assert np.abs(np.log(ratio.reshape(-1, 24).mean(1))).max() < 0.06


def test_a_trend_is_followed_and_its_absence_is_not_invented() -> None:
    grown = fit(RATE, past(trend=0.01))
    assert grown.slope == pytest.approx(0.01, abs=0.003)
    assert fit(RATE, past()).slope == 0.0
    ahead = grown.expected(np.array([grown.end_s, grown.end_s + 7 * DAY_S]))
    assert ahead[1] / ahead[0] == pytest.approx(np.exp(7 * grown.slope))


def test_a_holiday_is_expected_to_be_like_a_sunday() -> None:
    wednesday = START_S + 34 * DAY_S + 12 * 3600.0
    day = np.datetime64(int(wednesday), "s").astype(object).date().isoformat()
    usual = fit(RATE, past()).expected(np.array([wednesday]))
    sunday = fit(RATE, past()).expected(np.array([START_S + 31 * DAY_S + 12 * 3600.0]))
    feast = fit(replace(RATE, holidays=frozenset({day})), past()).expected(np.array([wednesday]))
    assert feast[0] == pytest.approx(sunday[0], rel=0.05)
    assert feast[0] / usual[0] > 1.07


def test_errors_are_those_of_days_that_were_not_seen() -> None:
    left = fit(RATE, past()).residual
    assert 0.95 < left.std() < 1.35  # more than chance alone: the profile is uncertain too
