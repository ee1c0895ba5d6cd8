from datetime import timedelta

import numpy as np
import pytest

from tests.detect.counted import DAY, LAYOUT, baseline, window
from tests.detect.looks import alarms, look
from tests.profile.rows import START
from tocsin.base.spans import Span
from tocsin.detect.baseline import Baseline
from tocsin.detect.health import health, volume
from tocsin.profile.window import Window


def with_latency(plain: Window, r: np.random.Generator, middle: float) -> Window:
    cells = {key: counts.copy() for key, counts in plain.cells.items()}
    for counts in cells.values():
        places = np.clip(r.normal(middle, 2, LAYOUT.one(counts, "n")), 0, 57).astype(int)
        LAYOUT.get(counts, "latency_hist")[...] = np.bincount(places, minlength=58)
    return Window(plain.span, cells)


def failing(plain: Window, share: float) -> Window:
    cells = {key: counts.copy() for key, counts in plain.cells.items()}
    for counts in cells.values():
        LAYOUT.get(counts, "n_error")[...] = int(LAYOUT.one(counts, "n") * share)
    return Window(plain.span, cells)


def test_failing_calls_are_found() -> None:
    r = np.random.default_rng(1)
    found = alarms(health(look(failing(window(1000, r), 0.2), baseline(1000, r), 1e-6)))
    assert {f.measure for f in found} == {"error_share"}


def test_slow_answers_are_found_and_the_limit_is_named() -> None:
    r = np.random.default_rng(1)
    usual = Baseline.of([with_latency(window(1000, r, day=d), r, 25) for d in range(20)])
    assert alarms(health(look(with_latency(window(1000, r), r, 25), usual, 1e-6))) == []
    found = alarms(health(look(with_latency(window(1000, r), r, 29), usual, 1e-6)))
    assert {f.measure for f in found} == {"slow_share"}
    assert " ms for " in found[0].why


def test_a_reference_without_latencies_has_no_slow_answers() -> None:
    r = np.random.default_rng(1)
    found = health(look(window(1000, r), baseline(1000, r)))
    assert {f.measure for f in found} == {"error_share", "timeout_share"}


def test_calls_that_time_out_are_found_where_no_more_of_them_fail() -> None:
    r = np.random.default_rng(1)
    usual = Baseline.of([failing(window(1000, r, day=d), 0.1) for d in range(20)])
    late = failing(window(1000, r), 0.1)
    for counts in late.cells.values():
        LAYOUT.get(counts, "n_timeout")[...] = LAYOUT.get(counts, "n_error")
    found = alarms(health(look(late, usual, 1e-6)))
    assert {f.measure for f in found} == {"timeout_share"}
    whole = next(f for f in found if not f.slice.conditions)
    assert whole.why.startswith("10.0 % of calls timed out for everyone (was 0.0 %); n ")


def loaded(plain: Window, r: np.random.Generator, full: float) -> Window:
    """Return a window of which about the share `full` came while no capacity was left."""
    cells = {key: counts.copy() for key, counts in plain.cells.items()}
    for counts in cells.values():
        used = LAYOUT.get(counts, "capacity_hist")
        used[18] = r.binomial(LAYOUT.one(counts, "n"), full)
        used[10] = LAYOUT.one(counts, "n") - used[18]
    return Window(plain.span, cells)


def test_a_service_that_runs_out_of_capacity_is_found_before_anything_fails() -> None:
    r = np.random.default_rng(1)
    usual = Baseline.of([loaded(window(1000, r, day=d), r, 0.02) for d in range(20)])
    assert alarms(health(look(loaded(window(1000, r), r, 0.03), usual, 1e-6))) == []
    found = alarms(health(look(loaded(window(1000, r), r, 0.4), usual, 1e-6)))
    assert {f.measure for f in found} == {"saturated_share"}
    whole = next(f for f in found if not f.slice.conditions)
    assert "of decisions were made with 90 % of the capacity in use for everyone" in whole.why


def test_what_is_busy_now_and_then_by_the_hour_alarms_no_more_than_stated() -> None:
    # a share of the decisions that is drawn anew each day, as where every batch job fills a queue
    alpha, false, looked = 0.05, 0, 0
    for seed in range(4):
        r = np.random.default_rng(seed)
        days = [loaded(window(300, r, day=d), r, float(r.beta(2, 18))) for d in range(20)]
        usual = Baseline.of(days)
        for _ in range(60):
            now = look(loaded(window(300, r), r, float(r.beta(2, 18))), usual, alpha)
            found = [f for f in health(now) if f.measure == "saturated_share"]
            false += any(alarms([f]) for f in found if not f.slice.conditions)
            looked += 1
    assert false <= alpha * looked


def counted(n: int, day: int) -> Window:
    cell = LAYOUT.zero()
    LAYOUT.get(cell, "n")[...] = n
    start = START + day * DAY
    return Window(Span(start, start + DAY), {"": cell})


@pytest.mark.parametrize(
    ("n", "is_alarm"), [(1000, False), (700, False), (200, True), (4000, True)]
)
def test_volume_alarms_beyond_half_or_double(n: int, is_alarm: bool) -> None:
    r = np.random.default_rng(1)
    history = [counted(int(r.poisson(1000)), d) for d in range(8)]
    found = volume(look(counted(n, 9), baseline(500, r)), history)
    assert bool(alarms(found)) == is_alarm


def test_a_system_whose_volume_always_swings_is_left_alone() -> None:
    r = np.random.default_rng(1)
    history = [counted(n, d) for d, n in enumerate((100, 2000, 150, 1800, 120, 1900, 90, 2100))]
    assert alarms(volume(look(counted(80, 9), baseline(500, r)), history)) == []


def test_volume_is_not_judged_before_six_windows() -> None:
    r = np.random.default_rng(1)
    assert volume(look(counted(1, 9), baseline(500, r)), [counted(1000, d) for d in range(5)]) == []


def test_without_change_volume_alarms_no_more_than_stated() -> None:
    r = np.random.default_rng(5)
    usual, false = baseline(500, r), 0
    for _ in range(300):
        history = [counted(int(r.poisson(20)), d) for d in range(8)]
        false += len(alarms(volume(look(counted(int(r.poisson(20)), 9), usual, 0.05), history)))
    assert false <= 0.05 * 300
    assert timedelta(days=1) == DAY
