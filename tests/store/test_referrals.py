"""Referrals in the store: handed out one by one, never twice to one person, forgotten on demand."""

import threading
from dataclasses import replace
from datetime import timedelta

import pytest

from tests.store.examples import HOUR, MINUTE, NOW, SYSTEM
from tocsin.base.errors import NotFound
from tocsin.contain import answers
from tocsin.contain.referral import UNDO, Kind, Referral, Referred, State, claim, judge
from tocsin.ingest.queue import Queue
from tocsin.ingest.system import System
from tocsin.store import referrals, replies
from tocsin.store.referrals import Wanted
from tocsin.store.unit import Database, Unit

LOANS = replace(SYSTEM, queue=Queue(second=1.0, due=HOUR))


def asked(name: str, *, kind: Kind = Kind.ROUTED, answer: str | None = "approved") -> Referred:
    return Referred(
        prediction_id=name,
        at=NOW,
        version="v1",
        inputs={"income": 40_000, "note": float("nan")},
        attributes={"sex": "f"},
        answer=answer,
        kind=kind,
        probability=1.0 if kind is Kind.ROUTED else 0.25,
    )


def given(unit: Unit, one: Referral, person: str, answer: str, system: System = LOANS) -> Referral:
    held = claim(one, person, system.queue.lease, unit.now)
    after = judge(
        held, person, answer, system.queue, lambda a, b: answers.same(system, a, b), unit.now
    )
    referrals.save(unit, after, system)
    return after


def test_a_decision_comes_before_people_once(database: Database) -> None:
    with database.unit("test", NOW) as unit:
        assert referrals.add(unit, LOANS, [asked("a"), asked("b"), asked("a")]) == 2
        assert referrals.add(unit, LOANS, [asked("a")]) == 0
    with database.reading() as conn:
        found = referrals.of_prediction(conn, "loans", "a")
        assert found.facts.inputs == {"income": 40_000, "note": "NaN"}
        assert (found.due_at, found.round) == (NOW + HOUR, 1)
        assert referrals.get(conn, found.id) == found
        with pytest.raises(NotFound):
            referrals.of_prediction(conn, "loans", "c")


def test_the_systems_own_answer_is_filled_in_while_nobody_has_looked(database: Database) -> None:
    with database.unit("test", NOW) as unit:
        referrals.add(unit, LOANS, [asked("a", answer=None), asked("b", answer=None)])
        one = referrals.of_prediction(unit.conn, "loans", "b")
        referrals.save(unit, claim(one, "aspen", HOUR, NOW), LOANS)
        assert referrals.add(unit, LOANS, [asked("a"), asked("b")]) == 0
    with database.reading() as conn:
        assert referrals.of_prediction(conn, "loans", "a").facts.answer == "approved"
        assert referrals.of_prediction(conn, "loans", "b").facts.answer is None


def test_two_people_never_get_the_same_one(database: Database) -> None:
    with database.unit("test", NOW) as unit:
        referrals.add(unit, LOANS, [asked("a"), asked("b")])
    seen: list[str] = []
    for person in ("aspen", "beech", "cherry"):
        with database.unit(person, NOW) as unit:
            id_ = referrals.next_for(unit.conn, person, NOW)
            if id_ is not None:
                one = claim(referrals.get(unit.conn, id_), person, 10 * MINUTE, NOW)
                referrals.save(unit, one, LOANS)
                seen.append(one.id)
    assert len(seen) == len(set(seen)) == 2
    with database.reading() as conn:
        assert referrals.next_for(conn, "aspen", NOW + MINUTE) == seen[0]
        assert referrals.next_for(conn, "cherry", NOW + MINUTE) is None
        assert referrals.next_for(conn, "cherry", NOW + 10 * MINUTE) == seen[0]


