import subprocess
import sys
import threading
from collections import Counter
from dataclasses import replace
from datetime import datetime

import pytest

from tests.store.examples import HOUR, MINUTE, NOW, ON_CALL, SECOND, call, opened
from tocsin.alert.ports import Receipt
from tocsin.base.errors import NotFound
from tocsin.incident.incident import Severity, State
from tocsin.oncall.policy import Called, Contact
from tocsin.store import incidents, pages
from tocsin.store.pages import PageRow, PageState
from tocsin.store.unit import Database

RECEIPT = Receipt("console", "line 1")
CLAIMER = """
import sys
from tests.store.examples import MINUTE, NOW
from tocsin.store import pages
from tocsin.store.unit import Database

database, name = Database(sys.argv[1]), sys.argv[2]
while True:
    with database.unit(name, NOW) as unit:
        mine = pages.claim(unit, name, MINUTE, 3)
    if not mine:
        break
    print(*(page.id for page in mine), flush=True)
"""


def _claim(
    database: Database, at: datetime = NOW, owner: str = "worker", limit: int = 99
) -> list[PageRow]:
    with database.unit(owner, at) as unit:
        return pages.claim(unit, owner, MINUTE, limit)


def _pages(database: Database, incident: str) -> list[PageRow]:
    with database.reading() as conn:
        return pages.of_incident(conn, incident)


def test_a_page_goes_from_due_to_acknowledged(database: Database) -> None:
    incident = opened(database, calls=(call(),))
    (due,) = _pages(database, incident.id)
    assert (due.state, due.attempts, due.key) == (
        PageState.DUE,
        0,
        f"{incident.id}/0/0/first/console",
    )
    (mine,) = _claim(database)
    assert (mine.id, mine.state, mine.attempts, mine.owner, mine.lease_until) == (
        due.id,
        PageState.CLAIMED,
        1,
        "worker",
        NOW + MINUTE,
    )
    with database.unit("worker", NOW + MINUTE) as unit:
        assert pages.accepted(unit, mine, RECEIPT)
    with database.reading() as conn:
        taken = pages.get(conn, mine.id)
    assert (taken.state, taken.receipt, taken.accepted_at, taken.owner) == (
        PageState.ACCEPTED,
        RECEIPT,
        NOW + MINUTE,
        None,
    )
    with database.unit("first", NOW + 2 * MINUTE) as unit:
        assert pages.acknowledge(unit, incident.id, "first") == 1
        assert pages.acknowledge(unit, incident.id, "first") == 0
    (done,) = _pages(database, incident.id)
    assert (done.state, done.acknowledged_by, done.acknowledged_at, done.receipt) == (
        PageState.ACKNOWLEDGED,
        "first",
        NOW + 2 * MINUTE,
        RECEIPT,
    )


def test_a_call_that_stands_in_the_outbox_is_not_added_again(database: Database) -> None:
    incident = opened(database, calls=(call(),))
    with database.unit("oncall", NOW) as unit:
        later = call(rung=1, contact=SECOND, at=NOW + 5 * MINUTE)
        pages.add(unit, incident.id, [call(at=NOW + HOUR), later])
    with database.reading() as conn:
        assert pages.calls(conn, incident.id) == [
            Called(rung=0, round=0, contact=ON_CALL, due_at=NOW),
            Called(rung=1, round=0, contact=SECOND, due_at=NOW + 5 * MINUTE),
        ]


def test_the_longest_due_are_claimed_first_and_the_future_not_at_all(database: Database) -> None:
    ages = (0, 3, -1, 2)
    opened(database, calls=tuple(call(round_=k, at=NOW - a * MINUTE) for k, a in enumerate(ages)))
    assert [page.round for page in _claim(database, limit=2)] == [1, 3]
    assert [page.round for page in _claim(database)] == [0]
    assert _claim(database) == []
    assert [page.round for page in _claim(database, NOW + MINUTE - MINUTE / 60)] == []


def test_a_lease_that_ran_out_is_claimed_by_somebody_else(database: Database) -> None:
    opened(database, calls=(call(),))
    (first,) = _claim(database)
    assert _claim(database, NOW + MINUTE / 2, "other") == []
    (second,) = _claim(database, NOW + MINUTE, "other")
    assert (second.id, second.owner, second.attempts) == (first.id, "other", 2)


