import re
from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from tests.learn.cases import TRIED, entry, incident, minutes, records
from tocsin.incident.incident import EntryKind
from tocsin.learn.draft import draft
from tocsin.learn.markdown import escape, to_markdown
from tocsin.learn.response import ResponseBudget

IDS = ("act_1", "act_2", "act_3", "act_4")


def markdown(**more: object) -> str:
    review = draft(records(**more), now=minutes(60), action_ids=IDS, budget=ResponseBudget())
    return to_markdown(review)


def test_every_part_of_a_review_is_there() -> None:
    text = markdown()
    for words in (
        "# INC-42",
        "## Impact",
        "94,300 EUR",
        "## Timeline",
        "paged lending",
        "## Causes",
        "income v311",
        "chg_1",
        "## What went well",
        "## What did not",
        "## Where we were lucky",
        "| lending | 2026-",
    ):
        assert words in text


def test_what_people_wrote_can_neither_add_markup_nor_break_a_table() -> None:
    nasty = "<script>x</script> | [a](javascript:b)\n\n# head `c`"
    text = markdown(entries=(entry(10, EntryKind.NOTE, nasty, "<b>"),), incident=incident())
    assert "<script" not in text
    assert "\n# head" not in text
    row = next(line for line in text.splitlines() if "script" in line)
    assert len(re.findall(r"(?<!\\)\|", row)) == 5
    assert not re.search(r"(?<!\\)\]\(", row)


@given(st.text(max_size=60))
def test_escaped_text_is_one_line_without_html(text: str) -> None:
    shown = escape(text)
    assert len(shown.splitlines()) <= 1
    assert "<" not in shown
    assert not re.match(r"[#>*+-]|\d+[.)]", shown)


def test_what_the_canary_said_is_told_with_its_numbers() -> None:
    text = markdown(trials=(TRIED, replace(TRIED, calls=())))
    assert "## What the canary said" in text
    assert "2026-11-20 14:45:00 UTC: **abort** 8 beside 7. Error rate of employer" in text
    row = "| error rate | employer=government | 16.0 % of 1,000 | 10.0 % of 9,000 |"
    assert f"{row} +3.5 to +9.0 | 3.0 | harmed |" in text
    assert "Never judged" in text
    assert "canary said" not in markdown()
