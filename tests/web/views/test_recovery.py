from tests.web.views.nouns import NORTH, NOW
from tocsin.contain.verify import Rate, verify
from tocsin.web.views.marks import Mark
from tocsin.web.views.recovery import Recovering, recovering


def seen(after: Rate) -> Recovering:
    look = verify(
        Rate(6000, 10_000),
        Rate(15, 100),
        after,
        incident="inc_1",
        measure="selection_rate",
        at=NOW,
        slice_=NORTH,
    )
    return recovering(look)


def test_three_rates_stand_on_one_scale_with_their_intervals() -> None:
    shown = seen(Rate(5, 9))
    assert shown.title == "Selection rate of region=north"
    assert [row.name for row in shown.rows] == [
        "normally",
        "before containment",
        "since containment",
    ]
    assert all(0 <= row.low <= row.at <= row.high <= 100 for row in shown.rows)
    normal, before, since = shown.rows
    assert (since.value, since.n) == ("55.6 %", "9")
    assert since.around == "26.7 % to 81.1 %", "Wilson's interval of 5 of 9"
    assert before.at < since.at < normal.at
    assert normal.high - normal.low < since.high - since.low, "the less is counted the wider it is"


def test_before_anything_was_counted_nothing_is_drawn_since_containment() -> None:
    since = seen(Rate(0, 0)).rows[-1]
    assert (since.value, since.around, since.n) == ("–", "", "0")


def test_the_verdict_is_the_tests() -> None:
    assert seen(Rate(60, 100)).mark is Mark.HEALTHY
    assert seen(Rate(2, 4)).mark is Mark.AT_RISK
    assert seen(Rate(0, 200)).mark is Mark.HARM


def test_rates_that_never_happened_have_a_scale_all_the_same() -> None:
    look = verify(Rate(0, 9), Rate(0, 9), Rate(0, 9), incident="inc_1", measure="m", at=NOW)
    assert all(0 <= row.at <= 100 for row in recovering(look).rows)


def test_of_one_version_the_title_says_whose_decisions_are_drawn() -> None:
    rates = (Rate(600, 1_000), Rate(15, 100), Rate(5, 9))
    look = verify(*rates, incident="inc_1", measure="selection_rate", at=NOW, version="v2")
    shown = recovering(look)
    assert shown.title == "Selection rate of everyone whom version v2 decides or would decide"
