"""Shifts as a calendar that phones and calendars subscribe to: iCalendar, RFC 5545.

Instants are in UTC, lines end in CR LF and are folded at 75 octets, never inside a character.  A
shift's UID is made of schedule, person and start alone, so that a calendar that reads again
replaces what it knows instead of showing it twice.
"""

import hashlib
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime

from tocsin.oncall.schedule import Shift

_LINE_OCTETS = 75
_ESCAPES = str.maketrans({"\\": r"\\", ";": r"\;", ",": r"\,", "\n": r"\n", "\r": None})


def calendar(schedule: str, shifts: Sequence[Shift], made_at: datetime) -> str:
    """Return the text of an iCalendar object with one event per shift.

    Args:
        schedule: its name.
        shifts: whole ones: a shift that is cut at the edge of a span gets another UID.
        made_at: when this was computed.
    """
    return "".join(
        f"{folded}\r\n" for line in _lines(schedule, shifts, made_at) for folded in fold(line)
    )


def fold(line: str) -> Iterator[str]:
    """Yield `line` in pieces of at most 75 octets; each but the first begins with a space.

    >>> [len(piece.encode()) for piece in fold("SUMMARY:" + "ü" * 60)]
    [74, 55]
    """
    piece, size = "", 0
    for character in line:
        octets = len(character.encode())
        if size + octets > _LINE_OCTETS:
            yield piece
            piece, size = " ", 1
        piece, size = piece + character, size + octets
    yield piece


def _lines(schedule: str, shifts: Sequence[Shift], made_at: datetime) -> Iterator[str]:
    yield "BEGIN:VCALENDAR"
    yield "VERSION:2.0"
    yield "PRODID:-//Tocsin//On call//EN"
    yield "CALSCALE:GREGORIAN"
    yield "METHOD:PUBLISH"
    yield f"X-WR-CALNAME:{_text(f'On call: {schedule}')}"
    for shift in shifts:
        yield "BEGIN:VEVENT"
        yield f"UID:{_uid(schedule, shift)}"
        yield f"DTSTAMP:{_instant(made_at)}"
        yield f"DTSTART:{_instant(shift.span.start)}"
        yield f"DTEND:{_instant(shift.span.end)}"
        yield f"SUMMARY:{_text(f'{shift.person} on call ({schedule})')}"
        yield "TRANSP:TRANSPARENT"
        yield "END:VEVENT"
    yield "END:VCALENDAR"


def _uid(schedule: str, shift: Shift) -> str:
    facts = "\n".join((schedule, shift.person, _instant(shift.span.start)))
    return f"{hashlib.sha256(facts.encode()).hexdigest()[:32]}@tocsin"


def _instant(at: datetime) -> str:
    return f"{at.astimezone(UTC):%Y%m%dT%H%M%SZ}"


def _text(words: str) -> str:
    return words.translate(_ESCAPES)
