import threading
from dataclasses import replace

import pytest

from tests.profile.made import made
from tests.store.examples import HOUR, NOW, SPEC, SYSTEM, counts
from tocsin.base.errors import Conflict, NotFound
from tocsin.base.spans import Span
from tocsin.profile.cell import CellKey
from tocsin.store import epochs, profiles, systems
from tocsin.store.epochs import Stamp
from tocsin.store.unit import Database

START = NOW.replace(minute=0)
ALWAYS = Span(START - HOUR, START + HOUR)


@pytest.fixture
def loans(database: Database) -> Database:
    """A database that knows the example system."""
    with database.unit("test", NOW) as unit:
        systems.save(unit, SYSTEM, SPEC, (), 0, "")
    return database


def test_epochs_are_numbered_one_after_another_for_each_spec(loans: Database) -> None:
    with loans.unit("detect", NOW) as unit:
        assert epochs.present(unit.conn, SPEC) == 0
        assert [epochs.close(unit, SPEC).epoch for _ in range(3)] == [0, 1, 2]
        assert epochs.present(unit.conn, SPEC) == 3
        assert epochs.present(unit.conn, replace(SPEC, threshold=0.6)) == 0


def test_a_closed_epoch_keeps_its_instant_and_its_terms(loans: Database) -> None:
    with loans.unit("detect", NOW) as unit:
        stamp, bare = epochs.close(unit, SPEC), epochs.close(unit, SPEC)
        epochs.keep(unit, "loans", stamp, {"window": "a day"})
    with loans.reading() as conn:
        assert epochs.get(conn, "loans", stamp) == epochs.Closed(NOW, {"window": "a day"})
        assert epochs.get(conn, "loans", bare).terms is None
        for missing in (Stamp(SPEC.hash, 7), Stamp("another", 0)):
            with pytest.raises(NotFound, match="is not kept"):
                epochs.get(conn, "loans", missing)


def test_a_replaced_spec_has_no_epoch_to_close(loans: Database) -> None:
    with loans.unit("test", NOW) as unit:
        systems.save(unit, SYSTEM, replace(SPEC, threshold=0.6), (), 0, "")
    with pytest.raises(Conflict, match="spec was replaced"), loans.unit("detect", NOW) as unit:
        epochs.close(unit, SPEC)


def test_closing_while_others_count_freezes_what_was_closed(loans: Database) -> None:
    key, known = CellKey("v1", "", START), list[tuple[int, int]]()

    def count() -> None:
        for version in range(20):
            with loans.unit("profile", NOW) as unit:
                move = {"predictions": (version - 1, version)}
                profiles.advance(unit, SPEC, moves=move, delta=made({key: counts(1)}, SPEC))

    def value(as_of: int) -> int:
        with loans.reading() as conn:
            found = profiles.cells(conn, SPEC, ALWAYS, as_of=as_of)
        return int(found[key][0]) if found else 0

    def look() -> None:
        for _ in range(10):
            with loans.unit("detect", NOW) as unit:
                epoch = epochs.close(unit, SPEC).epoch
            known.append((epoch, value(epoch)))

    threads = [threading.Thread(target=work) for work in (count, look)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(known) == 10
    assert known == [(epoch, value(epoch)) for epoch, _ in known]
    with loans.reading() as conn:
        assert int(profiles.cells(conn, SPEC, ALWAYS)[key][0]) == 20
