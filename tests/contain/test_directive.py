from dataclasses import replace
from datetime import timedelta

from tests.contain.cases import NOON, directive


def test_a_directive_holds_from_its_making_to_just_before_its_end() -> None:
    one = directive(hours=1)
    seconds = (-1, 0, 3_599, 3_600)
    held = [one.in_force(NOON + timedelta(seconds=s)) for s in seconds]
    assert held == [False, True, True, False]


def test_a_reverted_directive_holds_no_more() -> None:
    assert not replace(directive(), reverted_at=NOON).in_force(NOON)
