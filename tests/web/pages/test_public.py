"""The files of the status page: drawn from the board alone, the page itself last."""

from tests.incident.public import KNOWN, NOW, published
from tests.incident.test_board import SEEN, SITE
from tocsin.incident.board import board
from tocsin.incident.statuspage import StatusPage
from tocsin.web.pages.public import files
from tocsin.web.publish import LATE, NAMES, sheet

PAGE = StatusPage(site=SITE, components=KNOWN)


def test_every_file_is_there_and_the_page_is_written_last() -> None:
    drawn = files(board(SITE, SEEN, [published()], (), NOW), PAGE, "https://status.example")
    assert list(drawn) == [*NAMES, "index.html"]
    assert drawn["status/status.css"] == sheet()
    assert drawn["index.html"].count(LATE) == 1
    assert b"Wrong answers to applications" in drawn["index.html"]


def test_the_same_board_is_the_same_bytes() -> None:
    one = board(SITE, SEEN, [published()], (), NOW)
    assert files(one, PAGE, "https://a.example") == files(one, PAGE, "https://a.example")
