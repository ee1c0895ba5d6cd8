"""Test pages: a row per contact first, claimed and recorded as pages are."""

from datetime import timedelta

import pytest

from tests.oncall.roster import HEAD, LEAD
from tests.store.examples import NOW
from tocsin.alert.ports import Receipt
from tocsin.base.errors import BadInput, Conflict, NotFound
from tocsin.oncall.person import Person
from tocsin.store import audit, testpages
from tocsin.store.outbox import PageState
from tocsin.store.testpages import PageTest
from tocsin.store.unit import Database

LEASE = timedelta(seconds=30)
SECOND = timedelta(seconds=1)
MINUTE = timedelta(minutes=1)


def asked(database: Database, person: Person = LEAD) -> list[PageTest]:
    with database.unit("aspen", NOW) as unit:
        return testpages.add(unit, person)


def claimed(database: Database, after: timedelta = timedelta(0)) -> list[PageTest]:
    with database.unit("w", NOW + after) as unit:
        return testpages.claim(unit, "w", LEASE, 10)


def now_of(database: Database, test: PageTest) -> PageTest:
    with database.reading() as conn:
        return testpages.get(conn, test.id)


def test_every_contact_gets_a_row_and_who_asked_stands_in_the_audit_log(
    database: Database,
) -> None:
    tests = asked(database)
    assert [one.contact for one in tests] == list(LEAD.contacts)
    assert {(one.state, one.asked_by, one.attempts) for one in tests} == {
        (PageState.DUE, "aspen", 0)
    }
    with database.reading() as conn:
        assert testpages.due(conn, NOW)
        assert not testpages.due(conn, NOW - SECOND)
        last = audit.recent(conn, 1)[0].act
    assert (last.action, last.subject, last.actor) == ("person.tested", LEAD.name, "aspen")


def test_one_person_is_not_tested_twice_in_a_minute_and_another_is(database: Database) -> None:
    asked(database)
    with pytest.raises(Conflict, match="a moment ago"):
        asked(database)
    asked(database, HEAD)
    with database.unit("aspen", NOW + MINUTE) as unit:
        assert len(testpages.add(unit, LEAD)) == 2
    with database.reading() as conn:
        assert [one.asked_at for one in testpages.of_person(conn, LEAD.name, 3)] == [
            NOW + MINUTE,
            NOW + MINUTE,
            NOW,
        ]


def test_who_has_no_contact_cannot_be_tested(database: Database) -> None:
    with pytest.raises(BadInput, match="has no contact"):
        asked(database, Person("nobody", ()))


def test_a_claim_that_runs_out_is_claimed_again_and_a_settled_one_never(
    database: Database,
) -> None:
    asked(database)
    first, second = claimed(database)
    assert claimed(database, LEASE - SECOND) == []
    with database.unit("w", NOW) as unit:
        assert testpages.accepted(unit, first, Receipt("smtp", "1"))
    (again,) = claimed(database, LEASE)
    assert (again.id, again.attempts) == (second.id, 2)
    with database.unit("w", NOW + LEASE) as unit:
        assert not testpages.failed(unit, second, "late", None), "its lease was lost"
        assert testpages.failed(unit, again, "refused", None)
    assert claimed(database, 2 * LEASE) == []
    assert now_of(database, first).receipt == Receipt("smtp", "1")
    assert (now_of(database, second).state, now_of(database, second).error) == (
        PageState.FAILED,
        "refused",
    )


def test_an_acknowledgement_counts_once_and_a_late_receipt_keeps_it(database: Database) -> None:
    asked(database)
    first, _ = claimed(database)
    with database.unit(LEAD.name, NOW + SECOND) as unit:
        assert testpages.acknowledge(unit, first.id)
    with database.unit(LEAD.name, NOW + MINUTE) as unit:
        assert not testpages.acknowledge(unit, first.id)
        assert not testpages.accepted(unit, first, Receipt("smtp", "1"))
    one = now_of(database, first)
    assert (one.state, one.acknowledged_at) == (PageState.ACKNOWLEDGED, NOW + SECOND)
    assert one.receipt == Receipt("smtp", "1")
    assert [test.id for test in claimed(database, LEASE)] != [first.id]


def test_what_a_receiver_may_keep_open_is_closed_once(database: Database) -> None:
    asked(database)
    first, second = claimed(database)
    with database.unit("w", NOW) as unit:
        for one in (first, second):
            testpages.accepted(unit, one, Receipt("pagerduty", one.id))
        testpages.acknowledge(unit, first.id)
    with database.reading() as conn:
        assert [one.id for one in testpages.open_ones(conn, NOW, NOW)] == [first.id]
        both = testpages.open_ones(conn, NOW, NOW + SECOND)
        assert {one.id for one in both} == {first.id, second.id}
        assert testpages.open_ones(conn, NOW + SECOND, NOW + SECOND) == []
    with database.unit("w", NOW) as unit:
        testpages.close(unit, first)
    with database.reading() as conn:
        assert [one.id for one in testpages.open_ones(conn, NOW, NOW + SECOND)] == [second.id]


def test_a_test_that_does_not_exist_is_not_found(database: Database) -> None:
    with database.reading() as conn, pytest.raises(NotFound, match="no test page x"):
        testpages.get(conn, "x")
