import threading
from dataclasses import replace

from tests.store.examples import NOW, SPEC, SYSTEM
from tocsin.store import profiles, systems
from tocsin.store.unit import Database
from tocsin.store.watermarks import Marks, marks

OTHER = replace(SPEC, threshold=0.7)


def test_the_watermarks_of_replaced_specs_are_there_too(database: Database) -> None:
    with database.reading() as conn:
        assert marks(conn, SYSTEM.name, "predictions") == Marks(-1, ())
    for spec, to in ((SPEC, 7), (OTHER, 4)):
        with database.unit("test", NOW) as unit:
            systems.save(unit, SYSTEM, spec, [], 0, "0" * 64)
            profiles.advance(unit, spec, moves={"predictions": (-1, to)}, delta={})
    with database.reading() as conn:
        assert marks(conn, SYSTEM.name, "predictions") == Marks(4, (4, 7))
        assert marks(conn, SYSTEM.name, "outcomes") == Marks(-1, ())


def test_in_a_unit_they_hold_still(database: Database) -> None:
    with database.unit("test", NOW) as unit:
        systems.save(unit, SYSTEM, SPEC, [], 0, "0" * 64)
    done: list[str] = []

    def count() -> None:
        with database.unit("profile", NOW) as unit:
            profiles.advance(unit, SPEC, moves={"predictions": (-1, 3)}, delta={})
        done.append("counted")

    with database.unit("tend", NOW) as unit:
        assert marks(unit.conn, SYSTEM.name, "predictions").counted == -1
        counting = threading.Thread(target=count)
        counting.start()
        counting.join(0.3)
        done.append("held")
    counting.join(120)
    assert done == ["held", "counted"]
