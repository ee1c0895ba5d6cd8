"""Several people who say the same open one incident, and never a second about the same words."""

from dataclasses import replace

import pytest

from tests.incident.public import HOUR, MINUTE, NOW, incident
from tocsin.base.slices import EVERYONE, Slice
from tocsin.incident.incident import State
from tocsin.incident.intake import IntakeRule, enough, slice_of
from tocsin.ingest.change import Complaint

RULE = IntakeRule()
NORTH = Slice.of({"region": "north"})


def complaints(number: int, start: int = 0) -> list[Complaint]:
    """Return so many different complaints, one a minute, the last of them now."""
    return [
        Complaint(
            id=f"cmp_{k}",
            at=NOW - (number - 1 - k) * MINUTE,
            system="loan-approval",
            text=f"I was turned down, case {start + k}",
            slice=NORTH,
        )
        for k in range(number)
    ]


@pytest.mark.parametrize(("number", "opens"), [(4, False), (5, True), (6, True)])
def test_as_many_as_the_rule_says_open_an_incident(number: int, *, opens: bool) -> None:
    found = enough(complaints(number), (), RULE, NOW)
    assert bool(found) is opens
    assert [one.id for one in found] == [f"cmp_{k}" for k in range(number)] * opens


def test_equal_words_count_once() -> None:
    same = [replace(one, text=" Turned   DOWN ") for one in complaints(9)]
    assert enough(same, (), RULE, NOW) == ()
    assert enough([*same, *complaints(4)], (), RULE, NOW) != ()


def test_old_ones_and_those_to_come_do_not_count() -> None:
    assert enough(complaints(5), (), RULE, NOW + 25 * HOUR) == ()
    assert enough(complaints(5), (), RULE, NOW - MINUTE) == ()


def test_none_is_opened_beside_an_open_one_nor_again_from_what_was_dealt_with() -> None:
    assert enough(complaints(5), [incident()], RULE, NOW) == ()
    over = replace(incident(), state=State.RESOLVED, resolved_at=NOW)
    assert enough(complaints(5), [over], RULE, NOW) == ()
    before = replace(over, resolved_at=NOW - HOUR)
    assert len(enough(complaints(5), [before], RULE, NOW)) == 5


def test_a_rule_of_none_never_opens() -> None:
    assert enough(complaints(50), (), IntakeRule(number=0), NOW) == ()


def test_the_slice_is_what_all_of_them_name() -> None:
    assert slice_of(complaints(3)) == NORTH
    assert slice_of([*complaints(3), replace(complaints(1)[0], slice=EVERYONE)]) == EVERYONE
