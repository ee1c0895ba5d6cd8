"""Feeds tell each incident once, keep its id, and hold whatever people write."""

import json
from xml.etree import ElementTree as ET

from tests.incident.public import DAY, HOUR, KNOWN, NOW, over, published, told
from tests.incident.test_board import SEEN, SITE, WINDOW
from tocsin.incident.board import Board, board
from tocsin.incident.bulletin import Bulletin, Stage, update
from tocsin.web.feeds import ENTRIES, atom, machine, rss

URL = "https://status.example"
SPACE = {"a": "http://www.w3.org/2005/Atom"}


def of(*bulletins: Bulletin) -> Board:
    return board(SITE, SEEN, bulletins, [WINDOW], NOW + HOUR / 2)


def entries(content: bytes) -> list[ET.Element]:
    return ET.fromstring(content).findall("a:entry", SPACE)


def text(entry: ET.Element, name: str) -> str:
    return entry.findtext(f"a:{name}", "", SPACE)


def test_an_update_moves_the_entry_and_keeps_its_id() -> None:
    first = published()
    more = update(
        first, told("Found <it> & fixed.", Stage.IDENTIFIED), id_="p", by="aspen", now=NOW
    )
    (before,), (after,) = entries(atom(of(first), URL)), entries(atom(of(more), URL))
    assert text(before, "id") == text(after, "id")
    assert text(after, "title") == "Wrong answers to applications (identified)"
    assert "Found <it> & fixed." in text(after, "content")
    assert text(after, "published") == "2026-11-20T14:05:00Z"


def test_signs_that_xml_cannot_hold_are_left_out() -> None:
    odd = update(published(), told("a\x00b\x1bc\x07"), id_="p", by="aspen", now=NOW)
    (entry,) = entries(atom(of(odd), URL))
    assert "abc" in text(entry, "content")
    assert b"abc" in rss(of(odd), URL)


def test_the_newest_word_stands_first_and_old_ones_leave() -> None:
    many = [over(published(at=NOW - k * HOUR, id_=f"blt_{k}"), NOW - k * HOUR) for k in range(60)]
    found = entries(atom(of(*many), URL))
    assert len(found) == ENTRIES
    times = [text(one, "updated") for one in found]
    assert times == sorted(times, reverse=True)


def test_an_empty_feed_is_a_feed() -> None:
    assert entries(atom(of(), URL)) == []
    root = ET.fromstring(rss(of(), URL))
    assert root.findtext("channel/description") == "Everything works."


def test_the_machines_form_holds_the_whole_board() -> None:
    said = json.loads(machine(of(published(), over(published(at=NOW - DAY, id_="b"), NOW))))
    assert said["says"] == "Loan applications is affected by an incident."
    assert [one["title"] for one in said["components"]] == [one.title for one in KNOWN]
    assert len(said["components"][0]["days"]) == 90
    assert (len(said["open"]), len(said["past"]), len(said["maintenance"])) == (1, 1, 1)
    assert said["as_of"] == "2026-11-20T14:35:00Z"
