from tests.store.examples import HOUR, NOW
from tocsin.detect.stages import SERVING
from tocsin.store import stages
from tocsin.store.stages import Stage
from tocsin.store.unit import Database


def test_failures_are_counted_until_the_next_success(database: Database) -> None:
    for hour, ok in enumerate((True, False, False)):
        with database.unit("worker", NOW + hour * HOUR, quiet=True) as unit:
            stages.beat(unit, "detect", "loans", "looked", ok=ok)
    with database.reading() as conn:
        assert stages.get(conn, "detect", "loans") == Stage(
            "detect", "loans", NOW + 2 * HOUR, "looked", 2, NOW
        )
    with database.unit("worker", NOW + 3 * HOUR) as unit:
        stages.beat(unit, "detect", "loans")
    with database.reading() as conn:
        assert stages.get(conn, "detect", "loans") == Stage(
            "detect", "loans", NOW + 3 * HOUR, "", 0, NOW + 3 * HOUR
        )


def test_a_stage_that_never_succeeded_says_so(database: Database) -> None:
    with database.unit("worker", NOW) as unit:
        stages.beat(unit, "profile", ok=False)
    with database.reading() as conn:
        assert stages.every(conn) == [Stage("profile", "", NOW, "", 1, None)]
        assert stages.get(conn, "detect") is None


def test_a_guard_that_asks_is_no_stage_that_is_alive(database: Database) -> None:
    with database.unit("serving", NOW) as unit:
        stages.beat(unit, SERVING, "loans")
    with database.reading() as conn:
        assert stages.every(conn) == []
        assert stages.get(conn, SERVING, "loans") is not None
