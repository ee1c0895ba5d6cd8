"""What each epoch added is read apart, whatever time it is about."""

import pytest

from tests.profile.made import made
from tests.store.examples import HOUR, NOW, SPEC, SYSTEM, counts
from tocsin.base.slices import EVERYONE, parse
from tocsin.base.spans import Span
from tocsin.profile.cell import CellKey
from tocsin.store import epochs, profiles, systems
from tocsin.store.arrivals import arrivals
from tocsin.store.unit import Database

START = NOW.replace(minute=0)
DAY = Span(START - 24 * HOUR, START)


@pytest.fixture
def loans(database: Database) -> Database:
    """A database that knows the example system and counted in three epochs: 5, 7 and 11 rows.

    The second epoch's rows are of two buckets, the third's of the first epoch's bucket.
    """
    with database.unit("test", NOW) as unit:
        systems.save(unit, SYSTEM, SPEC, (), 0, "")
    early, late = (CellKey("v1", "", START - k * HOUR) for k in (9, 2))
    added = ({early: counts(5)}, {early: counts(3), late: counts(4)}, {early: counts(11)})
    for version, delta in enumerate(added):
        with database.unit("profile", NOW + version * HOUR) as unit:
            move = {"predictions": (version - 1, version)}
            profiles.advance(unit, SPEC, moves=move, delta=made(delta, SPEC))
            epochs.close(unit, SPEC)
    return database


def rows(database: Database, after: int, last: int, span: Span = DAY) -> dict[int, int]:
    with database.reading() as conn:
        found = arrivals(conn, SPEC, span, EVERYONE, (after, last))
    return {epoch: int(sums[0]) for epoch, sums in found.items()}


def test_each_epoch_has_its_own_rows_of_any_bucket(loans: Database) -> None:
    assert rows(loans, -1, 2) == {0: 5, 1: 7, 2: 11}
    assert rows(loans, 0, 1) == {1: 7}
    assert rows(loans, 2, 2) == {}
    assert rows(loans, -1, 2, Span(START - 3 * HOUR, START)) == {1: 4}


def test_nobody_of_a_slice_arrived(loans: Database) -> None:
    with loans.reading() as conn:
        assert arrivals(conn, SPEC, DAY, parse("region=nowhere"), (-1, 2)) == {}


def test_epochs_closed_since_begin_with_the_last_before(loans: Database) -> None:
    with loans.reading() as conn:
        assert list(epochs.closed_since(conn, SPEC, NOW + HOUR)) == [0, 1, 2]
        assert list(epochs.closed_since(conn, SPEC, NOW + 2 * HOUR)) == [1, 2]
        assert list(epochs.closed_since(conn, SPEC, NOW)) == [0, 1, 2]
        assert list(epochs.closed_since(conn, SPEC, NOW + 9 * HOUR)) == [2]
