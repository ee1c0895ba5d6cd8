from dataclasses import replace
from datetime import timedelta

import pytest

from tests.contain.cases import NOON, plan
from tocsin.base.errors import BadInput, Conflict, Forbidden
from tocsin.contain.approval import (
    Approval,
    Approvals,
    Approver,
    Word,
    approve,
    break_glass,
    ratify,
    standing,
    those_who_may,
)
from tocsin.ingest.system import Risk

TWO = Approvals(people={Risk.HIGH: 2})
ADA, BO, PIPELINE = Approver("ada"), Approver("bo"), Approver("pipeline", person=False)
LATER = NOON + timedelta(minutes=5)
GLASS = Approval(by="ada", at=NOON, word=Word.BROKE_GLASS, reason="fire")


def test_two_people_complete_what_needs_two() -> None:
    first = approve(plan(), TWO, (), ADA, 2, NOON)
    assert standing(TWO, [first], 2).says == "1 of 2 approvals, by ada"
    second = approve(plan(), TWO, [first], BO, 2, LATER)
    stands = standing(TWO, [first, second], 2)
    assert stands.complete
    assert (stands.by, stands.ratify_by) == (("ada", "bo"), None)


def test_nobody_approves_twice() -> None:
    first = approve(plan(), TWO, (), ADA, 2, NOON)
    with pytest.raises(Conflict, match="ada approved plan plan_1 at 12:00 UTC already"):
        approve(plan(), TWO, [first], ADA, 2, LATER)


def test_a_token_is_a_person_only_where_that_is_allowed_or_one_suffices() -> None:
    with pytest.raises(Forbidden, match="needs 2 people, and a token is none"):
        approve(plan(), TWO, (), PIPELINE, 2, NOON)
    with pytest.raises(Forbidden):
        break_glass(plan(), TWO, PIPELINE, 2, "fire", NOON)
    with pytest.raises(Forbidden):
        ratify(plan(), TWO, [GLASS], PIPELINE, 2, NOON)
    assert approve(plan(), replace(TWO, tokens=True), (), PIPELINE, 2, NOON).by == "pipeline"
    assert approve(plan(), TWO, (), PIPELINE, 1, NOON).by == "pipeline"


def test_who_proposed_counts_unless_it_is_forbidden() -> None:
    proposer = Approver(plan().made_by)
    assert approve(plan(), TWO, (), proposer, 2, NOON).by == proposer.name
    with pytest.raises(Forbidden, match="others must approve it"):
        approve(plan(), replace(TWO, proposer=False), (), proposer, 2, NOON)


@pytest.mark.parametrize("reason", ["", "  \n"])
def test_the_glass_is_not_broken_without_a_reason(reason: str) -> None:
    with pytest.raises(BadInput, match="without a reason"):
        break_glass(plan(), TWO, ADA, 2, reason, NOON)


def test_where_one_suffices_there_is_no_glass_to_break() -> None:
    with pytest.raises(Conflict, match="approve it"):
        break_glass(plan(), TWO, ADA, 1, "fire", NOON)


def test_another_ratifies_what_one_did_alone_and_only_once() -> None:
    glass = break_glass(plan(), TWO, ADA, 2, " fire ", NOON)
    assert glass == GLASS
    assert standing(TWO, [glass], 2).ratify_by == NOON + timedelta(hours=1)
    with pytest.raises(Forbidden, match="another must ratify"):
        ratify(plan(), TWO, [glass], ADA, 2, LATER)
    done = ratify(plan(), TWO, [glass], BO, 2, LATER)
    assert standing(TWO, [glass, done], 2).ratify_by is None
    with pytest.raises(Conflict, match="bo ratified plan plan_1 at 12:05 UTC already"):
        ratify(plan(), TWO, [glass, done], Approver("cy"), 2, LATER)


def test_what_nobody_did_alone_is_not_ratified() -> None:
    with pytest.raises(Conflict, match="nothing to ratify"):
        ratify(plan(), TWO, [Approval(by="ada", at=NOON)], BO, 2, NOON)


def test_those_are_asked_who_may_and_have_not_spoken() -> None:
    rights = {
        "ada": {"read", "approve"},
        "bo": {"read", "approve"},
        "cy": {"read"},
        plan().made_by: {"approve"},
    }
    given = [Approval(by="ada", at=NOON)]
    assert those_who_may(rights, plan(), TWO, given) == ["bo", plan().made_by]
    assert those_who_may(rights, plan(), replace(TWO, proposer=False), given) == ["bo"]