def test_a_late_failure_of_who_lost_the_lease_changes_nothing(database: Database) -> None:
    opened(database, calls=(call(),))
    (first,) = _claim(database)
    (second,) = _claim(database, NOW + MINUTE, "other")
    with database.unit("worker", NOW + MINUTE) as unit:
        assert not pages.failed(unit, first, "timed out", None)
    with database.unit("other", NOW + MINUTE) as unit:
        assert pages.accepted(unit, second, RECEIPT)


def test_a_worker_that_came_back_under_its_old_name_does_not_undo_its_new_claim(
    database: Database,
) -> None:
    incident = opened(database, calls=(call(),))
    (first,) = _claim(database)
    (second,) = _claim(database, NOW + MINUTE)
    assert second.owner == first.owner
    with database.unit("worker", NOW + MINUTE) as unit:
        assert not pages.failed(unit, first, "timed out", NOW)
    assert [page.state for page in _pages(database, incident.id)] == [PageState.CLAIMED]


def test_a_late_receipt_of_who_lost_the_lease_counts(database: Database) -> None:
    incident = opened(database, calls=(call(),))
    (first,) = _claim(database)
    (second,) = _claim(database, NOW + MINUTE, "other")
    with database.unit("worker", NOW + MINUTE) as unit:
        assert pages.accepted(unit, first, RECEIPT)
    with database.unit("other", NOW + MINUTE) as unit:
        assert not pages.accepted(unit, second, Receipt("console", "line 2"))
        assert not pages.failed(unit, second, "too late", None)
    (page,) = _pages(database, incident.id)
    assert (page.state, page.receipt) == (PageState.ACCEPTED, RECEIPT)


def test_a_page_acknowledged_while_it_is_sent_stays_so_and_keeps_the_receipt(
    database: Database,
) -> None:
    incident = opened(database, calls=(call(),))
    (mine,) = _claim(database)
    with database.unit("first", NOW) as unit:
        pages.acknowledge(unit, incident.id, "first")
    with database.unit("worker", NOW) as unit:
        assert not pages.accepted(unit, mine, RECEIPT)
        assert not pages.failed(unit, mine, "no", NOW)
    (page,) = _pages(database, incident.id)
    assert (page.state, page.receipt) == (PageState.ACKNOWLEDGED, RECEIPT)
    assert _claim(database, NOW + HOUR) == []


def test_a_failed_try_is_made_again_when_it_is_time(database: Database) -> None:
    incident = opened(database, calls=(call(),))
    (mine,) = _claim(database)
    with database.unit("worker", NOW) as unit:
        assert pages.failed(unit, mine, "503", NOW + MINUTE / 2)
    (page,) = _pages(database, incident.id)
    assert (page.state, page.error, page.attempts) == (PageState.DUE, "503", 1)
    assert _claim(database) == []
    (again,) = _claim(database, NOW + MINUTE / 2)
    assert again.attempts == 2
    with database.unit("worker", NOW + MINUTE) as unit:
        pages.accepted(unit, again, RECEIPT)
    (page,) = _pages(database, incident.id)
    assert (page.state, page.error) == (PageState.ACCEPTED, None)


def test_a_page_that_failed_for_good_is_never_claimed_and_leaves_its_incident_unguarded(
    database: Database,
) -> None:
    incident = opened(database, calls=(call(),))
    (mine,) = _claim(database)
    with database.reading() as conn:
        assert pages.unguarded(conn, NOW) == []
    with database.unit("worker", NOW) as unit:
        assert pages.failed(unit, mine, "no such address", None)
    assert _claim(database, NOW + HOUR) == []
    with database.reading() as conn:
        (one,) = pages.unguarded(conn, NOW)
    assert (one.incident, one.number) == (incident.id, 1)
    assert one.why == "the last page failed for good (no such address) and no other is coming"


