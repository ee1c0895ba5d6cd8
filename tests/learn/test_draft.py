from dataclasses import replace

import pytest

from tests.learn.cases import DIAGNOSIS, FINDINGS, TRIED, entry, incident, minutes, records
from tocsin.incident.incident import EntryKind, State
from tocsin.ingest.change import Complaint
from tocsin.learn.draft import Records, draft
from tocsin.learn.response import ResponseBudget
from tocsin.learn.review import Review

IDS = ("act_1", "act_2", "act_3", "act_4")


def drafted(of: Records) -> Review:
    return draft(of, now=minutes(60), action_ids=IDS, budget=ResponseBudget())


def test_the_summary_tells_what_to_whom_since_when_how_noticed_and_what_was_done() -> None:
    text = " ".join(drafted(records()).summary)
    for words in (
        "Approvals fell in employer=government",
        "since 2026-11-20 14:05:00 UTC",
        "9 min after it began: selection_rate fell",
        "lending acknowledged it within 2 min",
        "Send employer=government to the fallback rules",
        "obeyed from 2026-11-20 14:19:00 UTC",
        "recovered: 57.9 % since containment",
    ):
        assert words in text


def test_the_impact_is_said_in_decisions_and_money() -> None:
    harm = drafted(records()).harm
    turned = "130 loan decisions affected, about 52 answered unlike usual, at about 94,300 EUR."
    assert harm.text == turned
    assert (harm.affected, harm.currency) == (130, "EUR")
    known = drafted(records(diagnosis=replace(DIAGNOSIS, measure="error_rate"))).harm
    assert "52 wrong beyond the usual" in known.text


def test_the_first_cause_is_named_with_its_change() -> None:
    cause = drafted(records()).causes[0]
    assert (cause.title, cause.change) == ("income v311 (93 %)", "chg_1")


def test_every_action_has_an_owner_a_due_date_and_a_check() -> None:
    actions = drafted(records()).actions
    assert len(actions) >= 2
    for action in actions:
        assert action.owner == "lending"
        assert action.due_at > minutes(60)
        assert action.check.label
    assert actions[0].check.column == "income"


def test_the_timeline_is_in_the_order_of_time_and_the_strip_from_impact_to_resolution() -> None:
    shuffled = (entry(9.5, EntryKind.NOTE), entry(3, EntryKind.NOTE), entry(9, EntryKind.OPENED))
    review = drafted(records(entries=shuffled))
    assert [line.at for line in review.timeline] == [minutes(3), minutes(9), minutes(9.5)]
    assert [mark.name for mark in review.marks] == [
        "impact began",
        "detected",
        "acknowledged",
        "contained",
        "recovered",
        "resolved",
    ]


def test_what_is_not_on_record_is_said_to_be_unknown() -> None:
    bare = Records(
        incident=incident(
            impact_from=None,
            acknowledged_at=None,
            contained_at=None,
            recovered_at=None,
            resolved_at=None,
            state=State.OPEN,
        ),
        system=records().system,
        entries=(),
    )
    review = drafted(bare)
    text = " ".join((*review.summary, *review.went_badly))
    for words in (
        "The reach has not been computed",
        "Nobody acknowledged it",
        "Nothing was contained",
        "Recovery has not been verified",
        "No cause was looked for",
        "Not on record: when it was detected",
    ):
        assert words in text
    assert review.times.mttd is None
    assert len(review.actions) >= 2


def test_a_complaint_before_the_monitors_is_told_against_us() -> None:
    early = Complaint(id="cmp_1", at=minutes(4), system="loans", text="refused without reason")
    review = drafted(records(complaints=(early,)))
    assert any("complained before any monitor" in line for line in review.went_badly)
    assert "1 complaint" in review.harm.text


def test_luck_is_computed_from_the_reach() -> None:
    assert drafted(records()).lucky[0].startswith("Only 13 % of the traffic was hit")
    assert "about 1,000 decisions" in drafted(records()).lucky[0]


@pytest.mark.parametrize("minute", [15, 16])
def test_each_time_is_held_against_its_budget(minute: int) -> None:
    review = drafted(records(incident=incident(detected_at=minutes(minute)), findings=FINDINGS))
    late = any(line.startswith("Detected") for line in review.went_badly)
    assert late is (minute > 15)


def test_a_canary_that_took_part_stands_in_it_and_teaches() -> None:
    review = drafted(records(trials=(TRIED,)))
    assert review.trials == (TRIED,)
    assert "Version 8 did harm on 10 % of the traffic and was stopped for it." in review.went_well
    assert drafted(records()).trials == ()
