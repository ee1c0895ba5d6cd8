from dataclasses import replace
from datetime import timedelta

import pytest

from tests.contain.cases import NOON, plan
from tocsin.base.errors import BadInput, Conflict, Forbidden
from tocsin.contain.approval import Approval, Approvals, Approver, Ballot, Word
from tocsin.ingest.system import Risk

TWO = Approvals(people={Risk.HIGH: 2})
ASPEN, BIRCH, PIPELINE = Approver("aspen"), Approver("birch"), Approver("pipeline", person=False)
LATER = NOON + timedelta(minutes=5)


def ballot(*given: Approval, needed: int = 2, **rule: bool) -> Ballot:
    return Ballot(plan=plan(), rule=replace(TWO, **rule), needed=needed, given=given)


GLASS = Approval(by="aspen", at=NOON, word=Word.BROKE_GLASS, reason="fire")


def test_two_people_complete_what_needs_two() -> None:
    first = ballot().approve(ASPEN, NOON)
    assert ballot(first).standing.says == "1 of 2 approvals, by aspen"
    second = ballot(first).approve(BIRCH, LATER)
    stands = ballot(first, second).standing
    assert stands.complete
    assert (stands.by, stands.ratify_by) == (("aspen", "birch"), None)


def test_nobody_approves_twice() -> None:
    first = ballot().approve(ASPEN, NOON)
    with pytest.raises(Conflict, match="aspen approved plan plan_1 at 12:00 UTC already"):
        ballot(first).approve(ASPEN, LATER)


def test_a_token_is_a_person_only_where_that_is_allowed_or_one_suffices() -> None:
    with pytest.raises(Forbidden, match="needs 2 people, and a token is none"):
        ballot().approve(PIPELINE, NOON)
    with pytest.raises(Forbidden):
        ballot().break_glass(PIPELINE, "fire", NOON)
    with pytest.raises(Forbidden):
        ballot(GLASS).ratify(PIPELINE, NOON)
    assert ballot(tokens=True).approve(PIPELINE, NOON).by == "pipeline"
    assert ballot(needed=1).approve(PIPELINE, NOON).by == "pipeline"


def test_who_proposed_counts_unless_it_is_forbidden() -> None:
    proposer = Approver(plan().made_by)
    assert ballot().approve(proposer, NOON).by == proposer.name
    with pytest.raises(Forbidden, match="others must approve it"):
        ballot(proposer=False).approve(proposer, NOON)


@pytest.mark.parametrize("reason", ["", "  \n"])
def test_the_glass_is_not_broken_without_a_reason(reason: str) -> None:
    with pytest.raises(BadInput, match="without a reason"):
        ballot().break_glass(ASPEN, reason, NOON)


def test_where_one_suffices_there_is_no_glass_to_break() -> None:
    with pytest.raises(Conflict, match="approve it"):
        ballot(needed=1).break_glass(ASPEN, "fire", NOON)


def test_another_ratifies_what_one_did_alone_and_only_once() -> None:
    glass = ballot().break_glass(ASPEN, " fire ", NOON)
    assert glass == GLASS
    assert ballot(glass).standing.ratify_by == NOON + timedelta(hours=1)
    with pytest.raises(Forbidden, match="another must ratify"):
        ballot(glass).ratify(ASPEN, LATER)
    done = ballot(glass).ratify(BIRCH, LATER)
    assert ballot(glass, done).standing.ratify_by is None
    with pytest.raises(Conflict, match="birch ratified plan plan_1 at 12:05 UTC already"):
        ballot(glass, done).ratify(Approver("cedar"), LATER)


def test_whether_a_ratification_is_owed_is_settled_as_the_glass_is_broken() -> None:
    passed = ballot(needed=1).break_glass(ASPEN, "fire", NOON, lacking=True)
    later = ballot(passed, needed=2)  # the rule became stricter since
    assert (later.standing.glass, later.standing.ratify_by) == (passed, None)
    with pytest.raises(Conflict, match="nothing to ratify"):
        later.ratify(BIRCH, LATER)
    alone = ballot().break_glass(ASPEN, "fire", NOON)
    milder = ballot(alone, needed=1)
    assert milder.standing.ratify_by == NOON + timedelta(hours=1)
    with pytest.raises(Forbidden, match="needs 1 person, and a token is none"):
        milder.ratify(PIPELINE, LATER)
    assert ballot(alone, milder.ratify(BIRCH, LATER), needed=1).standing.ratify_by is None


def test_what_nobody_did_alone_is_not_ratified() -> None:
    with pytest.raises(Conflict, match="nothing to ratify"):
        ballot(Approval(by="aspen", at=NOON)).ratify(BIRCH, NOON)


def test_those_are_asked_who_may_and_have_not_spoken() -> None:
    rights = {
        "aspen": {"read", "approve"},
        "birch": {"read", "approve"},
        "cedar": {"read"},
        plan().made_by: {"approve"},
    }
    given = Approval(by="aspen", at=NOON)
    assert ballot(given).who_may(rights) == ["birch", plan().made_by]
    assert ballot(given, proposer=False).who_may(rights) == ["birch"]