def test_the_next_rung_in_the_outbox_guards_an_incident(database: Database) -> None:
    incident = opened(database, calls=(call(), call(rung=1, at=NOW + 5 * MINUTE)))
    (mine,) = _claim(database)
    with database.unit("worker", NOW) as unit:
        pages.accepted(unit, mine, RECEIPT)
    with database.reading() as conn:
        assert pages.unguarded(conn, NOW) == []
    (last,) = _claim(database, NOW + 5 * MINUTE)
    with database.unit("worker", NOW) as unit:
        pages.accepted(unit, last, RECEIPT)
    with database.reading() as conn:
        assert [one.why for one in pages.unguarded(conn, NOW)] == [
            "everybody was paged, nobody has acknowledged, and no other page is coming"
        ]
    with database.unit("first", NOW) as unit:
        taken = replace(incident, state=State.ACKNOWLEDGED, acknowledged_at=NOW)
        incidents.save(unit, taken)
    with database.reading() as conn:
        assert pages.unguarded(conn, NOW) == []


@pytest.mark.parametrize(
    ("severity", "why"), [(Severity.SEV2, ["nobody was ever paged"]), (Severity.SEV3, [])]
)
def test_only_incidents_that_wake_people_need_a_page(
    database: Database, severity: Severity, why: list[str]
) -> None:
    opened(database, severity=severity)
    with database.reading() as conn:
        assert [one.why for one in pages.unguarded(conn, NOW)] == why


def test_a_mild_incident_that_was_paged_for_needs_an_end_too(database: Database) -> None:
    opened(database, severity=Severity.SEV3, calls=(call(),))
    (mine,) = _claim(database)
    with database.unit("worker", NOW) as unit:
        pages.accepted(unit, mine, RECEIPT)
    with database.reading() as conn:
        assert len(pages.unguarded(conn, NOW)) == 1


def test_a_hastened_call_is_due_now_unless_it_was_tried_already(database: Database) -> None:
    tried, planned = call(), call(rung=1, contact=SECOND, at=NOW + 5 * MINUTE)
    incident = opened(database, calls=(tried, planned))
    (mine,) = _claim(database)
    with database.unit("worker", NOW) as unit:
        pages.failed(unit, mine, "503", NOW + HOUR)
        assert pages.hasten(unit, incident.id, [tried, planned, call(rung=2)]) == 1
    assert sorted(page.rung for page in _claim(database)) == [1, 2]


def test_pages_are_counted_by_state(database: Database) -> None:
    opened(database, calls=(call(), call(rung=1)))
    _claim(database, limit=1)
    with database.reading() as conn:
        assert pages.count_by_state(conn) == {
            PageState.DUE: 1,
            PageState.CLAIMED: 1,
            PageState.ACCEPTED: 0,
            PageState.ACKNOWLEDGED: 0,
            PageState.FAILED: 0,
        }


def test_overdue_pages_are_named_whether_nobody_claimed_them_or_the_claimer_died(
    database: Database,
) -> None:
    opened(database, calls=(call(), call(round_=1, at=NOW + MINUTE)))
    with database.reading() as conn:
        assert pages.overdue(conn, NOW) == []
        assert [page.round for page in pages.overdue(conn, NOW + MINUTE)] == [0]
    _claim(database)
    with database.reading() as conn:
        assert pages.overdue(conn, NOW + MINUTE) == []
        assert [page.round for page in pages.overdue(conn, NOW + HOUR)] == [0, 1]


@pytest.mark.parametrize("state", [State.OPEN, State.ACKNOWLEDGED, State.CONTAINED])
def test_what_nobody_acknowledged_waits_for_somebody_whatever_its_state(
    database: Database, state: State
) -> None:
    incident = replace(opened(database), state=state)
    with database.unit("lead", NOW) as unit:
        incidents.save(unit, incident)
        assert [one.incident for one in pages.unguarded(unit.conn, NOW)] == [incident.id]
        assert pages.unplanned(unit.conn, NOW) == [incident.id]
    if state is not State.OPEN:
        with database.unit("lead", NOW) as unit:
            incidents.save(unit, replace(incident, acknowledged_at=NOW))
            assert pages.unguarded(unit.conn, NOW) == []
            assert pages.unplanned(unit.conn, NOW) == []


def test_an_incident_without_a_page_to_come_is_unplanned(database: Database) -> None:
    bare = opened(database)
    opened(database, calls=(call(at=NOW + MINUTE),))
    due = opened(database, calls=(call(at=NOW),))
    with database.reading() as conn:
        assert pages.unplanned(conn, NOW) == [bare.id, due.id]
        assert len(pages.unplanned(conn, NOW + MINUTE)) == 3
        assert len(pages.overdue(conn, NOW + HOUR, 1)) == 1


