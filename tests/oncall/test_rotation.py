"""Who follows whom, and that hand-offs keep to the clock on the wall."""

from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta

import pytest

from tocsin.base.errors import BadInput
from tocsin.base.spans import Span
from tocsin.oncall.rotation import Rotation, check, turns, whose_turn

WEEKLY = Rotation(
    participants=("lending-lead", "data-lead", "risk-lead"),
    every=timedelta(weeks=1),
    start=date(2026, 10, 12),  # a Monday
    hand_off=time(9),
    time_zone="Europe/Berlin",
)
DAILY = replace(WEEKLY, every=timedelta(days=1), start=date(2026, 3, 1))


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def laid_out(rotation: Rotation, start: str, end: str) -> list[tuple[str, str]]:
    return [
        (f"{turn.span.start:%m-%d %H:%M}", turn.person)
        for turn in turns(rotation, Span(at(start), at(end)))
    ]


def test_a_week_ends_at_nine_in_summer_and_in_winter() -> None:
    assert laid_out(WEEKLY, "2026-10-01", "2026-11-03") == [
        ("10-12 07:00", "lending-lead"),
        ("10-19 07:00", "data-lead"),
        ("10-26 08:00", "risk-lead"),
        ("11-02 08:00", "lending-lead"),
    ]


def test_nobody_has_a_turn_before_the_start() -> None:
    assert whose_turn(WEEKLY, at("2026-10-12 06:59:59")) is None
    assert whose_turn(WEEKLY, at("2026-10-12 07:00")) == "lending-lead"
    assert whose_turn(WEEKLY, at("2020-01-01")) is None


@pytest.mark.parametrize(
    ("zone", "hand_off", "skipped", "before", "after"),
    [
        ("Europe/Berlin", time(2, 30), "2026-03-29 01:00", "2026-03-28 01:30", "2026-03-30 00:30"),
        (
            "America/New_York",
            time(2, 30),
            "2026-03-08 07:00",
            "2026-03-07 07:30",
            "2026-03-09 06:30",
        ),
        ("Europe/Berlin", time(2, 30), "2026-10-25 00:30", "2026-10-24 00:30", "2026-10-26 01:30"),
        (
            "America/New_York",
            time(1, 30),
            "2026-11-01 05:30",
            "2026-10-31 05:30",
            "2026-11-02 06:30",
        ),
    ],
)
def test_a_hand_off_within_a_change_of_the_clocks(
    zone: str, hand_off: time, skipped: str, before: str, after: str
) -> None:
    rotation = replace(DAILY, time_zone=zone, hand_off=hand_off)
    found = [turn.span.start for turn in turns(rotation, Span(at(before), at(after)))]
    assert found == [at(before), at(skipped)]
    a_second = timedelta(seconds=1)
    people = [whose_turn(rotation, at(skipped) + k * a_second) for k in (-1, 0)]
    assert people[0] != people[1]
    assert whose_turn(rotation, at(after) - a_second) == people[1]
    assert whose_turn(rotation, at(after)) not in {people[1], None}


def test_the_hour_shown_for_the_second_time_belongs_to_who_took_over_in_the_first() -> None:
    rotation = replace(DAILY, hand_off=time(2, 30))
    second_time = at("2026-10-25 01:15")  # 02:15 again, after 02:30 was shown
    taken_over = whose_turn(rotation, at("2026-10-25 00:30"))
    assert whose_turn(rotation, second_time) == taken_over
    assert whose_turn(rotation, at("2026-10-25 00:29")) != taken_over


@pytest.mark.parametrize("hours", [1, 5, 24])
@pytest.mark.parametrize(
    ("zone", "night"),
    [
        ("Europe/Berlin", "2026-03-29"),
        ("Europe/Berlin", "2026-10-25"),
        ("America/New_York", "2026-03-08"),
        ("America/New_York", "2026-11-01"),
    ],
)
def test_every_quarter_of_an_hour_of_a_change_has_the_turn_that_is_laid_out(
    zone: str, night: str, hours: int
) -> None:
    quarter = timedelta(minutes=15)
    span = Span(at(night) - 12 * quarter, at(night) + 60 * quarter)
    for k in range(16):
        rotation = replace(
            DAILY,
            every=timedelta(hours=hours),
            hand_off=time(k // 4, k % 4 * 15),
            time_zone=zone,
        )
        laid = list(turns(rotation, span))
        for step in range(72):
            moment = span.start + step * quarter
            (expected,) = (turn.person for turn in laid if turn.span.holds(moment))
            assert whose_turn(rotation, moment) == expected


def test_twelve_hours_are_counted_on_the_wall() -> None:
    twice = replace(WEEKLY, every=timedelta(hours=12), hand_off=time(8), start=date(2026, 3, 28))
    assert [start for start, _ in laid_out(twice, "2026-03-28 07:00", "2026-03-30")] == [
        "03-28 07:00",
        "03-28 19:00",
        "03-29 06:00",
        "03-29 18:00",
    ]


def test_an_hour_that_is_skipped_is_nobodys_turn() -> None:
    hourly = replace(WEEKLY, every=timedelta(hours=1), hand_off=time(0), start=date(2026, 3, 29))
    found = laid_out(hourly, "2026-03-29 00:00", "2026-03-29 02:00")
    # 01:00, then 03:00: the turn from 02:00 to 03:00 took no time
    assert found == [("03-29 00:00", "data-lead"), ("03-29 01:00", "lending-lead")]


def test_a_weekday_shortens_the_first_turn() -> None:
    thursday = replace(WEEKLY, start=date(2026, 10, 14), weekday=3)
    assert laid_out(thursday, "2026-10-01", "2026-10-24") == [
        ("10-14 07:00", "lending-lead"),
        ("10-15 07:00", "data-lead"),
        ("10-22 07:00", "risk-lead"),
    ]
    on_the_day = replace(WEEKLY, weekday=0)
    assert laid_out(on_the_day, "2026-10-01", "2026-10-26") == laid_out(
        WEEKLY, "2026-10-01", "2026-10-26"
    )


def test_two_weeks_each() -> None:
    long = replace(WEEKLY, every=timedelta(weeks=2))
    assert [start for start, _ in laid_out(long, "2026-10-12", "2026-11-10")] == [
        "10-12 07:00",
        "10-26 08:00",
        "11-09 08:00",
    ]


@pytest.mark.parametrize(
    ("rotation", "words"),
    [
        (replace(WEEKLY, participants=()), "without participants"),
        (replace(WEEKLY, every=timedelta(0)), "whole hours"),
        (replace(WEEKLY, every=timedelta(minutes=90)), "whole hours"),
        (replace(DAILY, weekday=0), "weekday"),
        (replace(WEEKLY, time_zone="Mars/Olympus"), "not a time zone"),
        (replace(WEEKLY, hand_off=time(9, tzinfo=UTC)), "offset"),
    ],
)
def test_a_rotation_that_could_not_turn_is_refused(rotation: Rotation, words: str) -> None:
    check(WEEKLY)
    with pytest.raises(BadInput, match=words):
        check(rotation)
