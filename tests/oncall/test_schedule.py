"""Who is on call: layers, hours, overrides, gaps; and that asking and laying out agree."""

from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.oncall.test_wall import ODD_ZONES
from tocsin.base.errors import BadInput
from tocsin.base.spans import Span
from tocsin.oncall.rotation import Rotation
from tocsin.oncall.schedule import (
    Hours,
    Layer,
    Override,
    Schedule,
    Shift,
    check,
    gaps,
    shifts,
    unmanned,
    who,
    whole_shifts,
    within,
)

HOUR = timedelta(hours=1)
OFFICE = Hours(time(9), time(17), days=(0, 1, 2, 3, 4))
NIGHT = Hours(time(22), time(6))


def rotation(*people: str, every: timedelta = 24 * HOUR, zone: str = "Europe/Berlin") -> Rotation:
    return Rotation(
        participants=people, every=every, start=date(2026, 3, 23), hand_off=time(9), time_zone=zone
    )


ALWAYS = Schedule("lending", (Layer(rotation("lending-lead", "data-lead")),))
LAYERED = Schedule(
    "lending",
    (Layer(rotation("lending-lead")), Layer(rotation("night-watch"), (NIGHT,))),
)


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def span(start: str, end: str) -> Span:
    return Span(at(start), at(end))


def told(found: list[Shift]) -> list[tuple[str, str, str]]:
    return [(s.person, f"{s.span.start:%m-%d %H:%M}", f"{s.span.end:%m-%d %H:%M}") for s in found]


def test_a_later_layer_wins_where_it_has_somebody() -> None:
    # the night from 28 to 29 March is an hour shorter
    assert told(shifts(LAYERED, (), span("2026-03-28 12:00", "2026-03-29 12:00"))) == [
        ("lending-lead", "03-28 12:00", "03-28 21:00"),
        ("night-watch", "03-28 21:00", "03-29 04:00"),
        ("lending-lead", "03-29 04:00", "03-29 12:00"),
    ]


def test_shifts_of_one_person_are_merged() -> None:
    found = shifts(
        Schedule("s", (Layer(rotation("a", "a")),)), (), span("2026-04-01", "2026-04-05")
    )
    assert told(found) == [("a", "04-01 00:00", "04-05 00:00")]


def test_hours_begin_on_their_days_and_may_end_on_the_next() -> None:
    friday_night = Hours(time(22), time(6), days=(4,))
    schedule = Schedule("s", (Layer(rotation("a"), (friday_night,)),))
    assert told(shifts(schedule, (), span("2026-03-23", "2026-04-06"))) == [
        ("a", "03-27 21:00", "03-28 05:00"),
        ("a", "04-03 20:00", "04-04 04:00"),
    ]
    assert who(schedule, (), at("2026-03-28 04:59")) == "a"
    assert who(schedule, (), at("2026-03-28 22:00")) is None


def test_a_whole_day_begins_and_ends_at_midnight() -> None:
    weekend = Hours(time(0), time(0), days=(5, 6))
    schedule = Schedule("s", (Layer(rotation("a"), (weekend,)),))
    assert told(shifts(schedule, (), span("2026-03-23", "2026-03-31"))) == [
        ("a", "03-27 23:00", "03-29 22:00"),
    ]


def test_hours_that_the_clocks_skip_do_not_exist() -> None:
    skipped = Hours(time(2, 15), time(2, 45))
    schedule = Schedule("s", (Layer(rotation("a"), (skipped,)),))
    assert told(shifts(schedule, (), span("2026-03-28", "2026-03-31"))) == [
        ("a", "03-28 01:15", "03-28 01:45"),
        ("a", "03-30 00:15", "03-30 00:45"),
    ]


def test_hours_in_new_york_over_both_changes() -> None:
    schedule = Schedule("s", (Layer(rotation("a", zone="America/New_York"), (NIGHT,)),))
    assert told(shifts(schedule, (), span("2027-03-14", "2027-03-15"))) == [
        ("a", "03-14 03:00", "03-14 10:00"),
    ]
    assert told(shifts(schedule, (), span("2026-11-01", "2026-11-02"))) == [
        ("a", "11-01 02:00", "11-01 11:00"),
    ]


def test_an_override_wins_over_every_layer_and_the_last_made_over_those_before() -> None:
    overrides = [
        Override("risk-lead", span("2026-03-24 12:00", "2026-03-24 20:00")),
        Override("head-of-lending", span("2026-03-24 14:00", "2026-03-24 15:00")),
    ]
    assert told(shifts(ALWAYS, overrides, span("2026-03-24", "2026-03-25"))) == [
        ("lending-lead", "03-24 00:00", "03-24 08:00"),
        ("data-lead", "03-24 08:00", "03-24 12:00"),
        ("risk-lead", "03-24 12:00", "03-24 14:00"),
        ("head-of-lending", "03-24 14:00", "03-24 15:00"),
        ("risk-lead", "03-24 15:00", "03-24 20:00"),
        ("data-lead", "03-24 20:00", "03-25 00:00"),
    ]
    assert who(ALWAYS, overrides, at("2026-03-24 14:00")) == "head-of-lending"
    assert who(ALWAYS, overrides, at("2026-03-24 15:00")) == "risk-lead"
    assert who(ALWAYS, overrides, at("2026-03-24 20:00")) == "data-lead"


