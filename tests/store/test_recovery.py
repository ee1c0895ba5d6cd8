from dataclasses import replace

from tests.store.examples import MINUTE, NOW
from tocsin.contain.verify import Rate, verify
from tocsin.store import recovery
from tocsin.store.unit import Database

LOOK = verify(Rate(60, 100), Rate(15, 100), Rate(5, 9), incident="inc_1", measure="m", at=NOW)


def test_only_the_last_look_is_kept_for_each_incident(database: Database) -> None:
    later = replace(LOOK, at=NOW + MINUTE, after=Rate(50, 90))
    with database.unit("tocsin", NOW) as unit:
        assert recovery.get(unit.conn, "inc_1") is None
        for look in (LOOK, later, replace(LOOK, incident="inc_2")):
            recovery.save(unit, look)
    with database.reading() as conn:
        assert recovery.get(conn, "inc_1") == later
        assert recovery.get(conn, "inc_2") == replace(LOOK, incident="inc_2")
