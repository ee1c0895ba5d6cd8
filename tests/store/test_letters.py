"""Letters move as pages do: every subscriber once per post, none twice, and none to who left."""

from dataclasses import replace
from datetime import timedelta

from tests.incident.public import DAY, HOUR, MINUTE, NOW, over, published
from tocsin.alert.ports import Receipt
from tocsin.incident.subscriber import Way
from tocsin.store import letters, subscribers
from tocsin.store.letters import Kind, LetterRow
from tocsin.store.outbox import PageState
from tocsin.store.unit import Database

LEASE = timedelta(seconds=30)
RECEIPT = Receipt("smtp", "id")


def subscribed(database: Database, number: int) -> list[str]:
    """Let so many subscribe and confirm, their first letters sent."""
    with database.unit("subscriber", NOW) as unit:
        for k in range(number):
            subscribers.ask(unit, Way.MAIL, f"a{k}@example.org")
        first = letters.claim(unit, "w", LEASE, 1000)
        for one in first:
            subscribers.confirm(unit, one.subscriber)
            assert letters.accepted(unit, one, RECEIPT)
        return sorted(one.subscriber for one in first)


def claimed(database: Database, after: timedelta = timedelta(0)) -> list[LetterRow]:
    with database.unit("w", NOW + after) as unit:
        return letters.claim(unit, "w", LEASE, 1000)


def test_a_post_reaches_every_subscriber_once_however_often_it_is_announced(
    database: Database,
) -> None:
    ids = subscribed(database, 3)
    with database.unit("aspen", NOW) as unit:
        subscribers.ask(unit, Way.MAIL, "pending@example.org")
        (waiting,) = letters.claim(unit, "w", LEASE, 10)
        letters.accepted(unit, waiting, RECEIPT)
        assert letters.announce(unit, published()) == 3
        letters.announce(unit, published())
    found = claimed(database)
    assert sorted(one.subscriber for one in found) == ids
    assert {one.kind for one in found} == {Kind.UPDATE}
    assert {(one.bulletin, one.post) for one in found} == {("blt_1", "blt_1_post")}
    with database.unit("aspen", NOW) as unit:
        assert letters.announce(unit, over(published(), NOW + HOUR)) == 3
    assert len(claimed(database)) == 3


def test_a_lost_lease_sends_again_and_a_failure_is_counted(database: Database) -> None:
    subscribed(database, 1)
    with database.unit("aspen", NOW) as unit:
        letters.announce(unit, published())
    (first,) = claimed(database)
    assert claimed(database) == []
    (again,) = claimed(database, LEASE)
    assert (again.id, again.attempts) == (first.id, 2)
    with database.unit("w", NOW + LEASE) as unit:
        assert not letters.failed(unit, first, "late", None)
        assert letters.failed(unit, again, "answered 550", None)
    with database.reading() as conn:
        assert letters.count_by_state(conn)[PageState.FAILED] == 1
        assert not letters.due(conn, NOW + DAY)


def test_who_leaves_while_a_letter_is_out_gets_no_more(database: Database) -> None:
    (id_,) = subscribed(database, 1)
    with database.unit("aspen", NOW) as unit:
        letters.announce(unit, published())
    (one,) = claimed(database)
    with database.unit("subscriber", NOW) as unit:
        subscribers.leave(unit, id_)
        assert not letters.accepted(unit, one, RECEIPT)
    assert claimed(database, LEASE) == []


def test_old_letters_are_thrown_away_unless_they_are_still_to_be_sent(database: Database) -> None:
    (id_,) = subscribed(database, 1)
    with database.unit("aspen", NOW) as unit:
        letters.announce(unit, replace(published(), id="blt_2"))
    with database.unit("tocsin", NOW + DAY) as unit:
        assert letters.prune(unit, NOW) == 0
        assert letters.prune(unit, NOW + MINUTE) == 1
    with database.reading() as conn:
        (left,) = letters.of_subscriber(conn, id_)
    assert left.state is PageState.DUE
