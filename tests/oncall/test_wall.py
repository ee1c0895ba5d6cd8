"""What a clock on the wall shows, and when: also on the nights when the clocks change."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tocsin.base.errors import BadInput
from tocsin.oncall.wall import instant, reading, zone

ODD_ZONES = [
    "Europe/Berlin",
    "America/New_York",
    "Australia/Lord_Howe",  # changes by half an hour
    "America/Havana",  # changes at midnight
    "Pacific/Apia",  # skipped 30 December 2011
    "Asia/Kathmandu",
    "UTC",
]


@pytest.mark.parametrize(
    ("shown", "name", "utc"),
    [
        ("2026-03-29 01:59", "Europe/Berlin", "2026-03-29 00:59"),
        ("2026-03-29 02:00", "Europe/Berlin", "2026-03-29 01:00"),
        ("2026-03-29 02:59", "Europe/Berlin", "2026-03-29 01:00"),
        ("2026-03-29 03:00", "Europe/Berlin", "2026-03-29 01:00"),
        ("2026-03-29 03:30", "Europe/Berlin", "2026-03-29 01:30"),
        ("2026-10-25 02:30", "Europe/Berlin", "2026-10-25 00:30"),
        ("2026-10-25 03:00", "Europe/Berlin", "2026-10-25 02:00"),
        ("2026-03-08 02:30", "America/New_York", "2026-03-08 07:00"),
        ("2026-11-01 01:30", "America/New_York", "2026-11-01 05:30"),
        ("2026-11-01 02:00", "America/New_York", "2026-11-01 07:00"),
        ("2011-12-30 12:00", "Pacific/Apia", "2011-12-30 10:00"),
    ],
)
def test_skipped_readings_roll_forward_and_double_ones_are_the_first(
    shown: str, name: str, utc: str
) -> None:
    assert instant(datetime.fromisoformat(shown), name) == datetime.fromisoformat(f"{utc}+00:00")


FIRST = datetime.fromisoformat("2011-01-01")
naive = st.integers(0, 19 * 366 * 24 * 60).map(lambda k: FIRST + k * timedelta(minutes=1))


@given(naive, st.timedeltas(timedelta(0), timedelta(days=2)), st.sampled_from(ODD_ZONES))
def test_a_later_reading_is_never_an_earlier_instant(
    shown: datetime, more: timedelta, name: str
) -> None:
    later = shown + timedelta(minutes=more // timedelta(minutes=1))
    assert instant(shown, name) <= instant(later, name)


@given(naive, st.sampled_from(ODD_ZONES))
def test_reading_and_instant_undo_one_another_but_for_what_is_shown_twice(
    at: datetime, name: str
) -> None:
    back = instant(reading(at.replace(tzinfo=UTC), name), name)
    lag = at.replace(tzinfo=UTC) - back
    assert lag in {timedelta(0), timedelta(minutes=30), timedelta(hours=1)}
    assert reading(back, name) == reading(at.replace(tzinfo=UTC), name)


@pytest.mark.parametrize("name", ["Europe/Nowhere", "", "../etc/passwd", "CEST+"])
def test_what_is_no_zone_is_refused(name: str) -> None:
    with pytest.raises(BadInput, match="is not a time zone"):
        zone(name)
