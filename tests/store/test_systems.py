from dataclasses import replace

import numpy as np
import pytest

from tests.store.examples import NOW, SPEC, SYSTEM, counts
from tocsin.base.errors import NotFound
from tocsin.store import audit, systems
from tocsin.store.unit import Database

BLOCKS = ({"": counts(3), "sex=f": counts(1)}, {"": counts(300)})


def _save(database: Database, *, threshold: float = 0.5) -> None:
    spec = replace(SPEC, threshold=threshold)
    with database.unit("test", NOW) as unit:
        systems.save(unit, SYSTEM, spec, BLOCKS, 1000, "ab" * 32)


def test_a_system_comes_back_as_it_was_declared(database: Database) -> None:
    _save(database)
    with database.reading() as conn:
        assert systems.names(conn) == ["loans"]
        assert systems.get(conn, "loans") == systems.StoredSystem(SYSTEM, SPEC, 1000, "ab" * 32)
        assert audit.recent(conn, 1)[0].act.subject == "loans"


def test_the_references_blocks_come_back_in_their_order(database: Database) -> None:
    _save(database)
    with database.reading() as conn:
        blocks = systems.blocks(conn, "loans", SPEC)
    assert [sorted(block) for block in blocks] == [["", "sex=f"], [""]]
    assert np.array_equal(blocks[1][""], counts(300))


def test_a_system_saved_again_is_replaced_with_its_blocks(database: Database) -> None:
    _save(database)
    _save(database, threshold=0.6)
    with database.reading() as conn:
        stored = systems.get(conn, "loans")
        assert stored.spec.threshold == 0.6
        assert systems.blocks(conn, "loans", SPEC) == ()
        assert len(systems.blocks(conn, "loans", stored.spec)) == 2


def test_an_unknown_system_is_not_found_and_the_known_ones_are_named(database: Database) -> None:
    _save(database)
    with database.reading() as conn, pytest.raises(NotFound, match="there are: loans"):
        systems.get(conn, "lones")
