"""Referrals: leases, rounds, taking back; nobody twice, nothing out before it stands."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tocsin.base.errors import Conflict
from tocsin.contain.referral import (
    UNDO,
    Answered,
    Referral,
    Referred,
    State,
    answered,
    claim,
    judge,
    refer,
    release,
    repeated,
    sampled,
    undo,
)
from tocsin.ingest.queue import Queue

NOW = datetime(2026, 11, 20, 14, 5, tzinfo=UTC)
ALWAYS, NEVER = Queue(second=1.0), Queue(second=0.0)
LEASE = ALWAYS.lease


def same(one: str, other: str) -> bool:
    return one == other


def fresh(queue: Queue = ALWAYS) -> Referral:
    facts = Referred(prediction_id="a", at=NOW, version="v1", inputs={}, attributes={})
    return refer("ref_1", "loans", facts, queue, NOW)


def judged(one: Referral, *said: tuple[str, str], queue: Queue = ALWAYS) -> Referral:
    now = NOW
    for person, answer in said:
        one = judge(claim(one, person, LEASE, now), person, answer, queue, same, now)
        now += UNDO
    return one


def test_a_claim_is_one_persons_until_its_lease_runs_out() -> None:
    one = claim(fresh(), "aspen", LEASE, NOW)
    assert one.holder(NOW) == "aspen"
    with pytest.raises(Conflict, match="aspen has"):
        claim(one, "beech", LEASE, NOW)
    with pytest.raises(Conflict, match="only they"):
        release(one, "beech", NOW)
    assert claim(one, "aspen", LEASE, NOW + LEASE / 2).claimed_until == NOW + 1.5 * LEASE
    assert one.holder(NOW + LEASE) is None
    assert claim(one, "beech", LEASE, NOW + LEASE).holder(NOW + LEASE) == "beech"
    assert release(one, "aspen", NOW).holder(NOW) is None


def test_a_lease_that_ran_out_counts_while_nobody_else_took_it() -> None:
    one, late = claim(fresh(NEVER), "aspen", LEASE, NOW), NOW + 2 * LEASE
    assert judge(one, "aspen", "yes", NEVER, same, late).state is State.SETTLED
    taken = claim(one, "beech", LEASE, late)
    with pytest.raises(Conflict, match="beech has ref_1 now"):
        judge(taken, "aspen", "yes", NEVER, same, late)


def test_one_judgement_settles_it_unless_it_is_repeated() -> None:
    once = judged(fresh(NEVER), ("aspen", "yes"), queue=NEVER)
    assert (once.state, once.result, once.settled_at) == (State.SETTLED, "yes", NOW)
    free = judge(fresh(), "aspen", "12", ALWAYS, same, NOW, twice=False)
    assert free.state is State.SETTLED
    twice = judged(fresh(), ("aspen", "yes"))
    assert (twice.state, twice.round, twice.open_at) == (State.WAITING, 2, NOW + UNDO)
    assert twice.due_at == NOW + ALWAYS.due


def test_two_who_agree_settle_it_and_of_three_the_third_does() -> None:
    agreed = judged(fresh(), ("aspen", "yes"), ("beech", "yes"))
    assert (agreed.state, agreed.result) == (State.SETTLED, "yes")
    apart = judged(fresh(), ("aspen", "yes"), ("beech", "no"))
    assert (apart.state, apart.round) == (State.WAITING, 3)
    third = judged(fresh(), ("aspen", "yes"), ("beech", "no"), ("cherry", "no"))
    assert (third.state, third.result) == (State.SETTLED, "no")
    with pytest.raises(Conflict, match="settled already"):
        claim(third, "dogwood", LEASE, NOW + 9 * UNDO)


def test_nobody_judges_one_twice() -> None:
    one, later = judged(fresh(), ("aspen", "yes"), ("beech", "no")), NOW + 3 * UNDO
    for person in ("aspen", "beech"):
        with pytest.raises(Conflict, match="judged ref_1 before"):
            claim(one, person, LEASE, later)
        with pytest.raises(Conflict, match="judged ref_1 before"):
            judge(one, person, "yes", ALWAYS, same, later)


def test_the_next_person_sees_it_only_when_it_cannot_be_taken_back() -> None:
    one = judged(fresh(), ("aspen", "yes"))
    with pytest.raises(Conflict, match="taken back"):
        claim(one, "beech", LEASE, NOW + UNDO - timedelta(seconds=1))
    assert claim(one, "beech", LEASE, NOW + UNDO).holder(NOW + UNDO) == "beech"


@pytest.mark.parametrize("queue", [ALWAYS, NEVER])
def test_taking_back_is_as_if_nothing_was_said(queue: Queue) -> None:
    held = claim(fresh(queue), "aspen", LEASE, NOW)
    later = NOW + UNDO / 2
    back = undo(judge(held, "aspen", "yes", queue, same, NOW), "aspen", queue, later)
    assert (back.state, back.judgements, back.result) == (State.WAITING, (), None)
    assert (back.due_at, back.open_at) == (held.due_at, held.open_at)
    assert back.holder(later) == "aspen"


def test_only_ones_own_last_judgement_is_taken_back_and_only_at_once() -> None:
    one = judged(fresh(), ("aspen", "yes"))
    with pytest.raises(Conflict, match="not yours"):
        undo(one, "beech", ALWAYS, NOW)
    with pytest.raises(Conflict, match="too late"):
        undo(one, "aspen", ALWAYS, NOW + UNDO)
    with pytest.raises(Conflict, match="not yours"):
        undo(fresh(), "aspen", ALWAYS, NOW)


def test_callers_hear_the_first_answer_when_it_stands_and_a_correction() -> None:
    one = judged(fresh(), ("aspen", "yes"), ("beech", "no"), ("cherry", "no"))
    assert answered(fresh(), same, NOW + UNDO) is None
    assert answered(judged(fresh(), ("aspen", "yes")), same, NOW) is None
    first = Answered("yes", 1, NOW)
    assert answered(judged(fresh(), ("aspen", "yes")), same, NOW + UNDO) == first
    third_at = NOW + 2 * UNDO
    assert answered(one, same, third_at) == first
    assert answered(one, same, third_at + UNDO) == Answered("no", 2, third_at)
    agreed = judged(fresh(), ("aspen", "yes"), ("beech", "yes"))
    assert answered(agreed, same, NOW + 9 * UNDO) == first


def test_it_is_overdue_from_its_due_time_on_until_it_is_settled() -> None:
    one = fresh(NEVER)
    assert not one.overdue(one.due_at - timedelta(seconds=1))
    assert one.overdue(one.due_at)
    assert not judged(one, ("aspen", "yes"), queue=NEVER).overdue(NOW + timedelta(days=9))


@given(st.floats(0.01, 0.9))
def test_a_share_is_drawn_evenly_and_more_keeps_who_was_in(share: float) -> None:
    names = [f"p{k}" for k in range(500)]
    drawn = {name for name in names if sampled(name, share)}
    assert drawn <= {name for name in names if sampled(name, share + 0.1)}
    assert abs(len(drawn) / 500 - share) < 5 * (share * (1 - share) / 500) ** 0.5
    # who is drawn says nothing of who is judged twice
    twice = {name for name in names if repeated(name, 0.5)}
    assert abs(len(twice) - 250) < 60
