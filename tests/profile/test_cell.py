import numpy as np

from tests.profile.rows import START
from tocsin.profile.cell import Marks, Moment, Sheet, Tally, same

NONE = np.zeros((1, 2), np.int64)


def tally(count: int = 1, register: int = 2, lowest: float = 0.5) -> Tally:
    marks = Marks(np.full((1, 4), register, np.uint8), np.array([lowest]), np.array([1.0]))
    sheet = Sheet(np.array([0]), np.array([[count]]))
    return Tally(Sheet.empty(3), sheet, marks)


def test_two_profiles_are_the_same_only_if_every_number_is() -> None:
    moment = Moment("v1", START)
    assert same({moment: tally()}, {moment: tally()})
    for other in (tally(count=2), tally(register=3), tally(lowest=0.25)):
        assert not same({moment: tally()}, {moment: other})
    assert not same({moment: tally()}, {})
    assert not same({moment: tally()}, {Moment("v2", START): tally()})


def test_sheets_of_other_codes_differ_whatever_they_count() -> None:
    one, two = Sheet(np.array([0]), NONE), Sheet(np.array([1]), NONE)
    assert not one.same_as(two)
    assert Sheet.empty(2).counts.shape == (0, 2)


def test_marks_of_no_rows_change_nothing_when_merged() -> None:
    none = Marks.none(2, 1, 4)
    assert none.registers.max() == 0
    assert (none.lowest[0], none.highest[0]) == (np.inf, -np.inf)
