"""Two shifts change hands, both or none, and only as the schedule has them."""

from datetime import timedelta

import pytest

from tests.oncall.roster import HOUR, LENDING, OPENED, override
from tocsin.base.errors import BadInput, Conflict
from tocsin.base.spans import Span
from tocsin.oncall.schedule import Shift, shifts
from tocsin.oncall.swap import swap

AHEAD = Span(OPENED, OPENED + timedelta(days=4))
MINE, THEIRS = shifts(LENDING, (), AHEAD)[1:4:2]


def test_after_a_swap_each_has_the_others_shift_and_all_else_is_as_it_was() -> None:
    assert MINE.person != THEIRS.person
    both = swap(LENDING, (), MINE, THEIRS, OPENED)
    assert shifts(LENDING, both, MINE.span) == [Shift(THEIRS.person, MINE.span)]
    assert shifts(LENDING, both, THEIRS.span) == [Shift(MINE.person, THEIRS.span)]
    rest = Span(THEIRS.span.end, AHEAD.end)
    assert shifts(LENDING, both, rest) == shifts(LENDING, (), rest)


def test_one_person_cannot_swap_with_themselves() -> None:
    with pytest.raises(BadInput, match="both shifts are"):
        swap(LENDING, (), MINE, MINE, OPENED)


def test_a_shift_that_is_over_is_not_swapped() -> None:
    with pytest.raises(BadInput, match="is over"):
        swap(LENDING, (), MINE, THEIRS, MINE.span.end)


def test_a_schedule_that_has_changed_is_looked_at_again() -> None:
    head = override("head", MINE.span.start, MINE.span.start + HOUR)
    with pytest.raises(Conflict, match="look again"):
        swap(LENDING, [head], MINE, THEIRS, OPENED)
