"""Notes are corrected by lines of their own, and read as they stand now."""

from dataclasses import replace
from datetime import timedelta

import pytest

from tests.incident.test_lifecycle import LATER, NOW, acknowledged, opened
from tocsin.base.errors import BadInput, Forbidden, NotFound
from tocsin.incident.corrections import Before, Line, correct, current, folded
from tocsin.incident.incident import Entry, EntryKind
from tocsin.incident.lifecycle import Moved

OPENED = Entry(
    id="e0", incident="inc_1", at=NOW, kind=EntryKind.OPENED, actor="tocsin", text="opened"
)
NOTE = replace(OPENED, id="e1", at=LATER, kind=EntryKind.NOTE, actor="aspen", text="feed is late")
MINUTE = timedelta(minutes=1)


def corrected(
    entries: list[Entry], which: str, text: str, actor: str = "aspen", minutes: int = 1
) -> Moved:
    return correct(
        acknowledged(),  # lending leads
        entries,
        which,
        text,
        actor=actor,
        now=LATER + minutes * MINUTE,
        entry_id=f"c{minutes}",
    )


def test_a_correction_is_a_line_of_its_own_and_the_note_reads_anew_in_its_place() -> None:
    after = replace(NOTE, id="e2", text="something else")
    _, first = corrected([OPENED, NOTE, after], "e1", "feed is wrong")
    assert (first[0].kind, first[0].text, first[0].facts) == (
        EntryKind.CORRECTED,
        "feed is wrong",
        {"of": "e1"},
    )
    entries = [OPENED, NOTE, after, *first]
    _, second = corrected(entries, "c1", "feed of north is wrong", actor="lending", minutes=2)
    assert folded([*entries, *second]) == (
        Line(OPENED),
        Line(
            replace(NOTE, text="feed of north is wrong"),
            (
                Before("feed is late", LATER + MINUTE, "aspen"),
                Before("feed is wrong", LATER + 2 * MINUTE, "lending"),
            ),
        ),
        Line(after),
    )
    assert [one.text for one in current([*entries, *second])] == [
        "opened",
        "feed of north is wrong",
        "something else",
    ]


def test_the_same_text_is_no_news_also_after_a_correction() -> None:
    assert corrected([NOTE], "e1", "feed is late")[1] == ()
    _, first = corrected([NOTE], "e1", "feed is wrong")
    assert corrected([NOTE, *first], "e1", "feed is wrong")[1] == ()
    assert len(corrected([NOTE, *first], "e1", "feed is late")[1]) == 1


def test_only_the_author_and_the_commander_correct_and_only_notes() -> None:
    assert len(corrected([NOTE], "e1", "x", actor="lending")[1]) == 1
    with pytest.raises(Forbidden, match="only aspen"):
        corrected([NOTE], "e1", "x", actor="beech")
    with pytest.raises(BadInput, match="no note"):
        corrected([OPENED], "e0", "x", actor="lending")
    with pytest.raises(NotFound, match="no entry e9 on the timeline of INC-42"):
        corrected([NOTE], "e9", "x")
    with pytest.raises(Forbidden):
        correct(opened(), [NOTE], "e1", "x", actor="beech", now=LATER, entry_id="c")


def test_a_correction_whose_note_is_elsewhere_is_read_as_it_stands() -> None:
    _, lost = corrected([NOTE], "e1", "feed is wrong")
    assert folded([OPENED, *lost]) == (Line(OPENED), Line(lost[0]))
