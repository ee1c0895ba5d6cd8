from datetime import timedelta

from tests.store import examples
from tests.store.examples import NOW
from tocsin.contain.versions import versions
from tocsin.profile.cell import CellKey

HOUR = timedelta(hours=1)
ZERO = examples.counts(0)


def test_the_newest_version_and_the_one_before_are_told_by_when_they_began() -> None:
    cells = {
        CellKey("b", "", NOW - 30 * HOUR): ZERO,
        CellKey("a", "", NOW - 90 * HOUR): ZERO,
        CellKey("a", "", NOW): ZERO,
        CellKey("c", "sex=f", NOW): ZERO,
    }
    known = versions(cells, NOW)
    assert (known.newest, known.previous, known.is_new) == ("b", "a", True)


def test_a_version_that_ran_for_days_before_the_harm_is_not_new() -> None:
    cells = {CellKey("a", "", NOW - 90 * HOUR): ZERO, CellKey("b", "", NOW - 60 * HOUR): ZERO}
    assert not versions(cells, NOW).is_new


def test_a_version_that_began_after_the_harm_is_not_its_cause() -> None:
    cells = {CellKey("a", "", NOW - 90 * HOUR): ZERO, CellKey("b", "", NOW): ZERO}
    assert not versions(cells, NOW - 5 * HOUR).is_new


def test_one_version_alone_or_none_can_not_be_rolled_back() -> None:
    assert versions({}, NOW).newest is None
    assert versions({CellKey("a", "", NOW): ZERO}, NOW).previous is None
