"""Drafts say what is known in two voices, and say of the rest that it is not known."""

import re
from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.incident.test_lifecycle import LATER, NOW, opened
from tocsin.incident import lifecycle
from tocsin.incident.incident import Incident, State
from tocsin.incident.update import Voice
from tocsin.incident.voices import Known, draft

EMPTY = Known(incident=replace(opened(), title="Loan approvals denied in north"))
FULL = Known(
    incident=replace(
        EMPTY.incident,
        impact_from=NOW - timedelta(minutes=14),
        contained_at=LATER,
        state=State.CONTAINED,
        commander="aspen",
    ),
    unit="loan decision",
    affected=1284,
    errors=301.4,
    errors_interval=(204.2, 399.8),
    cost=541_872.0,
    currency="EUR",
    priced=True,
    remedied=12,
    causes=("pipeline 311 (86 %)", "deploy v20 (7 %)"),
    in_force=("north goes to fallback rules",),
    ends_at=NOW + timedelta(hours=4),
    recovery="north recovers",
    preventions=("bound income", "test the unit of income"),
    complaints=3,
    news=("fallback applied", "suspect found"),
)


def said(known: Known, voice: Voice, next_in: timedelta | None = None) -> str:
    return draft(known, voice, number_=3, next_at=NOW + next_in if next_in else None).text


def over(incident: Incident) -> Incident:
    return lifecycle.resolve(incident, actor="aspen", now=LATER, entry_id="e")[0]


def test_executives_read_money_people_the_end_and_prevention() -> None:
    assert (
        said(FULL, Voice.EXECUTIVE, timedelta(minutes=30))
        == """\
What happened
Loan approvals denied in north. It began at 2026-11-20 13:51 UTC and was noticed 14 min later. \
It concerns everyone.

Impact
1,284 loan decisions fell into the time and group affected. That is at most 1,284 people, if each \
decision is about another person. About 301 of them are wrong (204 to 400, 95 %). \
Of these, 12 are recorded as put right. 3 complaints came in. The cost so far is about 542,000 EUR.

When it will be over
The harm is contained since 2026-11-20 14:12 UTC, and holds until 2026-11-20 18:05 UTC. When the \
cause is fixed is not known yet.

What prevents it next time
- bound income
- test the unit of income

Next update by 2026-11-20 14:35 UTC."""
    )


def test_engineers_read_status_reach_causes_containment_and_news() -> None:
    text = said(FULL, Voice.TECHNICAL)
    for words in (
        "SEV2, contained: because. aspen leads.",
        "1,284 loan decisions affected.",
        "- pipeline 311 (86 %)\n- deploy v20 (7 %)",
        "Containment\n- north goes to fallback rules",
        "Recovery\nNorth recovers.",
        "New since the last update\n- fallback applied\n- suspect found",
        "The next update follows when there is news.",
    ):
        assert words in text


@pytest.mark.parametrize("voice", list(Voice))
def test_what_is_not_known_is_said_to_be_not_known_and_no_figure_is_made_up(voice: Voice) -> None:
    text = said(EMPTY, voice)
    assert "since when is not known yet" in text
    assert "nobody has said what a wrong decision costs" in text
    dates = re.sub(r"\d{4}-\d\d-\d\d \d\d:\d\d UTC|SEV\d", "", text)
    assert not re.search(r"\d", dates)
    expected = {
        Voice.EXECUTIVE: (
            "How many people are affected is not known yet.",
            "Not known yet: the harm goes on.",
            "Not known yet: the cause is being looked for.",
        ),
        Voice.TECHNICAL: ("Not counted yet.", "Nothing is in force.", "Nobody leads yet."),
    }
    for words in expected[voice]:
        assert words in text


def test_remedies_that_nobody_counted_are_not_told_of() -> None:
    assert "none is recorded as put right" in said(replace(FULL, remedied=0), Voice.EXECUTIVE)
    assert "put right" not in said(replace(FULL, remedied=None), Voice.EXECUTIVE)


def test_a_price_without_an_estimate_is_no_cost() -> None:
    text = said(replace(FULL, cost=float("nan"), errors=float("nan")), Voice.EXECUTIVE)
    assert "What it costs in money is not known yet." in text
    assert "How many of them are wrong is not known yet." in text
    assert "nan" not in text.lower()


@pytest.mark.parametrize(
    ("incident", "words"),
    [
        (EMPTY.incident, "Not known yet. A plan that contains the harm waits for approval."),
        (replace(FULL.incident, recovered_at=LATER), "The harm stopped at 2026-11-20 14:12 UTC."),
        (over(FULL.incident), "It is over since 2026-11-20 14:12 UTC, after 21 min."),
    ],
    ids=["proposed", "recovered", "over"],
)
def test_the_end_is_told_as_far_as_it_is_known(incident: Incident, words: str) -> None:
    assert words in said(replace(FULL, incident=incident, proposed=1), Voice.EXECUTIVE)


def test_the_last_update_says_that_it_is_the_last() -> None:
    found = draft(
        replace(FULL, incident=over(FULL.incident)), Voice.EXECUTIVE, number_=4, next_at=None
    )
    assert found.subject == "INC-42 last update: Loan approvals denied in north"
    assert found.text.endswith("This is the last update.")
    assert "The cost is about 542,000 EUR." in found.text


def test_of_much_news_the_newest_is_told_and_the_rest_counted() -> None:
    text = said(replace(FULL, news=[f"line {n}" for n in range(9)]), Voice.TECHNICAL)
    assert "- 3 earlier lines on the timeline\n- line 3\n" in text
    assert "line 2" not in text


@given(
    affected=st.none() | st.integers(0, 10**7),
    cost=st.floats(0, 1e9) | st.just(float("nan")),
    errors=st.floats(0, 1e7) | st.just(float("nan")),
    voice=st.sampled_from(list(Voice)),
)
def test_every_draft_reads_as_text(
    affected: int | None, cost: float, errors: float, voice: Voice
) -> None:
    text = said(replace(FULL, affected=affected, cost=cost, errors=errors), voice)
    for oddity in ("nan", "inf", "None", "  ", "..", "\n\n\n"):
        assert oddity not in text
