"""Links between incidents stand once, are seen from both sides, and may be taken back."""

import pytest

from tests.store.examples import MINUTE, NOW, opened
from tocsin.base.errors import NotFound
from tocsin.incident.relate import Link, LinkKind
from tocsin.store import audit, links
from tocsin.store.unit import Database


def linked(
    database: Database, one: str, other: str, kind: LinkKind = LinkKind.RELATED
) -> tuple[Link, bool]:
    with database.unit("aspen", NOW) as unit:
        return links.add(unit, one, other, kind)


def test_a_link_is_seen_from_both_sides_and_stands_once(database: Database) -> None:
    one, two = opened(database).id, opened(database).id
    link, new = linked(database, one, two)
    assert new
    assert linked(database, one, two) == (link, False)
    assert linked(database, two, one) == (link, False)
    with database.reading() as conn:
        assert links.of_incident(conn, one) == links.of_incident(conn, two) == [link]
        assert links.get(conn, link.id) == link


def test_a_direction_is_kept_where_it_means_something(database: Database) -> None:
    one, two = opened(database).id, opened(database).id
    first, _ = linked(database, one, two, LinkKind.CAUSED_BY)
    turned, new = linked(database, two, one, LinkKind.CAUSED_BY)
    assert new
    assert turned.id != first.id


def test_one_that_was_taken_back_is_gone_once_and_can_be_made_again(database: Database) -> None:
    one, two = opened(database).id, opened(database).id
    link, _ = linked(database, one, two)
    for gone in (True, False):
        with database.unit("briar", NOW + MINUTE) as unit:
            assert links.remove(unit, link) is gone
    with database.reading() as conn:
        assert links.of_incident(conn, one) == []
        with pytest.raises(NotFound):
            links.get(conn, link.id)
        deeds = [row.act.action for row in audit.recent(conn, 9)]
    assert deeds.count("incident.unlinked") == 1
    assert linked(database, one, two)[1]