def test_people_who_reach_at_the_same_time_never_get_the_same_one(database: Database) -> None:
    with database.unit("test", NOW) as unit:
        referrals.add(unit, LOANS, [asked(f"p{k}") for k in range(40)])
    got: dict[str, list[str]] = {f"person-{k}": [] for k in range(4)}

    def work(person: str) -> None:
        for k in range(10):
            now = NOW + k * UNDO
            with database.unit(person, now) as unit:
                id_ = referrals.next_for(unit.conn, person, now)
                assert id_ is not None
                given(unit, referrals.get(unit.conn, id_), person, "approved", single)
            got[person].append(id_)

    single = replace(LOANS, queue=Queue(second=0.0))
    threads = [threading.Thread(target=work, args=(person,)) for person in got]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    every = [id_ for ids in got.values() for id_ in ids]
    assert len(every) == len(set(every)) == 40
    with database.reading() as conn:
        assert referrals.waiting(conn, "loans", NOW).number == 0


def test_who_judged_first_is_not_asked_again(database: Database) -> None:
    later = NOW + UNDO
    with database.unit("aspen", NOW) as unit:
        referrals.add(unit, LOANS, [asked("a")])
        given(unit, referrals.of_prediction(unit.conn, "loans", "a"), "aspen", "approved")
        assert referrals.next_for(unit.conn, "beech", NOW) is None
    with database.unit("beech", later) as unit:
        assert referrals.next_for(unit.conn, "aspen", later) is None
        id_ = referrals.next_for(unit.conn, "beech", later, system="loans")
        assert id_ is not None
        given(unit, referrals.get(unit.conn, id_), "beech", "not approved")
    with database.reading() as conn:
        third = later + UNDO
        assert referrals.next_for(conn, "aspen", third) is None
        assert referrals.next_for(conn, "beech", third) is None
        assert referrals.next_for(conn, "cherry", third) == id_
        assert referrals.pairs(conn, "loans", NOW - HOUR, NOW + HOUR, 10) == [
            ("approved", "not approved")
        ]


def test_whom_one_passes_by_is_not_handed_out_next(database: Database) -> None:
    with database.unit("test", NOW) as unit:
        referrals.add(unit, LOANS, [asked("a"), asked("b")])
        first = referrals.next_for(unit.conn, "aspen", NOW)
        assert first is not None
        one = referrals.get(unit.conn, first)
        assert referrals.next_for(unit.conn, "aspen", NOW, after=one) not in (None, first)


def test_a_list_goes_on_behind_its_last_line(database: Database) -> None:
    with database.unit("test", NOW) as unit:
        referrals.add(unit, LOANS, [asked(f"p{k}") for k in range(7)])
    with database.reading() as conn:
        whole = [one.id for one in referrals.listed(conn, Wanted(), 10)]
        found: list[str] = []
        after = None
        while page := referrals.listed(conn, Wanted(system="loans", after=after), 3):
            found += [one.id for one in page]
            after = page[-1].place
        assert found == whole
        assert referrals.listed(conn, Wanted(overdue_at=NOW), 10) == []
        assert len(referrals.listed(conn, Wanted(overdue_at=NOW + HOUR), 10)) == 7
        assert referrals.listed(conn, Wanted(system="fraud"), 10) == []
        assert len(referrals.listed(conn, Wanted(state=None), 10)) == 7


def test_what_callers_wait_for_comes_before_samples_and_second_judgements(
    database: Database,
) -> None:
    with database.unit("aspen", NOW - HOUR) as unit:
        referrals.add(unit, LOANS, [asked("sample", kind=Kind.SAMPLED), asked("twice")])
        given(unit, referrals.of_prediction(unit.conn, "loans", "twice"), "aspen", "approved")
    with database.unit("test", NOW) as unit:
        referrals.add(unit, LOANS, [asked("awaited")])
    with database.reading() as conn:
        order = [one.facts.prediction_id for one in referrals.listed(conn, Wanted(), 10)]
        first = referrals.next_for(conn, "beech", NOW)
        assert first is not None
        assert referrals.get(conn, first).facts.prediction_id == "awaited"
    assert order[0] == "awaited"
    assert set(order[1:]) == {"sample", "twice"}


