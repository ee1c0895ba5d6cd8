"""The board holds what the public may see: enough to be of use, and no word from inside."""

from dataclasses import replace

from tests.incident.public import CARDS, DAY, HOUR, KNOWN, LOANS, NOW, over, published
from tocsin.base.spans import Span
from tocsin.incident.board import Board, Site, Window, board
from tocsin.incident.bulletin import Bulletin, Level, Stage

SITE = Site(title="Acme lending", contact="help@acme.example")
SINCE = NOW - 200 * DAY
SEEN = tuple((one, SINCE) for one in KNOWN)
WINDOW = Window(
    id="sil_9",
    systems=("fraud",),
    span=Span(NOW + HOUR, NOW + 2 * HOUR),
    title="retrain fraud on v21",
)


def shown(*bulletins: Bulletin, windows: tuple[Window, ...] = ()) -> Board:
    return board(SITE, SEEN, bulletins, windows, NOW)


def test_a_quiet_day_says_so() -> None:
    quiet = shown()
    assert quiet.says == "Everything works."
    assert [row.title for row in quiet.rows] == ["Loan applications", "Card payments"]
    assert (quiet.open, quiet.past, quiet.planned) == ((), (), ())


def test_an_open_bulletin_marks_its_components_and_no_other() -> None:
    now = shown(published())
    assert now.says == "Loan applications is affected by an incident."
    assert [row.level for row in now.rows] == [Level.AFFECTED, Level.OPERATIONAL]
    (case,) = now.open
    assert (case.stage, case.components) == (Stage.INVESTIGATING, ("Loan applications",))
    assert case.whom == "people who live in the north"


def test_what_is_over_moves_to_the_past_and_leaves_after_ninety_days() -> None:
    ended = over(published(at=NOW - DAY), NOW - HOUR)
    now = shown(ended)
    assert (now.level, now.open, len(now.past)) == (Level.OPERATIONAL, (), 1)
    assert now.past[0].lines[0].text == "It is over."
    assert board(SITE, SEEN, [ended], (), NOW + 90 * DAY).past == ()


def test_maintenance_is_told_before_during_and_not_after() -> None:
    assert shown(windows=(WINDOW,)).planned[0].active is False
    assert shown(windows=(WINDOW,)).level is Level.OPERATIONAL
    during = replace(WINDOW, span=Span(NOW - HOUR, NOW + HOUR))
    now = shown(windows=(during,))
    assert now.planned[0].active
    assert now.says == "Planned maintenance of Card payments is under way."
    assert not shown(windows=(replace(WINDOW, span=Span(NOW - HOUR, NOW)),)).planned
    far = Span(NOW + 31 * DAY, NOW + 32 * DAY)
    assert not shown(windows=(replace(WINDOW, span=far),)).planned


def test_harm_is_worse_than_maintenance() -> None:
    during = replace(WINDOW, span=Span(NOW - HOUR, NOW + HOUR))
    assert shown(published(key="cards"), windows=(during,)).level is Level.AFFECTED


def test_nothing_from_inside_is_in_it() -> None:
    everything = repr(shown(published(), over(published(id_="blt_2"), NOW), windows=(WINDOW,)))
    for word in (
        *("inc_42", "INC", "blt_", "post_", "sil_9", "aspen", "loan-approval", "fraud"),
        *("region", "v20", "v21", "recall", "retrain", "SEV1", "denials"),
    ):
        assert word not in everything, word


def test_a_bulletin_about_components_that_are_gone_is_not_shown() -> None:
    left = board(SITE, ((CARDS, SINCE),), [published()], (), NOW)
    assert left.open == ()
    assert board(SITE, ((LOANS, SINCE),), [published()], (), NOW).open


def test_many_components_are_named_briefly() -> None:
    many = tuple((replace(LOANS, key=f"c{k}", title=f"Part {k}"), SINCE) for k in range(5))
    hit = replace(published(), components=tuple(f"c{k}" for k in range(5)))
    now = board(SITE, many, [hit], (), NOW)
    assert now.says == "Part 0, Part 1 and 3 more are affected by an incident."
