import threading

from tests.store.examples import HOUR, MINUTE, NOW
from tocsin.store import leases
from tocsin.store.unit import Database


def test_a_duty_has_one_holder_until_its_lease_runs_out(database: Database) -> None:
    with database.unit("w", NOW) as unit:
        assert leases.hold(unit, "alert", "one", MINUTE)
        assert not leases.hold(unit, "alert", "two", MINUTE)
        assert leases.hold(unit, "detect", "two", MINUTE)
    with database.unit("w", NOW + MINUTE / 2) as unit:
        assert leases.hold(unit, "alert", "one", MINUTE)
    with database.unit("w", NOW + MINUTE) as unit:
        assert not leases.hold(unit, "alert", "two", MINUTE)
    with database.unit("w", NOW + 1.5 * MINUTE) as unit:
        assert leases.hold(unit, "alert", "two", MINUTE)
        assert not leases.hold(unit, "alert", "one", MINUTE)


def test_a_lease_given_back_is_free_at_once_but_only_its_owner_gives_it_back(
    database: Database,
) -> None:
    with database.unit("w", NOW) as unit:
        leases.hold(unit, "alert", "one", HOUR)
        leases.release(unit, "alert", "two")
        assert not leases.hold(unit, "alert", "two", HOUR)
        leases.release(unit, "alert", "one")
        assert leases.hold(unit, "alert", "two", HOUR)


def test_what_the_dead_held_is_free_at_once_and_nothing_else(database: Database) -> None:
    with database.unit("w", NOW) as unit:
        leases.hold(unit, "alert", "dead", HOUR)
        leases.hold(unit, "detect", "dead", HOUR)
        leases.hold(unit, "profile", "alive", HOUR)
        assert leases.inherit(unit, lambda owner: owner == "dead") == ["dead"]
        assert leases.inherit(unit, lambda owner: owner == "dead") == []
        assert leases.hold(unit, "alert", "heir", HOUR)
        assert leases.hold(unit, "detect", "heir", HOUR)
        assert not leases.hold(unit, "profile", "heir", HOUR)


def test_workers_that_ask_at_once_are_told_of_one_holder(database: Database) -> None:
    holders: list[str] = []

    def ask(owner: str) -> None:
        with database.unit(owner, NOW, quiet=True) as unit:
            if leases.hold(unit, "alert", owner, HOUR):
                holders.append(owner)

    threads = [threading.Thread(target=ask, args=(str(k),)) for k in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(holders) == 1


def test_a_lease_that_lasts_longer_than_any_is_free(database: Database) -> None:
    with database.unit("w", NOW + HOUR) as unit:
        assert leases.hold(unit, "alert", "one", MINUTE / 4)
    with database.unit("w", NOW) as unit:  # the clock was put back, and "one" has died
        assert leases.hold(unit, "alert", "two", MINUTE / 4)
    with database.unit("w", NOW - MINUTE / 2) as unit:  # another host's clock, a little behind
        assert not leases.hold(unit, "alert", "three", MINUTE / 4)
