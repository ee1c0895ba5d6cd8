"""Replies: sent when the judgement stands, tried again, never about what was erased."""

from dataclasses import replace

import pytest

from tests.jobs.scene import SECOND, Scene, fault
from tests.store.examples import SYSTEM
from tests.store.test_referrals import asked
from tocsin.contain.referral import UNDO
from tocsin.ingest.queue import Queue
from tocsin.jobs import replies as duty
from tocsin.store import referrals, replies
from tocsin.store.outbox import PageState
from tocsin.store.replies import Reply

LOANS = replace(SYSTEM, queue=Queue(answers_to="hook"))


@pytest.fixture
def one(stage: Scene) -> str:
    with stage.database.unit("aspen", stage.clock()) as unit:
        referrals.add(unit, LOANS, [asked("a")])
        one = referrals.of_prediction(unit.conn, "loans", "a")
        replies.add(unit, one, "hook", "approved", 1)
    return one.id


def kept(stage: Scene, referral: str) -> Reply:
    with stage.database.reading() as conn:
        (reply,) = replies.of_referral(conn, referral)
    return reply


def test_an_answer_reaches_its_caller_once(stage: Scene, one: str) -> None:
    duty.deliver(stage.rings, stage.clock())
    assert stage.hook.taken == []
    stage.clock.move(UNDO)
    for _ in range(2):
        duty.deliver(stage.rings, stage.clock())
    (notice,) = stage.hook.taken
    assert (notice.key, notice.text, notice.acknowledge_url) == (f"{one}/1", "approved", "")
    assert notice.facts == {
        "system": "loans",
        "referral": one,
        "prediction_id": "a",
        "answer": "approved",
        "revision": "1",
    }
    assert kept(stage, one).state is PageState.ACCEPTED


def test_a_caller_that_is_away_is_tried_again_and_one_that_refuses_is_not(
    stage: Scene, one: str
) -> None:
    stage.hook.faults = [fault(retryable=True), fault(retryable=False)]
    stage.clock.move(UNDO)
    duty.deliver(stage.rings, stage.clock())
    assert kept(stage, one).state is PageState.DUE
    stage.clock.move(SECOND)
    duty.deliver(stage.rings, stage.clock())
    assert (kept(stage, one).state, kept(stage, one).error) == (
        PageState.FAILED, "receiver said no",
    )  # fmt: skip
    duty.deliver(stage.rings, stage.clock())
    assert stage.hook.taken == []


def test_a_worker_that_dies_while_sending_leaves_it_to_the_next(stage: Scene, one: str) -> None:
    now = stage.clock.move(UNDO)
    assert len(duty.claim(stage.rings, now, 5)) == 1
    assert duty.claim(stage.rings, now, 5) == []
    duty.deliver(stage.rings, stage.clock.move(stage.rings.lease))
    assert len(stage.hook.taken) == 1
    assert kept(stage, one).attempts == 2


def test_nobody_hears_of_what_was_erased(stage: Scene, one: str) -> None:
    now = stage.clock.move(UNDO)
    (reply,) = duty.claim(stage.rings, now, 5)
    with stage.database.unit("erase", now) as unit:
        referrals.erase(unit, "loans", ["a"])
    duty.send(stage.rings, reply)
    assert stage.hook.taken == []


def test_a_delivery_has_threads_of_its_own(stage: Scene, one: str) -> None:
    sending = duty.delivery(1)
    sending.run(stage.rings, stage.clock.move(UNDO))
    sending.close()
    assert kept(stage, one).state is PageState.ACCEPTED
