"""Moves of people on referred decisions: who, in which order, and what goes out."""

from dataclasses import replace

import pytest

from tests.store.examples import HOUR, NOW, SPEC, SYSTEM
from tests.store.test_referrals import asked
from tests.web.cast import Stage
from tocsin.base.errors import Conflict, NotFound
from tocsin.contain.referral import UNDO, Kind, State
from tocsin.ingest.queue import Queue
from tocsin.store import referrals, replies, systems
from tocsin.store.unit import Unit
from tocsin.web import judging


def prepare(unit: Unit, *names: str, second: float = 1.0, kind: Kind = Kind.ROUTED) -> None:
    queue = Queue(second=second, answers_to="caller")
    system = replace(SYSTEM, queue=queue)
    systems.save(unit, system, SPEC, (), 0, "0" * 64)
    referrals.add(unit, system, [asked(name, kind=kind) for name in names])


def test_nothing_is_next_where_nothing_waits(stage: Stage) -> None:
    with stage.site.database.unit("aspen", NOW) as unit:
        assert judging.take_next(unit) is None
        with pytest.raises(NotFound):
            judging.take_next(unit, "nobody")
        with pytest.raises(NotFound):
            judging.take(unit, "ref_x")


def test_the_first_answer_goes_out_and_only_an_overruling_one_after_it(stage: Stage) -> None:
    now = NOW
    for person, answer in (
        ("aspen", "approved"),
        ("beech", "not approved"),
        ("cherry", "not approved"),
    ):
        with stage.site.database.unit(person, now) as unit:
            if person == "aspen":
                prepare(unit, "a")
            one = judging.take_next(unit)
            assert one is not None
            after = judging.judged(unit, one.id, answer)
            sent = [
                (reply.revision, reply.answer) for reply in replies.of_referral(unit.conn, one.id)
            ]
        now += UNDO
        assert sent[0] == (1, "approved")
    assert after.state is State.SETTLED
    assert sent == [(1, "approved"), (2, "not approved")]


def test_what_chance_drew_is_answered_to_nobody(stage: Stage) -> None:
    with stage.site.database.unit("aspen", NOW) as unit:
        prepare(unit, "a", second=0.0, kind=Kind.SAMPLED)
        one = judging.take_next(unit)
        assert one is not None
        judging.judged(unit, one.id, "approved", " looks fine ")
        assert replies.of_referral(unit.conn, one.id) == []
        assert referrals.get(unit.conn, one.id).judgements[0].note == "looks fine"


def test_taking_back_takes_the_answer_out_of_the_outbox(stage: Stage) -> None:
    with stage.site.database.unit("aspen", NOW) as unit:
        prepare(unit, "a", second=0.0)
        one = judging.take_next(unit)
        assert one is not None
        judging.judged(unit, one.id, "approved")
        before = judging.taken_back(unit, one.id)
        assert (before.state, before.holder(NOW)) == (State.WAITING, "aspen")
        assert replies.of_referral(unit.conn, one.id) == []
        assert judging.give_back(unit, one.id).holder(NOW) is None
    with stage.site.database.unit("beech", NOW) as unit:
        judging.take(unit, one.id)
    with stage.site.database.unit("aspen", NOW + HOUR / 12) as unit, pytest.raises(Conflict):
        judging.give_back(unit, one.id)


def test_of_two_who_reach_for_one_only_one_gets_it(stage: Stage) -> None:
    with stage.site.database.unit("aspen", NOW) as unit:
        prepare(unit, "a")
        one = judging.take_next(unit)
        assert one is not None
    with stage.site.database.unit("beech", NOW) as unit:
        assert judging.take_next(unit) is None
        with pytest.raises(Conflict, match="aspen has"):
            judging.take(unit, one.id)


def test_the_same_judgement_sent_again_changes_nothing(stage: Stage) -> None:
    with stage.site.database.unit("aspen", NOW) as unit:
        prepare(unit, "a")
        one = judging.take_next(unit)
        assert one is not None
        first = judging.judged(unit, one.id, "approved")
        assert judging.judged(unit, one.id, "approved") == first
        with pytest.raises(Conflict, match="judged"):
            judging.judged(unit, one.id, "not approved")
        back = judging.taken_back(unit, one.id)
        assert judging.taken_back(unit, one.id) == back


@pytest.mark.parametrize("gone", ["reply", "outcome"])
def test_what_has_gone_out_by_another_hosts_clock_is_not_taken_back(
    stage: Stage, gone: str
) -> None:
    with stage.site.database.unit("aspen", NOW) as unit:
        prepare(unit, "a", second=0.0)
        one = judging.take_next(unit)
        assert one is not None
        judging.judged(unit, one.id, "approved")
    with stage.site.database.unit("tocsin", NOW + UNDO) as unit:
        if gone == "reply":
            assert replies.claim(unit, "w", HOUR, 1)
        else:
            referrals.outcome_told(unit, [one.id])
    with stage.site.database.unit("aspen", NOW) as unit, pytest.raises(Conflict, match="gone out"):
        judging.taken_back(unit, one.id)
