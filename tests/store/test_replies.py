"""Answers to callers rest in an outbox from the judgement on, and go out when it stands."""

from dataclasses import replace

from tests.store.examples import MINUTE, NOW, SYSTEM
from tests.store.test_referrals import asked
from tocsin.alert.ports import Receipt
from tocsin.contain.referral import UNDO, Judgement
from tocsin.ingest.queue import Queue
from tocsin.store import referrals, replies
from tocsin.store.outbox import PageState
from tocsin.store.unit import Database

LOANS = replace(SYSTEM, queue=Queue(answers_to="caller"))


def test_an_answer_goes_out_once_its_judgement_stands(database: Database) -> None:
    with database.unit("aspen", NOW) as unit:
        referrals.add(unit, LOANS, [asked("a")])
        one = referrals.of_prediction(unit.conn, "loans", "a")
        replies.add(unit, one, "caller", "approved", 1)
        replies.add(unit, one, "caller", "approved", 1)
        assert not replies.due(unit.conn, NOW)
        assert replies.due(unit.conn, NOW + UNDO)
        assert replies.claim(unit, "w", MINUTE, 10) == []
    with database.unit("tocsin", NOW + UNDO) as unit:
        (reply,) = replies.claim(unit, "w", MINUTE, 10)
        assert (reply.answer, reply.revision, reply.attempts) == ("approved", 1, 1)
        replies.renew(unit, [reply], 2 * MINUTE)
        assert replies.failed(unit, reply, "busy", unit.now)
        (again,) = replies.claim(unit, "w", MINUTE, 10)
        assert replies.accepted(unit, again, Receipt("webhook", again.key))
    with database.reading() as conn:
        (kept,) = replies.of_referral(conn, one.id)
        assert (kept.state, kept.key) == (PageState.ACCEPTED, f"{one.id}/1")
        assert not replies.due(conn, NOW + MINUTE)


def test_what_is_taken_back_is_not_sent_but_what_was_tried_stays(database: Database) -> None:
    with database.unit("aspen", NOW) as unit:
        referrals.add(unit, LOANS, [asked("a")])
        fresh = referrals.of_prediction(unit.conn, "loans", "a")
        one = replace(fresh, judgements=(Judgement(by="aspen", at=NOW, answer="approved"),))
        assert replies.take_back(unit, one)  # there is none
        replies.add(unit, one, "caller", "approved", 1)
        assert replies.take_back(unit, one)
        assert replies.of_referral(unit.conn, one.id) == []
        replies.add(unit, one, "caller", "not approved", 1)
    with database.unit("tocsin", NOW + UNDO) as unit:
        replies.claim(unit, "w", MINUTE, 1)
        assert not replies.take_back(unit, one)
        assert len(replies.of_referral(unit.conn, one.id)) == 1
        third = Judgement(by="cherry", at=unit.now, answer="approved")
        later = replace(one, judgements=(*one.judgements, third))
        assert replies.take_back(unit, later)  # of that judgement none has gone out
