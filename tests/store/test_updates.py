"""Updates are kept as sent; each contact has one row that moves as a page does."""

from dataclasses import replace
from datetime import timedelta

import pytest

from tests.incident.test_lifecycle import opened as incident
from tests.store.examples import MINUTE, NOW, POLICY
from tocsin.alert.ports import Receipt
from tocsin.base.errors import NotFound
from tocsin.incident.update import Audience, Update, Voice
from tocsin.oncall.person import Contact
from tocsin.store import audit, incidents, updates
from tocsin.store.outbox import PageState
from tocsin.store.unit import Database
from tocsin.store.updates import Reminder, Telling

LEASE = timedelta(seconds=30)
BOARD = Contact("board", "mail", "board@example.org")
ASPEN = Contact("aspen", "mail", "aspen@example.org")
AUDIENCES = (
    Audience(name="board", voice=Voice.EXECUTIVE, contacts=(BOARD, ASPEN)),
    Audience(name="leads", voice=Voice.EXECUTIVE, contacts=(ASPEN,)),
)
UPDATE = Update(
    id="upd_1",
    incident="inc_1",
    audiences=("board", "leads"),
    voice=Voice.EXECUTIVE,
    subject="INC-1 update 1",
    text="What happened\nApprovals fell.",
    sent_at=NOW,
    sent_by="aspen",
)
REMINDER = Reminder(audiences=("board",), due_at=NOW, last=True)


def opened(database: Database) -> str:
    one = incident()
    with database.unit("aspen", NOW) as unit:
        incidents.add(unit, one, [], POLICY, None)
    return one.id


def sent(database: Database, update: Update = UPDATE) -> None:
    with database.unit("aspen", update.sent_at) as unit:
        updates.add(unit, update, AUDIENCES)


def claimed(database: Database, after: timedelta = timedelta(0)) -> list[Telling]:
    with database.unit("w", NOW + after) as unit:
        return updates.claim(unit, "w", LEASE, 10)


def rows(database: Database) -> dict[str, Telling]:
    with database.reading() as conn:
        return {one.contact.person: one for one in updates.tellings(conn, "inc_1")}


def test_it_reads_back_as_it_was_sent_and_every_contact_is_told_once(database: Database) -> None:
    opened(database)
    sent(database)
    sent(database, replace(UPDATE, id="upd_0", sent_at=NOW - MINUTE))
    with database.reading() as conn:
        assert updates.get(conn, "upd_1") == UPDATE
        assert [one.id for one in updates.of_incident(conn, "inc_1")] == ["upd_0", "upd_1"]
        told = [one for one in updates.tellings(conn, "inc_1") if one.update == "upd_1"]
        last = audit.recent(conn, 9)
        with pytest.raises(NotFound):
            updates.get(conn, "upd_2")
    assert {(one.audience, one.contact) for one in told} == {("board", BOARD), ("board", ASPEN)}
    assert {(one.state, one.attempts) for one in told} == {(PageState.DUE, 0)}
    assert "update.sent" in {row.act.action for row in last}


def test_a_row_is_claimed_once_and_again_when_the_lease_has_run_out(database: Database) -> None:
    opened(database)
    sent(database)
    with database.reading() as conn:
        assert updates.due(conn, NOW)
        assert not updates.due(conn, NOW - MINUTE)
    assert len(claimed(database)) == 2
    assert claimed(database) == []
    assert {one.attempts for one in claimed(database, LEASE)} == {2}


def test_a_receipt_ends_it_and_a_failure_waits_or_ends_it(database: Database) -> None:
    opened(database)
    sent(database)
    by_person = {one.contact.person: one for one in claimed(database)}
    with database.unit("w", NOW) as unit:
        assert updates.accepted(unit, by_person["board"], Receipt("smtp", "7"))
        assert updates.failed(unit, by_person["aspen"], "busy", NOW + MINUTE)
    assert rows(database)["board"].receipt == Receipt("smtp", "7")
    assert (rows(database)["aspen"].state, rows(database)["aspen"].error) == (PageState.DUE, "busy")
    (again,) = claimed(database, MINUTE)
    with database.unit("w", NOW + MINUTE) as unit:
        assert updates.failed(unit, again, "no such mailbox", None)
        assert not updates.failed(unit, again, "twice", None)
    assert rows(database)["aspen"].state is PageState.FAILED
    assert claimed(database, 9 * LEASE) == []


def test_a_reminder_goes_out_once_under_its_key(database: Database) -> None:
    opened(database)
    for _ in range(2):
        with database.unit("tocsin", NOW) as unit:
            updates.remind(unit, "inc_1", "inc_1/reminder/1", ASPEN, REMINDER)
    (one,) = claimed(database)
    assert (one.reminder, one.update, one.contact) == (REMINDER, None, ASPEN)