def test_whole_shifts_begin_before_the_span_and_end_after_it() -> None:
    found = whole_shifts(ALWAYS, (), span("2026-04-01 12:00", "2026-04-02 06:00"))
    assert told(found) == [("data-lead", "04-01 07:00", "04-02 07:00")]
    alone = Schedule("s", (Layer(rotation("a")),))
    first = whole_shifts(alone, (), span("2026-07-02", "2026-07-03"))
    again = whole_shifts(alone, (), span("2026-07-03", "2026-07-04"))
    assert first[0].span.start == again[0].span.start == at("2026-05-01")


def test_gaps_are_what_no_layer_and_no_override_covers() -> None:
    office = Schedule("s", (Layer(rotation("a"), (OFFICE,)),))
    cover = [Override("b", span("2026-04-01 16:00", "2026-04-01 18:00"))]
    found = gaps(office, cover, span("2026-04-01 07:00", "2026-04-02 10:00"))
    assert found == [
        span("2026-04-01 15:00", "2026-04-01 16:00"),
        span("2026-04-01 18:00", "2026-04-02 07:00"),
    ]
    assert gaps(ALWAYS, (), span("2026-04-01", "2026-06-01")) == []
    assert gaps(ALWAYS, (), span("2026-03-22", "2026-03-24")) == [
        span("2026-03-22", "2026-03-23 08:00")
    ]


def test_a_schedule_without_anybody_is_refused() -> None:
    check(LAYERED)
    with pytest.raises(BadInput, match="no layers"):
        check(Schedule("s", ()))
    with pytest.raises(BadInput, match="participants"):
        check(Schedule("s", (Layer(rotation()),)))


NIGHTS = ["2026-03-08", "2026-03-29", "2026-10-25", "2026-11-01", "2011-12-30"]
"""On each the clocks of some of the zones change."""
times = st.builds(
    time, st.integers(0, 3) | st.integers(0, 23), st.sampled_from([0, 15, 30, 45, 59])
)
PEOPLE = ["a", "b", "c", "d"]


@st.composite
def schedules(draw: st.DrawFn) -> tuple[Schedule, list[Override], Span]:
    """Draw a schedule and a span around a night on which some clock changes."""
    night = draw(st.sampled_from(NIGHTS))
    middle = at(night)
    start = middle - draw(st.integers(0, 60 * 60)) * timedelta(minutes=1)
    stretch = Span(start, start + draw(st.integers(1, 6 * 24 * 60)) * timedelta(minutes=1))
    layers: list[Layer] = []
    for _ in range(draw(st.integers(1, 3))):
        every = draw(st.sampled_from([1, 5, 12, 24, 48, 168, 336])) * HOUR
        turning = Rotation(
            participants=tuple(draw(st.lists(st.sampled_from(PEOPLE), min_size=1, max_size=3))),
            every=every,
            start=middle.date() - timedelta(days=draw(st.integers(-2, 40))),
            hand_off=draw(times),
            time_zone=draw(st.sampled_from(ODD_ZONES)),
            weekday=draw(st.sampled_from([None, 0, 6])) if every >= 168 * HOUR else None,
        )
        days = st.lists(st.integers(0, 6), max_size=3, unique=True).map(tuple)
        hours = st.lists(st.builds(Hours, times, times, days), max_size=3).map(tuple)
        layers.append(Layer(turning, draw(hours)))
    overrides = [
        Override(
            draw(st.sampled_from(PEOPLE)),
            Span(
                begins := start + draw(st.integers(-600, 6000)) * timedelta(minutes=1),
                begins + draw(st.integers(1, 3000)) * timedelta(minutes=1),
            ),
        )
        for _ in range(draw(st.integers(0, 3)))
    ]
    return Schedule("drawn", tuple(layers)), overrides, stretch


@given(schedules(), st.lists(st.integers(0, 10**6), max_size=12))
@settings(max_examples=300, deadline=None)
def test_shifts_and_gaps_tile_the_span_and_say_what_who_says(
    drawn: tuple[Schedule, list[Override], Span], offsets_s: list[int]
) -> None:
    schedule, overrides, stretch = drawn
    found = shifts(schedule, overrides, stretch)
    pieces = sorted(
        [(s.span, s.person) for s in found]
        + [(gap, None) for gap in gaps(schedule, overrides, stretch)],
        key=lambda piece: piece[0],
    )
    edges = [stretch.start, *(piece.end for piece, _ in pieces)]
    assert [piece.start for piece, _ in pieces] == edges[:-1]
    assert edges[-1] == stretch.end
    assert all(a[1] != b[1] for a, b in pairwise(pieces))

    second = timedelta(seconds=1)
    samples = [stretch.start + k * second % stretch.length for k in offsets_s]
    samples += [moment for piece, _ in pieces for moment in (piece.start, piece.end - second)]
    quarters = [at(night) + k * timedelta(minutes=15) for night in NIGHTS for k in range(-4, 40)]
    samples += filter(stretch.holds, quarters)
    for moment in samples:
        (expected,) = (person for piece, person in pieces if piece.holds(moment))
        assert who(schedule, overrides, moment) == expected


@given(schedules(), st.integers(0, 99), st.integers(1, 100))
@settings(max_examples=100, deadline=None)
def test_a_part_of_what_is_laid_out_is_what_is_laid_out_of_the_part(
    drawn: tuple[Schedule, list[Override], Span], start: int, length: int
) -> None:
    schedule, overrides, stretch = drawn
    begins = stretch.start + stretch.length * start / 100
    part = Span(begins, min(stretch.end, begins + stretch.length * length / 100))
    found = shifts(schedule, overrides, stretch)
    assert within(found, part) == shifts(schedule, overrides, part)
    assert unmanned(found, part) == gaps(schedule, overrides, part)