def test_how_many_wait_and_how_many_too_long(database: Database) -> None:
    with database.unit("test", NOW) as unit:
        referrals.add(unit, LOANS, [asked("a"), asked("b", kind=Kind.SAMPLED)])
    with database.reading() as conn:
        assert referrals.waiting(conn, "loans", NOW) == referrals.Waiting(2, 0, 0, NOW + HOUR)
        late = referrals.waiting(conn, "loans", NOW + HOUR)
        assert (late.overdue, late.awaited) == (2, 1)
        assert referrals.waiting(conn, "fraud", NOW).number == 0


def test_judged_ones_tell_their_chance_and_whether_the_system_was_wrong(
    database: Database,
) -> None:
    single = replace(LOANS, queue=Queue(second=0.0))
    with database.unit("aspen", NOW) as unit:
        unasked = asked("c", answer=None)
        referrals.add(unit, single, [asked("a"), asked("b", kind=Kind.SAMPLED), unasked])
        for name, answer in (("a", "not approved"), ("b", "approved"), ("c", "approved")):
            given(unit, referrals.of_prediction(unit.conn, "loans", name), "aspen", answer, single)
    with database.reading() as conn:
        found = referrals.judged(conn, "loans", NOW - HOUR, NOW, 10)
        assert sorted(found, key=lambda row: row[0]) == [
            (0.25, False, {"sex": "f"}),
            (1.0, True, {"sex": "f"}),
        ]
        assert referrals.routed(conn, "loans", ["a", "b", "x"]) == {"a"}


def test_an_outcome_is_due_when_the_judgement_stands_and_told_once(database: Database) -> None:
    single = replace(LOANS, queue=Queue(second=0.0))
    silent = replace(LOANS, queue=Queue(second=0.0, outcomes=False))
    with database.unit("aspen", NOW) as unit:
        referrals.add(unit, single, [asked("a"), asked("b")])
        given(unit, referrals.of_prediction(unit.conn, "loans", "a"), "aspen", "approved", single)
        given(unit, referrals.of_prediction(unit.conn, "loans", "b"), "aspen", "approved", silent)
        assert referrals.with_outcome_due(unit.conn, "loans", NOW, 10) == []
        (due,) = referrals.with_outcome_due(unit.conn, "loans", NOW + UNDO, 10)
        assert (due.facts.prediction_id, due.state) == ("a", State.SETTLED)
        assert not referrals.outcome_is_told(unit.conn, due, single.queue)
        referrals.outcome_told(unit, [due.id])
        assert referrals.outcome_is_told(unit.conn, due, single.queue)
        assert not referrals.outcome_is_told(unit.conn, due, silent.queue)
        assert referrals.with_outcome_due(unit.conn, "loans", NOW + UNDO, 10) == []


def test_erasing_and_forgetting_leave_nothing(database: Database) -> None:
    with database.unit("test", NOW) as unit:
        referrals.add(unit, LOANS, [asked("a"), asked("b")])
        one = referrals.of_prediction(unit.conn, "loans", "a")
        replies.add(unit, one, "caller", "approved", 1)
        assert referrals.erase(unit, "loans", ["a", "x"]) == 1
        assert replies.of_referral(unit.conn, one.id) == []
        assert referrals.forget(unit, "loans", NOW) == 0
        assert referrals.forget(unit, "loans", NOW + timedelta(seconds=1)) == 1
        assert referrals.listed(unit.conn, Wanted(state=None), 10) == []


def test_how_far_the_lake_was_looked_at_is_kept(database: Database) -> None:
    with database.unit("test", NOW) as unit:
        assert referrals.mark(unit.conn, "loans") is None
        referrals.move_mark(unit, "loans", 3)
        referrals.move_mark(unit, "loans", 5)
        assert referrals.mark(unit.conn, "loans") == 5
