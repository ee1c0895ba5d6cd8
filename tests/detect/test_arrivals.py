from dataclasses import replace
from datetime import timedelta

import numpy as np
import pytest
from numpy.random import Generator

from tests.detect.counted import SPEC, baseline, window
from tests.detect.looks import alarms, look
from tests.profile.rows import START
from tocsin.base.slices import EVERYONE
from tocsin.detect.arrivals import Arrivals, arrivals
from tocsin.detect.finding import Finding, Level
from tocsin.detect.levels import levelled
from tocsin.detect.tails import Numbers
from tocsin.ingest.system import Risk

R = np.random.default_rng(1)
LOOK = look(window(1000, R), baseline(400, R, blocks=20), 1e-5)
DAYS, SIZE = 28, len(SPEC.slices) + 1


def usual(start_s: Numbers) -> Numbers:
    """Return the expected decisions an hour: noon is forty times the night, weekends are half."""
    hour, day = start_s % 86400 / 3600, start_s // 86400 % 7
    busy = 60 + 2400 * np.exp(-(((hour - 12) / 4) ** 2))
    return busy * np.where((day == 2) | (day == 3), 0.5, 1.0)


def traffic(r: Generator, last_hour: int, wobble: float = 0.03) -> Arrivals:
    """Return four weeks of hours that end with `last_hour` of a day; slices are equal shares."""
    hours = DAYS * 24 + last_hour + 1
    start_s = (START.timestamp() + 3600.0 * np.arange(hours)).astype(np.float64)
    level = usual(start_s) * np.exp(r.normal(0, wobble, hours))
    slices = r.poisson(level[:, None] / (SIZE - 1), (hours, SIZE - 1)).astype(float)
    return Arrivals(start_s, np.column_stack([slices.sum(1), slices]))


def hit(seen: Arrivals, factor: float, row: int | None = None, hours: int = 1) -> Arrivals:
    """Return the same with the last buckets' decisions times a factor, of all or of one slice."""
    counts = seen.counts.copy()
    rows = slice(1, None) if row is None else slice(row, row + 1)
    counts[-hours:, rows] = np.floor(counts[-hours:, rows] * factor)
    counts[-hours:, 0] = counts[-hours:, 1:].sum(1)
    return replace(seen, counts=counts)


def told(seen: Arrivals) -> list[Finding]:
    return alarms(arrivals(LOOK, seen))


@pytest.mark.parametrize("seed", range(4))
def test_a_noon_at_sixty_percent_is_found_and_a_quiet_night_is_not(seed: int) -> None:
    noon = traffic(np.random.default_rng(seed), 12, wobble=0.02)
    (found,) = told(hit(noon, 0.6))
    assert found.slice == EVERYONE
    assert 0.3 < found.effect < 0.5
    assert " decisions a bucket arrived for everyone since 2026-11-29 " in found.why
    assert "fewer than these hours let expect" in found.why
    assert told(noon) == []
    night = traffic(np.random.default_rng(seed), 2)
    assert night.counts[-1, 0] < 0.1 * noon.counts[-1, 0]
    assert told(night) == []


@pytest.mark.parametrize("seed", range(4))
def test_where_hours_wobble_more_it_is_found_within_six(seed: int) -> None:
    day = traffic(np.random.default_rng(seed), 14, wobble=0.05)
    assert EVERYONE in [one.slice for one in told(hit(day, 0.6, hours=6))]


@pytest.mark.parametrize("seed", range(2))
def test_healthy_hours_raise_no_alarm(seed: int) -> None:
    raised = [
        len(told(traffic(np.random.default_rng([seed, hour, draw]), hour)))
        for hour in range(0, 24, 3)
        for draw in range(5)
    ]
    assert sum(raised) == 0


def test_a_slice_that_falls_silent_is_found_alone_and_is_a_ticket() -> None:
    found = told(hit(traffic(np.random.default_rng(3), 12), 0.0, row=2))
    assert [one.slice.key for one in found] == [SPEC.slices[1]]
    assert found[0].value == 0
    assert found[0].effect == pytest.approx(1.0)
    assert [one.level for one in levelled(found, LOOK.system)] == [Level.TICKET]


def test_a_halved_hour_pages_and_a_drop_to_sixty_percent_is_a_ticket() -> None:
    noon, system = traffic(np.random.default_rng(5), 12), replace(LOOK.system, risk=Risk.HIGH)
    for factor, level in ((0.4, Level.PAGE), (0.6, Level.TICKET)):
        assert [one.level for one in levelled(told(hit(noon, factor)), system)] == [level]


def test_everyones_surge_is_told_once() -> None:
    (found,) = told(hit(traffic(np.random.default_rng(6), 12), 3.0))
    assert found.slice == EVERYONE
    assert "more than these hours" in found.why


def test_less_than_a_week_and_slices_of_hardly_anyone_are_not_judged() -> None:
    seen = traffic(np.random.default_rng(7), 12)
    few = Arrivals(seen.start_s[-7 * 24 :], seen.counts[-7 * 24 :])
    assert arrivals(LOOK, few) == []
    assert arrivals(LOOK, None) == []
    rare = seen.counts.copy()
    rare[:, 1] = 0
    rare[5, 1] = 9
    assert len(arrivals(LOOK, replace(seen, counts=rare))) == 1
    week = timedelta(days=7).total_seconds() // 3600
    assert len(seen.start_s) > week
