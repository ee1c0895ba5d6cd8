"""The calendar: read back by a reader of our own, written from the RFC alone."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from tocsin.base.spans import Span
from tocsin.oncall.ical import calendar, fold
from tocsin.oncall.schedule import Shift

MADE = datetime(2026, 11, 20, 14, 5, tzinfo=UTC)
DAY = timedelta(days=1)


def shift(person: str, days: int = 0) -> Shift:
    return Shift(person, Span(MADE + days * DAY, MADE + (days + 1) * DAY))


def unfolded(text: str) -> list[str]:
    """Return the content lines: RFC 5545, 3.1."""
    assert text.endswith("\r\n")
    assert "\n" not in text.replace("\r\n", "")
    assert all(len(line.encode()) <= 75 for line in text.split("\r\n"))
    return text.replace("\r\n ", "").split("\r\n")[:-1]


def values(text: str, name: str) -> list[str]:
    return [line.partition(":")[2] for line in unfolded(text) if line.partition(":")[0] == name]


def test_every_shift_is_an_event_in_utc() -> None:
    text = calendar("lending", [shift("lending-lead"), shift("data-lead", 1)], MADE)
    lines = unfolded(text)
    assert lines[:2] == ["BEGIN:VCALENDAR", "VERSION:2.0"]
    assert lines[-1] == "END:VCALENDAR"
    assert lines.count("BEGIN:VEVENT") == lines.count("END:VEVENT") == 2
    assert values(text, "DTSTART") == ["20261120T140500Z", "20261121T140500Z"]
    assert values(text, "DTEND") == ["20261121T140500Z", "20261122T140500Z"]
    assert values(text, "DTSTAMP") == ["20261120T140500Z"] * 2
    assert values(text, "SUMMARY")[0] == "lending-lead on call (lending)"
    assert any(line.startswith("PRODID:") for line in lines)


def test_a_uid_stays_when_the_calendar_is_made_again_and_differs_between_shifts() -> None:
    two = [shift("lending-lead"), shift("data-lead", 1)]
    first = values(calendar("lending", two, MADE), "UID")
    again = values(calendar("lending", two[1:], MADE + DAY), "UID")
    other = values(calendar("fraud", two, MADE), "UID")
    assert first[1:] == again
    assert len({*first, *other}) == 4


def test_signs_with_a_meaning_are_escaped() -> None:
    text = calendar("a;b", [shift("lead, lending\\fraud\nEND:VCALENDAR")], MADE)
    assert values(text, "SUMMARY") == [
        r"lead\, lending\\fraud\nEND:VCALENDAR on call (a\;b)",
    ]
    assert unfolded(text).count("END:VCALENDAR") == 1


@given(st.text(st.characters(codec="utf-8", exclude_characters="\r\n"), max_size=300))
def test_folding_keeps_every_character_and_every_line_short(line: str) -> None:
    pieces = list(fold(line))
    assert "".join([pieces[0], *(piece[1:] for piece in pieces[1:])]) == line
    assert all(len(piece.encode()) <= 75 for piece in pieces)
    assert all(piece[0] == " " for piece in pieces[1:])
