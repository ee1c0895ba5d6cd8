"""Letters say what the page says, how to leave, and never what stands inside."""

from tests.incident.public import KNOWN, NOW, published
from tests.incident.test_board import SINCE, SITE
from tocsin.incident.board import Site, board
from tocsin.incident.letter import SUBJECT_MAX_CHARS, announcement, confirmation, reminder

URL = "https://status.example/status/unsubscribe/sub_1?s=ab"


def test_an_update_tells_all_that_the_page_tells_and_how_to_leave() -> None:
    (case,) = board(SITE, [(one, SINCE) for one in KNOWN], [published()], (), NOW).open
    letter = announcement(
        SITE,
        case,
        case.lines[0],
        key="post_1/sub_1",
        address="aspen@example.org",
        page_url="https://status.example/status",
        leave_url=URL,
    )
    assert letter.subject == "Acme lending: Wrong answers to applications (investigating)"
    for words in (
        "Some applications were turned down wrongly.",
        "Whom: people who live in the north",
        "What: Loan applications",
        "2026-11-20 14:05 UTC",
        URL,
    ):
        assert words in letter.text
    assert (letter.thread, letter.at) == (case.tag, NOW)
    for word in ("inc_42", "loan-approval", "region=", "v20", "blt_1"):
        assert word not in f"{letter.subject}{letter.text}{letter.facts}"
    assert "example.org" not in repr(letter)


def test_who_has_not_confirmed_is_told_how_and_that_silence_follows() -> None:
    letter = confirmation(SITE, key="k", address="a@b.de", at=NOW, url="https://x/confirm")
    assert "https://x/confirm" in letter.text
    assert "do nothing" in letter.text
    assert letter.leave_url == ""


def test_who_asks_twice_is_told_how_to_leave() -> None:
    letter = reminder(SITE, key="k", address="a@b.de", at=NOW, leave_url=URL)
    assert URL in letter.text
    assert "already" in letter.subject


def test_a_subject_is_one_short_line() -> None:
    site = Site(title="A\nB " + "x" * 300)
    letter = confirmation(site, key="k", address="a@b.de", at=NOW, url="https://x")
    assert len(letter.subject) == SUBJECT_MAX_CHARS
    assert "\n" not in letter.subject
