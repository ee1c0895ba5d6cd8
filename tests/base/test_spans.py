"""Instants, spans, durations; both changes of daylight saving in two zones."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tocsin.base.errors import BadInput
from tocsin.base.spans import Span, bucket_of, describe, parse_duration, parse_instant

instants = st.datetimes(
    datetime(2000, 1, 1),  # noqa: DTZ001 - hypothesis wants naive bounds
    datetime(2100, 1, 1),  # noqa: DTZ001
    timezones=st.just(UTC),
)


@given(instants, st.integers(1, 100_000))
def test_a_bucket_holds_its_instant_and_starts_on_the_grid(at: datetime, size_s: int) -> None:
    start = bucket_of(at, size_s)
    assert Span(start, start + timedelta(seconds=size_s)).holds(at)
    assert start.timestamp() % size_s == 0


@pytest.mark.parametrize("zone", ["Europe/Berlin", "America/New_York"])
@pytest.mark.parametrize("day", [datetime(2026, 3, 29, 0, 30), datetime(2026, 11, 1, 0, 30)])  # noqa: DTZ001
def test_buckets_do_not_notice_daylight_saving(zone: str, day: datetime) -> None:
    local = day.replace(tzinfo=ZoneInfo(zone))
    hours = [bucket_of(local.astimezone(UTC) + timedelta(hours=h), 3600) for h in range(6)]
    assert len(set(hours)) == 6


@given(st.integers(1, 10**6))
def test_seconds_survive_parsing(seconds: int) -> None:
    assert parse_duration(f"{seconds}s") == timedelta(seconds=seconds)


@pytest.mark.parametrize("text", ["", "soon", "4", "h", "4h later", "-3h", "0s"])
def test_what_is_no_duration_is_refused(text: str) -> None:
    with pytest.raises(BadInput):
        parse_duration(text)


@pytest.mark.parametrize("text", ["yesterday", "2026-11-20T14:05:00", ""])
def test_an_instant_needs_a_zone(text: str) -> None:
    with pytest.raises(BadInput):
        parse_instant(text)


def test_lengths_read_well() -> None:
    assert describe(timedelta(seconds=4.25)) == "4.2 s"
    assert describe(timedelta(days=2, hours=3, minutes=59)) == "2 d 3 h"
    assert describe(timedelta(seconds=3600)) == "1 h"


def test_spans_are_half_open() -> None:
    t = datetime(2026, 1, 1, tzinfo=UTC)
    a, b = Span(t, t + timedelta(1)), Span(t + timedelta(1), t + timedelta(2))
    assert not a.overlaps(b)
    assert a.holds(t)
    assert not a.holds(a.end)
    assert a.length == timedelta(1)
