"""Uptime says what was published: overlaps once, maintenance not at all, no record as no record."""

import random
from datetime import datetime, timedelta

import pytest

from tests.incident.public import DAY, HOUR, MINUTE, NOW, over, published, told
from tocsin.base.spans import Span
from tocsin.incident.bulletin import Bulletin, Level, Stage, update
from tocsin.incident.uptime import DAYS, days, uptime

LONG_AGO = NOW - 400 * DAY


def hit(start: datetime, length: timedelta) -> Bulletin:
    """Return an incident that affected people from `start` on, for so long."""
    return over(published(at=start + HOUR), start + length)


def test_a_quiet_component_is_up_and_every_day_is_told() -> None:
    found = days([], [], since=LONG_AGO, now=NOW)
    assert len(found) == DAYS
    assert found[-1].on == NOW.date()
    assert {day.level for day in found} == {Level.OPERATIONAL}
    assert uptime([], [], since=LONG_AGO, now=NOW) == 1.0


def test_days_before_the_component_stood_on_the_page_have_no_record() -> None:
    since = NOW - 10 * DAY
    found = days([], [], since=since, now=NOW)
    assert [day.level for day in found[:79]] == [None] * 79
    assert all(day.level is Level.OPERATIONAL for day in found[79:])
    assert uptime([], [], since=NOW, now=NOW) is None


def test_an_hour_and_a_half_affected_counts_as_that() -> None:
    start = NOW.replace(hour=0, minute=0) - 5 * DAY + HOUR
    one = hit(start, 90 * MINUTE)
    length = NOW - (NOW.replace(hour=0, minute=0) - 89 * DAY)
    assert uptime([one], [], since=LONG_AGO, now=NOW) == pytest.approx(1 - 1.5 * HOUR / length)
    day = days([one], [], since=LONG_AGO, now=NOW)[-6]
    assert (day.level, day.affected) == (Level.AFFECTED, 90 * MINUTE)


def test_two_at_once_count_once_and_the_worse_one_wins() -> None:
    start = NOW - 10 * HOUR
    degraded = update(
        published(at=start + HOUR),
        told("Slow.", Stage.MONITORING, Level.DEGRADED),
        id_="p",
        by="aspen",
        now=start + 2 * HOUR,
    )
    both = [hit(start, 4 * HOUR), over(degraded, start + 8 * HOUR)]
    today = days(both, [], since=LONG_AGO, now=NOW)[-1]
    assert (today.level, today.affected, today.degraded) == (Level.AFFECTED, 4 * HOUR, 4 * HOUR)


def test_planned_maintenance_is_neither_up_nor_down() -> None:
    start = NOW - 4 * HOUR
    kept = [Span(start, start + 2 * HOUR)]
    within = hit(start, 2 * HOUR)
    assert uptime([within], kept, since=NOW - 8 * HOUR, now=NOW) == 1.0
    assert days([], kept, since=LONG_AGO, now=NOW)[-1].level is Level.MAINTENANCE
    half = hit(start, 4 * HOUR)
    assert uptime([half], kept, since=NOW - 8 * HOUR, now=NOW) == pytest.approx(1 - 2 / 6)
    assert uptime([], [Span(NOW - 9 * HOUR, NOW)], since=NOW - 8 * HOUR, now=NOW) is None


def test_what_lasts_counts_to_now_and_tomorrow_not_at_all() -> None:
    lasting = published(at=NOW - HOUR)
    assert days([lasting], [], since=LONG_AGO, now=NOW)[-1].affected == 2 * HOUR
    later = [Span(NOW + HOUR, NOW + 2 * HOUR)]
    assert days([], later, since=LONG_AGO, now=NOW)[-1].level is Level.OPERATIONAL


@pytest.mark.parametrize("seed", range(8))
def test_the_days_add_up_to_the_whole(seed: int) -> None:
    """By hand, minute by minute, against the pieces."""
    rng = random.Random(seed)
    since = NOW.replace(hour=0, minute=0) - 3 * DAY
    bulletins: list[Bulletin] = []
    for _ in range(rng.randint(0, 4)):
        start = since + rng.randint(0, 4000) * MINUTE
        bulletins.append(hit(start, rng.randint(61, 900) * MINUTE))
    kept = [
        Span(start, start + rng.randint(1, 300) * MINUTE)
        for start in (since + rng.randint(0, 4000) * MINUTE for _ in range(rng.randint(0, 3)))
    ]
    down = planned = total = 0
    at = since
    while at < NOW:
        total += 1
        if any(span.holds(at) for span in kept):
            planned += 1
        elif any(b.began_at <= at < (b.resolved_at or NOW) for b in bulletins):
            down += 1
        at += MINUTE
    found = days(bulletins, kept, since=since, now=NOW)
    assert sum((d.affected for d in found), timedelta(0)) == down * MINUTE
    assert sum((d.maintenance for d in found), timedelta(0)) == planned * MINUTE
    expected = 1 - down / (total - planned)
    assert uptime(bulletins, kept, since=since, now=NOW) == pytest.approx(expected)
