from dataclasses import replace

import numpy as np
import pytest

from tests.profile.made import made
from tests.store.examples import NOW, SPEC, SYSTEM, counts
from tocsin.base.errors import BadInput, NotFound
from tocsin.base.slices import EVERYONE, Slice
from tocsin.profile.cell import CellKey, Counts, Moment, Tally
from tocsin.profile.layout import layout_of
from tocsin.store import audit, systems
from tocsin.store.unit import Database


def _block(cells: dict[str, Counts]) -> Tally:
    moments = made({CellKey("v1", key, NOW): one for key, one in cells.items()}, SPEC)
    return moments[Moment("v1", NOW)]


BLOCKS = [_block({"": counts(3), "sex=f": counts(1)}), _block({"": counts(300)})]


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


def test_stretches_are_kept_beside_blocks_and_do_not_count_among_them(database: Database) -> None:
    short = [_block({"": counts(2)}), _block({"": counts(30), "sex=f": counts(4)})]
    with database.unit("test", NOW) as unit:
        systems.save(unit, SYSTEM, SPEC, BLOCKS, 1000, "ab" * 32, stretches=short)
    with database.reading() as conn:
        assert [int(b[""][0]) for b in systems.blocks(conn, "loans", SPEC)] == [3, 300]
        assert [int(b[0]) for b in systems.combination(conn, "loans", SPEC, EVERYONE)] == [3, 300]
        assert len(systems.people(conn, "loans", SPEC)) == 2
        assert [int(b[""][0]) for b in systems.stretches(conn, "loans", SPEC)] == [2, 30]
        assert len(systems.people(conn, "loans", SPEC, short=True)) == 2


def test_the_references_outcomes_of_any_people_come_back_block_by_block(database: Database) -> None:
    _save(database)
    women = Slice.of({"sex": "f"})
    with database.reading() as conn:
        assert [int(one[0]) for one in systems.combination(conn, "loans", SPEC, EVERYONE)] == [
            3,
            300,
        ]
        found = systems.combination(conn, "loans", SPEC, women)
        assert [int(one[0]) for one in found] == [1, 0]
        assert [one.shape for one in found] == [(layout_of(SPEC).outcomes,)] * 2
        with pytest.raises(BadInput, match="age=41 is not kept apart"):
            systems.combination(conn, "loans", SPEC, Slice.of({"sex": "f", "age": "41"}))


def test_a_system_saved_again_is_replaced_with_its_blocks(database: Database) -> None:
    _save(database)
    _save(database, threshold=0.6)
    with database.reading() as conn:
        stored = systems.get(conn, "loans")
        assert stored.spec.threshold == 0.6
        assert systems.blocks(conn, "loans", SPEC) == ()
        assert systems.combination(conn, "loans", SPEC, EVERYONE) == ()
        assert len(systems.blocks(conn, "loans", stored.spec)) == 2


def test_an_unknown_system_is_not_found_and_the_known_ones_are_named(database: Database) -> None:
    _save(database)
    with database.reading() as conn, pytest.raises(NotFound, match="there are: loans"):
        systems.get(conn, "lones")
