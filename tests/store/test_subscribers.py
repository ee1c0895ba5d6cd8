"""Subscribers join by two steps, leave by one, and their addresses leave no trace."""

from datetime import timedelta

import pytest
import sqlalchemy as sa

from tests.incident.public import HOUR, MINUTE, NOW
from tocsin.base.errors import NotFound
from tocsin.incident.subscriber import APART, CONFIRM_WITHIN, Way
from tocsin.store import letters, subscribers, tables
from tocsin.store.letters import Kind
from tocsin.store.unit import Database

ADDRESS = "aspen@example.org"


def asked(database: Database, after: timedelta = timedelta(0), address: str = ADDRESS) -> list[str]:
    """Ask once; return the ids of every subscriber."""
    with database.unit("anonymous", NOW + after) as unit:
        subscribers.ask(unit, Way.MAIL, address)
        table = tables.subscriber
        return list(unit.conn.execute(sa.select(table.c.id).order_by(table.c.asked_at)).scalars())


def confirmed(database: Database) -> str:
    (id_,) = asked(database)
    with database.unit("subscriber", NOW) as unit:
        subscribers.confirm(unit, id_)
    return id_


def kinds(database: Database, id_: str) -> list[Kind]:
    with database.reading() as conn:
        return [one.kind for one in letters.of_subscriber(conn, id_)]


def test_asking_writes_once_an_hour_however_often_it_is_asked(database: Database) -> None:
    (id_,) = asked(database)
    assert asked(database, MINUTE) == [id_]
    assert kinds(database, id_) == [Kind.CONFIRMATION]
    assert asked(database, APART) == [id_]
    assert kinds(database, id_) == [Kind.CONFIRMATION, Kind.CONFIRMATION]


def test_a_subscriber_who_asks_again_is_told_so_and_stays_one(database: Database) -> None:
    id_ = confirmed(database)
    asked(database, APART)
    assert kinds(database, id_) == [Kind.CONFIRMATION, Kind.REMINDER]
    with database.reading() as conn:
        assert subscribers.get(conn, id_).confirmed_at == NOW
        assert subscribers.count(conn) == {Way.MAIL: 1, Way.WEBHOOK: 0}


def test_confirming_twice_changes_nothing_and_an_old_link_nothing_at_all(
    database: Database,
) -> None:
    id_ = confirmed(database)
    with database.unit("subscriber", NOW + HOUR) as unit:
        assert subscribers.confirm(unit, id_).confirmed_at == NOW
    late = asked(database, MINUTE, "late@example.org")[-1]
    after = NOW + CONFIRM_WITHIN + 2 * MINUTE
    with database.unit("subscriber", after) as unit, pytest.raises(NotFound, match="too old"):
        subscribers.confirm(unit, late)
    with database.reading() as conn:
        assert subscribers.late(conn, after)
    with database.unit("tocsin", after) as unit:
        assert subscribers.forget(unit) == 1
    with database.reading() as conn:
        assert not subscribers.late(conn, after)
        assert subscribers.get(conn, id_).address == ADDRESS
        with pytest.raises(NotFound):
            subscribers.get(conn, late)


def test_who_leaves_leaves_no_trace_of_the_address(database: Database) -> None:
    id_ = confirmed(database)
    with database.unit("subscriber", NOW) as unit:
        assert subscribers.leave(unit, id_)
        assert not subscribers.leave(unit, id_)
    with database.reading() as conn:
        for table in tables.metadata.tables.values():
            for row in conn.execute(sa.select(table)).mappings():
                assert ADDRESS not in str(dict(row)), table.name
        assert letters.of_subscriber(conn, id_) == []


def test_an_administrator_erases_by_address_whatever_its_case(database: Database) -> None:
    confirmed(database)
    with database.unit("admin", NOW) as unit:
        assert subscribers.erase(unit, " ASPEN@example.org ") == 1
        assert subscribers.erase(unit, ADDRESS) == 0


def test_an_address_stands_in_one_table_alone(database: Database) -> None:
    confirmed(database)
    asked(database, APART)
    with database.reading() as conn:
        for table in tables.metadata.tables.values():
            if table is not tables.subscriber:
                for row in conn.execute(sa.select(table)).mappings():
                    assert "example.org" not in str(dict(row)), table.name


def test_a_flood_of_addresses_is_not_written_to(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(subscribers, "PENDING_MOST", 3)
    found = [asked(database, address=f"a{k}@example.org") for k in range(5)]
    assert len(found[-1]) == 3
