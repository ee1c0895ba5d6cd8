import re
from collections.abc import Sequence
from dataclasses import replace

from tests.detect.compared import FAULTY, FEW, HEALTHY
from tocsin.detect.check import Comparison
from tocsin.detect.picture import Picture, picture
from tocsin.web.views.marks import Mark
from tocsin.web.views.report import FEATURES, LISTED, PICTURED, ReportPage, report_page


def no_svg(_: Picture) -> Sequence[str]:
    return ()


def page(check: Comparison) -> ReportPage:
    return report_page(check, lambda one: picture(check.look, one), no_svg, lambda _: ["<svg/>"])


def test_the_gravest_is_the_sentence_and_the_first_card() -> None:
    shown = page(FAULTY)
    assert shown.mark is Mark.HARM
    assert shown.answer.startswith("education_years is missing in 95.6 %")
    assert shown.cards[0].why == shown.answer
    assert shown.cards[0].rows[0].name == "everyone"
    assert shown.title == f"lending: {len(shown.cards)} pages"
    assert shown.suspects[0].startswith("education_years: ")


def test_what_decided_is_in_words() -> None:
    said = page(FAULTY).cards[0].decided
    words = (
        r"It moved by 94\.5 %, surely by 8\d\.\d % and not by more than 9\d\.\d %;"
        r" more than 2\.0 % matters\."
        r" Chance alone would say so in at most 1 of \d,\d{3} looks\."
    )
    assert re.fullmatch(words, said)


def test_nothing_unusual_has_no_cards_but_every_feature() -> None:
    shown = page(HEALTHY)
    assert shown.mark is Mark.HEALTHY
    assert shown.cards == ()
    assert {one.column for one in shown.features} >= {"income", "purpose", "score"}
    assert shown.title == "lending: no alarm"
    assert len(shown.lines) + len(shown.unjudged) == len(HEALTHY.findings)


def test_too_little_says_so() -> None:
    shown = page(FEW)
    assert shown.mark is Mark.NO_DATA
    assert (shown.cards, shown.features, shown.lines) == ((), (), ())
    assert len(shown.unjudged) == len(FEW.findings)
    assert shown.title == "lending: not judged"


def test_nothing_found_at_all_is_a_page_too() -> None:
    shown = page(replace(FAULTY, findings=[]))
    assert shown.mark is Mark.NO_DATA
    assert shown.heat.rows == ()


def test_many_alarms_are_bounded_and_told() -> None:
    many = [replace(FAULTY.findings[0], column=f"c{k}") for k in range(2 * LISTED)]
    shown = page(replace(FAULTY, findings=many))
    assert len(shown.cards) == PICTURED
    assert len(shown.more_alarms) == LISTED - PICTURED
    assert (len(shown.lines), shown.more_lines) == (LISTED, LISTED)
    assert len(shown.features) <= FEATURES
