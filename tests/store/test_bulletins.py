"""Bulletins are kept whole, found while they count, and every word is in the audit log."""

from dataclasses import replace

import pytest
import sqlalchemy as sa

from tests.incident.public import DAY, HOUR, NOW, over, published
from tests.store.examples import opened
from tocsin.base.errors import NotFound
from tocsin.incident.bulletin import Bulletin
from tocsin.store import bulletins, tables
from tocsin.store.unit import Database


def kept(database: Database, *, at_id: str = "blt_1") -> Bulletin:
    incident = opened(database)
    with database.unit("aspen", NOW) as unit:
        one = replace(published(id_=at_id), incident=incident.id)
        bulletins.add(unit, one)
    return one


def test_a_bulletin_comes_back_as_it_was_and_is_found_by_its_incident(database: Database) -> None:
    one = kept(database)
    with database.reading() as conn:
        assert bulletins.get(conn, one.id) == one
        assert bulletins.of_incident(conn, one.incident) == [one]
        assert bulletins.of_incident(conn, "inc_other") == []
        with pytest.raises(NotFound, match="blt_9"):
            bulletins.get(conn, "blt_9")


def test_open_ones_always_count_and_those_that_ended_for_a_while(database: Database) -> None:
    one = kept(database)
    with database.reading() as conn:
        assert bulletins.since(conn, NOW + 400 * DAY) == [one]
    ended = over(one, NOW + HOUR)
    with database.unit("aspen", NOW + HOUR) as unit:
        bulletins.save(unit, ended)
    with database.reading() as conn:
        assert bulletins.since(conn, NOW + HOUR) == [ended]
        assert bulletins.since(conn, NOW + 2 * HOUR) == []
        rows = conn.execute(sa.select(tables.audit.c.action, tables.audit.c.facts)).all()
    said = [row for row in rows if row.action.startswith("bulletin")]
    assert [row.action for row in said] == ["bulletin.published", "bulletin.updated"]
    assert said[1].facts["text"] == "It is over."


def test_one_that_was_never_published_cannot_be_updated(database: Database) -> None:
    with database.unit("aspen", NOW) as unit, pytest.raises(NotFound):
        bulletins.save(unit, published())


def test_a_component_stands_since_it_was_first_seen(database: Database) -> None:
    with database.unit("tocsin", NOW) as unit:
        bulletins.stand(unit, ["loans"])
    with database.unit("tocsin", NOW + HOUR) as unit:
        bulletins.stand(unit, ["loans", "cards"])
    with database.reading() as conn:
        assert bulletins.standing(conn) == {"loans": NOW, "cards": NOW + HOUR}