def test_a_renewed_lease_holds_and_a_lost_one_stays_lost(database: Database) -> None:
    opened(database, calls=(call(),))
    mine = _claim(database)
    with database.unit("worker", NOW + MINUTE / 2) as unit:
        pages.renew(unit, mine, HOUR)
    assert _claim(database, NOW + 2 * MINUTE, "other") == []
    (theirs,) = _claim(database, NOW + HOUR + MINUTE, "other")
    with database.unit("worker", NOW + HOUR + MINUTE) as unit:
        pages.renew(unit, mine, 10 * HOUR)
    with database.reading() as conn:
        assert pages.get(conn, theirs.id).lease_until == NOW + HOUR + 2 * MINUTE


def test_a_pull_moves_all_that_is_waited_for(database: Database) -> None:
    incident = opened(database, calls=(call(), call(round_=1, at=NOW + HOUR)))
    _claim(database)
    with database.unit("worker", NOW) as unit:
        pages.pull(unit, incident.id, 30 * MINUTE)
    first, second = _pages(database, incident.id)
    assert first.lease_until == NOW + MINUTE - 30 * MINUTE
    assert (second.due_at, second.next_try_at) == (NOW + 30 * MINUTE,) * 2


def test_an_unknown_page_is_not_found(database: Database) -> None:
    with database.reading() as conn, pytest.raises(NotFound, match="no page page_x"):
        pages.get(conn, "page_x")


def test_threads_and_processes_that_claim_at_once_never_share_a_page(
    database: Database, url: str
) -> None:
    contacts = [Contact(f"person {k}", "console", "-") for k in range(60)]
    opened(database, calls=tuple(call(contact=contact) for contact in contacts))
    claimers = [
        subprocess.Popen(
            [sys.executable, "-c", CLAIMER, url, f"process {k}"], stdout=subprocess.PIPE
        )
        for k in range(2)
    ]
    claimed: list[str] = []

    def claim(owner: str) -> None:
        while mine := _claim(database, NOW, owner, 2):
            claimed.extend(page.id for page in mine)

    threads = [threading.Thread(target=claim, args=(f"thread {k}",)) for k in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for claimer in claimers:
        out, _ = claimer.communicate()
        assert claimer.returncode == 0
        claimed.extend(out.decode().split())
    assert max(Counter(claimed).values()) == 1
    assert len(claimed) == 60


def test_a_page_that_was_spared_is_due_again_when_paging_begins_again(database: Database) -> None:
    planned = replace(call(), due_at=NOW + HOUR)
    incident = opened(database, calls=(planned,))
    with database.unit("t", NOW) as unit:
        pages.acknowledge(unit, incident.id, "oncall")
    with database.reading() as conn:
        assert pages.calls(conn, incident.id) == []
    assert _claim(database, NOW + 2 * HOUR) == []
    with database.unit("t", NOW + MINUTE) as unit:
        pages.add(unit, incident.id, [replace(planned, due_at=NOW + 2 * MINUTE)])
    (again,) = _claim(database, NOW + 3 * MINUTE)
    assert again.contact == planned.contact


def test_what_is_retired_stays_on_record_and_the_same_call_is_a_new_page(
    database: Database,
) -> None:
    incident = opened(database)
    with database.unit("w", NOW) as unit:
        pages.add(unit, incident.id, [call()])
    (first,) = _claim(database)
    with database.unit("w", NOW) as unit:
        pages.accepted(unit, first, RECEIPT)
        pages.retire(unit, incident.id, "aspen")
        assert pages.calls(unit.conn, incident.id) == []
        pages.add(unit, incident.id, [call()])
    old, new = sorted(_pages(database, incident.id), key=lambda page: page.current)
    assert (old.id, old.state, old.current) == (first.id, PageState.ACKNOWLEDGED, False)
    assert (new.key, new.state, new.current) == (first.key, PageState.DUE, True)
    with database.unit("w", NOW) as unit:
        pages.retire(unit, incident.id, "aspen")
        pages.add(unit, incident.id, [call()])
    assert [page.current for page in _pages(database, incident.id)].count(True) == 1
